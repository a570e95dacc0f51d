// Rows of a result that stay in the engine's memory until somebody asks for values.
import type { ColumnVector } from './column-vector.ts';
import { type VectorReader, valueAt } from './read-vector.ts';
import type { RowChunk, SqlValue } from './sql-type.ts';

export class VectorChunk implements RowChunk {
  readonly rowCount: number;
  readonly vectors: readonly ColumnVector[];
  /** First row of `vectors` that belongs to this chunk. */
  readonly firstRow: number;
  /** Keeps the vectors' memory alive: whoever reads them holds the chunk until it is done. */
  readonly memory: object;
  readonly #readers: readonly VectorReader[];
  #columns: readonly (readonly SqlValue[])[] | undefined;

  constructor(
    rows: {
      readonly vectors: readonly ColumnVector[];
      readonly memory: object;
      readonly readers: readonly VectorReader[];
    },
    firstRow: number,
    rowCount: number,
  ) {
    this.vectors = rows.vectors;
    this.memory = rows.memory;
    this.#readers = rows.readers;
    this.firstRow = firstRow;
    this.rowCount = rowCount;
  }

  get columns(): readonly (readonly SqlValue[])[] {
    this.#columns ??= this.#readers.map((read, index) => this.#column(this.vectors[index], read));
    return this.#columns;
  }

  /** Some of its rows, over the same memory. */
  slice(start: number, count: number): VectorChunk {
    const rows = { vectors: this.vectors, memory: this.memory, readers: this.#readers };
    return new VectorChunk(rows, this.firstRow + start, count);
  }

  #column(vector: ColumnVector | undefined, read: VectorReader): readonly SqlValue[] {
    if (vector === undefined) return [];
    return Array.from({ length: this.rowCount }, (_, row) => valueAt(vector, this.firstRow + row, read));
  }
}

/** Some rows of a chunk. */
export function sliceOfChunk(chunk: RowChunk, start: number, count: number): RowChunk {
  if (chunk instanceof VectorChunk) return chunk.slice(start, count);
  return { rowCount: count, columns: chunk.columns.map((column) => column.slice(start, start + count)) };
}
