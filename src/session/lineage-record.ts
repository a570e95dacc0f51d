// What a statement read and wrote, for the lineage. Writes are durable before their transaction commits.
import type { TouchedObject } from '../audit/event.ts';
import { fold } from '../base/identifier.ts';
import type { Change } from '../catalog/change.ts';
import { columnIdOf, type ObjectId, type Table, type View } from '../catalog/securable.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { NewEvent } from '../lineage/lineage-log.ts';
import type { WrittenLineage } from '../lineage/recorded.ts';
import type { RecordedEdge, RecordedName } from '../system/recorded-lineage.ts';
import type { SessionState } from './session-state.ts';
import type { StatementTrail } from './statement-context.ts';

/** To be recorded when the transaction commits. */
export function noteWritten(state: SessionState, trail: StatementTrail, written: WrittenLineage): void {
  state.transaction.lineage.push({ ...factsOf(state, trail), target: written.target, edges: written.edges });
}

/** @returns undoes it: for a commit that fails @throws SqlError diskFull */
export function recordWritten(state: SessionState): () => void {
  const { transaction, services } = state;
  const events = transaction.lineage;
  if (events.length === 0) return () => undefined;
  const snapshot = transaction.snapshot(services.catalog.snapshot());
  const ids = services.lineage.record(events, namesOf(snapshot, idsIn(events)));
  return () => {
    services.lineage.forget(ids);
  };
}

/** Of what the transaction drops the last names are kept. */
export function keepDroppedNames({ services }: SessionState, changes: readonly Change[]): void {
  const snapshot = services.catalog.snapshot();
  const gone = changes.flatMap((change) => {
    if (change.kind === 'dropObject') return relationsUnder(snapshot, change.objectId);
    return change.kind === 'replaceTable' ? [change.replacedId] : [];
  });
  services.lineage.rename(namesOf(snapshot, gone));
}

/** Containers are three deep. */
function relationsUnder(snapshot: CatalogSnapshot, id: ObjectId): readonly ObjectId[] {
  const object = snapshot.object(id);
  if (object?.kind === 'catalog' || object?.kind === 'schema') {
    return snapshot.childIds(id).flatMap((child) => relationsUnder(snapshot, child));
  }
  return [id];
}

/** A query that has given its rows. */
export function noteRead(state: SessionState, trail: StatementTrail, touched: readonly TouchedObject[]): void {
  const { snapshot } = trail.facts;
  const edges = touched.filter(({ action }) => action === 'SELECT').flatMap((object) => readEdges(snapshot, object));
  if (edges.length === 0) return;
  const event: NewEvent = { ...factsOf(state, trail), target: undefined, edges };
  state.services.lineage.noteRead(event, namesOf(snapshot, idsIn([event])));
}

function factsOf(state: SessionState, trail: StatementTrail): Omit<NewEvent, 'target' | 'edges'> {
  const { statementId, facts } = trail;
  const at = state.services.clock.now();
  return { statementId, command: facts.command, principal: state.userId, runAs: state.runAsId ?? state.userId, at };
}

/** System relations are no objects: nothing is made of them. */
function readEdges(snapshot: CatalogSnapshot, { id, columns }: TouchedObject): readonly RecordedEdge[] {
  const object = snapshot.object(id);
  if (object?.kind !== 'table' && object?.kind !== 'view') return [];
  const read = (sourceColumn: string | undefined): RecordedEdge => ({
    source: id,
    sourceColumn,
    targetColumn: undefined,
    kind: 'read',
    mask: undefined,
    throughView: false,
    coarse: sourceColumn === undefined,
  });
  if (columns.length === 0 || columns.includes('*')) return [read(undefined)];
  return columns.map((name) => read(idOfColumn(object, name)));
}

function idOfColumn(object: Table | View, name: string): string | undefined {
  const column = object.columns.find((each) => fold(each.name) === fold(name));
  return column === undefined ? undefined : recordedColumn(column);
}

function recordedColumn(column: Table['columns'][number] | View['columns'][number]): string {
  return 'id' in column ? column.id : fold(columnIdOf(column));
}

function idsIn(events: readonly NewEvent[]): ReadonlySet<ObjectId> {
  const targets = events.flatMap(({ target }) => (target === undefined ? [] : [target]));
  return new Set([...targets, ...events.flatMap(({ edges }) => edges.map(({ source }) => source))]);
}

function namesOf(snapshot: CatalogSnapshot, ids: Iterable<ObjectId>): ReadonlyMap<ObjectId, RecordedName> {
  const names = new Map<ObjectId, RecordedName>();
  for (const id of ids) {
    const object = snapshot.object(id);
    if (object?.kind !== 'table' && object?.kind !== 'view') continue;
    const columns = Object.fromEntries(object.columns.map((column) => [recordedColumn(column), column.name]));
    names.set(id, { kind: object.kind, parts: snapshot.nameOf(id), columns });
  }
  return names;
}
