// Edges as they are stored: short arrays.
import type { ObjectId } from '../catalog/securable.ts';
import type { EdgeKind, RecordedEdge } from '../system/recorded-lineage.ts';

export type Packed = readonly [
  source: ObjectId,
  sourceColumn: string | null,
  targetColumn: string | null,
  kind: EdgeKind,
  mask: ObjectId | null,
  flags: number,
];

export function packed({ source, sourceColumn, targetColumn, kind, mask, throughView, coarse }: RecordedEdge): Packed {
  const flags = (throughView ? 1 : 0) + (coarse ? 2 : 0);
  return [source, sourceColumn ?? null, targetColumn ?? null, kind, mask ?? null, flags];
}

export function unpacked([source, sourceColumn, targetColumn, kind, mask, flags]: Packed): RecordedEdge {
  return {
    source,
    sourceColumn: sourceColumn ?? undefined,
    targetColumn: targetColumn ?? undefined,
    kind,
    mask: mask ?? undefined,
    throughView: flags % 2 === 1,
    coarse: flags >= 2,
  };
}
