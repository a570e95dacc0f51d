// Bound parameters off the wire -> values for the engine.
import { SqlError } from '../../base/sql-error.ts';
import type { ParameterValue } from '../../session/door.ts';
import type { SqlType, SqlValue } from '../../sql/sql-type.ts';
import type { RawParameter } from '../frontend.ts';
import { arrayOfBinary, arrayOfText, isList } from './array-parameters.ts';
import { numericText } from './numeric.ts';
import { typeOfOid, wireTypeOf } from './oid.ts';

const text: SqlType = { id: 'VARCHAR' };

/**
 * @param type what Describe told, or the client's own; undefined: text, cast by the engine where it must be
 * @param oid the client's own at Parse; 0: none
 */
export function decodeParameter(raw: RawParameter, type: SqlType | undefined, oid = 0): ParameterValue {
  const known = type ?? text;
  if (raw.bytes === undefined) return { type: known, value: null };
  if (isList(known) || oid === numericArrayOid) {
    return raw.format === 'text'
      ? arrayOfText(utf8(raw.bytes), known, (item, itemType) => decodeText(Buffer.from(item, 'utf8'), itemType))
      : arrayOfBinary(raw.bytes, known, (item, itemOid) => decodeBinary(item, binaryTypeOf(leafText, itemOid)));
  }
  return raw.format === 'text' ? decodeText(raw.bytes, known) : decodeBinary(raw.bytes, binaryTypeOf(known, oid));
}

const numericOid = 1700;
/** Of no one decimal type: its elements are bound as texts. */
const numericArrayOid = 1231;
const leafText: SqlType = { id: 'VARCHAR' };
const bitOids: readonly number[] = [1560, 1562];
const unknownOid = 705;

/** Binary has the form of the OID that the client gave or was told: what the engine makes of the parameter may be wider or narrower. */
function binaryTypeOf(type: SqlType, given: number): SqlType {
  if (type.id === 'POSTGRES') return type;
  const oid = given === 0 || given === unknownOid ? wireTypeOf(type).oid : given;
  if (oid === numericOid) return { id: 'DECIMAL', width: 38, scale: 0 };
  return bitOids.includes(oid) ? { id: 'BIT' } : (typeOfOid(oid) ?? type);
}

function invalid(type: SqlType, value: string): SqlError {
  return new SqlError(
    'invalidTextRepresentation',
    `invalid input syntax for type ${type.id.toLowerCase()}: "${value}"`,
  );
}

const ranges: Readonly<Record<string, readonly [bigint, bigint]>> = {
  TINYINT: [-128n, 127n],
  SMALLINT: [-32_768n, 32_767n],
  INTEGER: [-2_147_483_648n, 2_147_483_647n],
  BIGINT: [-9_223_372_036_854_775_808n, 9_223_372_036_854_775_807n],
  UTINYINT: [0n, 255n],
  USMALLINT: [0n, 65_535n],
  UINTEGER: [0n, 4_294_967_295n],
  UBIGINT: [0n, 18_446_744_073_709_551_615n],
};

/** Integers, booleans and floats are bound as such; the rest as text, which the engine casts to what the query needs. */
function decodeText(bytes: Buffer, type: SqlType): ParameterValue {
  const value = utf8(bytes);
  const range = ranges[type.id];
  if (range !== undefined) return { type, value: integer(type, value.trim(), range) };
  switch (type.id) {
    case 'BOOLEAN':
      return { type, value: boolean(type, value) };
    case 'FLOAT':
    case 'DOUBLE':
      return { type, value: float(type, value.trim()) };
    case 'BLOB':
      return { type, value: bytea(type, value) };
    default:
      return { type: text, value };
  }
}

const noBytes = new Uint8Array();
const decoder = new TextDecoder('utf-8', { fatal: true });

function utf8(bytes: Buffer): string {
  try {
    const value = decoder.decode(bytes);
    if (value.includes('\0')) throw new TypeError('NUL');
    return value;
  } catch (cause) {
    throw new SqlError('invalidTextRepresentation', 'invalid byte sequence for encoding "UTF8"', { cause });
  }
}

function integer(type: SqlType, value: string, [min, max]: readonly [bigint, bigint]): SqlValue {
  if (!/^[+-]?\d{1,40}$/.test(value)) throw invalid(type, value);
  const number = BigInt(value.replace(/^\+/, ''));
  if (number < min || number > max) {
    throw new SqlError('numericOutOfRange', `value "${value}" is out of range for type ${type.id.toLowerCase()}`);
  }
  return type.id === 'BIGINT' || type.id === 'UBIGINT' ? number : Number(number);
}

const truths: Readonly<Record<string, boolean>> = {
  t: true,
  true: true,
  y: true,
  yes: true,
  on: true,
  1: true,
  f: false,
  false: false,
  n: false,
  no: false,
  off: false,
  0: false,
};

function boolean(type: SqlType, value: string): boolean {
  const truth = truths[value.trim().toLowerCase()];
  if (truth === undefined) throw invalid(type, value);
  return truth;
}

