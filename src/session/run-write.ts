// A write: planned, its start made durable, run step by step in the session's transaction. Rows of RETURNING are read before
// it commits: a client that leaves them unread has written all the same.
import type { EngineConnection } from '../engine/duckdb-connection.ts';
import { planWrite } from '../govern/writes/plan-write.ts';
import type { Returning, WritePlan } from '../govern/writes/write-plan.ts';
import type { WriteStatement } from '../parse/write-statement.ts';
import type { ExecutableQuery } from '../rewrite/executable-query.ts';
import { type ResultColumn, type RowChunk, typeSpelling } from '../sql/sql-type.ts';
import type { Outcome, ParameterValue } from './door.ts';
import { noteWritten } from './lineage-record.ts';
import { relationsOf } from './plan-query.ts';
import { ResultMeter } from './result-limits.ts';
import { RowCursor } from './row-cursor.ts';
import { environmentOf } from './run-governance.ts';
import { checkStillGranted, namedColumns } from './run-query.ts';
import type { SessionState } from './session-state.ts';
import type { StatementTrail } from './statement-context.ts';
import { withTimeout } from './statement-timeout.ts';
import { inTransaction, openTransaction } from './transaction-control.ts';

export interface WriteRequest {
  readonly statement: WriteStatement;
  readonly parameters: readonly ParameterValue[];
  readonly maxRows: number;
  readonly onCursor: (cursor: RowCursor) => void;
  readonly trail: StatementTrail;
}

export async function runWrite(state: SessionState, request: WriteRequest): Promise<Outcome> {
  // Planning and waiting count too.
  const stopTimer = withTimeout(state);
  try {
    const environment = environmentOf(state, request.parameters.map(listType));
    return await runPlan(state, request, await planWrite(environment, request.statement));
  } finally {
    stopTimer();
  }
}

/** What else is bound keeps the barrier, whatever its type: the lists alone must be known (analyze/list-parameters.ts). */
function listType({ type }: ParameterValue): string | undefined {
  return type.id === 'LIST' ? typeSpelling(type) : undefined;
}

async function runPlan(state: SessionState, request: WriteRequest, plan: WritePlan): Promise<Outcome> {
  const { trail } = request;
  const started = trail.started(plan.touched);
  started.catch(() => undefined);
  if (plan.hidesRows) trail.keysMayTell();
  const release = await state.services.admission.enter(state);
  try {
    const written = await inTransaction(state, async () => {
      const relations = [plan.table, ...plan.authorizations.flatMap(relationsOf)];
      state.transaction.checkUnchanged(relations, state.services.catalog.snapshot());
      state.transaction.pendingAudit.push(started);
      state.transaction.writeTo(plan.catalogId);
      const done = await write(state, plan, request.parameters);
      noteWritten(state, trail, plan.lineage);
      return done;
    });
    await started;
    trail.finished(written.count);
    return outcomeOf(state, plan, { written, request });
  } finally {
    release();
  }
}

export interface Written {
  readonly count: number;
  readonly answer: Answer | undefined;
}

interface Answer {
  readonly columns: readonly ResultColumn[];
  readonly chunks: readonly RowChunk[];
}

export async function write(
  state: SessionState,
  plan: WritePlan,
  parameters: readonly ParameterValue[],
): Promise<Written> {
  const connection = await openTransaction(state);
  let count = 0;
  for (const { query, counts } of plan.steps) {
    const changed = await changedBy(connection, query, parameters);
    if (counts) count += changed;
  }
  const answer =
    plan.returning === undefined
      ? undefined
      : await answered(state, connection, { returning: plan.returning, parameters });
  for (const query of plan.cleanup) await changedBy(connection, query, []);
  return { count, answer };
}

export async function changedBy(
  connection: EngineConnection,
  query: ExecutableQuery,
  parameters: readonly ParameterValue[],
): Promise<number> {
  const prepared = await connection.prepare(query);
  try {
    return (await prepared.execute(parameters)).rowsChanged;
  } finally {
    prepared.close();
  }
}

async function answered(
  state: SessionState,
  connection: EngineConnection,
  { returning, parameters }: { readonly returning: Returning; readonly parameters: readonly ParameterValue[] },
): Promise<Answer> {
  const prepared = await connection.prepare(returning.query.executable);
  const meter = new ResultMeter(state.services.resultLimits);
  try {
    const stream = await prepared.execute(parameters);
    const chunks: RowChunk[] = [];
    for (let chunk = await stream.next(); chunk !== undefined; chunk = await stream.next()) {
      meter.count(chunk);
      chunks.push(chunk);
    }
    return { columns: namedColumns(stream.columns, returning.query.names), chunks };
  } finally {
    prepared.close();
  }
}

function outcomeOf(
  state: SessionState,
  plan: WritePlan,
  { written: { count, answer }, request }: { readonly written: Written; readonly request: WriteRequest },
): Outcome {
  const tag = plan.uncounted === true ? plan.tag : `${plan.tag} ${String(count)}`;
  if (answer === undefined) return { kind: 'done', tag };
  const left = [...answer.chunks];
  const source = {
    columns: answer.columns,
    next: () => Promise.resolve(left.shift()),
    check: () => checkStillGranted(state, plan.returning?.authorization.validUntil, request.trail),
  };
  const cursor = new RowCursor(
    source,
    () => undefined,
    () => tag,
  );
  request.onCursor(cursor);
  return {
    kind: 'rows',
    columns: cursor.columns,
    chunks: cursor.chunks(request.maxRows),
    tag: () => (cursor.exhausted ? tag : undefined),
  };
}
