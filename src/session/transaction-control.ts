// BEGIN, COMMIT, ROLLBACK: the engine's transaction and the catalog changes that go with it, committed together.

import { Access } from '../authorize/access.ts';
import { confirmChange } from '../authorize/confirm-change.ts';
import { identityOf } from '../authorize/identity.ts';
import { checkPolicyStep } from '../authorize/policy-step.ts';
import { SqlError } from '../base/sql-error.ts';
import { applyChange } from '../catalog/apply-change.ts';
import type { Change } from '../catalog/change.ts';
import type { ObjectId } from '../catalog/securable.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { EngineConnection } from '../engine/duckdb-connection.ts';
import type { Outcome } from './door.ts';
import { keepDroppedNames, recordWritten } from './lineage-record.ts';
import { leftovers, reclaim } from './reclaim.ts';
import type { SessionState } from './session-state.ts';

export function beginTransaction(state: SessionState, readOnly: boolean): Outcome {
  const { transaction } = state;
  if (transaction.kind === 'explicit') {
    const message = 'there is already a transaction in progress';
    state.notices.push({ severity: 'WARNING', sqlState: '25001', message });
    return { kind: 'done', tag: 'BEGIN' };
  }
  transaction.begin('explicit', readOnly || state.readsOnly);
  return { kind: 'done', tag: 'BEGIN' };
}

/** The engine connection with its transaction open, for a statement that belongs to one. */
export async function openTransaction(state: SessionState): Promise<EngineConnection> {
  const connection = await state.connection();
  if (state.transaction.engineOpen || state.transaction.kind === 'none') return connection;
  await connection.begin();
  state.transaction.engineOpen = true;
  return connection;
}

/**
 * For a statement that only reads. The first of an implicit transaction needs none of the engine's: it sees the newest data,
 * as it would in PostgreSQL, and BEGIN and COMMIT would each be a turn on the thread pool.
 */
export async function readingConnection(state: SessionState): Promise<EngineConnection> {
  return state.transaction.kind === 'implicit' ? state.connection() : openTransaction(state);
}

/** Commits what there is. @returns the command tag @throws SqlError; then everything is rolled back */
export async function commitTransaction(state: SessionState): Promise<string> {
  const { transaction } = state;
  if (transaction.kind === 'none') {
    state.notices.push({ severity: 'WARNING', sqlState: '25P01', message: 'there is no transaction in progress' });
    return 'COMMIT';
  }
  if (transaction.broken) return rollbackTransaction(state);
  let forget = (): void => undefined;
  try {
    await Promise.all(transaction.pendingAudit);
    await state.cursors.beforeCommit();
    forget = recordWritten(state);
    await commitWork(state);
  } catch (error) {
    forget();
    await rollbackTransaction(state);
    throw error;
  }
  transaction.end();
  state.cursors.transactionEnded(true);
  return 'COMMIT';
}

async function commitWork(state: SessionState): Promise<void> {
  const { transaction } = state;
  const connection = await state.connection();
  if (transaction.changes.length === 0) {
    if (transaction.engineOpen) await connection.commit();
    return;
  }
  const { writes, changes } = transaction;
  const dropped = new Set(changes.flatMap((change) => (change.kind === 'dropToken' ? [change.tokenId] : [])));
  keepDroppedNames(state, changes);
  const left = leftovers(state.services.catalog.snapshot(), changes);
  await state.services.catalog.commit({
    changes,
    by: state.userId,
    statementId: transaction.statementId,
    at: state.services.clock.now(),
    verify: (before, after) => {
      confirmChanges(state, before);
      const access = new Access(before, state.identity(before), state.services.clock.now());
      checkPolicyStep(access, { changes, after });
    },
    ...(writes === undefined ? {} : { marker: { catalogId: writes, commitData: dataCommit(connection, writes) } }),
  });
  endSessionsOf(state, dropped);
  // Reads alone were open beside a change that needs no data file.
  if (writes === undefined && transaction.engineOpen) await connection.commit();
  await reclaim(state.services, left);
}

/** The session that drops its own token may still be told that it is dropped. */
function endSessionsOf(state: SessionState, tokenIds: ReadonlySet<ObjectId>): void {
  if (tokenIds.size === 0) return;
  state.services.sessions.terminate(
    (session) => session !== state.asOpen && session.tokenId !== undefined && tokenIds.has(session.tokenId),
    new SqlError('adminShutdown', 'terminating connection because its token was dropped'),
  );
}

/** Rights may have been taken away since the statements ran; each is asked again with the changes before it applied. */
function confirmChanges({ transaction, services }: SessionState, newest: CatalogSnapshot): void {
  const { changes, decisions } = transaction;
  if (decisions.every(({ on }) => on === newest)) return;
  const now = services.clock.now();
  let snapshot = newest;
  for (const [index, change] of changes.entries()) {
    const identity = identityOf(snapshot, decisions[index]?.actorId ?? '', now);
    confirmChange(new Access(snapshot, identity, now), change);
    snapshot = applyChange(snapshot, change);
  }
}

/** Commits the data with the change's id in it: after a crash the id tells whether the change holds. */
function dataCommit(connection: EngineConnection, catalogId: string): (entryId: string) => Promise<void> {
  return async (entryId) => {
    await connection.markApplied(catalogId, entryId);
    await connection.commit();
  };
}

export async function rollbackTransaction(state: SessionState): Promise<string> {
  const { transaction } = state;
  if (transaction.kind === 'none') return 'ROLLBACK';
  state.openCursor?.close();
  state.openCursor = undefined;
  const { engineOpen, attached, kind } = transaction;
  transaction.end();
  // An implicit one has declared none.
  if (kind === 'explicit') state.cursors.transactionEnded(false);
  if (engineOpen) await rollbackEngine(state);
  await reclaim(state.services, { catalogs: attached, tables: [] });
  return 'ROLLBACK';
}

/** An error ends the implicit transaction at once; an explicit one waits for the client's ROLLBACK. */
export async function abandonImplicit(state: SessionState): Promise<void> {
  if (state.transaction.kind === 'explicit') state.transaction.broken = true;
  else await rollbackTransaction(state);
}

/** DuckDB may have ended the transaction itself after an error: then there is nothing to roll back. */
async function rollbackEngine(state: SessionState): Promise<void> {
  const connection = await state.connection();
  try {
    await connection.rollback();
  } catch (error) {
    state.log.info({ err: error }, 'nothing to roll back');
  }
}

/** Adds changes to the transaction; without one they are committed at once. */
export async function addChanges(
  state: SessionState,
  changes: readonly Change[],
  { writes, statementId }: { readonly writes: string | undefined; readonly statementId: string },
): Promise<void> {
  const { transaction } = state;
  if (writes !== undefined) transaction.writeTo(writes);
  // What does not apply is an error of this statement, not of COMMIT.
  const newest = state.services.catalog.snapshot();
  changes.reduce(applyChange, transaction.snapshot(newest));
  const actorId = state.runAsId ?? state.userId;
  transaction.noteChanges();
  transaction.changes.push(...changes);
  transaction.decisions.push(...changes.map(() => ({ actorId, on: newest })));
  transaction.statementId = statementId;
  await Promise.resolve();
}

/** Runs `work` in the session's transaction, or in one of its own that is committed when it succeeds. */
export async function inTransaction<T>(state: SessionState, work: () => Promise<T>): Promise<T> {
  const own = state.transaction.kind === 'none';
  if (own) state.transaction.begin('implicit', state.readsOnly);
  const result = await work();
  if (own) await commitTransaction(state);
  return result;
}
