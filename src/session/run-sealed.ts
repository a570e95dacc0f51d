// Queries that a statement of ours runs for itself: their rows are counted, never sent.
import { assert } from '../base/assert.ts';
import type { ExecutableQuery } from '../rewrite/executable-query.ts';
import type { SqlValue } from '../sql/sql-type.ts';
import type { SessionState } from './session-state.ts';
import { readingConnection } from './transaction-control.ts';

/** One place in the engine for all that `work` runs. */
export async function admitted<T>(state: SessionState, work: () => Promise<T>): Promise<T> {
  const release = await state.services.admission.enter(state);
  try {
    return await work();
  } finally {
    release();
  }
}

/** How many rows it has; reading stops beyond `max`. */
export async function countRows(state: SessionState, query: ExecutableQuery, max: number): Promise<number> {
  let rows = 0;
  await eachChunk(state, query, (count) => {
    rows += count;
    return rows <= max;
  });
  return rows;
}

/** The answer of a `SELECT count(*)`. */
export async function singleCount(state: SessionState, query: ExecutableQuery): Promise<bigint> {
  let value: SqlValue = null;
  await eachChunk(state, query, (_, columns) => {
    value = columns[0]?.[0] ?? null;
    return false;
  });
  assert(typeof value === 'bigint', 'a count is a BIGINT');
  return value;
}

async function eachChunk(
  state: SessionState,
  query: ExecutableQuery,
  take: (rows: number, columns: readonly (readonly SqlValue[])[]) => boolean,
): Promise<void> {
  const connection = await readingConnection(state);
  const prepared = await connection.prepare(query);
  try {
    const stream = await prepared.execute([]);
    for (let chunk = await stream.next(); chunk !== undefined; chunk = await stream.next()) {
      if (!take(chunk.rowCount, chunk.columns)) return;
    }
  } finally {
    prepared.close();
  }
}
