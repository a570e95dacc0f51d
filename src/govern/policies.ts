// ALTER TABLE … SET/DROP MASK and SET/ADD/DROP ROW FILTER. Whether a function fits and is sound: policy-impact.ts.
import { findFunction } from '../analyze/name-resolution.ts';
import { usePolicyFunction } from '../authorize/alter-rules.ts';
import { setPolicy } from '../authorize/rules.ts';
import { displayName, fold } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import { variantFor } from '../catalog/built-in-functions.ts';
import type { PolicyArgument, RowFilter } from '../catalog/policy.ts';
import type { Column, SqlFunction, Table } from '../catalog/securable.ts';
import type { GovernanceStatement, NameRef, PolicyArgumentRef, PolicyFunctionRef } from '../parse/statement.ts';
import type { GovernEnvironment, Governed } from './environment.ts';
import { functionNamed, tableNamed, touched } from './find.ts';
import { refuseReferred } from './foreign-keys.ts';

type Statement<K extends GovernanceStatement['kind']> = Extract<GovernanceStatement, { kind: K }>;

export async function setMask(environment: GovernEnvironment, statement: Statement<'setMask'>): Promise<Governed> {
  const table = tableNamed(environment, statement.table);
  setPolicy(environment.access, table);
  const column = columnNamed(table, statement.column, statement.columnOffset);
  refuseReferred(environment.snapshot, table, column.id);
  const { fn, using } = await maskOf(environment, table, { column, mask: statement.mask });
  return {
    tag: 'ALTER TABLE',
    changes: [{ kind: 'setMask', tableId: table.id, columnId: column.id, mask: { functionId: fn.id, using } }],
    touched: [touched(environment, table, 'SET MASK'), touched(environment, fn, 'EXECUTE')],
  };
}

/** Found and allowed. */
export async function maskOf(
  environment: GovernEnvironment,
  table: Table,
  { column, mask }: { readonly column: Column; readonly mask: PolicyFunctionRef },
): Promise<{ fn: SqlFunction; using: readonly PolicyArgument[] }> {
  const fn = variantFor(functionNamed(environment, mask.function), column.type);
  usePolicyFunction(environment.access, fn);
  const using = await argumentsOf(environment, table, mask.arguments);
  if (using.some((argument) => argument.kind === 'column' && argument.columnId === column.id)) {
    throw new SqlError(
      'invalidObjectDefinition',
      `USING COLUMNS names the masked column ${displayName([column.name])}`,
    );
  }
  return { fn, using };
}

/** Also answers for a mask that a replacement of the table lost: its column may be gone, its name tells which. */
export function dropMask(environment: GovernEnvironment, statement: Statement<'dropMask'>): Governed {
  const table = tableNamed(environment, statement.table);
  setPolicy(environment.access, table);
  const lost = table.lostMasks?.find((each) => fold(each.column) === fold(statement.column));
  const column =
    lost === undefined
      ? columnNamed(table, statement.column, statement.columnOffset)
      : table.columns.find((each) => fold(each.name) === fold(statement.column));
  return {
    tag: 'ALTER TABLE',
    changes: [
      ...(lost === undefined ? [] : [{ kind: 'settleLostMask', tableId: table.id, column: lost.column } as const]),
      ...(column === undefined ? [] : [{ kind: 'dropMask', tableId: table.id, columnId: column.id } as const]),
    ],
    touched: [touched(environment, table, 'DROP MASK')],
  };
}

export async function setRowFilter(
  environment: GovernEnvironment,
  statement: Statement<'setRowFilter' | 'addRowFilter'>,
): Promise<Governed> {
  const table = tableNamed(environment, statement.table);
  setPolicy(environment.access, table);
  const { fn, filter } = await filterOf(environment, table, statement.filter);
  return {
    tag: 'ALTER TABLE',
    changes: [{ kind: 'setRowFilters', tableId: table.id, rowFilters: [filter] }],
    touched: [touched(environment, table, 'SET ROW FILTER'), touched(environment, fn, 'EXECUTE')],
  };
}

/** Beside those that there are: a row must pass all of them. */
export async function addRowFilter(
  environment: GovernEnvironment,
  statement: Statement<'setRowFilter' | 'addRowFilter'>,
): Promise<Governed> {
  const table = tableNamed(environment, statement.table);
  setPolicy(environment.access, table);
  const { fn, filter } = await filterOf(environment, table, statement.filter);
  if (table.rowFilters.some((each) => isSame(each, filter))) {
    const name = displayName(environment.snapshot.nameOf(fn.id));
    throw new SqlError('duplicateObject', `row filter ${name} is already set on these columns`);
  }
  return {
    tag: 'ALTER TABLE',
    changes: [{ kind: 'addRowFilter', tableId: table.id, rowFilter: filter }],
    touched: [touched(environment, table, 'ADD ROW FILTER'), touched(environment, fn, 'EXECUTE')],
  };
}

function isSame(a: RowFilter, b: RowFilter): boolean {
  return a.functionId === b.functionId && JSON.stringify(a.arguments) === JSON.stringify(b.arguments);
}

export async function filterOf(
  environment: GovernEnvironment,
  table: Table,
  filter: PolicyFunctionRef,
): Promise<{ fn: SqlFunction; filter: RowFilter }> {
  const fn = functionNamed(environment, filter.function);
  refuseReferred(environment.snapshot, table);
  usePolicyFunction(environment.access, fn);
  const args = await argumentsOf(environment, table, filter.arguments);
  return { fn, filter: { functionId: fn.id, arguments: args } };
}

export function dropRowFilter(environment: GovernEnvironment, statement: Statement<'dropRowFilter'>): Governed {
  const table = tableNamed(environment, statement.table);
  setPolicy(environment.access, table);
  const dropped = statement.function === undefined ? undefined : attached(environment, table, statement.function);
  return {
    tag: 'ALTER TABLE',
    changes: [
      dropped === undefined
        ? { kind: 'setRowFilters', tableId: table.id, rowFilters: [] }
        : { kind: 'dropRowFilter', tableId: table.id, functionId: dropped },
    ],
    touched: [touched(environment, table, 'DROP ROW FILTER')],
  };
}

/** Who manages the table knows its filters, whatever may be known of the function itself. */
function attached(environment: GovernEnvironment, table: Table, name: NameRef): string {
  const fn = findFunction(environment.snapshot, environment.path, name.parts);
  if (fn !== undefined && table.rowFilters.some((filter) => filter.functionId === fn.id)) return fn.id;
  const message = `row filter ${displayName(name.parts)} of table ${displayName([table.name])} does not exist`;
  throw new SqlError('undefinedObject', message, { position: name.offset });
}

export function columnNamed(table: Table, name: string, offset: number): Column {
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
