// What authorize decided about one resolved query: it may run, and with which guards.
import type { ResolvedFunction, ResolvedQuery, TableUse, ViewUse } from '../analyze/resolved-query.ts';
import type { ObjectId } from '../catalog/securable.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
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
  /** Bodies of called SQL functions, by function. */
  readonly functions: ReadonlyMap<ObjectId, Authorization>;
  /** The first moment at which a grant that was used expires; undefined: none does. */
  readonly validUntil: number | undefined;
}
