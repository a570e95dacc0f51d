import { type Answer, chunkOf } from '../sql/answer.ts';
import type { RowChunk } from '../sql/sql-type.ts';
import type { Outcome } from './door.ts';

/** An outcome of rows that are already there. */
export function answerOutcome(answer: Answer, command: string): Outcome {
  return {
    kind: 'rows',
    columns: answer.columns,
    chunks: once(chunkOf(answer)),
    tag: () => (command === 'SELECT' ? `SELECT ${String(answer.rows.length)}` : command),
  };
}

async function* once(chunk: RowChunk): AsyncIterable<RowChunk> {
  await Promise.resolve();
  if (chunk.rowCount > 0) yield chunk;
}
