// Where what a statement writes comes from: made of the very authorization and guards that it runs with.
import type { Authorization } from '../authorize/authorization.ts';
import { fold } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import type { Column, Table, View } from '../catalog/securable.ts';
import { queryLineage } from '../lineage/query-lineage.ts';
import { edgesOf, type WrittenColumn, type WrittenLineage, writtenColumns } from '../lineage/recorded.ts';
import { coarse, merged, type Traced, untraced } from '../lineage/traced.ts';
import type { GuardEffect } from '../rewrite/rewrite-context.ts';
import type { RecordedEdge } from '../system/recorded-lineage.ts';

/** A query of which something is written. */
export interface Found {
  readonly authorization: Authorization;
  readonly effects: readonly GuardEffect[];
}

/** What goes into which columns, and what decides about the rows. */
export interface Flow {
  readonly columns: readonly WrittenColumn[];
  readonly rows: Traced;
  /** Tables of a query that was too complex to be followed. */
  readonly untold: readonly RecordedEdge[];
}

/**
 * @param targets the columns that the query's outputs go to, in their order
 * @param table whose columns these are, where the statement casts each value to its column's type
 */
export function flowOf({ authorization, effects }: Found, targets: readonly string[], table?: Table): Flow {
  try {
    const lineage = queryLineage(authorization, effects);
    const columns = writtenColumns(lineage, targets);
    return {
      columns:
        table === undefined ? columns : columns.map((each, index) => uncast(authorization, { ...each, index, table })),
      rows: lineage.rows,
      untold: [],
    };
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    return { columns: [], rows: untraced, untold: relationsOf(authorization) };
  }
}

/** A cast to the type that the source has already, which the product itself writes, leaves the value what it is. */
function uncast(
  { resolved, snapshot }: Authorization,
  { column, value, index, table }: WrittenColumn & { readonly index: number; readonly table: Table },
): WrittenColumn {
  const { node } = resolved.statement;
  const item = node.type === 'SELECT_NODE' ? node.select_list[index] : undefined;
  if (item?.class !== 'CAST' || item.child.class !== 'COLUMN_REF') return { column, value };
  const type = table.columns.find(({ id }) => id === column)?.type;
  const origins = new Map(
    [...value.origins].map(([key, origin]) => {
      const source = snapshot.object(origin.object);
      const from = source?.kind === 'table' ? source.columns.find(({ id }) => id === origin.column)?.type : undefined;
      const same = from !== undefined && from === type && origin.flow === 'derived' && origin.mask === undefined;
      return [key, same ? { ...origin, flow: 'direct' as const } : origin] as const;
    }),
  );
  return { column, value: { ...value, origins } };
}

function relationsOf({ resolved }: Authorization): readonly RecordedEdge[] {
  return resolved.relations
    .filter((use) => use.kind !== 'system')
    .map((use) => ({
      source: use.kind === 'table' ? use.table.id : use.view.id,
      sourceColumn: undefined,
      targetColumn: undefined,
      kind: 'derived',
      mask: undefined,
      throughView: false,
      coarse: true,
    }));
}

export function writtenLineage({ id }: Table | View, flows: readonly Flow[]): WrittenLineage {
  const byColumn = new Map<string, Traced[]>();
  for (const { column, value } of flows.flatMap(({ columns }) => columns)) {
    byColumn.set(column, [...(byColumn.get(column) ?? []), value]);
  }
  const columns = [...byColumn].map(([column, values]) => ({ column, value: merged(values) }));
  const edges = edgesOf(columns, merged(flows.map(({ rows }) => rows)));
  return { target: id, edges: [...edges, ...flows.flatMap(({ untold }) => untold)] };
}

/** Of the outputs of a query with these targets; those of a view by its columns' names. */
export function queryWritten(
  target: Table | View,
  found: Found,
  columns: readonly Column[] | undefined,
): WrittenLineage {
  const targets = columns?.map(({ id }) => id) ?? target.columns.map(({ name }) => fold(name));
  return writtenLineage(target, [flowOf(found, targets)]);
}

/** Each of these columns may be made of any that the rows are made of: EXCLUDED. */
export function anyInto(source: Flow, targets: readonly Column[]): Flow {
  const mixed = coarse(merged(source.columns.map(({ value }) => value)));
  return { columns: targets.map(({ id }) => ({ column: id, value: mixed })), rows: untraced, untold: [] };
}
