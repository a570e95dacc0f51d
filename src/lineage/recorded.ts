// Lineage of one statement as edges that can be kept.
import { limits } from '../base/limits.ts';
import type { ObjectId } from '../catalog/securable.ts';
import type { RecordedEdge } from '../system/recorded-lineage.ts';
import type { QueryLineage } from './query-lineage.ts';
import { fixedParts } from './rowset.ts';
import { merged, type Traced } from './traced.ts';

/** What a statement writes into one table or view. */
export interface WrittenLineage {
  readonly target: ObjectId;
  readonly edges: readonly RecordedEdge[];
}

export interface WrittenColumn {
  /** The target's column id, or a view's column name, folded. */
  readonly column: string;
  readonly value: Traced;
}

/** @param targets columns that the outputs go to, in their order */
export function writtenColumns({ parts }: QueryLineage, targets: readonly string[]): readonly WrittenColumn[] {
  return fixedParts(parts, targets.length).map((value, index) => ({ column: targets[index] ?? '', value }));
}

/** @param rows what decides about the rows as a whole: kept once, not for each column */
export function edgesOf(columns: readonly WrittenColumn[], rows: Traced): readonly RecordedEdge[] {
  const edges = [
    ...columns.flatMap(({ column, value }) => edgesInto(column, value)),
    ...edgesInto(undefined, { origins: new Map(), influences: merged([rows]).influences }),
  ];
  return edges.length <= limits.lineageEdgesMax ? edges : tableEdges(edges);
}

function edgesInto(targetColumn: string | undefined, { origins, influences }: Traced): readonly RecordedEdge[] {
  return [
    ...[...origins.values()].map(
      ({ object, column, flow, mask, throughView, coarse }): RecordedEdge => ({
        source: object,
        sourceColumn: column,
        targetColumn,
        kind: flow,
        mask,
        throughView,
        coarse,
      }),
    ),
    ...[...influences.values()].map(
      ({ object, column, kind, coarse }): RecordedEdge => ({
        source: object,
        sourceColumn: column,
        targetColumn,
        kind,
        mask: undefined,
        throughView: false,
        coarse,
      }),
    ),
  ];
}

/** Too many to keep: which tables, and nothing of their columns. */
function tableEdges(edges: readonly RecordedEdge[]): readonly RecordedEdge[] {
  const sources = new Map<ObjectId, RecordedEdge>();
  for (const edge of edges) {
    const known = sources.get(edge.source);
    const throughView = edge.throughView && (known?.throughView ?? true);
    sources.set(edge.source, {
      source: edge.source,
      sourceColumn: undefined,
      targetColumn: undefined,
      kind: 'derived',
      mask: undefined,
      throughView,
      coarse: true,
    });
  }
  return [...sources.values()];
}
