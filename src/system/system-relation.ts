// Relations that the product itself answers: information_schema from the catalog, system.access from what was recorded. Each has columns and a function that gives the
// rows one asker may see. They are no tables: nothing in the engine has their names.
import { fold } from '../base/identifier.ts';
import type { Grant } from '../catalog/privilege.ts';
import type { Catalog, ObjectId, Securable } from '../catalog/securable.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { LineageReader } from './recorded-lineage.ts';

export type SystemType = 'VARCHAR' | 'BIGINT' | 'BOOLEAN' | 'DATE' | 'TIMESTAMP WITH TIME ZONE';
export type SystemValue = string | number | boolean | null;
export type SystemRow = Readonly<Record<string, SystemValue>>;

/** Who asks, as far as rows depend on it: authorize/access.ts answers. */
export interface Visibility {
  /** May know that it exists. */
  knows(securable: Securable): boolean;
  manages(securable: Securable): boolean;
  /** Of these columns those that may be known. */
  knownColumns(securable: Securable, columnIds: readonly string[]): ReadonlySet<string>;
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
  /** Who asks. */
  readonly askerId: ObjectId;
  readonly lineage: LineageReader | undefined;
}

export interface SystemRelation {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: SystemType }[];
  /** Rows depend on more than the catalog's version: a plan with them is not kept. */
  readonly isLive?: true;
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
export const boolean = 'BOOLEAN';
export const date = 'DATE';
export const timestamp = 'TIMESTAMP WITH TIME ZONE';

export function timeOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

/** Empty for one that is gone. */
export function principalName(snapshot: CatalogSnapshot, id: ObjectId): string {
  return snapshot.principal(id)?.name ?? '';
}
