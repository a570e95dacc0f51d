// Long work in steps: everything here shares one JavaScript thread.
import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { limits } from './limits.ts';
import { SqlError } from './sql-error.ts';

/** The signal of the statement that is being worked on; carried along so that every step can look at it. */
const current: AsyncLocalStorage<AbortSignal> = new AsyncLocalStorage();

/** Runs work whose pauses end it when the signal has fired. */
export function stoppable<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  return current.run(signal, work);
}

/** Lets others in between two steps of analysing a large statement. @throws SqlError queryCanceled */
export async function pause(statement: string): Promise<void> {
  if (statement.length > limits.smallStatementBytes) await nextTurn();
  if (current.getStore()?.aborted === true) {
    throw new SqlError('queryCanceled', 'canceling statement due to user request');
  }
}
