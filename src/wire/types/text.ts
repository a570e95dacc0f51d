// Values as PostgreSQL spells them in text format: one writer per column, chosen once per result.
import type { SqlType, SqlValue } from '../../sql/sql-type.ts';
import {
  dateText,
  type IntervalParts,
  intervalText,
  offsetText,
  timestampText,
  timestampTzText,
  timeText,
} from './datetime.ts';
import { jsonText } from './json.ts';

/** A value that is not NULL -> its text. */
export type TextWriter = (value: SqlValue) => string;

export interface TextOptions {
  /** The session's TimeZone, for timestamptz. */
  readonly timeZone: string;
}

export function textWriterOf(type: SqlType, options: TextOptions): TextWriter {
  switch (type.id) {
    case 'BOOLEAN':
      return (value) => (value === true ? 't' : 'f');
    case 'FLOAT':
      return (value) => floatText(Number(value), 4);
    case 'DOUBLE':
      return (value) => floatText(Number(value), 8);
    case 'DECIMAL':
      return (value) => decimalText((value as { readonly unscaled: bigint }).unscaled, type.scale);
    case 'BLOB':
      return (value) => `\\x${Buffer.from(value as Uint8Array).toString('hex')}`;
    case 'DATE':
      return (value) => dateText(Number(value));
    case 'TIME':
      return (value) => timeText(value as bigint);
    case 'TIME_NS':
      return (value) => timeText((value as bigint) / 1000n);
    case 'TIMETZ':
      return (value) => timeTzText(value as { readonly micros: bigint; readonly offsetSeconds: number });
    case 'TIMESTAMP':
      return (value) => timestampText(value as bigint);
    case 'TIMESTAMP_S':
      return (value) => timestampText(scaled(value as bigint, 1_000_000n));
    case 'TIMESTAMP_MS':
      return (value) => timestampText(scaled(value as bigint, 1000n));
    case 'TIMESTAMP_NS':
      return (value) => timestampText(nanosToMicros(value as bigint));
    case 'TIMESTAMPTZ':
      return (value) => timestampTzText(value as bigint, options.timeZone);
    case 'INTERVAL':
      return (value) => intervalText(value as IntervalParts);
    case 'LIST':
    case 'ARRAY':
      return arrayWriter(type, options);
    case 'POSTGRES':
      return (value) => Buffer.from((value as { readonly text: Uint8Array }).text).toString();
    case 'STRUCT':
    case 'MAP':
    case 'UNION':
      return (value) => jsonText(type, value, { ...options, writerOf: textWriterOf });
    default:
      return String;
  }
}

const infinite = 9_223_372_036_854_775_807n;

function scaled(value: bigint, factor: bigint): bigint {
  return value === infinite || value === -infinite ? value : value * factor;
}

/** PostgreSQL has no nanoseconds; they are cut off towards the past. */
function nanosToMicros(value: bigint): bigint {
  if (value === infinite || value === -infinite) return value;
  return value >= 0n ? value / 1000n : (value - 999n) / 1000n;
}

function timeTzText({ micros, offsetSeconds }: { readonly micros: bigint; readonly offsetSeconds: number }): string {
  return timeText(micros) + offsetText(offsetSeconds);
}

/** Shortest text that reads back as the same number, with PostgreSQL's bounds for e-notation. */
export function floatText(value: number, bytes: 4 | 8): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const [mantissa = '', exponentText = '0'] = (bytes === 4 ? shortestFloat(value) : value.toExponential()).split('e');
  const exponent = Number(exponentText);
  // Ryu in PostgreSQL: fixed notation from 1e-5 (exclusive) up to 15 digits for float8, 6 for float4.
  if (exponent < -4 || exponent >= (bytes === 4 ? 6 : 15)) {
    return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  return fixed(mantissa, exponent);
}

/** The fewest digits that single precision tells apart. */
function shortestFloat(value: number): string {
  for (let digits = 0; digits < 9; digits += 1) {
    const text = value.toExponential(digits);
    if (Math.fround(Number(text)) === Math.fround(value)) return text.replace(/\.?0+e/, 'e');
  }
  return value.toExponential();
}

function fixed(mantissa: string, exponent: number): string {
  const negative = mantissa.startsWith('-');
  const digits = mantissa.replaceAll(/[-.]/g, '');
  const point = exponent + 1;
  const text =
    point <= 0
      ? `0.${'0'.repeat(-point)}${digits}`
      : digits.length <= point
        ? digits.padEnd(point, '0')
        : `${digits.slice(0, point)}.${digits.slice(point)}`;
  return negative ? `-${text}` : text;
}

export function decimalText(unscaled: bigint, scale: number): string {
  if (scale === 0) return unscaled.toString();
  const negative = unscaled < 0n;
  const digits = (negative ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  const text = `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  return negative ? `-${text}` : text;
}

type ListType = Extract<SqlType, { readonly id: 'LIST' | 'ARRAY' }>;

/** {a,"b c",NULL}; lists of records are JSON, as their OID says. */
function arrayWriter(type: ListType, options: TextOptions): TextWriter {
  if (hasRecords(type)) return (value) => jsonText(type, value, { ...options, writerOf: textWriterOf });
  const nested = type.child.id === 'LIST' || type.child.id === 'ARRAY';
  const write = textWriterOf(type.child, options);
  return (value) => {
    const items = (value as readonly SqlValue[]).map((item) => {
      if (item === null) return 'NULL';
      return nested ? write(item) : quotedItem(write(item));
    });
    return `{${items.join(',')}}`;
  };
}

export function hasRecords(type: SqlType): boolean {
  if (type.id === 'LIST' || type.id === 'ARRAY') return hasRecords(type.child);
  return type.id === 'STRUCT' || type.id === 'MAP' || type.id === 'UNION';
}

function quotedItem(text: string): string {
  const plain = text !== '' && !/[{}",\\\s]/.test(text) && text.toLowerCase() !== 'null';
  return plain ? text : `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}
