import { unreachable } from '../base/assert.ts';
import { stoppable } from '../base/pause.ts';
import { SqlError, shiftedBy } from '../base/sql-error.ts';
import type { AnswerStatement } from '../parse/answer-statement.ts';
import { commandOf } from '../parse/command.ts';
import type { SavepointStatement } from '../parse/cursor-statement.ts';
import { parseStatements } from '../parse/parse.ts';
import type { ParsedStatement, SessionStatement, Statement, TransactionStatement } from '../parse/statement.ts';
import type { Outcome, ParameterValue } from './door.ts';
import { withNameHint } from './name-hints.ts';
import type { RowCursor } from './row-cursor.ts';
import { runAnswer } from './run-answer.ts';
import { runCopyFrom } from './run-copy-from.ts';
import { runCopyTo } from './run-copy-to.ts';
import { runGovernance } from './run-governance.ts';
import { runQuery } from './run-query.ts';
import { runWrite } from './run-write.ts';
import { isSavepointStatement, runSavepoint } from './savepoints.ts';
import { runSessionCommand } from './session-commands.ts';
import type { SessionState } from './session-state.ts';
import { isCursorStatement, runCursorStatement } from './sql-cursors.ts';
import { StatementTrail } from './statement-context.ts';
import { abandonImplicit, beginTransaction, commitTransaction, rollbackTransaction } from './transaction-control.ts';

export interface StatementRequest {
  readonly parsed: ParsedStatement;
  readonly parameters: readonly ParameterValue[];
  readonly maxRows: number;
  /** Told of the cursor when rows may be left for a later Execute. */
  readonly onCursor: (cursor: RowCursor) => void;
  readonly deallocate: (name: string | undefined) => void;
}

/** @throws SqlError; the trail then tells of it, durably */
export async function runStatement(state: SessionState, request: StatementRequest): Promise<Outcome> {
  const { statement, text, offset } = request.parsed;
  if (statement.kind === 'empty') return { kind: 'empty' };
  state.resetCancel();
  const trail = await trailOf(state, commandOf(statement), text);
  try {
    refuseInBrokenTransaction(state, statement);
    refuseWithoutIdentity(state, statement);
    return await stoppable(state.signal, () => dispatch(state, request, trail));
  } catch (error) {
    const mapped = await withNameHint(state, statement, state.clientError(error, text));
    await trail.failed(mapped);
    await abandonImplicit(state);
    throw shiftedBy(mapped, offset);
  }
}

/** A message's statements. Text that is none is an event too: what somebody tried is evidence. */
export async function parsedOrAudited(state: SessionState, text: string): Promise<readonly ParsedStatement[]> {
  try {
    return parseStatements(text);
  } catch (error) {
    if (error instanceof SqlError) await (await trailOf(state, 'UNKNOWN', text)).failed(error);
    throw error;
  }
}

/** A statement that was refused before it came to run, while it was described, is evidence as well. */
export async function auditRefused(state: SessionState, parsed: ParsedStatement, error: SqlError): Promise<void> {
  await (await trailOf(state, commandOf(parsed.statement), parsed.text)).failed(error);
}

async function trailOf(state: SessionState, command: string, text: string): Promise<StatementTrail> {
  const snapshot = state.services.catalog.snapshot();
  const facts = { actor: state.actor(snapshot), snapshot, command, text };
  return Promise.resolve(new StatementTrail(state.services, facts));
}

async function dispatch(state: SessionState, request: StatementRequest, trail: StatementTrail): Promise<Outcome> {
  const { statement } = request.parsed;
  if (isAnswer(statement)) return runAnswer(state, { statement, trail });
  if (isCursorStatement(statement)) return runCursorStatement(state, { statement, trail });
  if (isSavepointStatement(statement)) return controlSavepoint(state, statement, trail);
  if (isSessionStatement(statement))
    return runSessionCommand(state, { statement, trail, deallocate: request.deallocate });
  switch (statement.kind) {
    case 'query':
      return runQuery(state, { ...request, query: statement.query, summary: statement.summary, trail });
    case 'copyTo':
      return runCopyTo(state, { statement, trail });
    case 'copyFrom':
      return runCopyFrom(state, { statement, trail });
    case 'insert':
    case 'update':
    case 'delete':
    case 'merge':
    case 'truncate':
      return runWrite(state, { ...request, statement, trail });
    case 'begin':
    case 'commit':
    case 'rollback':
      return controlTransaction(state, statement, trail);
    case 'empty':
      return { kind: 'empty' };
    default:
      return runGovernance(state, { statement, trail });
  }
}

const answers = {
  explain: true,
  explainAccess: true,
  whoCan: true,
  plan: true,
  applyPlan: true,
  runAccessTests: true,
  showGovernance: true,
  showLineage: true,
  whatDependsOn: true,
} satisfies Record<AnswerStatement['kind'], true>;

function isAnswer(statement: Statement): statement is AnswerStatement {
  return Object.hasOwn(answers, statement.kind);
}

const sessionCommands = {
  useCatalog: true,
  useSchema: true,
  use: true,
  setCurrentUser: true,
  resetCurrentUser: true,
  set: true,
  setTransaction: true,
  showSetting: true,
  resetSetting: true,
  deallocate: true,
  unlisten: true,
  discard: true,
} satisfies Record<SessionStatement['kind'], true>;

function isSessionStatement(statement: Statement): statement is SessionStatement {
  return Object.hasOwn(sessionCommands, statement.kind);
}

async function controlTransaction(
  state: SessionState,
  statement: TransactionStatement,
  trail: StatementTrail,
): Promise<Outcome> {
  trail.startedUnwaited();
  const outcome = await transactionOutcome(state, statement);
  trail.finished(0);
  return outcome;
}

async function controlSavepoint(
  state: SessionState,
  statement: SavepointStatement,
  trail: StatementTrail,
): Promise<Outcome> {
  trail.startedUnwaited();
  const outcome = await runSavepoint(state, statement);
  trail.finished(0);
  return outcome;
}

async function transactionOutcome(state: SessionState, statement: TransactionStatement): Promise<Outcome> {
  switch (statement.kind) {
    case 'begin':
      return beginTransaction(state, statement.readOnly);
    case 'commit':
      return { kind: 'done', tag: await commitTransaction(state) };
    case 'rollback':
      return { kind: 'done', tag: await rollbackTransaction(state) };
    default:
      return unreachable(statement);
  }
}

function refuseInBrokenTransaction(state: SessionState, statement: Statement): void {
  const ends = ['rollback', 'commit', 'rollbackTo'].includes(statement.kind);
  if (state.transaction.status !== 'E' || ends) return;
  throw new SqlError(
    'inFailedTransaction',
    'current transaction is aborted, commands ignored until end of transaction block',
  );
}

/** Who may no longer act as another, or is gone, can still take that back and end what was begun. */
function refuseWithoutIdentity(state: SessionState, statement: Statement): void {
  if (statement.kind === 'resetCurrentUser' || statement.kind === 'rollback') return;
  state.identity(state.services.catalog.snapshot());
}
