// Changes of one table's columns and policies. Column ids are never given out twice, so that no policy, grant or plan can mean
// another column than the one it was made for.
import { displayName, fold } from '../base/identifier.ts';
import { limits } from '../base/limits.ts';
import { SqlError } from '../base/sql-error.ts';
import { applyGrant, applyRevoke } from './apply-grant.ts';
import { moveColumnTags } from './apply-tags.ts';
import type { TableChange } from './change.ts';
import { replaceObject } from './objects.ts';
import type { ColumnMask, PolicyArgument, RowFilter } from './policy.ts';
import type { Column, LostMask, ObjectId, Table } from './securable.ts';
import type { CatalogSnapshot } from './snapshot.ts';

/** @throws SqlError when the change does not fit the table as it is now */
export function applyTableChange(snapshot: CatalogSnapshot, change: TableChange): CatalogSnapshot {
  const table = tableOf(snapshot, change.tableId);
  const put = (next: Table): CatalogSnapshot => replaceObject(snapshot, next);
  switch (change.kind) {
    case 'setMask':
      return put(withoutLostMask(masked(snapshot, table, change), columnOf(table, change.columnId).name));
    case 'dropMask':
      return put(edited(table, change.columnId, (column) => ({ ...column, mask: undefined })));
    case 'settleLostMask':
      return put(withoutLostMask(table, change.column));
    case 'setRowFilters':
      for (const filter of change.rowFilters) checkFunction(snapshot, filter.functionId);
      return put({ ...table, rowFilters: limited(change.rowFilters) });
    case 'addRowFilter':
      checkFunction(snapshot, change.rowFilter.functionId);
      return put({ ...table, rowFilters: limited([...table.rowFilters, change.rowFilter]) });
    case 'dropRowFilter':
      return put({ ...table, rowFilters: table.rowFilters.filter((each) => each.functionId !== change.functionId) });
    case 'addColumn':
      return put(withColumn(table, change.column));
    case 'alterColumn':
      return put(altered(table, change.columnId, change.to));
    case 'retypeColumn':
      return retyped(snapshot, table, change);
    case 'dropColumn':
      return dropColumn(snapshot, table, change.columnId);
    case 'setProperties':
      return put({ ...table, properties: change.properties });
  }
}

function tableOf(snapshot: CatalogSnapshot, id: ObjectId): Table {
  const table = snapshot.object(id);
  if (table?.kind === 'table') return table;
  throw new SqlError('serializationFailure', 'the table no longer exists');
}

function columnOf(table: Table, columnId: string): Column {
  const column = table.columns.find((each) => each.id === columnId);
  if (column !== undefined) return column;
  throw new SqlError('undefinedColumn', `a column of table ${displayName([table.name])} does not exist`);
}

function edited(table: Table, columnId: string, edit: (column: Column) => Column): Table {
  columnOf(table, columnId);
  return { ...table, columns: table.columns.map((column) => (column.id === columnId ? edit(column) : column)) };
}

function masked(
  snapshot: CatalogSnapshot,
  table: Table,
  { columnId, mask }: { readonly columnId: string; readonly mask: ColumnMask },
): Table {
  checkFunction(snapshot, mask.functionId);
  return edited(table, columnId, (column) => ({ ...column, mask }));
}

/** Dropped meanwhile by another session: the table would be unreadable. */
function checkFunction(snapshot: CatalogSnapshot, id: ObjectId): void {
  if (snapshot.object(id)?.kind === 'function') return;
  throw new SqlError('serializationFailure', 'the function of a policy no longer exists');
}

function limited(filters: readonly RowFilter[]): readonly RowFilter[] {
  if (filters.length <= limits.rowFiltersMax) return filters;
  throw new SqlError('limitExceeded', `a table has at most ${String(limits.rowFiltersMax)} row filters`);
}

/** Somebody has said now what protects the column of this name. */
function withoutLostMask(table: Table, column: string): Table {
  return withLostMasks(
    table,
    (table.lostMasks ?? []).filter((lost) => fold(lost.column) !== fold(column)),
  );
}

export function withLostMasks(table: Table, lost: readonly LostMask[]): Table {
  if (lost.length > 0) return { ...table, lostMasks: lost };
  const { lostMasks, ...others } = table;
  return lostMasks === undefined ? table : others;
}

function checkFree(table: Table, name: string, own?: string): void {
  if (!table.columns.some((column) => column.id !== own && fold(column.name) === fold(name))) return;
  throw new SqlError(
    'duplicateColumn',
    `column ${displayName([name])} of table ${displayName([table.name])} already exists`,
  );
}

