// ALTER TABLE: columns and properties. The data change in the session's transaction, together with the catalog.
import { alterObject, missingRelation } from '../authorize/rules.ts';
import { displayName, fold } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import { usesOf } from '../catalog/apply-table.ts';
import type { Change } from '../catalog/change.ts';
import type { Column, Table } from '../catalog/securable.ts';
import type { ColumnDefinition, GovernanceStatement, NameRef } from '../parse/statement.ts';
import { addColumnDdl, dropColumnDdl } from '../rewrite/alter-ddl.ts';
import type { GovernEnvironment, Governed, PhysicalWork } from './environment.ts';
import { tableNamed, touched } from './find.ts';
import { referringKeys } from './foreign-keys.ts';
import { columnNamed, maskOf } from './policies.ts';
import { physicalDefault } from './table-constraints.ts';
import { canonicalType } from './types.ts';

type Statement<K extends GovernanceStatement['kind']> = Extract<GovernanceStatement, { kind: K }>;

/** The table to alter; a notice in its place when it need not exist. @throws SqlError when it may not be altered */
export function alteredTable(
  environment: GovernEnvironment,
  { table: name, ifExists }: { readonly table: NameRef; readonly ifExists: boolean },
): Table | Governed {
  const found = ifExists ? findOrUndefined(environment, name) : tableNamed(environment, name);
  if (found === undefined) {
    return { tag: 'ALTER TABLE', notice: `table ${displayName(name.parts)} does not exist, skipping` };
  }
  alterObject(environment.access, found);
  return found;
}

function findOrUndefined(environment: GovernEnvironment, name: NameRef): Table | undefined {
  try {
    return tableNamed(environment, name);
  } catch (error) {
    if (error instanceof SqlError && error.condition === missingRelation('').condition) return undefined;
    throw error;
  }
}

/** The catalog whose file holds the table. */
export function fileOf(environment: GovernEnvironment, table: Table): string {
  return environment.snapshot.catalogOf(table.id)?.id ?? '';
}

export async function addColumns(
  environment: GovernEnvironment,
  statement: Statement<'addColumns'>,
): Promise<Governed> {
  const table = alteredTable(environment, statement);
  if (!('kind' in table)) return table;
  const notices: string[] = [];
  const changes: Change[] = [];
  const work: PhysicalWork[] = [];
  let draft = table;
  for (const definition of statement.columns) {
    const known = draft.columns.find((each) => fold(each.name) === fold(definition.name));
    if (known !== undefined && statement.ifNotExists) {
      notices.push(`column ${displayName([known.name])} already exists, skipping`);
      continue;
    }
    const column = await newColumn(environment, draft, definition);
    draft = { ...draft, columns: [...draft.columns, column], nextColumn: draft.nextColumn + 1 };
    changes.push({ kind: 'addColumn', tableId: table.id, column });
    work.push({ kind: 'ddl', ddl: addColumnDdl({ catalogId: fileOf(environment, table), tableId: table.id, column }) });
  }
  return altered(environment, table, { changes, work, action: 'ADD COLUMN', notice: notices.join('; ') });
}

interface Alteration {
  readonly changes: readonly Change[];
  readonly work?: readonly PhysicalWork[];
  readonly action: string;
  readonly notice?: string;
}

export function altered(environment: GovernEnvironment, table: Table, alteration: Alteration): Governed {
  const { changes, work = [], action, notice = '' } = alteration;
  return {
    tag: 'ALTER TABLE',
    changes,
    work,
    touched: [touched(environment, table, action)],
    ...(notice === '' ? {} : { notice }),
  };
}

