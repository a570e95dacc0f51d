// DuckDB's data chunks as ColumnVectors: views over its memory, no copies. The only user of the low-level bindings.
import type { DuckDBDataChunk } from '@duckdb/node-api';
import duckdb from '@duckdb/node-bindings';
import { assert } from '../base/assert.ts';
import type { ColumnVector, StringBytes } from '../sql/column-vector.ts';
import { vectorReaderOf } from '../sql/read-vector.ts';
import type { SqlType } from '../sql/sql-type.ts';
import { VectorChunk } from '../sql/vector-chunk.ts';

const noBytes = Buffer.alloc(0);
/** Longest string that DuckDB keeps within its entry. */
const inlineBytesMax = 12;
/** Bytes read at once from strings that lie behind each other. */
const runBytesMax = 1_048_576;

/** Reads chunks of a result with these column types. */
export function chunkReader(types: readonly SqlType[]): (chunk: DuckDBDataChunk) => VectorChunk {
  const readers = types.map(vectorReaderOf);
  return (chunk) => {
    const rows = chunk.rowCount;
    const vectors = types.map((type, index) =>
      columnVector(duckdb.data_chunk_get_vector(chunk.chunk, index), type, { rows, isTop: true }),
    );
    return new VectorChunk({ vectors, memory: chunk, readers }, 0, rows);
  };
}

interface Extent {
  readonly rows: number;
  /** Every row that is not NULL has a value: below NULLs of a nested column there may be anything. */
  readonly isTop: boolean;
}

function columnVector(vector: duckdb.Vector, type: SqlType, { rows, isTop }: Extent): ColumnVector {
  const entryBytes = entryBytesOf(type, vector);
  // The bindings may not be asked for data that a vector has not, nor for no bytes.
  const bytes =
    entryBytes === 0 || rows === 0 ? noBytes : bufferOver(duckdb.vector_get_data(vector, rows * entryBytes));
  const validity = rows === 0 ? undefined : validityOf(vector, rows);
  // A map's entries are a struct whose two children are looked up before any entry is: also when every map is empty.
  const children = rows === 0 && type.id !== 'STRUCT' ? [] : childrenOf(vector, type, rows);
  const strings = new StringEntries(bytes, validity, isTop ? rows : 0);
  return { bytes, entryBytes, validity, children, stringAt: (row) => strings.at(row) };
}

function validityOf(vector: duckdb.Vector, rows: number): Uint8Array | undefined {
  const words = Math.ceil(rows / 64);
  // null where nothing was ever set to NULL, which the bindings' types do not say.
  const bits = duckdb.vector_get_validity(vector, words * 8) as Uint8Array | null;
  return bits ?? undefined;
}

function childrenOf(vector: duckdb.Vector, type: SqlType, rows: number): readonly ColumnVector[] {
  const field = (index: number, inner: SqlType): ColumnVector =>
    columnVector(duckdb.struct_vector_get_child(vector, index), inner, { rows, isTop: false });
  switch (type.id) {
    case 'LIST':
    case 'MAP': {
      const items = { rows: duckdb.list_vector_get_size(vector), isTop: false };
      return [columnVector(duckdb.list_vector_get_child(vector), itemTypeOf(type), items)];
    }
    case 'ARRAY': {
      const items = { rows: rows * type.length, isTop: false };
      return [columnVector(duckdb.array_vector_get_child(vector), type.child, items)];
    }
    case 'STRUCT':
      return type.fields.map((each, index) => field(index, each.type));
    case 'UNION':
      return [field(0, { id: 'UTINYINT' }), ...type.members.map((each, index) => field(index + 1, each.type))];
    default:
      return [];
  }
}

/** A map is a list of structs. */
function itemTypeOf(type: Extract<SqlType, { readonly id: 'LIST' | 'MAP' }>): SqlType {
  if (type.id === 'LIST') return type.child;
  return {
    id: 'STRUCT',
    fields: [
      { name: 'key', type: type.key },
      { name: 'value', type: type.value },
    ],
  };
}

