// Rows -> DataRow messages, through one writer per column, into buffers of about the size a socket likes.
import { limits } from '../base/limits.ts';
import type { ResultColumn, RowChunk, SqlValue } from '../sql/sql-type.ts';
import { formatFor } from './backend.ts';
import type { Format } from './frontend.ts';
import { binaryWriterOf } from './types/binary.ts';
import { type TextOptions, textWriterOf } from './types/text.ts';

/** Writes a value into `target` at `at`; gives its length, or the length needed when there is no room. */
type CellWriter = (value: SqlValue) => Buffer | string;

const headBytes = 7;

export class DataRowEncoder {
  readonly #writers: readonly CellWriter[];
  #buffer: Buffer = Buffer.allocUnsafe(limits.writeBufferBytes);
  #used = 0;

  constructor(columns: readonly ResultColumn[], formats: readonly Format[], options: TextOptions) {
    this.#writers = columns.map((column, index) =>
      formatFor(formats, index) === 'binary'
        ? binaryWriterOf(column.type, options)
        : textWriterOf(column.type, options),
    );
  }

  /** Full buffers on the way, the last part with `flush`. */
  *encode(chunk: RowChunk): Generator<Buffer> {
    for (let row = 0; row < chunk.rowCount; row += 1) {
      this.#row(chunk, row);
      if (this.#used >= limits.writeBufferBytes) yield this.flush();
    }
  }

  flush(): Buffer {
    const full = this.#buffer.subarray(0, this.#used);
    this.#buffer = Buffer.allocUnsafe(limits.writeBufferBytes);
    this.#used = 0;
    return full;
  }

  #row(chunk: RowChunk, row: number): void {
    const start = this.#used;
    this.#room(headBytes);
    this.#used += headBytes;
    for (let column = 0; column < this.#writers.length; column += 1) {
      const value = chunk.columns[column]?.[row] ?? null;
      const write = this.#writers[column];
      this.#cell(value === null || write === undefined ? undefined : write(value));
    }
    this.#buffer.write('D', start, 'latin1');
    this.#buffer.writeInt32BE(this.#used - start - 1, start + 1);
    this.#buffer.writeUInt16BE(this.#writers.length, start + 5);
  }

  #cell(content: Buffer | string | undefined): void {
    const size = content === undefined ? 0 : typeof content === 'string' ? Buffer.byteLength(content) : content.length;
    this.#room(4 + size);
    this.#buffer.writeInt32BE(content === undefined ? -1 : size, this.#used);
    this.#used += 4;
    if (typeof content === 'string') this.#buffer.write(content, this.#used, 'utf8');
    else content?.copy(this.#buffer, this.#used);
    this.#used += size;
  }

  #room(bytes: number): void {
    if (this.#used + bytes <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#used + bytes));
    this.#buffer.copy(grown, 0, 0, this.#used);
    this.#buffer = grown;
  }
}
