// Who has to do with something in a container: kept as counts, so that knowing a container never means looking through it. A
// schema counts objects, a catalog counts its schemas and those schemas that count something.

import type { InsideCount } from './inside-count.ts';
import { PersistentMap } from './persistent-map.ts';
import type { Grant } from './privilege.ts';
import { metastoreId, type ObjectId } from './securable.ts';
import type { CatalogSnapshot } from './snapshot.ts';

/** What an object is to a principal. */
export type Tie = 'none' | 'expiring' | 'permanent';

export type InsideIndex = PersistentMap<PersistentMap<InsideCount>>;

interface TieChange {
  readonly principalId: ObjectId;
  readonly from: Tie;
  readonly to: Tie;
}

export function tieOf(isOwner: boolean, grants: readonly Grant[]): Tie {
  if (isOwner || grants.some((grant) => grant.until === undefined)) return 'permanent';
  return grants.length === 0 ? 'none' : 'expiring';
}

/** Every principal that owns the object or was granted something on it. */
export function tiesTo(snapshot: CatalogSnapshot, objectId: ObjectId): ReadonlyMap<ObjectId, Tie> {
  const object = snapshot.object(objectId);
  const ties = new Map<ObjectId, Tie>();
  if (object === undefined) return ties;
  for (const id of [object.owner, ...(snapshot.parts.grants.get(objectId)?.keys() ?? [])]) {
    ties.set(id, tieOf(object.owner === id, snapshot.grantsOf(id, objectId)));
  }
  return ties;
}

/** The index with the object counted, or no longer counted, for everybody it means something to. */
export function withTies(
  snapshot: CatalogSnapshot,
  objectId: ObjectId,
  { ties, counted }: { readonly ties: ReadonlyMap<ObjectId, Tie>; readonly counted: boolean },
): InsideIndex {
  const counter = new TieCounter(snapshot);
  for (const [principalId, tie] of ties) {
    counter.count(objectId, counted ? { principalId, from: 'none', to: tie } : { principalId, from: tie, to: 'none' });
  }
  return counter.apply();
}

/** Collects what objects have come to mean to principals, then gives the index that says so. */
export class TieCounter {
  readonly #snapshot: CatalogSnapshot;
  readonly #counts: Map<ObjectId, Map<ObjectId, InsideCount>> = new Map();

  constructor(snapshot: CatalogSnapshot) {
    this.#snapshot = snapshot;
  }

  count(objectId: ObjectId, { principalId, from, to }: TieChange): void {
    const containerId = this.#snapshot.parentOf(objectId);
    if (from === to || containerId === undefined || containerId === metastoreId) return;
    const counts = this.#counts.get(containerId) ?? new Map<ObjectId, InsideCount>();
    this.#counts.set(containerId, counts);
    const before = counts.get(principalId) ?? this.#snapshot.insideCount(containerId, principalId);
    const after = moved(before, { from, to });
    counts.set(principalId, after);
    // To the container around it the container counts as one more thing, apart from its own grants and owner.
    this.count(containerId, { principalId, from: tieOfCount(before), to: tieOfCount(after) });
  }

  apply(): InsideIndex {
    const { inside } = this.#snapshot.parts;
    let next = inside;
    for (const [containerId, changed] of this.#counts) {
      const entries = [...changed];
      let counts = (inside.get(containerId) ?? PersistentMap.empty<InsideCount>()).withAll(
        entries.filter(([, count]) => !isNothing(count)),
      );
      for (const [id, count] of entries) if (isNothing(count)) counts = counts.without(id);
      next = counts.size === 0 ? next.without(containerId) : next.with(containerId, counts);
    }
    return next;
  }
}

function isNothing({ permanent, expiring }: InsideCount): boolean {
  return permanent + expiring === 0;
}

function moved(count: InsideCount, { from, to }: Pick<TieChange, 'from' | 'to'>): InsideCount {
  const step = (kind: Tie): number => Number(to === kind) - Number(from === kind);
  return { permanent: count.permanent + step('permanent'), expiring: count.expiring + step('expiring') };
}

function tieOfCount({ permanent, expiring }: InsideCount): Tie {
  if (permanent > 0) return 'permanent';
  return expiring > 0 ? 'expiring' : 'none';
}
