// Values as PostgreSQL spells them in text format: one writer per column, chosen once per result.
import type { SqlType, SqlValue } from '../../sql/sql-type.ts';
import { dateText, microsOf, timestampText, timestampTzText, timeText } from './datetime.ts';
import { type IntervalParts, intervalText } from './interval.ts';
import { jsonText } from './json.ts';
import { decimalText, doubleText, floatText } from './number-text.ts';
import type { Spelling } from './spelling.ts';
import { offsetText } from './time-zone.ts';

/** A value that is not NULL -> its text. */
export type TextWriter = (value: SqlValue) => string;

/** Also what COPY writes, before its own escapes. */
export function textWriterOf(type: SqlType, spelling: Spelling): TextWriter {
  switch (type.id) {
    case 'BOOLEAN':
      return (value) => (value === true ? 't' : 'f');
    case 'FLOAT':
      return (value) => floatText(Number(value), spelling.extraFloatDigits);
    case 'DOUBLE':
      return (value) => doubleText(Number(value), spelling.extraFloatDigits);
    case 'DECIMAL':
      return (value) => decimalText((value as { readonly unscaled: bigint }).unscaled, type.scale);
    case 'BLOB':
      return spelling.byteaOutput === 'escape'
        ? (value) => escapedBytes(value as Uint8Array)
        : (value) => `\\x${Buffer.from(value as Uint8Array).toString('hex')}`;
    case 'LIST':
    case 'ARRAY':
      return arrayWriter(type, spelling);
    case 'STRUCT':
    case 'MAP':
    case 'UNION':
      return (value) => jsonText(type, value, { spelling, writerOf: textWriterOf });
    default:
      return timeWriterOf(type, spelling);
  }
}

function timeWriterOf(type: SqlType, { dateStyle, intervalStyle, timeZone }: Spelling): TextWriter {
  switch (type.id) {
    case 'DATE':
      return (value) => dateText(Number(value), dateStyle);
    case 'TIME':
      return (value) => timeText(value as bigint);
    case 'TIME_NS':
      return (value) => timeText((value as bigint) / 1000n);
    case 'TIMETZ':
      return (value) => timeTzText(value as { readonly micros: bigint; readonly offsetSeconds: number });
    case 'TIMESTAMP':
    case 'TIMESTAMP_S':
    case 'TIMESTAMP_MS':
    case 'TIMESTAMP_NS':
      return (value) => timestampText(microsOf(type, value as bigint), '', dateStyle);
    case 'TIMESTAMPTZ':
      return (value) => timestampTzText(value as bigint, timeZone, dateStyle);
    case 'INTERVAL':
      return (value) => intervalText(value as IntervalParts, intervalStyle);
    case 'POSTGRES':
      return (value) => Buffer.from((value as { readonly text: Uint8Array }).text).toString();
    default:
      return String;
  }
}

function timeTzText({ micros, offsetSeconds }: { readonly micros: bigint; readonly offsetSeconds: number }): string {
  return timeText(micros) + offsetText(offsetSeconds);
}

/** bytea_output escape: printable ASCII as it is, the rest as three octal digits. */
function escapedBytes(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    if (byte === 0x5c) text += '\\\\';
    else if (byte < 0x20 || byte > 0x7e) text += `\\${byte.toString(8).padStart(3, '0')}`;
    else text += String.fromCharCode(byte);
  }
  return text;
}

type ListType = Extract<SqlType, { readonly id: 'LIST' | 'ARRAY' }>;

/** {a,"b c",NULL}; lists of records are JSON, as their OID says. */
function arrayWriter(type: ListType, spelling: Spelling): TextWriter {
  if (hasRecords(type)) return (value) => jsonText(type, value, { spelling, writerOf: textWriterOf });
  const nested = type.child.id === 'LIST' || type.child.id === 'ARRAY';
  const write = textWriterOf(type.child, spelling);
  return (value) => {
    const items = value as readonly SqlValue[];
    // PostgreSQL's arrays have no empty dimension within another.
    if (nested && items.every((item) => Array.isArray(item) && write(item) === '{}')) return '{}';
    const texts = items.map((item) => {
      if (item === null) return 'NULL';
      return nested ? write(item) : quotedItem(write(item));
    });
    return `{${texts.join(',')}}`;
  };
}

export function hasRecords(type: SqlType): boolean {
  if (type.id === 'LIST' || type.id === 'ARRAY') return hasRecords(type.child);
  return type.id === 'STRUCT' || type.id === 'MAP' || type.id === 'UNION';
}

function quotedItem(text: string): string {
  const plain = text !== '' && !/[{}",\\ \t\n\v\f\r]/.test(text) && text.toLowerCase() !== 'null';
  return plain ? text : `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}
