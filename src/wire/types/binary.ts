// Values in PostgreSQL's binary format, for the types whose text a client need not parse.
import { SqlError } from '../../base/sql-error.ts';
import type { SqlType, SqlValue } from '../../sql/sql-type.ts';
import { microsOf } from './datetime.ts';
import type { IntervalParts } from './interval.ts';
import { numericBinary } from './numeric.ts';
import { wireTypeOf } from './oid.ts';
import type { Spelling } from './spelling.ts';
import { hasRecords, textWriterOf } from './text.ts';

/** A value that is not NULL -> its bytes. */
export type BinaryWriter = (value: SqlValue) => Buffer;

/** Days and microseconds from 1970-01-01 to 2000-01-01, PostgreSQL's epoch. */
const epochDays = 10_957;
const epochMicros = 946_684_800_000_000n;

export function binaryWriterOf(type: SqlType, spelling: Spelling): BinaryWriter {
  switch (type.id) {
    case 'BOOLEAN':
      return (value) => Buffer.from([value === true ? 1 : 0]);
    case 'TINYINT':
    case 'SMALLINT':
    case 'UTINYINT':
      return (value) => fixedBytes(2, (bytes) => bytes.writeInt16BE(Number(value)));
    case 'INTEGER':
    case 'USMALLINT':
      return (value) => fixedBytes(4, (bytes) => bytes.writeInt32BE(Number(value)));
    case 'BIGINT':
    case 'UINTEGER':
      return (value) => int8(BigInt(value as bigint | number));
    case 'FLOAT':
      return (value) => fixedBytes(4, (bytes) => bytes.writeFloatBE(Number(value)));
    case 'DOUBLE':
      return (value) => fixedBytes(8, (bytes) => bytes.writeDoubleBE(Number(value)));
    case 'DECIMAL':
      return (value) => numericBinary((value as { readonly unscaled: bigint }).unscaled, type.scale);
    case 'HUGEINT':
    case 'UBIGINT':
    case 'UHUGEINT':
    case 'BIGNUM':
      return (value) => numericBinary(value as bigint, 0);
    case 'BLOB':
      return (value) => Buffer.from(value as Uint8Array);
    case 'POSTGRES':
      return (value) => Buffer.from((value as { readonly binary: Uint8Array }).binary);
    case 'LIST':
    case 'ARRAY':
      return hasRecords(type) ? textBytes(type, spelling) : arrayBinary(type, spelling);
    default:
      return dateTimeBinary(type, spelling);
  }
}

function dateTimeBinary(type: SqlType, spelling: Spelling): BinaryWriter {
  switch (type.id) {
    case 'DATE':
      return (value) => fixedBytes(4, (bytes) => bytes.writeInt32BE(daysBinary(Number(value))));
    case 'TIME':
      return (value) => int8(value as bigint);
    case 'TIME_NS':
      return (value) => int8((value as bigint) / 1000n);
    case 'TIMETZ':
      return (value) => timeTzBinary(value as { readonly micros: bigint; readonly offsetSeconds: number });
    case 'TIMESTAMP':
    case 'TIMESTAMP_S':
    case 'TIMESTAMP_MS':
    case 'TIMESTAMP_NS':
    case 'TIMESTAMPTZ':
      return (value) => int8(microsBinary(microsOf(type, value as bigint)));
    case 'INTERVAL':
      return (value) => intervalBinary(value as IntervalParts);
    case 'UUID':
      return (value) => Buffer.from((value as string).replaceAll('-', ''), 'hex');
    case 'BIT':
      return (value) => bitsBinary(value as string);
    default:
      // text, json, enums, records: the bytes of the text are the binary form.
      return textBytes(type, spelling);
  }
}

function textBytes(type: SqlType, spelling: Spelling): BinaryWriter {
  const write = textWriterOf(type, spelling);
  return (value) => Buffer.from(write(value), 'utf8');
}

function fixedBytes(length: number, write: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  write(bytes);
  return bytes;
}

function int8(value: bigint): Buffer {
  return fixedBytes(8, (bytes) => bytes.writeBigInt64BE(BigInt.asIntN(64, value)));
}

