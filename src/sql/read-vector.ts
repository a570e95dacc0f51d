// Raw columns -> SqlValue, by readers chosen once per column type.
import { assert } from '../base/assert.ts';
import { type ColumnVector, isNull } from './column-vector.ts';
import type { SqlType, SqlValue } from './sql-type.ts';

/** The value of a row that is not NULL. */
export type VectorReader = (vector: ColumnVector, row: number) => SqlValue;

const dateInfinity = 2_147_483_647;
/** DuckDB keeps a time's zone as seconds below this one. */
const offsetSecondsMax = 16 * 3600 - 1;

export function vectorReaderOf(type: SqlType): VectorReader {
  switch (type.id) {
    case 'BOOLEAN':
      return ({ bytes }, row) => bytes[row] !== 0;
    case 'TINYINT':
      return ({ bytes }, row) => bytes.readInt8(row);
    case 'SMALLINT':
      return ({ bytes }, row) => bytes.readInt16LE(row * 2);
    case 'INTEGER':
      return ({ bytes }, row) => bytes.readInt32LE(row * 4);
    case 'UTINYINT':
      return ({ bytes }, row) => bytes.readUInt8(row);
    case 'USMALLINT':
      return ({ bytes }, row) => bytes.readUInt16LE(row * 2);
    case 'UINTEGER':
      return ({ bytes }, row) => bytes.readUInt32LE(row * 4);
    case 'FLOAT':
      return ({ bytes }, row) => bytes.readFloatLE(row * 4);
    case 'DOUBLE':
      return ({ bytes }, row) => bytes.readDoubleLE(row * 8);
    case 'DATE':
      return ({ bytes }, row) => daysOf(bytes.readInt32LE(row * 4));
    case 'BIGINT':
    case 'TIME':
    case 'TIME_NS':
    case 'TIMESTAMP':
    case 'TIMESTAMPTZ':
    case 'TIMESTAMP_S':
    case 'TIMESTAMP_MS':
    case 'TIMESTAMP_NS':
      return ({ bytes }, row) => bytes.readBigInt64LE(row * 8);
    default:
      return wideReaderOf(type);
  }
}

function wideReaderOf(type: SqlType): VectorReader {
  switch (type.id) {
    case 'UBIGINT':
      return ({ bytes }, row) => bytes.readBigUInt64LE(row * 8);
    case 'HUGEINT':
      return ({ bytes }, row) => signed128(bytes, row * 16);
    case 'UHUGEINT':
      return ({ bytes }, row) => BigInt.asUintN(128, signed128(bytes, row * 16));
    case 'DECIMAL':
      return (vector, row) => ({ unscaled: unscaledAt(vector, row) });
    case 'TIMETZ':
      return ({ bytes }, row) => timeTzOf(bytes.readBigUInt64LE(row * 8));
    case 'INTERVAL':
      return ({ bytes }, row) => ({
        months: bytes.readInt32LE(row * 16),
        days: bytes.readInt32LE(row * 16 + 4),
        micros: bytes.readBigInt64LE(row * 16 + 8),
      });
    case 'UUID':
      return ({ bytes }, row) => uuidOf(bytes, row * 16);
    case 'ENUM':
      return (vector, row) => type.values[enumNumberAt(vector, row)] ?? null;
    case 'NULL':
      return () => null;
    default:
      return stringReaderOf(type);
  }
}

function stringReaderOf(type: SqlType): VectorReader {
  switch (type.id) {
    case 'VARCHAR':
    case 'JSON':
      return (vector, row) => {
        const { source, start, length } = vector.stringAt(row);
        return source.toString('utf8', start, start + length);
      };
    case 'BLOB':
      return (vector, row) => copyOfString(vector, row);
    case 'BIT':
      return (vector, row) => bitsOf(copyOfString(vector, row));
    case 'BIGNUM':
      return (vector, row) => bigNumberOf(copyOfString(vector, row));
    default:
      return nestedReaderOf(type);
  }
}

function nestedReaderOf(type: SqlType): VectorReader {
  switch (type.id) {
    case 'LIST':
      return listReader(vectorReaderOf(type.child));
    case 'ARRAY':
      return arrayReader(vectorReaderOf(type.child), type.length);
    case 'MAP':
      return mapReader(vectorReaderOf(type.key), vectorReaderOf(type.value));
    case 'STRUCT': {
      // By position: fields may be unnamed, or share a name.
      const readers = type.fields.map((field) => vectorReaderOf(field.type));
      return ({ children }, row) => readers.map((read, index) => valueAt(child(children, index), row, read));
    }
    case 'UNION': {
      const readers = type.members.map((member) => vectorReaderOf(member.type));
      return ({ children }, row) => {
        const number = child(children, 0).bytes.readUInt8(row);
        const read = readers[number];
        const tag = type.members[number]?.tag;
        assert(read !== undefined && tag !== undefined, 'a union has a tag of its type');
        return { tag, value: valueAt(child(children, number + 1), row, read) };
      };
    }
    default:
      // The engine has no such columns; values of the type are made elsewhere.
      return () => unreadable(type);
  }
}

