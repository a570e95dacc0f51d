// Long work in steps: everything here shares one JavaScript thread.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { limits } from './limits.ts';

/** Lets others in between two steps of analysing a large statement; small ones go on at once. */
export async function pause(statement: string): Promise<void> {
  if (statement.length > limits.smallStatementBytes) await nextTurn();
}
