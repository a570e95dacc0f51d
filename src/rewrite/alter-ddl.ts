// Physical ALTER TABLE, printed from ids, DuckDB's own type spellings and printed expressions.
import { quote } from '../base/identifier.ts';
import type { Column, ObjectId } from '../catalog/securable.ts';
import { type ExecutableDdl, sealDdl } from './executable-query.ts';
import { physicalName } from './physical.ts';

interface TablePlace {
  readonly catalogId: ObjectId;
  readonly tableId: ObjectId;
}

interface ColumnPlace extends TablePlace {
  readonly columnId: string;
}

function alter(place: TablePlace, action: string): string {
  return `ALTER TABLE ${physicalName(place.catalogId, place.tableId)} ${action}`;
}

/** DuckDB adds no column with a constraint: NOT NULL is set on the values that the default gave. */
export function addColumnDdl({ column, ...place }: TablePlace & { readonly column: Column }): ExecutableDdl {
  const value = column.default === undefined ? '' : ` DEFAULT (${column.default})`;
  const statements = [alter(place, `ADD COLUMN ${quote(column.id)} ${column.type}${value}`)];
  if (!column.nullable) statements.push(alter(place, `ALTER COLUMN ${quote(column.id)} SET NOT NULL`));
  return sealDdl({ statements, writes: place.catalogId });
}

interface DroppedColumn extends TablePlace {
  readonly column: Column;
  /** DuckDB drops no column that stands before one with a key. */
  readonly hasKeys: boolean;
}

export function dropColumnDdl(dropped: DroppedColumn): ExecutableDdl {
  return sealDdl({ statements: dropStatements(dropped), writes: dropped.catalogId });
}

/** Where the physical column must stay it is emptied, and no row needs it any more. Its id is never given out again. */
function dropStatements({ column, hasKeys, ...place }: DroppedColumn): readonly string[] {
  const name = quote(column.id);
  if (!hasKeys) return [alter(place, `DROP COLUMN ${name}`)];
  return [
    ...(column.nullable ? [] : [alter(place, `ALTER COLUMN ${name} DROP NOT NULL`)]),
    ...(column.default === undefined ? [] : [alter(place, `ALTER COLUMN ${name} DROP DEFAULT`)]),
    `UPDATE ${physicalName(place.catalogId, place.tableId)} SET ${name} = NULL`,
  ];
}

/** Retyped in its place, then called by the new id. Its default and NOT NULL stay. */
export function retypeColumnDdl({ column, retyped, ...place }: RetypedColumn): ExecutableDdl {
  const statements = [
    alter(place, `ALTER COLUMN ${quote(column.id)} TYPE ${retyped.type}`),
    alter(place, `RENAME COLUMN ${quote(column.id)} TO ${quote(retyped.id)}`),
  ];
  return sealDdl({ statements, writes: place.catalogId });
}

interface RetypedColumn extends TablePlace {
  readonly column: Column;
  readonly retyped: Column;
}

export function nullabilityDdl(place: ColumnPlace, nullable: boolean): ExecutableDdl {
  const action = `ALTER COLUMN ${quote(place.columnId)} ${nullable ? 'DROP' : 'SET'} NOT NULL`;
  return sealDdl({ statements: [alter(place, action)], writes: place.catalogId });
}

export function defaultDdl(place: ColumnPlace, value: string | undefined): ExecutableDdl {
  const action = value === undefined ? 'DROP DEFAULT' : `SET DEFAULT (${value})`;
  return sealDdl({
    statements: [alter(place, `ALTER COLUMN ${quote(place.columnId)} ${action}`)],
    writes: place.catalogId,
  });
}
