// Rows of one execution, handed out in portions: the whole, or as many as a portal is asked for. The engine streams one
// result per connection, so a cursor that is left open is read into memory before another statement runs.
import { limits } from '../base/limits.ts';
import { SqlError } from '../base/sql-error.ts';
import type { ResultColumn, RowChunk } from '../sql/sql-type.ts';
import { sliceOfChunk } from '../sql/vector-chunk.ts';

export interface RowSource {
  readonly columns: readonly ResultColumn[];
  next(): Promise<RowChunk | undefined>;
  /** May rows still be handed out? Asked for every portion, also of rows that were read before. @throws SqlError */
  check(): Promise<void>;
}

export class RowCursor {
  readonly columns: readonly ResultColumn[];
  readonly tagOf: (rows: number) => string;
  /** Rows handed out so far. */
  rowsSent = 0;
  readonly #onEnd: (error: unknown, rows: number) => void;
  readonly #check: () => Promise<void>;
  #source: RowSource | undefined;
  #buffered: RowChunk[] = [];
  #ended = false;
  #fetching = false;

  /**
   * @param onEnd called once: when the rows are exhausted, an error came, or the cursor was closed
   * @param tagOf the command tag, by the rows of the last portion
   */
  constructor(
    source: RowSource,
    onEnd: (error: unknown, rows: number) => void,
    tagOf: (rows: number) => string = (rows) => `SELECT ${String(rows)}`,
  ) {
    this.columns = source.columns;
    this.tagOf = tagOf;
    this.#source = source;
    this.#check = () => source.check();
    this.#onEnd = onEnd;
  }

  get exhausted(): boolean {
    return this.#source === undefined && this.#buffered.length === 0;
  }

  /** Does the engine still hold rows of this cursor? */
  get streaming(): boolean {
    return this.#source !== undefined;
  }

  /** Chunks with at most `maxRows` rows in all (0: no limit). */
  async *chunks(maxRows: number): AsyncGenerator<RowChunk> {
    let left = maxRows === 0 ? Number.POSITIVE_INFINITY : maxRows;
    while (left > 0) {
      const chunk = await this.#next();
      if (chunk === undefined) return;
      const now = chunk.rowCount <= left ? chunk : sliceOfChunk(chunk, 0, left);
      if (now !== chunk) this.#buffered.unshift(sliceOfChunk(chunk, left, chunk.rowCount - left));
      left -= now.rowCount;
      this.rowsSent += now.rowCount;
      yield now;
    }
    // Knowing that nothing is left lets the last portion be answered as complete.
    await this.#peek();
  }

  /** Reads what the engine still holds into memory. @throws SqlError limitExceeded when that is too much */
  async detach(): Promise<void> {
    let rows = 0;
    while (this.#source !== undefined) {
      const chunk = await this.#fetch();
      if (chunk === undefined) return;
      this.#buffered.push(chunk);
      rows += chunk.rowCount;
      if (rows > limits.detachedRowsMax) {
        throw new SqlError('limitExceeded', 'too many rows are left in an open portal', {
          hint: 'Fetch or close the portal before running another statement.',
        });
      }
    }
  }

  /** While the engine is still giving a chunk, what it runs on is freed only afterwards. */
  close(): void {
    this.#source = undefined;
    this.#buffered = [];
    if (!this.#fetching) this.#end(undefined);
  }

  async #peek(): Promise<void> {
    if (this.#buffered.length > 0 || this.#source === undefined) return;
    const chunk = await this.#fetch();
    if (chunk !== undefined) this.#buffered.push(chunk);
  }

  async #next(): Promise<RowChunk | undefined> {
    if (this.exhausted) return undefined;
    try {
      await this.#check();
    } catch (error) {
      this.#source = undefined;
      this.#buffered = [];
      this.#end(error);
      throw error;
    }
    return this.#buffered.shift() ?? this.#fetch();
  }

  async #fetch(): Promise<RowChunk | undefined> {
    if (this.#source === undefined) return undefined;
    this.#fetching = true;
    try {
      const chunk = await this.#source.next();
      if (chunk === undefined) this.#source = undefined;
      // Gone too when the cursor was closed meanwhile.
      if (this.#source === undefined) this.#end(undefined);
      return chunk;
    } catch (error) {
      this.#source = undefined;
      this.#end(error);
      throw error;
    } finally {
      this.#fetching = false;
    }
  }

  #end(error: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#onEnd(error, this.rowsSent);
  }
}
