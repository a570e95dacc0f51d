// A query: planned, its start made durable while the engine already works, then streamed.
import type { TouchedObject } from '../audit/event.ts';
import { SqlError, shiftedBy } from '../base/sql-error.ts';
import type { PreparedQuery, ResultStream } from '../engine/prepared-query.ts';
import type { Span } from '../parse/statement.ts';
import { type ResultColumn, typeSpelling } from '../sql/sql-type.ts';
import { askCatalogs, asksForCatalogs, catalogColumns, catalogRows } from './catalog-query.ts';
import type { Outcome, ParameterValue } from './door.ts';
import { noteRead } from './lineage-record.ts';
import { planQuery, type QueryPlan } from './plan-query.ts';
import { ResultMeter } from './result-limits.ts';
import { RowCursor } from './row-cursor.ts';
import type { SessionState } from './session-state.ts';
import type { StatementTrail } from './statement-context.ts';
import { withTimeout } from './statement-timeout.ts';
import { readingConnection } from './transaction-control.ts';

export interface QueryRequest {
  readonly query: Span;
  readonly summary: true | undefined;
  readonly parameters: readonly ParameterValue[];
  readonly maxRows: number;
  readonly onCursor: (cursor: RowCursor) => void;
  readonly trail: StatementTrail;
}

export async function runQuery(state: SessionState, request: QueryRequest): Promise<Outcome> {
  const { trail } = request;
  // Planning and waiting count too.
  const stopTimer = withTimeout(state);
  try {
    const plan = await planOf(state, request);
    if (plan instanceof SqlError) return await runCatalogQuery(state, request, { error: plan, end: stopTimer });
    state.transaction.checkUnchanged(plan.relations, state.services.catalog.snapshot());
    const durable = startTrail(trail, plan.touched);
    const release = await state.services.admission.enter(state);
    const end = (): void => {
      stopTimer();
      release();
    };
    return await runPlan(state, request, { plan, durable, end });
  } catch (error) {
    stopTimer();
    throw error;
  }
}

interface StartedQuery {
  readonly plan: QueryPlan;
  readonly durable: Promise<void>;
  readonly end: () => void;
}

async function runPlan(
  state: SessionState,
  request: QueryRequest,
  { plan, durable, end }: StartedQuery,
): Promise<Outcome> {
  const { trail } = request;
  try {
    const { prepared, stream } = await execute(state, plan, request.parameters);
    // No audit, no data: the fsync has been running beside the query.
    await durable;
    const cursor = cursorOf(state, { plan, prepared, stream, trail, limits: state.services.resultLimits, end });
    try {
      state.demandOpen();
    } catch (error) {
      cursor.close();
      throw error;
    }
    state.openCursor = cursor;
    request.onCursor(cursor);
    return rowsOutcome(cursor, request.maxRows);
  } catch (error) {
    end();
    await durable;
    throw error;
  }
}

/** An error in its place: of a statement that the catalogs may answer. */
async function planOf(
  state: SessionState,
  { query, summary, parameters }: QueryRequest,
): Promise<QueryPlan | SqlError> {
  try {
    const snapshot = state.snapshot();
    const parameterTypes = parameters.map(({ type }) => typeSpelling(type));
    return await planQuery(state.services, query.text, { ...state.planRequest(snapshot), parameterTypes, summary });
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    if (asksForCatalogs(error, query.text)) return shiftedBy(error, query.offset);
    throw shiftedBy(error, query.offset);
  }
}

/** It reads no securable: its event goes with the next group. */
async function runCatalogQuery(
  state: SessionState,
  { query, parameters, maxRows, onCursor, trail }: QueryRequest,
  { error, end }: { readonly error: SqlError; readonly end: () => void },
): Promise<Outcome> {
  const answer = await askCatalogs(state, { text: query.text, parameters, error });
  trail.startedUnwaited();
  const rows = catalogRows(answer);
  const chunks = [rows];
  const source = {
    columns: catalogColumns(answer) ?? [],
    next: () => Promise.resolve(chunks.shift()),
    check: () => Promise.resolve(),
  };
  const cursor = new RowCursor(source, (_, sent) => {
    trail.finished(sent);
  });
  end();
  onCursor(cursor);
  return rowsOutcome(cursor, maxRows);
}

/** A statement that touches no securable need not wait for its event. */
function startTrail(trail: StatementTrail, touched: readonly TouchedObject[]): Promise<void> {
  if (touched.length > 0) {
    const durable = trail.started(touched);
    // Awaited later; until then a failure must not count as unhandled.
    durable.catch(() => undefined);
    return durable;
  }
  trail.startedUnwaited();
  return Promise.resolve();
}

async function execute(
  state: SessionState,
  plan: QueryPlan,
  parameters: readonly ParameterValue[],
): Promise<{ prepared: PreparedQuery; stream: ResultStream }> {
  const connection = await readingConnection(state);
  const prepared = await connection.prepare(plan.rewritten.executable);
  try {
    return { prepared, stream: await prepared.execute(parameters) };
  } catch (error) {
    prepared.close();
    throw error;
  }
}

interface RunningQuery {
  readonly plan: QueryPlan;
  readonly prepared: PreparedQuery;
  readonly stream: ResultStream;
  readonly trail: StatementTrail;
  readonly limits: SessionState['services']['resultLimits'];
  readonly end: () => void;
}

function cursorOf(state: SessionState, running: RunningQuery): RowCursor {
  const columns = namedColumns(running.stream.columns, running.plan.rewritten.names);
  const meter = new ResultMeter(running.limits);
  const source = {
    columns,
    next: async () => {
      try {
        const chunk = await running.stream.next();
        if (chunk !== undefined) meter.count(chunk);
        return chunk;
      } catch (error) {
        const mapped = state.clientError(error);
        await running.trail.failed(mapped);
        throw mapped;
      }
    },
    check: () => checkStillGranted(state, running.plan.validUntil, running.trail),
  };
  return new RowCursor(source, (error, rows) => {
    running.end();
    running.prepared.close();
    if (state.openCursor?.streaming === false) state.openCursor = undefined;
    if (error !== undefined) return;
    running.trail.finished(rows);
    noteRead(state, running.trail, running.plan.touched);
  });
}

/** A grant that ends also ends what was begun with it. */
export async function checkStillGranted(
  { services }: SessionState,
  validUntil: number | undefined,
  trail: StatementTrail,
): Promise<void> {
  if (validUntil === undefined || services.clock.now() < validUntil) return;
  const error = new SqlError('insufficientPrivilege', 'permission denied: a grant this query needs has expired');
  await trail.failed(error);
  throw error;
}

/** Output tokens become the names that PostgreSQL would give. */
export function namedColumns(
  columns: readonly ResultColumn[],
  names: ReadonlyMap<string, string>,
): readonly ResultColumn[] {
  return columns.map((column) => ({ ...column, name: names.get(column.name) ?? column.name }));
}

function rowsOutcome(cursor: RowCursor, maxRows: number): Outcome {
  return {
    kind: 'rows',
    columns: cursor.columns,
    chunks: cursor.chunks(maxRows),
    tag: () => (cursor.exhausted ? cursor.tagOf(cursor.rowsSent) : undefined),
  };
}