function withColumn(table: Table, column: Column): Table {
  checkFree(table, column.name);
  return { ...table, columns: [...table.columns, taken(table, column)], nextColumn: table.nextColumn + 1 };
}

function taken(table: Table, column: Column): Column {
  if (column.id === `k${String(table.nextColumn)}`) return column;
  throw new SqlError('serializationFailure', `table ${displayName([table.name])} has been altered meanwhile`);
}

type ColumnEdit = Extract<TableChange, { kind: 'alterColumn' }>['to'];

function altered(table: Table, columnId: string, to: ColumnEdit): Table {
  if (to.name !== undefined) checkFree(table, to.name, columnId);
  return edited(table, columnId, (column) => {
    const { default: before, ...others } = column;
    const value = 'default' in to ? to.default : before;
    return {
      ...others,
      name: to.name ?? column.name,
      nullable: to.nullable ?? column.nullable,
      ...(value === undefined || value === null ? {} : { default: value }),
    };
  });
}

/** A new physical column takes the place: no plan made for the old type can read the new one. */
function retyped(
  snapshot: CatalogSnapshot,
  table: Table,
  { columnId, column }: Extract<TableChange, { kind: 'retypeColumn' }>,
): CatalogSnapshot {
  columnOf(table, columnId);
  const now = taken(table, column);
  const moved = (list: readonly PolicyArgument[]): readonly PolicyArgument[] =>
    list.map((argument) =>
      argument.kind === 'column' && argument.columnId === columnId ? { ...argument, columnId: now.id } : argument,
    );
  const columns = table.columns
    .map((each) => (each.id === columnId ? now : each))
    .map((each) =>
      each.mask === undefined ? each : { ...each, mask: { ...each.mask, using: moved(each.mask.using) } },
    );
  const rowFilters = table.rowFilters.map((filter) => ({ ...filter, arguments: moved(filter.arguments) }));
  const next = replaceObject(snapshot, { ...table, columns, rowFilters, nextColumn: table.nextColumn + 1 });
  const tagged = moveColumnTags(next, table.id, { columnId, to: now.id });
  return moveColumnGrants(tagged, table.id, { columnId, to: now.id });
}

/** Policies and keys that use the column were looked for before; one set meanwhile makes the change fail. */
function dropColumn(snapshot: CatalogSnapshot, table: Table, columnId: string): CatalogSnapshot {
  const column = columnOf(table, columnId);
  if (usesOf(table, columnId).length > 0) {
    throw new SqlError('dependentObjects', `cannot drop column ${displayName([column.name])} because it is in use`);
  }
  const columns = table.columns.filter((each) => each.id !== columnId);
  const next = moveColumnTags(replaceObject(snapshot, { ...table, columns }), table.id, { columnId, to: undefined });
  return moveColumnGrants(next, table.id, { columnId, to: undefined });
}

/** What of the table itself needs the column, its own mask aside. */
export function usesOf(table: Table, columnId: string): readonly string[] {
  const names = (list: readonly PolicyArgument[]): boolean =>
    list.some((argument) => argument.kind === 'column' && argument.columnId === columnId);
  const masks = table.columns
    .filter((column) => column.id !== columnId && column.mask !== undefined && names(column.mask.using))
    .map((column) => `the mask of column ${displayName([column.name])}`);
  return [
    ...masks,
    ...(table.rowFilters.some((filter) => names(filter.arguments)) ? ['a row filter'] : []),
    ...(table.primaryKey.includes(columnId) ? ['the primary key'] : []),
    ...((table.constraints ?? []).some((each) => each.columns.includes(columnId)) ? ['a constraint'] : []),
  ];
}

/** Grants of single columns go with their column, or follow it. */
function moveColumnGrants(
  snapshot: CatalogSnapshot,
  tableId: ObjectId,
  { columnId, to }: { readonly columnId: string; readonly to: string | undefined },
): CatalogSnapshot {
  const granted = snapshot.grantsOn(tableId).filter((grant) => grant.columns?.includes(columnId) === true);
  return granted.reduce((at, grant) => {
    const { securableId, principalId, privilege } = grant;
    const followed = to === undefined ? at : applyGrant(at, { ...grant, columns: [to] });
    return applyRevoke(followed, { kind: 'revoke', securableId, principalId, privilege, columns: [columnId] });
  }, snapshot);
}
