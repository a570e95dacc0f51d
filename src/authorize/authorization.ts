// What authorize decided about one resolved query: it may run, and with which guards.
import type { ResolvedFunction, ResolvedQuery, SystemUse, TableUse, ViewUse } from '../analyze/resolved-query.ts';
import type { ObjectId } from '../catalog/securable.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { SystemRequest } from '../system/system-relation.ts';
import type { Identity } from './identity.ts';

/** Where a policy was set. */
export type PolicyOrigin =
  | { readonly kind: 'table' }
  /** By tags, on the catalog, schema or table with this id. */
  | { readonly kind: 'tags'; readonly securableId: ObjectId; readonly name: string };

/** A policy function with its arguments, ready to be written into a guard. */
export interface PolicyCall {
  readonly function: ResolvedFunction;
  readonly arguments: readonly GuardArgument[];
  /** Its body's own authorization, with its owner's grants. */
  readonly body: Authorization;
  readonly origin: PolicyOrigin;
}

export type GuardArgument =
  | { readonly kind: 'column'; readonly columnId: string }
  | { readonly kind: 'constant'; readonly literal: string };

/** Filter and masks for one table use. There always is one; without policies its lists are empty. */
export interface TableGuard {
  /** By column id. */
  readonly masks: ReadonlyMap<string, PolicyCall>;
  /** All must hold. */
  readonly filters: readonly PolicyCall[];
  /** Ids of the columns that the reader was granted; undefined: the whole table. */
  readonly readable: ReadonlySet<string> | undefined;
}

export interface Authorization {
  readonly snapshot: CatalogSnapshot;
  readonly resolved: ResolvedQuery;
  /** Whom identity functions mean: always the session's user, in views and policies too. */
  readonly identity: Identity;
  readonly guards: ReadonlyMap<TableUse, TableGuard>;
  readonly views: ReadonlyMap<ViewUse, Authorization>;
  /** Columns that were granted of a view; absent: the whole view. */
  readonly readableOfViews: ReadonlyMap<ViewUse, ReadonlySet<string>>;
  /** By whose eyes the rows of a system relation are told: always the session's user. */
  readonly systems: ReadonlyMap<SystemUse, SystemRequest>;
  /** Bodies of called SQL functions, by function. */
  readonly functions: ReadonlyMap<ObjectId, Authorization>;
  /** The first moment at which a grant that was used expires; undefined: none does. */
  readonly validUntil: number | undefined;
}
