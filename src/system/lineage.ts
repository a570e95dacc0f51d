// system.access: the lineage that the asker may know. An end of an edge that may not be known stands without its name; who read what
// shows to those who manage what was read, and to oneself.
import { displayName, fold } from '../base/identifier.ts';
import type { ObjectId, Securable, Table, View } from '../catalog/securable.ts';
import { type RecordedEdge, type RecordedEvent, valueKinds } from './recorded-lineage.ts';
import {
  boolean,
  date,
  principalName,
  type SystemRelation,
  type SystemRequest,
  systemRelation,
  text,
  timeOf,
  timestamp,
} from './system-relation.ts';

/** One end of an edge, as far as the asker may know it. */
export interface LineageEnd {
  readonly type: 'TABLE' | 'VIEW' | 'HIDDEN';
  readonly catalog: string | null;
  readonly schema: string | null;
  readonly name: string | null;
  readonly fullName: string | null;
  readonly isDropped: boolean;
  /** The name of a column of it; null where it may not be known or there is none. */
  column(id: string | undefined): string | null;
}

const hidden: LineageEnd = {
  type: 'HIDDEN',
  catalog: null,
  schema: null,
  name: null,
  fullName: null,
  isDropped: false,
  column: () => null,
};

export function lineageEnd(request: SystemRequest, id: ObjectId): LineageEnd {
  const object = request.snapshot.object(id);
  if (object?.kind === 'table' || object?.kind === 'view') {
    return request.asker.knows(object) ? knownEnd(request, object) : hidden;
  }
  return droppedEnd(request, id);
}

function knownEnd({ snapshot, asker }: SystemRequest, object: Table | View): LineageEnd {
  const ids = object.columns.map((column) => ('id' in column ? column.id : column.name));
  const known = asker.knownColumns(object, ids);
  const names = new Map<string, string>();
  for (const [index, { name }] of object.columns.entries()) {
    const columnId = ids[index] ?? '';
    if (known.has(columnId)) names.set(object.kind === 'table' ? columnId : fold(name), name);
  }
  return endOf(object.kind, snapshot.nameOf(object.id), { names, isDropped: false });
}

/** What is gone was somebody's: administrators alone may still know its name. */
function droppedEnd({ snapshot, asker, lineage }: SystemRequest, id: ObjectId): LineageEnd {
  const name = asker.manages(snapshot.metastore) ? lineage?.nameOf(id) : undefined;
  if (name === undefined) return hidden;
  return endOf(name.kind, name.parts, { names: new Map(Object.entries(name.columns)), isDropped: true });
}

function endOf(
  kind: 'table' | 'view',
  parts: readonly string[],
  { names, isDropped }: { readonly names: ReadonlyMap<string, string>; readonly isDropped: boolean },
): LineageEnd {
  const [catalog = null, schema = null, name = null] = parts;
  return {
    type: kind === 'table' ? 'TABLE' : 'VIEW',
    catalog,
    schema,
    name,
    fullName: displayName(parts),
    isDropped,
    column: (id) => (id === undefined ? null : (names.get(id) ?? null)),
  };
}

/** Events of which the asker may know something, each edge with its ends. */
export function* visibleEvents(
  request: SystemRequest,
  events: Iterable<RecordedEvent>,
): Iterable<{ readonly event: RecordedEvent; readonly end: (id: ObjectId) => LineageEnd }> {
  const ends = new Map<ObjectId, LineageEnd>();
  const end = (id: ObjectId): LineageEnd => {
    const known = ends.get(id) ?? lineageEnd(request, id);
    ends.set(id, known);
    return known;
  };
  for (const event of events) if (mayKnow(request, event, end)) yield { event, end };
}

function mayKnow(request: SystemRequest, event: RecordedEvent, end: (id: ObjectId) => LineageEnd): boolean {
  const { target, edges } = event;
  if (target !== undefined)
    return [target, ...edges.map(({ source }) => source)].some((id) => end(id).type !== 'HIDDEN');
  if (event.runAs === request.askerId) return edges.some(({ source }) => end(source).type !== 'HIDDEN');
  return edges.every(({ source }) => {
    const object: Securable | undefined = request.snapshot.object(source);
    return object === undefined ? end(source).type !== 'HIDDEN' : request.asker.manages(object);
  });
}

const eventColumns = {
  metastore_id: text,
  workspace_id: text,
  entity_type: text,
  entity_id: text,
  entity_run_id: text,
  source_table_full_name: text,
  source_table_catalog: text,
  source_table_schema: text,
  source_table_name: text,
  source_path: text,
  source_type: text,
  target_table_full_name: text,
  target_table_catalog: text,
  target_table_schema: text,
  target_table_name: text,
  target_path: text,
  target_type: text,
} as const;

