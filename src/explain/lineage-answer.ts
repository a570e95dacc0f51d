// SHOW LINEAGE and WHAT DEPENDS ON: edges that were recorded, followed step by step from a table, view or column. An end that the
// asker may not know stands as hidden, and nothing is followed beyond it.
import { Access } from '../authorize/access.ts';
import { displayName, fold } from '../base/identifier.ts';
import { limits } from '../base/limits.ts';
import { SqlError } from '../base/sql-error.ts';
import type { ObjectId, Securable, Table, View } from '../catalog/securable.ts';
import type { GovernEnvironment } from '../govern/environment.ts';
import { relationNamed } from '../govern/find.ts';
import type { AnswerStatement } from '../parse/answer-statement.ts';
import type { NameRef } from '../parse/statement.ts';
import { type Answer, textAnswer } from '../sql/answer.ts';
import { type LineageEnd, lineageEnd } from '../system/lineage.ts';
import { type LineageReader, type RecordedEdge, type RecordedEvent, valueKinds } from '../system/recorded-lineage.ts';
import { systemCatalogName } from '../system/registry.ts';
import type { SystemRequest } from '../system/system-relation.ts';

export const lineageColumns: readonly string[] = [
  'level',
  'direction',
  'source',
  'source_column',
  'target',
  'target_column',
  'kind',
  'mask_function',
  'coarse',
  'command',
  'statement_id',
  'event_time',
  'created_by',
];

export const dependentColumns: readonly string[] = ['level', 'kind', 'object', 'column', 'through', 'how'];

export interface LineageAnswer {
  readonly answer: Answer;
  readonly object: Table | View;
}

export function showLineage(
  environment: GovernEnvironment,
  reader: LineageReader,
  { object: name, direction, depth }: Extract<AnswerStatement, { kind: 'showLineage' }>,
): LineageAnswer {
  const place = placeOf(environment, name);
  const request = requestOf(environment, reader);
  const rows: (readonly (string | null)[])[] = [];
  for (const way of direction === undefined ? (['upstream', 'downstream'] as const) : [direction]) {
    for (const step of followed(request, reader, { place, way, depth: depth ?? limits.lineageDepthMax }))
      rows.push(lineageRow(request, way, step));
  }
  return { answer: textAnswer(lineageColumns, rows), object: place.object };
}

interface Place {
  readonly object: Table | View;
  /** As it is recorded. */
  readonly column: string | undefined;
}

/** A relation by the whole name, or a column of the relation that all but the last part name. */
function placeOf(environment: GovernEnvironment, name: NameRef): Place {
  const { parts, offset } = name;
  if (parts.length <= 3) {
    try {
      return { object: relationNamed(environment, { parts, offset }), column: undefined };
    } catch (error) {
      if (!(error instanceof SqlError) || parts.length === 1) throw error;
      const found = columnPlace(environment, { parts, offset });
      if (found === undefined) throw error;
      return found;
    }
  }
  const found = columnPlace(environment, { parts, offset });
  if (found !== undefined) return found;
  const table = displayName(parts.slice(0, -1));
  throw new SqlError('undefinedColumn', `column ${displayName(parts.slice(-1))} of ${table} does not exist`, {
    position: offset,
  });
}

/** Undefined where the asker may not know the relation or the column. */
function columnPlace(environment: GovernEnvironment, { parts, offset }: NameRef): Place | undefined {
  const wanted = fold(parts.at(-1) ?? '');
  try {
    const object = relationNamed(environment, { parts: parts.slice(0, -1), offset });
    const columns: readonly (Table['columns'][number] | View['columns'][number])[] = object.columns;
    const column = columns.find(({ name }) => fold(name) === wanted);
    if (column === undefined) return undefined;
    const id = 'id' in column ? column.id : column.name;
    if (!environment.access.knownColumns(object, [id]).has(id)) return undefined;
    return { object, column: 'id' in column ? column.id : fold(column.name) };
  } catch (error) {
    if (error instanceof SqlError) return undefined;
    throw error;
  }
}

function requestOf({ snapshot, identity, now }: GovernEnvironment, lineage: LineageReader): SystemRequest {
  const asker = new Access(snapshot, identity, now);
  return { snapshot, asker, catalogs: [], home: systemCatalogName, askerId: identity.user.id, lineage };
}

interface Step {
  readonly level: number;
  readonly event: RecordedEvent;
  readonly edge: RecordedEdge;
}

interface Way {
  readonly place: Place;
  readonly way: 'upstream' | 'downstream';
  readonly depth: number;
}

/** Edges level by level, each once. @throws SqlError limitExceeded */
function followed(request: SystemRequest, reader: LineageReader, { place, way, depth }: Way): readonly Step[] {
  const steps: Step[] = [];
  const seen = new Set<string>();
  // Per object the columns to go on from; undefined: all of them.
  let front = new Map<ObjectId, Set<string> | undefined>([
    [place.object.id, place.column === undefined ? undefined : new Set([place.column])],
  ]);
  const done = new Set<string>();
  for (let level = 1; level <= Math.min(depth, limits.lineageDepthMax) && front.size > 0; level += 1) {
    const next = new Map<ObjectId, Set<string> | undefined>();
    const side = way === 'upstream' ? 'target' : 'source';
    for (const event of reader.latestOf([...front.keys()], side)) {
      for (const edge of event.edges) {
        if (!starts(front, way, { event, edge })) continue;
        const key = JSON.stringify([event.target, edge]);
        if (seen.has(key)) continue;
        seen.add(key);
        steps.push({ level, event, edge });
        if (steps.length > limits.lineageRowsMax) throw tooMany();
        const far = way === 'upstream' ? edge.source : (event.target ?? '');
        if (lineageEnd(request, far).type === 'HIDDEN') continue;
        const column = way === 'upstream' ? edge.sourceColumn : edge.targetColumn;
        goOn(next, done, { far, column });
      }
    }
    front = next;
  }
  return steps;
}

