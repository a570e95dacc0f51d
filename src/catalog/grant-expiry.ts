// When grants end: an answer that shows which there are holds until the next of them does.
import type { CatalogSnapshot } from './snapshot.ts';

/** Milliseconds since the epoch; undefined: none of the metastore's grants expires after `now`. */
export function nextExpiry(snapshot: CatalogSnapshot, now: number): number | undefined {
  let next: number | undefined;
  for (const { until } of snapshot.parts.grants.values().flatMap((lists) => lists.values().flat())) {
    if (until !== undefined && until > now && (next === undefined || until < next)) next = until;
  }
  return next;
}
