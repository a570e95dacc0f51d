// Foreign keys look a value up in the other table whatever its policies say: they would tell of hidden rows and raw values.
import { SqlError } from '../base/sql-error.ts';
import { applicationsOn, mayHideRows } from '../catalog/match-policies.ts';
import type { Table } from '../catalog/securable.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';

/** Of the tables of the same catalog, those that refer to this one. */
export function referringKeys(
  snapshot: CatalogSnapshot,
  table: Table,
): readonly { readonly references: readonly string[] }[] {
  const catalog = snapshot.catalogOf(table.id);
  const schemas = catalog === undefined ? [] : snapshot.schemasOf(catalog.id);
  return schemas.flatMap((schema) =>
    snapshot
      .relationsOf(schema.id)
      .flatMap((other) => (other.kind === 'table' ? (other.constraints ?? []) : []))
      .flatMap((each) => (each.kind === 'foreignKey' && each.table === table.id ? [each] : [])),
  );
}

/** May a foreign key refer to these columns? @throws SqlError featureNotSupported */
export function refusePoliced(snapshot: CatalogSnapshot, table: Table, references: readonly string[]): void {
  if (mayHideRows(snapshot, table)) {
    throw new SqlError('featureNotSupported', 'a foreign key cannot refer to a table with a row filter');
  }
  const own = table.columns.flatMap((column) => (column.mask === undefined ? [] : [column.id]));
  const masked = new Set([...own, ...applicationsOn(snapshot, table).map((each) => each.columnId)]);
  if (references.some((id) => masked.has(id))) {
    throw new SqlError('featureNotSupported', 'a foreign key cannot refer to a masked column');
  }
}

/** May the table get a row filter, or the column a mask? @throws SqlError featureNotSupported */
export function refuseReferred(snapshot: CatalogSnapshot, table: Table, columnId?: string): void {
  const keys = referringKeys(snapshot, table);
  if (!keys.some(({ references }) => columnId === undefined || references.includes(columnId))) return;
  const what = columnId === undefined ? 'a row filter on a table' : 'a mask on a column';
  throw new SqlError('featureNotSupported', `${what} that a foreign key refers to is not supported`, {
    hint: 'The key would tell of what the policy hides.',
  });
}