const trailColumns = {
  created_by: text,
  event_time: timestamp,
  event_date: date,
  record_id: text,
  event_id: text,
  statement_id: text,
  entity_metadata: text,
} as const;

type Named<C> = { readonly [K in keyof C]: string | null };

function endsOf(
  { snapshot }: SystemRequest,
  source: LineageEnd | undefined,
  target: LineageEnd | undefined,
): Named<typeof eventColumns> {
  return {
    metastore_id: snapshot.metastore.id,
    workspace_id: '0',
    entity_type: null,
    entity_id: null,
    entity_run_id: null,
    source_table_full_name: source?.fullName ?? null,
    source_table_catalog: source?.catalog ?? null,
    source_table_schema: source?.schema ?? null,
    source_table_name: source?.name ?? null,
    source_path: null,
    source_type: source?.type ?? null,
    target_table_full_name: target?.fullName ?? null,
    target_table_catalog: target?.catalog ?? null,
    target_table_schema: target?.schema ?? null,
    target_table_name: target?.name ?? null,
    target_path: null,
    target_type: target?.type ?? null,
  };
}

function trailOf({ snapshot }: SystemRequest, event: RecordedEvent, record: number): Named<typeof trailColumns> {
  const time = timeOf(event.at);
  return {
    created_by: principalName(snapshot, event.runAs),
    event_time: time,
    event_date: time.slice(0, 10),
    record_id: `${String(event.id)}-${String(record)}`,
    event_id: String(event.id),
    statement_id: event.statementId,
    entity_metadata: null,
  };
}

/** A read tells nothing of what is behind a view: that there is something is not known either. */
function toldEdges({ target, edges }: RecordedEvent, end: (id: ObjectId) => LineageEnd): readonly RecordedEdge[] {
  return target === undefined ? edges.filter(({ source }) => end(source).type !== 'HIDDEN') : edges;
}

/** Sources of an event, each once, with whether any edge comes from it directly. */
function sourcesOf(edges: readonly RecordedEdge[]): readonly (readonly [ObjectId, boolean])[] {
  const found = new Map<ObjectId, boolean>();
  for (const { source, throughView } of edges) found.set(source, !throughView || (found.get(source) ?? false));
  return [...found];
}

const tableLineage = systemRelation(
  'table_lineage',
  {
    ...eventColumns,
    ...trailColumns,
    direct_access: boolean,
    command: text,
    is_source_dropped: boolean,
    is_target_dropped: boolean,
  },
  function* (request) {
    for (const { event, end } of visibleEvents(request, request.lineage?.events() ?? [])) {
      const target = event.target === undefined ? undefined : end(event.target);
      const own = { command: event.command, is_target_dropped: target?.isDropped ?? false };
      const sources = sourcesOf(toldEdges(event, end));
      for (const [index, [id, direct]] of sources.entries()) {
        const source = end(id);
        const trail = { ...trailOf(request, event, index), ...own };
        yield {
          ...endsOf(request, source, target),
          ...trail,
          direct_access: direct,
          is_source_dropped: source.isDropped,
        };
      }
      if (sources.length > 0) continue;
      const trail = { ...trailOf(request, event, 0), ...own };
      yield { ...endsOf(request, undefined, target), ...trail, direct_access: true, is_source_dropped: false };
    }
  },
);

const columnLineage = systemRelation(
  'column_lineage',
  {
    ...eventColumns,
    source_column_name: text,
    target_column_name: text,
    ...trailColumns,
    direct_access: boolean,
    command: text,
    kind: text,
    is_value: boolean,
    mask_function: text,
    is_coarse: boolean,
  },
  function* (request) {
    for (const { event, end } of visibleEvents(request, request.lineage?.events() ?? [])) {
      const target = event.target === undefined ? undefined : end(event.target);
      for (const [index, edge] of toldEdges(event, end).entries()) {
        const source = end(edge.source);
        yield {
          ...endsOf(request, source, target),
          source_column_name: source.column(edge.sourceColumn),
          target_column_name: target?.column(edge.targetColumn) ?? null,
          ...trailOf(request, event, index),
          direct_access: !edge.throughView,
          command: event.command,
          kind: edge.kind,
          is_value: valueKinds.has(edge.kind),
          mask_function: maskName(request, edge.mask),
          is_coarse: edge.coarse,
        };
      }
    }
  },
);

function maskName({ snapshot, asker }: SystemRequest, id: ObjectId | undefined): string | null {
  const fn = id === undefined ? undefined : snapshot.object(id);
  return fn !== undefined && asker.knows(fn) ? displayName(snapshot.nameOf(fn.id)) : null;
}

export const lineageRelations: readonly SystemRelation[] = [tableLineage, columnLineage].map((relation) => ({
  ...relation,
  isLive: true,
}));
