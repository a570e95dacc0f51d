// What a piece of work threw, when it is an SqlError; anything else fails the test.
import { SqlError } from '../../src/base/sql-error.ts';

export function thrownBy(work: () => unknown): SqlError {
  try {
    work();
  } catch (error) {
    if (error instanceof SqlError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

export async function rejectionOf(work: Promise<unknown>): Promise<SqlError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof SqlError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