function daysBinary(days: number): number {
  if (days === Number.POSITIVE_INFINITY) return 2_147_483_647;
  return days === Number.NEGATIVE_INFINITY ? -2_147_483_648 : days - epochDays;
}

const infinite = 9_223_372_036_854_775_807n;

function microsBinary(micros: bigint): bigint {
  if (micros === infinite) return micros;
  return micros === -infinite ? -infinite - 1n : micros - epochMicros;
}

function intervalBinary({ months, days, micros }: IntervalParts): Buffer {
  return fixedBytes(16, (bytes) => {
    bytes.writeBigInt64BE(micros, 0);
    bytes.writeInt32BE(days, 8);
    bytes.writeInt32BE(months, 12);
  });
}

/** Microseconds, then the zone in seconds west of Greenwich. */
function timeTzBinary(value: { readonly micros: bigint; readonly offsetSeconds: number }): Buffer {
  return fixedBytes(12, (bytes) => {
    bytes.writeBigInt64BE(value.micros, 0);
    bytes.writeInt32BE(-value.offsetSeconds, 8);
  });
}

/** varbit: the number of bits, then the bits, the last byte filled with zeros. */
function bitsBinary(bits: string): Buffer {
  const bytes = Buffer.alloc(4 + Math.ceil(bits.length / 8));
  bytes.writeInt32BE(bits.length);
  for (let bit = 0; bit < bits.length; bit += 1) {
    const at = 4 + (bit >> 3);
    if (bits[bit] === '1') bytes[at] = (bytes[at] ?? 0) | (0x80 >> (bit & 7));
  }
  return bytes;
}

type ListType = Extract<SqlType, { readonly id: 'LIST' | 'ARRAY' }>;

/** Dimensions, outermost first, then every item. PostgreSQL's arrays are rectangular; a list that is not has no binary form. */
function arrayBinary(type: ListType, spelling: Spelling): BinaryWriter {
  const leaf = leafOf(type);
  const { oid } = wireTypeOf(leaf);
  const write = binaryWriterOf(leaf, spelling);
  return (value) => {
    const { sizes, items } = flattened(value as readonly SqlValue[], depthOf(type));
    const dimensions = items.length === 0 ? [] : sizes;
    const head = fixedBytes(12 + 8 * dimensions.length, (bytes) => {
      bytes.writeInt32BE(dimensions.length, 0);
      bytes.writeInt32BE(items.includes(null) ? 1 : 0, 4);
      bytes.writeUInt32BE(oid, 8);
      for (const [index, size] of dimensions.entries()) {
        bytes.writeInt32BE(size, 12 + index * 8);
        bytes.writeInt32BE(1, 16 + index * 8);
      }
    });
    const parts = [head];
    for (const item of items) {
      const content = item === null ? undefined : write(item);
      parts.push(fixedBytes(4, (bytes) => bytes.writeInt32BE(content?.length ?? -1)));
      if (content !== undefined) parts.push(content);
    }
    return Buffer.concat(parts);
  };
}

function leafOf(type: SqlType): SqlType {
  return type.id === 'LIST' || type.id === 'ARRAY' ? leafOf(type.child) : type;
}

function depthOf(type: SqlType): number {
  return type.id === 'LIST' || type.id === 'ARRAY' ? 1 + depthOf(type.child) : 0;
}

/** @throws SqlError featureNotSupported where inner lists are NULL or differ in length */
function flattened(
  list: readonly SqlValue[],
  depth: number,
): { readonly sizes: readonly number[]; readonly items: readonly SqlValue[] } {
  const sizes = [list.length];
  let items = list;
  for (let level = 1; level < depth; level += 1) {
    const size = Array.isArray(items[0]) ? items[0].length : 0;
    if (items.some((item) => !Array.isArray(item) || item.length !== size)) {
      throw new SqlError('featureNotSupported', 'nested lists of different lengths have no binary format', {
        hint: 'Ask for text format.',
      });
    }
    sizes.push(size);
    items = items.flatMap((item) => item as readonly SqlValue[]);
  }
  return { sizes, items };
}
