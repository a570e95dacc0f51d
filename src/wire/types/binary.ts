// Values in PostgreSQL's binary format, for the types whose text a client need not parse.
import { SqlError } from '../../base/sql-error.ts';
import type { SqlType, SqlValue } from '../../sql/sql-type.ts';
import type { IntervalParts } from './datetime.ts';
import { numericBinary } from './numeric.ts';
import { wireTypeOf } from './oid.ts';
import { hasRecords, type TextOptions, textWriterOf } from './text.ts';

/** A value that is not NULL -> its bytes. */
export type BinaryWriter = (value: SqlValue) => Buffer;

/** Days and microseconds from 1970-01-01 to 2000-01-01, PostgreSQL's epoch. */
const epochDays = 10_957;
const epochMicros = 946_684_800_000_000n;

export function binaryWriterOf(type: SqlType, options: TextOptions): BinaryWriter {
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
      return hasRecords(type) ? textBytes(type, options) : arrayBinary(type, options);
    default:
      return dateTimeBinary(type, options);
  }
}

function dateTimeBinary(type: SqlType, options: TextOptions): BinaryWriter {
  switch (type.id) {
    case 'DATE':
      return (value) => fixedBytes(4, (bytes) => bytes.writeInt32BE(daysBinary(Number(value))));
    case 'TIME':
      return (value) => int8(value as bigint);
    case 'TIMESTAMP':
    case 'TIMESTAMPTZ':
      return (value) => int8(microsBinary(value as bigint));
    case 'INTERVAL':
      return (value) => intervalBinary(value as IntervalParts);
    case 'UUID':
      return (value) => Buffer.from((value as string).replaceAll('-', ''), 'hex');
    case 'TIMETZ':
    case 'TIME_NS':
    case 'TIMESTAMP_S':
    case 'TIMESTAMP_MS':
    case 'TIMESTAMP_NS':
    case 'BIT':
      return () => {
        throw new SqlError('featureNotSupported', `binary format of ${type.id} is not supported`, {
          hint: 'Ask for text format, or cast the column to VARCHAR.',
        });
      };
    default:
      // text, json, enums, records: the bytes of the text are the binary form.
      return textBytes(type, options);
  }
}

function textBytes(type: SqlType, options: TextOptions): BinaryWriter {
  const write = textWriterOf(type, options);
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

type ListType = Extract<SqlType, { readonly id: 'LIST' | 'ARRAY' }>;

/** One dimension; a nested list in binary is refused, since its rows may differ in length. */
function arrayBinary(type: ListType, options: TextOptions): BinaryWriter {
  if (type.child.id === 'LIST' || type.child.id === 'ARRAY') {
    return () => {
      throw new SqlError('featureNotSupported', 'binary format of nested lists is not supported', {
        hint: 'Ask for text format.',
      });
    };
  }
  const { oid } = wireTypeOf(type.child);
  const write = binaryWriterOf(type.child, options);
  return (value) => {
    const items = value as readonly SqlValue[];
    const parts: Buffer[] = [
      fixedBytes(12, (bytes) => {
        bytes.writeInt32BE(items.length === 0 ? 0 : 1, 0);
        bytes.writeInt32BE(items.includes(null) ? 1 : 0, 4);
        bytes.writeUInt32BE(oid, 8);
      }),
    ];
    if (items.length > 0) {
      parts.push(
        fixedBytes(8, (bytes) => {
          bytes.writeInt32BE(items.length, 0);
          bytes.writeInt32BE(1, 4);
        }),
      );
    }
    for (const item of items) {
      const content = item === null ? undefined : write(item);
      parts.push(fixedBytes(4, (bytes) => bytes.writeInt32BE(content?.length ?? -1)));
      if (content !== undefined) parts.push(content);
    }
    return Buffer.concat(parts);
  };
}