function float(type: SqlType, value: string): number {
  const words: Readonly<Record<string, number>> = {
    nan: Number.NaN,
    infinity: Infinity,
    inf: Infinity,
    '-infinity': -Infinity,
    '-inf': -Infinity,
  };
  const word = words[value.toLowerCase()];
  if (word !== undefined) return word;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value)) throw invalid(type, value);
  return Number(value);
}

function bytea(type: SqlType, value: string): Uint8Array {
  if (!/^\\x([0-9a-f]{2})*$/i.test(value)) throw invalid(type, value);
  return Buffer.from(value.slice(2), 'hex');
}

const lengths: Readonly<Record<string, number>> = {
  BOOLEAN: 1,
  SMALLINT: 2,
  INTEGER: 4,
  BIGINT: 8,
  FLOAT: 4,
  DOUBLE: 8,
  DATE: 4,
  TIME: 8,
  TIMESTAMP: 8,
  TIMESTAMPTZ: 8,
  TIMETZ: 12,
  INTERVAL: 16,
  UUID: 16,
  UINTEGER: 4,
};

function decodeBinary(bytes: Buffer, type: SqlType): ParameterValue {
  // PostgreSQL's own server reads it.
  if (type.id === 'POSTGRES') return { type, value: { text: noBytes, binary: Uint8Array.from(bytes) } };
  const wanted = lengths[type.id];
  if (wanted !== undefined && bytes.length !== wanted) {
    throw new SqlError('invalidTextRepresentation', 'incorrect binary data format in bind parameter');
  }
  switch (type.id) {
    case 'BOOLEAN':
      return { type, value: bytes[0] !== 0 };
    case 'SMALLINT':
      return { type, value: bytes.readInt16BE(0) };
    case 'INTEGER':
      return { type, value: bytes.readInt32BE(0) };
    case 'UINTEGER':
      return { type, value: bytes.readUInt32BE(0) };
    case 'BIGINT':
      return { type, value: bytes.readBigInt64BE(0) };
    case 'FLOAT':
      return { type, value: bytes.readFloatBE(0) };
    case 'DOUBLE':
      return { type, value: bytes.readDoubleBE(0) };
    case 'BLOB':
      return { type, value: Buffer.from(bytes) };
    case 'VARCHAR':
    case 'ENUM':
      return { type: text, value: utf8(bytes) };
    default:
      return decodeBinaryRare(bytes, type);
  }
}

function decodeBinaryRare(bytes: Buffer, type: SqlType): ParameterValue {
  switch (type.id) {
    case 'JSON':
      // jsonb carries a version byte.
      return { type: text, value: utf8(bytes[0] === 1 ? bytes.subarray(1) : bytes) };
    case 'DATE':
      return { type, value: daysOf(bytes.readInt32BE(0)) };
    case 'TIME':
      return { type, value: bytes.readBigInt64BE(0) };
    case 'TIMESTAMP':
    case 'TIMESTAMPTZ':
      return { type, value: microsOf(bytes.readBigInt64BE(0)) };
    case 'TIMETZ':
      return { type, value: { micros: bytes.readBigInt64BE(0), offsetSeconds: -bytes.readInt32BE(8) } };
    case 'BIT':
      return { type: text, value: bitsOf(bytes) };
    case 'INTERVAL':
      return {
        type,
        value: { micros: bytes.readBigInt64BE(0), days: bytes.readInt32BE(8), months: bytes.readInt32BE(12) },
      };
    case 'UUID':
      return { type: text, value: bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-') };
    case 'DECIMAL': {
      const value = numericText(bytes);
      if (value === undefined)
        throw new SqlError('invalidTextRepresentation', 'incorrect binary data format in bind parameter');
      return { type: text, value };
    }
    default:
      throw new SqlError('featureNotSupported', `binary parameters of type ${type.id} are not supported`, {
        hint: 'Send the parameter as text.',
      });
  }
}

/** PostgreSQL's infinities are the greatest number and the least, which has no negative here. */
function daysOf(days: number): number {
  if (days === 2_147_483_647) return Number.POSITIVE_INFINITY;
  return days === -2_147_483_648 ? Number.NEGATIVE_INFINITY : days + 10_957;
}

const infinite = 9_223_372_036_854_775_807n;

function microsOf(micros: bigint): bigint {
  if (micros === infinite) return infinite;
  const moment = micros === -infinite - 1n ? -infinite : micros + 946_684_800_000_000n;
  if (moment < infinite) return moment;
  throw new SqlError('datetimeOverflow', 'timestamp out of range');
}

/** As many bits as the head says, in as many bytes as they need. */
function bitsOf(bytes: Buffer): string {
  const count = bytes.length < 4 ? -1 : bytes.readInt32BE(0);
  if (count < 0 || bytes.length !== 4 + Math.ceil(count / 8)) {
    throw new SqlError('invalidTextRepresentation', 'incorrect binary data format in bind parameter');
  }
  return Array.from(bytes.subarray(4), (byte) => byte.toString(2).padStart(8, '0'))
    .join('')
    .slice(0, count);
}
