// The table a statement writes: which one, its columns by name, and its mention in the tree that finds the rows.
import { displayName, fold } from '../../base/identifier.ts';
import { SqlError } from '../../base/sql-error.ts';
import type { Column, Table } from '../../catalog/securable.ts';
import type { Assignment, ColumnName } from '../../parse/write-statement.ts';
import type { PhysicalTarget } from '../../rewrite/physical-writes.ts';
import type { BaseTable } from '../../sql/ast.ts';
import type { LogicalType } from '../../sql/ast-leaf.ts';
import { baseTable } from '../../sql/build.ts';
import { readTypes } from '../../sql/read-parts.ts';
import type { GovernEnvironment } from '../environment.ts';

/** By its full name, so that no WITH query can stand for it. */
export function mentionOf({ snapshot }: GovernEnvironment, table: Table, alias: string | undefined): BaseTable {
  const [catalog = '', schema = '', name = ''] = snapshot.nameOf(table.id);
  return baseTable({ catalog, schema, table: name }, alias ?? '');
}

export function aliasOf(mention: BaseTable): string {
  return mention.alias === '' ? mention.table_name : mention.alias;
}

export function physicalTargetOf({ snapshot }: GovernEnvironment, table: Table): PhysicalTarget {
  return { catalogId: snapshot.catalogOf(table.id)?.id ?? '', tableId: table.id };
}

export function columnOf(table: Table, { name, offset }: ColumnName): Column {
  const column = table.columns.find((each) => fold(each.name) === fold(name));
  if (column !== undefined) return column;
  const where = displayName([table.name]);
  throw new SqlError('undefinedColumn', `column ${displayName([name])} of table ${where} does not exist`, {
    position: offset,
  });
}

/** Distinct columns, in the order given. */
export function columnsNamed(table: Table, names: readonly ColumnName[]): readonly Column[] {
  const seen = new Set<string>();
  return names.map((named) => {
    const column = columnOf(table, named);
    if (seen.has(column.id)) {
      throw new SqlError('duplicateColumn', `column ${displayName([named.name])} specified more than once`, {
        position: named.offset,
      });
    }
    seen.add(column.id);
    return column;
  });
}

export function assignedColumns(
  table: Table,
  mention: BaseTable,
  assignments: readonly Assignment[],
): readonly Column[] {
  for (const { qualifier, offset } of assignments) {
    if (qualifier === undefined || fold(qualifier) === fold(aliasOf(mention))) continue;
    throw new SqlError('undefinedTable', `${displayName([qualifier])} is not the table that is written`, {
      position: offset,
    });
  }
  return columnsNamed(table, assignments);
}

export async function columnTypes(
  { codec }: GovernEnvironment,
  columns: readonly Column[],
): Promise<ReadonlyMap<string, LogicalType>> {
  const types = await readTypes(
    codec,
    columns.map(({ type }) => type),
  );
  return new Map(columns.flatMap(({ id }, index) => (types[index] === undefined ? [] : [[id, types[index]]])));
}
