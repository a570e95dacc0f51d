// Where an object lives in DuckDB: names are object ids, so no plan can meet another object under its old name.
import { quote } from '../base/identifier.ts';
import type { SelectStatement } from '../sql/ast.ts';
import { walk } from '../sql/children.ts';

export type ObjectId = string;

const catalogPrefix = 'c_';

/** The name a catalog's file is attached under. */
export function physicalCatalog(catalogId: ObjectId): string {
  return `${catalogPrefix}${catalogId}`;
}

/** The name of a table inside its catalog's file (schema main). */
export function physicalTable(tableId: ObjectId): string {
  return `o_${tableId}`;
}

/** `"c_1"."main"."o_7"`, safe in SQL text. */
export function physicalName(catalogId: ObjectId, tableId: ObjectId): string {
  return `${quote(physicalCatalog(catalogId))}."main".${quote(physicalTable(tableId))}`;
}

/** Ids of the catalogs whose tables a rewritten tree reads. */
export function catalogsRead(statement: SelectStatement): readonly ObjectId[] {
  const found = new Set<ObjectId>();
  walk(statement.node, (node) => {
    if (node.type === 'BASE_TABLE' && 'catalog_name' in node && node.catalog_name.startsWith(catalogPrefix)) {
      found.add(node.catalog_name.slice(catalogPrefix.length));
    }
    return true;
  });
  return [...found];
}
