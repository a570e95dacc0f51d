import type { LosslessNumber } from 'lossless-json';

/** DuckDB's place of a node as an error option; nothing for the nodes it makes itself (location 2^64-1). */
export function positionOf(node: { readonly query_location?: LosslessNumber }): { readonly position?: number } {
  const place = Number(node.query_location?.value ?? 'NaN');
  return Number.isSafeInteger(place) ? { position: place } : {};
}
