// Relations that the product itself answers from the catalog: information_schema. Each has columns and a function that gives the
// rows one asker may see. They are no tables: nothing in the engine has their names.
import { fold } from '../base/identifier.ts';
import type { Grant } from '../catalog/privilege.ts';
import type { Catalog, ObjectId, Securable } from '../catalog/securable.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';

export type SystemType = 'VARCHAR' | 'BIGINT' | 'TIMESTAMP WITH TIME ZONE';
export type SystemValue = string | number | null;
export type SystemRow = Readonly<Record<string, SystemValue>>;

/** Who asks, as far as rows depend on it: authorize/access.ts answers. */
export interface Visibility {
  /** May know that it exists. */
  knows(securable: Securable): boolean;
  /** Of a relation whose columns were granted one by one, only these are known. */
  knowsColumn(relation: Securable, columnId: string): boolean;
  manages(securable: Securable): boolean;
  /** Holds now, and is the asker's own or its groups'. */
  isOwn(grant: Grant): boolean;
  /** Has not expired. */
  holds(grant: Grant): boolean;
}

export interface SystemRequest {
  readonly snapshot: CatalogSnapshot;
  readonly asker: Visibility;
  /** Those whose contents are asked for, known to the asker. */
  readonly catalogs: readonly Catalog[];
  /** The one whose information_schema this is; `system` for all. */
  readonly home: string;
}

export interface SystemRelation {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: SystemType }[];
  rows(request: SystemRequest): Iterable<SystemRow>;
}

type ColumnTypes = Readonly<Record<string, SystemType>>;

/** Rows must have exactly the columns that are declared. */
export function systemRelation<C extends ColumnTypes>(
  name: string,
  columns: C,
  rows: (request: SystemRequest) => Iterable<{ readonly [K in keyof C]: SystemValue }>,
): SystemRelation {
  return {
    name: fold(name),
    columns: Object.entries(columns).map(([column, type]) => ({ name: column, type })),
    rows,
  };
}

export const text = 'VARCHAR';
export const integer = 'BIGINT';
export const timestamp = 'TIMESTAMP WITH TIME ZONE';

export function timeOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

/** Empty for one that is gone. */
export function principalName(snapshot: CatalogSnapshot, id: ObjectId): string {
  return snapshot.principal(id)?.name ?? '';
}
