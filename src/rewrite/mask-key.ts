// The secret that keyed masks get as their last argument: read where it lies, in the file of the masked table's catalog. It is
// a subquery, not a constant, so that no statement, plan or error text holds it.
import type { Expression } from '../sql/ast.ts';
import { baseTable, columnRef, scalarSubquery, select } from '../sql/build.ts';
import { type ObjectId, physicalCatalog } from './physical.ts';

/** Schema and table of the secret in a catalog's file, and its one column. */
export const maskKeyPlace = { schema: '_portcullis', table: 'mask_key', column: 'key' } as const;

export function maskKey(catalogId: ObjectId, alias: string): Expression {
  const { schema, table, column } = maskKeyPlace;
  const node = select({
    select_list: [columnRef(alias, column)],
    from_table: baseTable({ catalog: physicalCatalog(catalogId), schema, table }, alias),
  });
  return scalarSubquery(node);
}
