// idle_session_timeout and idle_in_transaction_session_timeout, which the door keeps: only it knows when a client is silent.
import { SqlError } from '../base/sql-error.ts';
import type { IdleLimit } from './door.ts';
import type { SessionState } from './session-state.ts';

/** As in PostgreSQL: 57P05 outside a transaction, 25P03 within one, and 0 for none. */
export function idleLimitOf({ settings, services, transaction }: SessionState): IdleLimit | undefined {
  if (transaction.status === 'I') {
    const timeoutMs = Number(settings.get('idle_session_timeout')) || services.idleTimeouts.sessionMs;
    const message = 'terminating connection due to idle-session timeout';
    return timeoutMs === 0 ? undefined : { timeoutMs, error: new SqlError('idleSessionTimeout', message) };
  }
  const timeoutMs =
    Number(settings.get('idle_in_transaction_session_timeout')) || services.idleTimeouts.inTransactionMs;
  const message = 'terminating connection due to idle-in-transaction timeout';
  return timeoutMs === 0 ? undefined : { timeoutMs, error: new SqlError('idleInTransactionTimeout', message) };
}
