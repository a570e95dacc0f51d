// Runs one governance or definition statement: decided by govern/, made durable here.
import { Access } from '../authorize/access.ts';
import { fold } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import type { Change } from '../catalog/change.ts';
import type { GovernEnvironment, Governed, NamedType, PhysicalWork } from '../govern/environment.ts';
import { govern } from '../govern/govern.ts';
import type { GovernanceStatement, ShellStatement } from '../parse/statement.ts';
import type { ExecutableQuery } from '../rewrite/executable-query.ts';
import { answerOutcome } from './answer-outcome.ts';
import type { Outcome } from './door.ts';
import { noteWritten } from './lineage-record.ts';
import { authorizeStatement, authorizeText, type PlanRequest } from './plan-query.ts';
import type { SessionState } from './session-state.ts';
import type { StatementTrail } from './statement-context.ts';
import { addChanges, inTransaction, openTransaction } from './transaction-control.ts';

export interface GovernanceRequest {
  readonly statement: GovernanceStatement | ShellStatement;
  readonly trail: StatementTrail;
}

export async function runGovernance(state: SessionState, request: GovernanceRequest): Promise<Outcome> {
  const { statement, trail } = request;
  demandOwnLogin(state, statement);
  const governed = await govern(environmentOf(state), statement);
  const started = trail.started(governed.touched ?? []);
  started.catch(() => undefined);
  if (governed.notice !== undefined) {
    state.notices.push({ severity: 'NOTICE', sqlState: '42P06', message: governed.notice });
  }
  const rows = (governed.changes?.length ?? 0) === 0 ? 0 : await change(state, governed, { trail, started });
  await started;
  trail.finished(governed.answer?.rows.length ?? rows);
  if (governed.answer !== undefined) return answerOutcome(governed.answer, governed.tag);
  return { kind: 'done', tag: governed.tag === 'SELECT' ? `SELECT ${String(rows)}` : governed.tag };
}

/**
 * Who has got hold of a token must not be able to outlast it: a session made with one makes no other and sets no password of its
 * user. Nor does an administrator who acts as somebody else get a token with which to be that one.
 */
function demandOwnLogin(state: SessionState, statement: GovernanceRequest['statement']): void {
  const { byToken, userId, runAsId } = state;
  const name = state.snapshot().principal(userId)?.name ?? '';
  const setsOwnPassword =
    statement.kind === 'alterUser' && statement.password !== undefined && fold(statement.name.name) === fold(name);
  if (statement.kind === 'createToken' && runAsId !== undefined && runAsId !== userId) {
    throw new SqlError('insufficientPrivilege', 'permission denied to create tokens of others', {
      hint: 'RESET CURRENT USER first.',
    });
  }
  if (!byToken || !(setsOwnPassword || statement.kind === 'createToken')) return;
  throw new SqlError('insufficientPrivilege', 'permission denied in a session that was made with a token', {
    hint: 'Log in with the password.',
  });
}

interface Change2 {
  readonly trail: StatementTrail;
  readonly started: Promise<void>;
}

/** The physical work and the catalog change in one transaction; nothing commits before its evidence is durable. */
async function change(state: SessionState, governed: Governed, { trail, started }: Change2): Promise<number> {
  return inTransaction(state, async () => {
    state.transaction.pendingAudit.push(started, auditChanges(state, trail, governed.changes ?? []));
    if (governed.attach !== undefined) {
      state.transaction.attached.push(governed.attach);
      await state.services.engine.attach(governed.attach);
    }
    const rows = await runWork(state, governed.work ?? []);
    if (governed.lineage !== undefined) noteWritten(state, trail, governed.lineage);
    await addChanges(state, governed.changes ?? [], { writes: undefined, statementId: trail.statementId });
    return rows;
  });
}

/** The changes themselves, without secrets. */
export function auditChanges(state: SessionState, trail: StatementTrail, changes: readonly Change[]): Promise<number> {
  const event = state.services.audit.append({
    kind: 'catalogChanged',
    actor: trail.facts.actor,
    statementId: trail.statementId,
    catalogVersion: trail.facts.snapshot.version,
    changes: changes.map(withoutSecrets),
  });
  event.catch(() => undefined);
  return event;
}

/** Verifiers are secrets too: with one, a password can be guessed offline. */
function withoutSecrets(entry: Change): unknown {
  return JSON.parse(
    JSON.stringify(entry, (key, value: unknown) => (key === 'scramVerifier' || key === 'tokenHash' ? '***' : value)),
  );
}

async function runWork(state: SessionState, work: readonly PhysicalWork[]): Promise<number> {
  let rows = 0;
  for (const item of work) {
    state.transaction.writeTo(item.kind === 'ddl' ? item.ddl.writes : (item.query.writes ?? ''));
    const connection = await openTransaction(state);
    if (item.kind === 'ddl') {
      await connection.runDdl(item.ddl);
      continue;
    }
    const prepared = await connection.prepare(item.query);
    try {
      rows = (await prepared.execute([])).rowsChanged;
    } finally {
      prepared.close();
    }
  }
  return rows;
}

/** @param parameterTypes of the values that are bound, as far as they matter */
export function environmentOf(state: SessionState, parameterTypes?: PlanRequest['parameterTypes']): GovernEnvironment {
  return environmentFor(state, { ...state.planRequest(state.snapshot()), parameterTypes });
}

/** What a statement would find on that catalog, as that user, in that place. */
export function environmentFor(state: SessionState, request: PlanRequest): GovernEnvironment {
  const { services } = state;
  const { snapshot } = request;
  const now = services.clock.now();
  return {
    snapshot,
    access: new Access(snapshot, request.identity, now),
    identity: request.identity,
    actorId: request.identity.user.id,
    path: request.path,
    session: request.session,
    now,
    timeZone: state.settings.get('TimeZone'),
    signal: state.signal,
    codec: services.codec,
    analyzer: services.analyzer,
    rewriter: services.rewriter,
    newId: () => services.catalog.newId(),
    catalogOf: (point) => services.catalog.asOf(point),
    outputNames: request.outputNames,
    authorizeStatement: (statement, unread) => authorizeStatement(services, statement, { ...request, unread }),
    authorizeQuery: (span) => authorizeText(services, span.text, request),
    describe: (query) => describeQuery(state, query),
  };
}

/** Binds without running. A table made in this transaction is visible on the session's own connection alone. */
async function describeQuery(state: SessionState, query: ExecutableQuery): Promise<readonly NamedType[]> {
  const connection = await openTransaction(state);
  const prepared = await connection.prepare(query);
  try {
    return prepared.columns.map(({ name }, index) => ({ name, type: prepared.typeTexts[index] ?? '' }));
  } finally {
    prepared.close();
  }
}