/** Does the edge begin at a place of the front? What decides about all rows decides about each column. */
function starts(
  front: ReadonlyMap<ObjectId, Set<string> | undefined>,
  way: Way['way'],
  { event, edge }: Pick<Step, 'event' | 'edge'>,
): boolean {
  const near = way === 'upstream' ? (event.target ?? '') : edge.source;
  if (!front.has(near)) return false;
  const columns = front.get(near);
  const column = way === 'upstream' ? edge.targetColumn : edge.sourceColumn;
  return columns === undefined || column === undefined || columns.has(column);
}

function goOn(
  next: Map<ObjectId, Set<string> | undefined>,
  done: Set<string>,
  { far, column }: { readonly far: ObjectId; readonly column: string | undefined },
): void {
  const key = JSON.stringify([far, column ?? null]);
  if (done.has(key)) return;
  done.add(key);
  if (column === undefined) next.set(far, undefined);
  else if (!next.has(far)) next.set(far, new Set([column]));
  else next.get(far)?.add(column);
}

function tooMany(): SqlError {
  return new SqlError('limitExceeded', 'the lineage has too many edges to be told at once', {
    hint: 'Ask for one column, or for fewer levels with DEPTH.',
  });
}

function lineageRow(request: SystemRequest, way: Way['way'], { level, event, edge }: Step): readonly (string | null)[] {
  const source = lineageEnd(request, edge.source);
  const target = event.target === undefined ? undefined : lineageEnd(request, event.target);
  return [
    String(level),
    way.toUpperCase(),
    shown(source),
    source.column(edge.sourceColumn),
    target === undefined ? null : shown(target),
    target?.column(edge.targetColumn) ?? null,
    edge.kind,
    functionName(request, edge.mask),
    String(edge.coarse),
    event.command,
    event.statementId,
    new Date(event.at).toISOString(),
    request.snapshot.principal(event.runAs)?.name ?? '',
  ];
}

function shown({ fullName, isDropped }: LineageEnd): string {
  if (fullName === null) return '(hidden)';
  return isDropped ? `${fullName} (dropped)` : fullName;
}

function functionName({ snapshot, asker }: SystemRequest, id: ObjectId | undefined): string | null {
  const fn = id === undefined ? undefined : snapshot.object(id);
  return fn !== undefined && asker.knows(fn) ? displayName(snapshot.nameOf(fn.id)) : null;
}

/** What would feel a change: data that were made of it, and what the catalog holds that reads it. */
export function whatDependsOn(
  environment: GovernEnvironment,
  reader: LineageReader,
  { object: name }: Extract<AnswerStatement, { kind: 'whatDependsOn' }>,
): LineageAnswer {
  const place = placeOf(environment, name);
  const request = requestOf(environment, reader);
  const steps = followed(request, reader, { place, way: 'downstream', depth: limits.lineageDepthMax });
  const made = steps.map(({ level, event, edge }): readonly (string | null)[] => {
    const target = lineageEnd(request, event.target ?? '');
    const how = valueKinds.has(edge.kind) ? `value, ${edge.kind}` : `influence, ${edge.kind}`;
    return [String(level), target.type, shown(target), target.column(edge.targetColumn), event.command, how];
  });
  const unique = new Map([...made, ...readers(environment, place)].map((row) => [JSON.stringify(row), row]));
  return { answer: textAnswer(dependentColumns, [...unique.values()]), object: place.object };
}

/** Views and functions whose bodies mention the relation, and policies that read the column. */
function readers(environment: GovernEnvironment, place: Place): readonly (readonly (string | null)[])[] {
  const { snapshot, access } = environment;
  const rows: (readonly (string | null)[])[] = [];
  const tell = (object: Securable, how: string): void => {
    const known = access.knows(object);
    const name = known ? displayName(snapshot.nameOf(object.id)) : '(hidden)';
    rows.push(['1', known ? object.kind.toUpperCase() : 'HIDDEN', name, null, null, how]);
  };
  for (const catalog of snapshot.catalogs()) {
    for (const schema of snapshot.schemasOf(catalog.id)) {
      const bodies = [...snapshot.relationsOf(schema.id), ...snapshot.functionsOf(schema.id)];
      for (const body of bodies) {
        if (body.kind !== 'table' && body.dependencies?.includes(place.object.id) === true) tell(body, 'body');
      }
    }
  }
  if (place.object.kind === 'table' && access.manages(place.object))
    rows.push(...policiesOf(environment, place.object, place.column));
  return rows;
}

function policiesOf(
  { snapshot }: GovernEnvironment,
  table: Table,
  column: string | undefined,
): readonly (readonly (string | null)[])[] {
  const reads = (list: Table['rowFilters'][number]['arguments'], own?: string): boolean =>
    column === undefined || own === column || list.some((each) => each.kind === 'column' && each.columnId === column);
  const row = (kind: string, functionId: ObjectId, on: string | null): readonly (string | null)[] => {
    const fn = snapshot.object(functionId);
    return ['1', kind, fn === undefined ? null : displayName(snapshot.nameOf(fn.id)), on, null, 'policy'];
  };
  return [
    ...table.rowFilters.filter((each) => reads(each.arguments)).map((each) => row('ROW FILTER', each.functionId, null)),
    ...table.columns.flatMap(({ id, name, mask }) =>
      mask !== undefined && reads(mask.using, id) ? [row('COLUMN MASK', mask.functionId, name)] : [],
    ),
  ];
}
