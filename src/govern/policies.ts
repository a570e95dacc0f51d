// ALTER TABLE … SET/DROP MASK and SET/DROP ROW FILTER.
import { policyFunctionsOf } from '../analyze/policy-functions.ts';
import { setPolicy } from '../authorize/rules.ts';
import { displayName, fold } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import type { PolicyArgument } from '../catalog/policy.ts';
import type { Column, SqlFunction, Table } from '../catalog/securable.ts';
import type { GovernanceStatement, PolicyArgumentRef, PolicyFunctionRef } from '../parse/statement.ts';
import type { GovernEnvironment, Governed } from './environment.ts';
import { functionNamed, tableNamed, touched } from './find.ts';
import { checkFilter, checkMask } from './function-checks.ts';
import { isPoliced } from './policy-body.ts';

type Statement<K extends GovernanceStatement['kind']> = Extract<GovernanceStatement, { kind: K }>;

export async function setMask(environment: GovernEnvironment, statement: Statement<'setMask'>): Promise<Governed> {
  const table = tableNamed(environment, statement.table);
  const column = columnNamed(table, statement.column, statement.columnOffset);
  const { fn, using } = await maskOf(environment, table, { column, mask: statement.mask });
  return {
    tag: 'ALTER TABLE',
    changes: [{ kind: 'setMask', tableId: table.id, columnId: column.id, mask: { functionId: fn.id, using } }],
    touched: [touched(environment, table, 'SET MASK'), touched(environment, fn, 'EXECUTE')],
  };
}

/** Found, allowed, and fitting the column. */
export async function maskOf(
  environment: GovernEnvironment,
  table: Table,
  { column, mask }: { readonly column: Column; readonly mask: PolicyFunctionRef },
): Promise<{ fn: SqlFunction; using: readonly PolicyArgument[] }> {
  const fn = functionNamed(environment, mask.function);
  setPolicy(environment.access, table, fn);
  const using = await argumentsOf(environment, table, mask.arguments);
  if (using.some((argument) => argument.kind === 'column' && argument.columnId === column.id)) {
    throw new SqlError(
      'invalidObjectDefinition',
      `USING COLUMNS names the masked column ${displayName([column.name])}`,
    );
  }
  checkMask(table, { columnId: column.id, using }, fn);
  await checkBody(environment, table, fn);
  return { fn, using };
}

export function dropMask(environment: GovernEnvironment, statement: Statement<'dropMask'>): Governed {
  const table = tableNamed(environment, statement.table);
  setPolicy(environment.access, table);
  const column = columnNamed(table, statement.column, statement.columnOffset);
  return {
    tag: 'ALTER TABLE',
    changes: [{ kind: 'dropMask', tableId: table.id, columnId: column.id }],
    touched: [touched(environment, table, 'DROP MASK')],
  };
}

export async function setRowFilter(
  environment: GovernEnvironment,
  statement: Statement<'setRowFilter'>,
): Promise<Governed> {
  const table = tableNamed(environment, statement.table);
  const { fn, args } = await filterOf(environment, table, statement.filter);
  return {
    tag: 'ALTER TABLE',
    changes: [{ kind: 'setRowFilters', tableId: table.id, rowFilters: [{ functionId: fn.id, arguments: args }] }],
    touched: [touched(environment, table, 'SET ROW FILTER'), touched(environment, fn, 'EXECUTE')],
  };
}

export async function filterOf(
  environment: GovernEnvironment,
  table: Table,
  filter: PolicyFunctionRef,
): Promise<{ fn: SqlFunction; args: readonly PolicyArgument[] }> {
  const fn = functionNamed(environment, filter.function);
  setPolicy(environment.access, table, fn);
  const args = await argumentsOf(environment, table, filter.arguments);
  checkFilter(table, args, fn);
  await checkBody(environment, table, fn);
  return { fn, args };
}

export function dropRowFilter(environment: GovernEnvironment, statement: Statement<'dropRowFilter'>): Governed {
  const table = tableNamed(environment, statement.table);
  setPolicy(environment.access, table);
  return {
    tag: 'ALTER TABLE',
    changes: [{ kind: 'setRowFilters', tableId: table.id, rowFilters: [] }],
    touched: [touched(environment, table, 'DROP ROW FILTER')],
  };
}

function columnNamed(table: Table, name: string, offset: number): Column {
  const column = table.columns.find((each) => fold(each.name) === fold(name));
  if (column !== undefined) return column;
  throw new SqlError('undefinedColumn', `column ${displayName([name])} does not exist`, { position: offset });
}

async function argumentsOf(
  environment: GovernEnvironment,
  table: Table,
  refs: readonly PolicyArgumentRef[],
): Promise<readonly PolicyArgument[]> {
  const list: PolicyArgument[] = [];
  for (const ref of refs) {
    if (ref.kind === 'column') {
      list.push({ kind: 'column', columnId: columnNamed(table, ref.name, ref.offset).id });
      continue;
    }
    await environment.analyzer.literal(ref.literal.text);
    list.push({ kind: 'constant', literal: ref.literal.text });
  }
  return list;
}

/** A policy's tables may not carry policies, nor may the policy read the table it protects. */
async function checkBody(environment: GovernEnvironment, table: Table, fn: SqlFunction): Promise<void> {
  const { analyzer, snapshot } = environment;
  const resolved = await analyzer.function(snapshot, fn);
  const policies = await policyFunctionsOf(analyzer, snapshot, resolved.facts);
  const pending = [resolved.facts, ...[...policies.values()].flatMap((each) => ('facts' in each ? [each.facts] : []))];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const use of next.relations) {
      if (use.kind === 'view') pending.push(use.body);
      else refuseTable(environment, use.table, { protectedTable: table, fn });
    }
    pending.push(...next.functions.map((use) => use.resolved.facts));
  }
}

function refuseTable(
  environment: GovernEnvironment,
  read: Table,
  { protectedTable, fn }: { readonly protectedTable: Table; readonly fn: SqlFunction },
): void {
  if (read.id !== protectedTable.id && !isPoliced(environment.snapshot, read)) return;
  const name = displayName(environment.snapshot.nameOf(read.id));
  throw new SqlError('invalidObjectDefinition', `function ${displayName([fn.name])} reads table ${name}`, {
    detail: 'A policy may read mapping tables only: neither the table it protects nor one that has policies itself.',
  });
}