const entryBytesById: Readonly<Partial<Record<SqlType['id'], number>>> = {
  BOOLEAN: 1,
  TINYINT: 1,
  UTINYINT: 1,
  SMALLINT: 2,
  USMALLINT: 2,
  INTEGER: 4,
  UINTEGER: 4,
  FLOAT: 4,
  DATE: 4,
  BIGINT: 8,
  UBIGINT: 8,
  DOUBLE: 8,
  TIME: 8,
  TIME_NS: 8,
  TIMETZ: 8,
  TIMESTAMP: 8,
  TIMESTAMP_S: 8,
  TIMESTAMP_MS: 8,
  TIMESTAMP_NS: 8,
  TIMESTAMPTZ: 8,
  HUGEINT: 16,
  UHUGEINT: 16,
  UUID: 16,
  INTERVAL: 16,
  VARCHAR: 16,
  JSON: 16,
  BLOB: 16,
  BIT: 16,
  BIGNUM: 16,
  LIST: 16,
  MAP: 16,
};

function entryBytesOf(type: SqlType, vector: duckdb.Vector): number {
  if (type.id === 'DECIMAL') return decimalBytes(type.width);
  return type.id === 'ENUM' ? enumBytes(vector) : (entryBytesById[type.id] ?? 0);
}

/** As DuckDB stores them: up to 4, 9, 18 and 38 digits. */
function decimalBytes(width: number): number {
  if (width <= 4) return 2;
  if (width <= 9) return 4;
  return width <= 18 ? 8 : 16;
}

function enumBytes(vector: duckdb.Vector): number {
  switch (duckdb.enum_internal_type(duckdb.vector_get_column_type(vector))) {
    case duckdb.Type.UTINYINT:
      return 1;
    case duckdb.Type.USMALLINT:
      return 2;
    default:
      return 4;
  }
}

function bufferOver(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * DuckDB's string entries: {length, 12 bytes} or {length, 4 bytes of prefix, pointer}. Reading what a pointer points to is a
 * native call; strings that lie exactly behind each other are read by one. A gap, however small, is not ours to read.
 */
class StringEntries {
  readonly #bytes: Buffer;
  readonly #validity: Uint8Array | undefined;
  /** Rows whose entries may be looked at ahead of being asked for. */
  readonly #rowsAhead: number;
  readonly #found: StringBytes = { source: noBytes, start: 0, length: 0 };
  #run: Buffer = noBytes;
  #runFrom = 0;

  constructor(bytes: Buffer, validity: Uint8Array | undefined, rowsAhead: number) {
    this.#bytes = bytes;
    this.#validity = validity;
    this.#rowsAhead = rowsAhead;
  }

  at(row: number): StringBytes {
    const found = this.#found;
    const entry = row * 16;
    found.length = this.#bytes.readUInt32LE(entry);
    if (found.length <= inlineBytesMax) {
      found.source = this.#bytes;
      found.start = entry + 4;
      return found;
    }
    const address = this.#addressAt(entry);
    if (address < this.#runFrom || address + found.length > this.#runFrom + this.#run.length) {
      this.#readRun(row, address, found.length);
    }
    found.source = this.#run;
    found.start = address - this.#runFrom;
    return found;
  }

  #readRun(row: number, address: number, firstLength: number): void {
    let length = firstLength;
    for (let next = row + 1; next < this.#rowsAhead && length < runBytesMax; next += 1) {
      if (this.#isNull(next)) continue;
      const more = this.#bytes.readUInt32LE(next * 16);
      if (more <= inlineBytesMax) continue;
      if (this.#addressAt(next * 16) !== address + length) break;
      length += more;
    }
    const { buffer, byteOffset } = this.#bytes;
    assert(buffer instanceof ArrayBuffer, 'the engine does not share its memory');
    this.#run = bufferOver(duckdb.get_data_from_pointer(buffer, byteOffset + row * 16 + 8, length));
    this.#runFrom = address;
  }

  /** Addresses of user space fit into 53 bits. */
  #addressAt(entry: number): number {
    return this.#bytes.readUInt32LE(entry + 12) * 4_294_967_296 + this.#bytes.readUInt32LE(entry + 8);
  }

  #isNull(row: number): boolean {
    return this.#validity !== undefined && ((this.#validity[row >>> 3] ?? 0) & (1 << (row & 7))) === 0;
  }
}
