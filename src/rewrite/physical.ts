// Where an object lives in DuckDB: names are object ids, so no plan can meet another object under its old name.
import { quote } from '../base/identifier.ts';

export type ObjectId = string;

/** The name a catalog's file is attached under. */
export function physicalCatalog(catalogId: ObjectId): string {
  return `c_${catalogId}`;
}

/** The name of a table inside its catalog's file (schema main). */
export function physicalTable(tableId: ObjectId): string {
  return `o_${tableId}`;
}

/** `"c_1"."main"."o_7"`, safe in SQL text. */
export function physicalName(catalogId: ObjectId, tableId: ObjectId): string {
  return `${quote(physicalCatalog(catalogId))}."main".${quote(physicalTable(tableId))}`;
}
