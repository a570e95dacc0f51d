// Columns of a result as the engine's own memory, so that a door can write a row without an object per value.

/**
 * One column of some rows. Entries are little-endian and as wide as DuckDB keeps them:
 * BOOLEAN 1 · integers 1 to 8, HUGEINT, UHUGEINT 16 · FLOAT 4, DOUBLE 8 · DECIMAL 2, 4, 8 or 16 by width · ENUM 1, 2 or 4
 * · DATE 4 · TIME, TIMETZ, TIMESTAMP… 8 · INTERVAL 16 {months, days, micros} · UUID 16 (its top bit flipped)
 * · VARCHAR, JSON, BLOB, BIT, BIGNUM 16, read through `stringAt` · LIST, MAP 16 {offset, length} in the only child
 * · ARRAY none: `length` items of the only child each · STRUCT none: a child per field
 * · UNION none: the tag's number (1 byte), then a child per member.
 *
 * The memory is readable while the chunk it came with is referenced (see `VectorChunk.memory`), no longer.
 */
export interface ColumnVector {
  readonly bytes: Buffer;
  readonly entryBytes: number;
  /** A bit per row, lowest first; 0 is NULL. Undefined: no NULLs. */
  readonly validity: Uint8Array | undefined;
  readonly children: readonly ColumnVector[];
  /** The row's bytes; the row must not be NULL. The result may be a view that is valid until the next call. */
  stringAt(row: number): StringBytes;
}

/** Where the bytes of a string are; reused from call to call. */
export interface StringBytes {
  source: Buffer;
  start: number;
  length: number;
}

export function isNull(vector: ColumnVector, row: number): boolean {
  const { validity } = vector;
  return validity !== undefined && ((validity[row >>> 3] ?? 0) & (1 << (row & 7))) === 0;
}
