// Describe: parameter types and output columns of a statement, without running it.
import { stoppable } from '../base/pause.ts';
import { SqlError } from '../base/sql-error.ts';
import { planWrite } from '../govern/writes/plan-write.ts';
import type { ParsedStatement, Statement } from '../parse/statement.ts';
import type { WriteStatement } from '../parse/write-statement.ts';
import type { ExecutableQuery } from '../rewrite/executable-query.ts';
import type { ResultColumn, SqlType } from '../sql/sql-type.ts';
import { askCatalogs, asksForCatalogs, catalogColumns } from './catalog-query.ts';
import type { StatementDescription } from './door.ts';
import { governanceColumns } from './governance-columns.ts';
import { withNameHint } from './name-hints.ts';
import { planQuery } from './plan-query.ts';
import { environmentOf } from './run-governance.ts';
import { namedColumns } from './run-query.ts';
import { auditRefused } from './run-statement.ts';
import type { SessionState } from './session-state.ts';
import { withTimeout } from './statement-timeout.ts';
import { readingConnection } from './transaction-control.ts';

/** @throws SqlError for a statement that cannot be planned */
export async function describeStatement(
  state: SessionState,
  parsed: ParsedStatement,
  clientTypes: readonly (SqlType | undefined)[],
): Promise<StatementDescription> {
  // In a broken transaction nothing may be looked up; Execute will say so.
  if (state.transaction.status === 'E') return { parameterTypes: clientTypes, columns: undefined };
  state.resetCancel();
  const stopTimer = withTimeout(state);
  try {
    return await stoppable(state.signal, () => describe(state, parsed.statement, clientTypes));
  } catch (error) {
    const mapped = await withNameHint(state, parsed.statement, state.clientError(error, parsed.text));
    await auditRefused(state, parsed, mapped);
    throw mapped;
  } finally {
    stopTimer();
  }
}

async function describe(
  state: SessionState,
  statement: Statement,
  clientTypes: readonly (SqlType | undefined)[],
): Promise<StatementDescription> {
  if (statement.kind === 'query') return describeQuery(state, statement, clientTypes);
  if (isWrite(statement)) return describeWrite(state, statement, clientTypes);
  return { parameterTypes: [], columns: await governanceColumns(state, statement) };
}

async function describeQuery(
  state: SessionState,
  statement: Extract<Statement, { kind: 'query' }>,
  clientTypes: readonly (SqlType | undefined)[],
): Promise<StatementDescription> {
  const { query, summary } = statement;
  const plan = await attempted(() =>
    planQuery(state.services, query.text, { ...state.planRequest(state.snapshot()), summary }),
  );
  if (plan instanceof SqlError) {
    if (!asksForCatalogs(plan, query.text)) throw plan;
    const answer = await askCatalogs(state, { text: query.text, parameters: undefined, error: plan });
    return {
      parameterTypes: merged(answer.parameterOids.map(postgresParameter), clientTypes),
      columns: catalogColumns(answer),
    };
  }
  const { columns, parameterTypes } = await bound(state, plan.rewritten.executable);
  return {
    parameterTypes: merged(parameterTypes, clientTypes),
    columns: namedColumns(columns, plan.rewritten.names),
  };
}

async function attempted<T>(work: () => Promise<T>): Promise<T | SqlError> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof SqlError) return error;
    throw error;
  }
}

function postgresParameter(oid: number): SqlType {
  return { id: 'POSTGRES', oid, length: -1, modifier: -1 };
}

/** What is known before anything is written: the first step finds the rows, RETURNING is bound to the table itself. */
async function describeWrite(
  state: SessionState,
  statement: WriteStatement,
  clientTypes: readonly (SqlType | undefined)[],
): Promise<StatementDescription> {
  const { steps, returning, alsoDescribed } = await planWrite(environmentOf(state), statement);
  const [first] = steps;
  const found = first === undefined ? undefined : await bound(state, first.query);
  const other = alsoDescribed === undefined ? undefined : await bound(state, alsoDescribed);
  const answer = returning === undefined ? undefined : await bound(state, returning.described);
  const types = merged(answer?.parameterTypes ?? [], merged(other?.parameterTypes ?? [], found?.parameterTypes ?? []));
  return {
    parameterTypes: merged(types, clientTypes),
    columns: answer === undefined ? undefined : namedColumns(answer.columns, returning?.query.names ?? new Map()),
  };
}

function isWrite(statement: Statement): statement is WriteStatement {
  return ['insert', 'update', 'delete', 'merge', 'truncate'].includes(statement.kind);
}

async function bound(
  state: SessionState,
  query: ExecutableQuery,
): Promise<{ columns: readonly ResultColumn[]; parameterTypes: readonly (SqlType | undefined)[] }> {
  const connection = await readingConnection(state);
  const prepared = await connection.prepare(query);
  prepared.close();
  return prepared;
}

/** The client's own choice decides, then DuckDB's, then text. */
function merged(
  inferred: readonly (SqlType | undefined)[],
  chosen: readonly (SqlType | undefined)[],
): readonly (SqlType | undefined)[] {
  return Array.from(
    { length: Math.max(inferred.length, chosen.length) },
    (_, index) => chosen[index] ?? inferred[index],
  );
}