/** NULL or what the reader gives. */
export function valueAt(vector: ColumnVector, row: number, read: VectorReader): SqlValue {
  return isNull(vector, row) ? null : read(vector, row);
}

function child(children: readonly ColumnVector[], index: number): ColumnVector {
  const found = children[index];
  assert(found !== undefined, 'a nested column has its children');
  return found;
}

function listReader(read: VectorReader): VectorReader {
  return ({ bytes, children }, row) => {
    const items = child(children, 0);
    // Offsets and lengths are 64 bits wide; a chunk's child never has 2^32 rows.
    const offset = bytes.readUInt32LE(row * 16);
    const length = bytes.readUInt32LE(row * 16 + 8);
    return Array.from({ length }, (_, index) => valueAt(items, offset + index, read));
  };
}

function arrayReader(read: VectorReader, length: number): VectorReader {
  return ({ children }, row) => {
    const items = child(children, 0);
    return Array.from({ length }, (_, index) => valueAt(items, row * length + index, read));
  };
}

/** A list of structs {key, value}. */
function mapReader(readKey: VectorReader, readValue: VectorReader): VectorReader {
  return ({ bytes, children }, row) => {
    const entries = child(children, 0);
    const keys = child(entries.children, 0);
    const values = child(entries.children, 1);
    const offset = bytes.readUInt32LE(row * 16);
    const length = bytes.readUInt32LE(row * 16 + 8);
    return Array.from({ length }, (_, index) => [
      valueAt(keys, offset + index, readKey),
      valueAt(values, offset + index, readValue),
    ]);
  };
}

function daysOf(days: number): number {
  if (days === dateInfinity) return Number.POSITIVE_INFINITY;
  return days === -dateInfinity ? Number.NEGATIVE_INFINITY : days;
}

function signed128(bytes: Buffer, at: number): bigint {
  return (bytes.readBigInt64LE(at + 8) << 64n) | bytes.readBigUInt64LE(at);
}

/** A DECIMAL without its point. */
export function unscaledAt({ bytes, entryBytes }: ColumnVector, row: number): bigint {
  switch (entryBytes) {
    case 2:
      return BigInt(bytes.readInt16LE(row * 2));
    case 4:
      return BigInt(bytes.readInt32LE(row * 4));
    case 8:
      return bytes.readBigInt64LE(row * 8);
    default:
      return signed128(bytes, row * 16);
  }
}

/** The position of an ENUM's value in its list. */
export function enumNumberAt({ bytes, entryBytes }: ColumnVector, row: number): number {
  return bytes.readUIntLE(row * entryBytes, entryBytes);
}

function timeTzOf(bits: bigint): SqlValue {
  return { micros: bits >> 24n, offsetSeconds: offsetSecondsMax - Number(bits & 0xff_ffffn) };
}

function uuidOf(bytes: Buffer, at: number): string {
  const hex = Buffer.from(bytes.subarray(at, at + 16)).reverse();
  hex[0] = (hex[0] ?? 0) ^ 0x80;
  return hex.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** A copy: the bytes of a string belong to the chunk. */
function copyOfString(vector: ColumnVector, row: number): Buffer {
  const { source, start, length } = vector.stringAt(row);
  return Buffer.from(source.subarray(start, start + length));
}

/** The number of unused bits, then the bits, highest first, behind the unused ones. */
function bitsOf(bytes: Buffer): string {
  let bits = '';
  for (const byte of bytes.subarray(1)) bits += byte.toString(2).padStart(8, '0');
  return bits.slice(bytes[0] ?? 0);
}

/** Three bytes of sign and length, then the size, highest byte first; all inverted when negative. */
function bigNumberOf(bytes: Buffer): bigint {
  const negative = ((bytes[0] ?? 0) & 0x80) === 0;
  const digits = bytes.subarray(3);
  if (negative) for (const [index, byte] of digits.entries()) digits[index] = byte ^ 0xff;
  const size = digits.length === 0 ? 0n : BigInt(`0x${digits.toString('hex')}`);
  return negative ? -size : size;
}

function unreadable(type: SqlType): never {
  assert(false, `a column of type ${type.id} can be read`);
}