async function newColumn(environment: GovernEnvironment, table: Table, definition: ColumnDefinition): Promise<Column> {
  const { primaryKey, unique, check, references } = definition;
  if (primaryKey || unique || check !== undefined || references !== undefined) {
    throw new SqlError('featureNotSupported', 'a key or constraint cannot be added with a column', {
      position: definition.offset,
      hint: 'Create the table anew with CREATE TABLE … AS.',
    });
  }
  const value = await physicalDefault(environment, definition);
  const column: Column = {
    id: `k${String(table.nextColumn)}`,
    name: definition.name,
    type: await canonicalType(environment, definition.type),
    nullable: !definition.notNull,
    comment: definition.comment,
    mask: undefined,
    ...(value === undefined ? {} : { default: value }),
  };
  if (definition.mask === undefined) return column;
  const draft = { ...table, columns: [...table.columns, column] };
  const { fn, using } = await maskOf(environment, draft, { column, mask: definition.mask });
  return { ...column, mask: { functionId: fn.id, using } };
}

export function dropColumns(environment: GovernEnvironment, statement: Statement<'dropColumns'>): Governed {
  const table = alteredTable(environment, statement);
  if (!('kind' in table)) return table;
  const notices: string[] = [];
  const dropped = new Map<string, Column>();
  for (const { name, offset } of statement.columns) {
    const known = table.columns.find((each) => fold(each.name) === fold(name));
    if (known === undefined && statement.ifColumnExists) {
      notices.push(`column ${displayName([name])} does not exist, skipping`);
      continue;
    }
    const column = columnNamed(table, name, offset);
    refuseUsed(environment, table, { column, action: 'drop' });
    dropped.set(column.id, column);
  }
  if (dropped.size === table.columns.length) {
    throw new SqlError('featureNotSupported', 'a table keeps at least one column', { hint: 'Use DROP TABLE.' });
  }
  const file = { catalogId: fileOf(environment, table), tableId: table.id, hasKeys: hasKeys(environment, table) };
  return altered(environment, table, {
    changes: [...dropped.keys()].map((columnId) => ({ kind: 'dropColumn', tableId: table.id, columnId })),
    work: [...dropped.values()].map((column) => ({ kind: 'ddl', ddl: dropColumnDdl({ ...file, column }) })),
    action: 'DROP COLUMN',
    notice: notices.join('; '),
  });
}

/** Its own mask goes with a column; what else needs it keeps it. @throws SqlError dependentObjects */
export function refuseUsed(
  environment: GovernEnvironment,
  table: Table,
  { column, action }: { readonly column: Column; readonly action: string },
): void {
  const foreign = referringKeys(environment.snapshot, table).some(({ references }) => references.includes(column.id));
  const uses = [...usesOf(table, column.id), ...(foreign ? ['a foreign key of another table'] : [])];
  if (uses.length === 0) return;
  const message = `cannot ${action} column ${displayName([column.name])} because other things depend on it`;
  throw new SqlError('dependentObjects', message, {
    detail: `It is used by ${uses.join(' and ')}.`,
    hint: 'Drop or change those first.',
  });
}

/** DuckDB drops no column before one that a key is on. Of old tables the keys are not known. */
function hasKeys(environment: GovernEnvironment, table: Table): boolean {
  const { primaryKey, constraints } = table;
  if (constraints === undefined || primaryKey.length > 0) return true;
  return constraints.some(({ kind }) => kind !== 'check') || referringKeys(environment.snapshot, table).length > 0;
}

export function setProperties(environment: GovernEnvironment, statement: Statement<'setProperties'>): Governed {
  return withProperties(environment, statement, (before) => ({ ...before, ...statement.properties }));
}

export function unsetProperties(environment: GovernEnvironment, statement: Statement<'unsetProperties'>): Governed {
  const gone = new Set(statement.keys);
  return withProperties(environment, statement, (before) =>
    Object.fromEntries(Object.entries(before).filter(([key]) => !gone.has(key))),
  );
}

function withProperties(
  environment: GovernEnvironment,
  statement: { readonly table: NameRef; readonly ifExists: boolean },
  edit: (before: Table['properties']) => Table['properties'],
): Governed {
  const table = alteredTable(environment, statement);
  if (!('kind' in table)) return table;
  const properties = edit(table.properties);
  return altered(environment, table, {
    changes: [{ kind: 'setProperties', tableId: table.id, properties }],
    action: 'SET TBLPROPERTIES',
  });
}
