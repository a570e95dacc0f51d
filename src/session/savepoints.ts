// SAVEPOINT, RELEASE, ROLLBACK TO. DuckDB has none: what was written since cannot be taken back alone, so that is an error, and
// everything else that clients use savepoints for is done: to go on after an error of a statement that wrote nothing.
import { SqlError } from '../base/sql-error.ts';
import type { SavepointStatement } from '../parse/cursor-statement.ts';
import type { Statement } from '../parse/statement.ts';
import type { Outcome } from './door.ts';
import type { SessionState } from './session-state.ts';

export async function runSavepoint(state: SessionState, { kind, name }: SavepointStatement): Promise<Outcome> {
  const { transaction } = state;
  if (transaction.kind !== 'explicit') {
    const command = { savepoint: 'SAVEPOINT', release: 'RELEASE SAVEPOINT', rollbackTo: 'ROLLBACK TO SAVEPOINT' }[kind];
    throw new SqlError('noActiveTransaction', `${command} can only be used in transaction blocks`);
  }
  switch (kind) {
    case 'savepoint':
      transaction.setSavepoint(name);
      return { kind: 'done', tag: 'SAVEPOINT' };
    case 'release':
      transaction.releaseSavepoint(name);
      return { kind: 'done', tag: 'RELEASE' };
    case 'rollbackTo':
      await rollbackTo(state, name);
      return { kind: 'done', tag: 'ROLLBACK' };
  }
}

export function isSavepointStatement(statement: Statement): statement is SavepointStatement {
  return ['savepoint', 'release', 'rollbackTo'].includes(statement.kind);
}

async function rollbackTo(state: SessionState, name: string): Promise<void> {
  const { transaction } = state;
  if (transaction.hasWrittenSince(name)) {
    throw new SqlError('featureNotSupported', 'what was written since a savepoint cannot be rolled back alone', {
      hint: 'ROLLBACK the whole transaction.',
    });
  }
  if (transaction.engineOpen && transaction.broken) await reopen(state);
  transaction.returnTo(name);
}

/** After some errors the engine takes no more statements in its transaction. One that only read is begun anew. */
async function reopen(state: SessionState): Promise<void> {
  const { transaction } = state;
  const connection = await state.connection();
  if (await connection.isUsable()) return;
  if (transaction.hasWritten) {
    throw new SqlError(
      'featureNotSupported',
      'the error has ended the transaction, and with it what was written before',
      {
        hint: 'ROLLBACK the whole transaction.',
      },
    );
  }
  await connection.rollback().catch(() => undefined);
  await connection.begin();
}
