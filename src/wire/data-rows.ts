// Rows -> DataRow messages, or those of binary COPY, whose rows have the same form; through one writer per column, into buffers of about the size a socket likes.
import { limits } from '../base/limits.ts';
import { isNull } from '../sql/column-vector.ts';
import type { ResultColumn, RowChunk } from '../sql/sql-type.ts';
import { VectorChunk } from '../sql/vector-chunk.ts';
import { formatFor } from './backend.ts';
import type { Format } from './frontend.ts';
import { type CellWriters, cellWritersOf } from './types/cell-writers.ts';
import { RowBuffer } from './types/row-buffer.ts';
import type { Spelling } from './types/spelling.ts';

/** Code, length, number of columns. */
const headBytes = 7;
const nullLength = -1;

export class DataRowEncoder {
  readonly #writers: readonly CellWriters[];
  readonly #out: RowBuffer = new RowBuffer(limits.writeBufferBytes);
  /** The engine frees a chunk that nobody refers to, with the vectors' memory: it is held until the next one comes. */
  #chunk: RowChunk | undefined;

  /** The message's letter. */
  protected readonly code: number = 0x44;

  constructor(columns: readonly ResultColumn[], formats: readonly Format[], spelling: Spelling) {
    this.#writers = columns.map((column, index) => cellWritersOf(column.type, formatFor(formats, index), spelling));
  }

  /** Full buffers on the way, the last part with `flush`. */
  *encode(chunk: RowChunk): Generator<Buffer> {
    this.#chunk = chunk;
    for (let row = 0; row < this.#chunk.rowCount; row += 1) {
      const start = this.#begin();
      if (chunk instanceof VectorChunk) this.#vectorCells(chunk, chunk.firstRow + row);
      else this.#valueCells(chunk, row);
      this.#end(start);
      if (this.#out.at >= limits.writeBufferBytes) yield this.#out.take();
    }
  }

  flush(): Buffer {
    this.#chunk = undefined;
    return this.#out.take();
  }

  #begin(): number {
    const start = this.#out.at;
    this.#out.room(headBytes);
    this.#out.at += headBytes;
    return start;
  }

  #vectorCells({ vectors }: VectorChunk, row: number): void {
    const out = this.#out;
    const writers = this.#writers;
    for (let column = 0; column < writers.length; column += 1) {
      const vector = vectors[column];
      if (vector === undefined || isNull(vector, row)) this.#null();
      else writers[column]?.fromVector(out, vector, row);
    }
  }

  #valueCells({ columns }: RowChunk, row: number): void {
    for (let column = 0; column < this.#writers.length; column += 1) {
      const value = columns[column]?.[row] ?? null;
      if (value === null) this.#null();
      else this.#writers[column]?.fromValue(this.#out, value);
    }
  }

  #null(): void {
    this.#out.room(4);
    this.#out.int32(nullLength);
  }

  #end(start: number): void {
    const out = this.#out;
    const { at } = out;
    out.bytes[start] = this.code;
    out.at = start + 1;
    out.int32(at - start - 1);
    out.at = at;
    const count = this.#writers.length;
    out.bytes[start + 5] = count >> 8;
    out.bytes[start + 6] = count;
  }
}
