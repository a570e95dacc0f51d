// ALTER TABLE … ALTER COLUMN and RENAME COLUMN.
import { displayName } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import type { Column, Table } from '../catalog/securable.ts';
import type { AlterStatement, ColumnAction } from '../parse/alter-statement.ts';
import type { Span } from '../parse/statement.ts';
import { defaultDdl, nullabilityDdl, retypeColumnDdl } from '../rewrite/alter-ddl.ts';
import { altered, alteredTable, fileOf, refuseUsed } from './alter-table.ts';
import type { GovernEnvironment, Governed } from './environment.ts';
import { columnNamed } from './policies.ts';
import { printedDefault } from './table-constraints.ts';
import { canonicalType } from './types.ts';
import { mustSeeWhole } from './whole-view.ts';

type AlterColumn = Extract<AlterStatement, { kind: 'alterColumn' }>;

interface Target {
  readonly table: Table;
  readonly column: Column;
}

export async function alterColumn(environment: GovernEnvironment, statement: AlterColumn): Promise<Governed> {
  const table = alteredTable(environment, statement);
  if (!('kind' in table)) return table;
  const column = columnNamed(table, statement.column, statement.columnOffset);
  return alter(environment, { table, column }, statement.action);
}

async function alter(environment: GovernEnvironment, target: Target, action: ColumnAction): Promise<Governed> {
  const { table, column } = target;
  const ids = { tableId: table.id, columnId: column.id };
  switch (action.kind) {
    case 'rename':
      return altered(environment, table, {
        changes: [{ kind: 'alterColumn', ...ids, to: { name: action.name } }],
        action: 'RENAME COLUMN',
      });
    case 'type':
      return retype(environment, target, action.type);
    case 'nullable':
      return setNullable(environment, target, action.nullable);
    case 'default':
      return setDefault(environment, target, action.value);
    case 'comment':
      return altered(environment, table, {
        changes: [{ kind: 'setComment', objectId: table.id, columnId: column.id, comment: action.comment }],
        action: 'COMMENT',
      });
  }
}

/** The physical column gets a new id with the type: no plan that was made for the old one can read it. */
async function retype(environment: GovernEnvironment, { table, column }: Target, span: Span): Promise<Governed> {
  const type = await canonicalType(environment, span);
  if (type === column.type) return { tag: 'ALTER TABLE', notice: `column ${displayName([column.name])} is ${type}` };
  const key = { ...table, columns: table.columns.map((each) => ({ ...each, mask: undefined })), rowFilters: [] };
  refuseUsed(environment, key, { column, action: 'change the type of' });
  await mustSeeWhole(environment, table, { column, action: `change the type of column ${displayName([column.name])}` });
  const retyped: Column = { ...column, id: `k${String(table.nextColumn)}`, type };
  const ddl = retypeColumnDdl({
    catalogId: fileOf(environment, table),
    tableId: table.id,
    column,
    retyped,
  });
  return altered(environment, table, {
    changes: [{ kind: 'retypeColumn', tableId: table.id, columnId: column.id, column: retyped }],
    work: [{ kind: 'ddl', ddl }],
    action: 'ALTER COLUMN TYPE',
  });
}

async function setNullable(
  environment: GovernEnvironment,
  { table, column }: Target,
  nullable: boolean,
): Promise<Governed> {
  if (!nullable) {
    await mustSeeWhole(environment, table, { column, action: `set NOT NULL on column ${displayName([column.name])}` });
  }
  if (nullable && table.primaryKey.includes(column.id)) {
    throw new SqlError('dependentObjects', `column ${displayName([column.name])} is in the primary key`);
  }
  const place = { catalogId: fileOf(environment, table), tableId: table.id, columnId: column.id };
  return altered(environment, table, {
    changes: [{ kind: 'alterColumn', tableId: table.id, columnId: column.id, to: { nullable } }],
    work: [{ kind: 'ddl', ddl: nullabilityDdl(place, nullable) }],
    action: nullable ? 'DROP NOT NULL' : 'SET NOT NULL',
  });
}

async function setDefault(
  environment: GovernEnvironment,
  { table, column }: Target,
  span: Span | undefined,
): Promise<Governed> {
  const value = span === undefined ? undefined : await printedDefault(environment, span);
  const place = { catalogId: fileOf(environment, table), tableId: table.id, columnId: column.id };
  return altered(environment, table, {
    changes: [{ kind: 'alterColumn', tableId: table.id, columnId: column.id, to: { default: value ?? null } }],
    work: [{ kind: 'ddl', ddl: defaultDdl(place, value) }],
    action: value === undefined ? 'DROP DEFAULT' : 'SET DEFAULT',
  });
}
