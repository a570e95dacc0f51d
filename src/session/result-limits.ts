// How much one answer may be: rows and bytes, as the server was told.
import { SqlError } from '../base/sql-error.ts';
import type { RowChunk, SqlValue } from '../sql/sql-type.ts';
import type { Services } from './services.ts';

/** Counts what a statement gives. */
export class ResultMeter {
  readonly #limits: Services['resultLimits'];
  #rows = 0;
  #bytes = 0;

  constructor(limits: Services['resultLimits']) {
    this.#limits = limits;
  }

  /** @throws SqlError limitExceeded once it is too much */
  count(chunk: RowChunk): void {
    const { rows, bytes } = this.#limits;
    this.#rows += chunk.rowCount;
    if (rows > 0 && this.#rows > rows) throw tooMuch(`${String(rows)} rows`);
    if (bytes === 0) return;
    for (const column of chunk.columns) for (const value of column) this.#bytes += sizeOf(value);
    if (this.#bytes > bytes) throw tooMuch(`${String(bytes)} bytes`);
  }
}

function tooMuch(limit: string): SqlError {
  return new SqlError('limitExceeded', `the answer is larger than ${limit}`, {
    hint: 'Ask for fewer rows or columns; the administrator sets the limit.',
  });
}

/** A length word and, for numbers and times, about what their text takes. */
function sizeOf(value: SqlValue): number {
  if (value === null) return 4;
  if (typeof value === 'string') return 4 + value.length;
  if (value instanceof Uint8Array) return 4 + 2 * value.length;
  if (!Array.isArray(value)) return 12;
  let size = 4;
  for (const item of value as readonly SqlValue[]) size += sizeOf(item);
  return size;
}
