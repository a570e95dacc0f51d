// The catalog as of an earlier moment, from the log of changes. The last answers are kept: a replay takes a while.
import { LRUCache } from 'lru-cache';
import { limits } from '../base/limits.ts';
import { applyChange } from './apply-change.ts';
import { applyGrants } from './apply-grant.ts';
import type { Grant } from './privilege.ts';
import { CatalogSnapshot } from './snapshot.ts';
import type { StoreEntry } from './store.ts';

/** A version as audit events name it, or a time in milliseconds since the epoch. */
export type PastPoint = { readonly version: number } | { readonly at: number };

export interface PastCatalog {
  readonly snapshot: CatalogSnapshot;
  /** When that was. */
  readonly at: number;
}

export class PastCatalogs {
  readonly #known: LRUCache<number, PastCatalog> = new LRUCache({ max: limits.pastCatalogsMax });

  /** @param entries the published ones, in order */
  at(entries: readonly StoreEntry[], point: PastPoint): PastCatalog | undefined {
    const count = 'version' in point ? point.version : countUntil(entries, point.at);
    if (count > entries.length) return undefined;
    const known = this.#known.get(count);
    if (known !== undefined) return 'at' in point ? { ...known, at: point.at } : known;
    const replayed: PastCatalog = {
      snapshot: replay(entries.slice(0, count)),
      at: 'at' in point ? point.at : (entries[count - 1]?.at ?? 0),
    };
    this.#known.set(count, replayed);
    return replayed;
  }
}

/** Changes were committed one after another: what follows the first later one was not there yet. */
function countUntil(entries: readonly StoreEntry[], at: number): number {
  const later = entries.findIndex((entry) => entry.at > at);
  return later === -1 ? entries.length : later;
}

/** Every entry makes one version. */
export function replay(entries: Iterable<StoreEntry>): CatalogSnapshot {
  let snapshot = CatalogSnapshot.empty();
  let version = 0;
  let grants: Grant[] = [];
  for (const { changes } of entries) {
    for (const change of changes) {
      if (change.kind === 'grant') {
        grants.push(change.grant);
        continue;
      }
      snapshot = applyChange(applyGrants(snapshot, grants), change);
      grants = [];
    }
    version += 1;
  }
  return applyGrants(snapshot, grants).with({ version });
}

export function published(snapshot: CatalogSnapshot): CatalogSnapshot {
  return snapshot.with({ version: snapshot.version + 1 });
}
