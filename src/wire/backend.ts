// What the server says, encoded. Each function gives one whole message.
import type { SqlError } from '../base/sql-error.ts';
import type { Notice } from '../session/door.ts';
import type { ResultColumn } from '../sql/sql-type.ts';
import type { Format } from './frontend.ts';
import { wireTypeOf } from './types/oid.ts';

function message(code: string, ...parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 4);
  const head = Buffer.allocUnsafe(5);
  head.write(code, 0, 'latin1');
  head.writeInt32BE(length, 1);
  return Buffer.concat([head, ...parts], length + 1);
}

function text(value: string): Buffer {
  // A NUL would end the string early and shift every field behind it.
  return Buffer.from(`${value.replaceAll('\0', '')}\0`, 'utf8');
}

function int16(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(value | 0);
  return bytes;
}

export function authenticationOk(): Buffer {
  return message('R', int32(0));
}

export function authenticationCleartext(): Buffer {
  return message('R', int32(3));
}

export function authenticationSasl(mechanisms: readonly string[]): Buffer {
  return message('R', int32(10), ...mechanisms.map(text), Buffer.from([0]));
}

export function authenticationSaslContinue(data: string): Buffer {
  return message('R', int32(11), Buffer.from(data, 'utf8'));
}

export function authenticationSaslFinal(data: string): Buffer {
  return message('R', int32(12), Buffer.from(data, 'utf8'));
}

export function parameterStatus(name: string, value: string): Buffer {
  return message('S', text(name), text(value));
}

export function backendKeyData(processId: number, secret: Buffer): Buffer {
  return message('K', int32(processId), secret);
}

/** @param minor of protocol 3: what the server goes on with. The message has the whole version number, as PostgreSQL sends it. */
export function negotiateProtocolVersion(minor: number, unknown: readonly string[]): Buffer {
  return message('v', int32((3 << 16) | minor), int32(unknown.length), ...unknown.map(text));
}

export function readyForQuery(status: string): Buffer {
  return message('Z', Buffer.from(status, 'latin1'));
}

export function rowDescription(columns: readonly ResultColumn[], formats: readonly Format[]): Buffer {
  const fields = columns.map((column, index) => {
    const { oid, length, modifier } = wireTypeOf(column.type);
    const format = formatFor(formats, index) === 'binary' ? 1 : 0;
    return Buffer.concat([
      text(column.name),
      int32(0),
      int16(0),
      int32(oid),
      int16(length & 0xffff),
      int32(modifier),
      int16(format),
    ]);
  });
  return message('T', int16(columns.length), ...fields);
}

/** None: text; one: for all; else one per column. */
export function formatFor(formats: readonly Format[], index: number): Format {
  return (formats.length === 1 ? formats[0] : formats[index]) ?? 'text';
}

export function parameterDescription(oids: readonly number[]): Buffer {
  return message('t', int16(oids.length), ...oids.map(int32));
}

export const noData: Buffer = message('n');
export const parseComplete: Buffer = message('1');
export const bindComplete: Buffer = message('2');
export const closeComplete: Buffer = message('3');
export const portalSuspended: Buffer = message('s');
export const emptyQueryResponse: Buffer = message('I');

/** Before the rows of COPY: `H` to the client, `G` from it. */
export function copyResponse(direction: 'H' | 'G', format: Format, columnCount: number): Buffer {
  const code = format === 'binary' ? 1 : 0;
  const codes = Array.from({ length: columnCount }, () => int16(code));
  return message(direction, Buffer.from([code]), int16(columnCount), ...codes);
}

export function copyData(content: Buffer): Buffer {
  return message('d', content);
}

export const copyDone: Buffer = message('c');

export function commandComplete(tag: string): Buffer {
  return message('C', text(tag));
}

export interface ErrorFacts {
  readonly severity: 'ERROR' | 'FATAL';
  /** The statement text that `position` counts in, where it is at hand. */
  readonly statement?: string;
}

export function errorResponse(error: SqlError, { severity, statement }: ErrorFacts): Buffer {
  const { position } = error;
  return message(
    'E',
    ...fieldsOf({
      S: severity,
      V: severity,
      C: error.sqlState,
      M: error.message,
      D: detailOf(error),
      H: error.hint,
      W: error.context,
      P: position === undefined ? undefined : String(characterPosition(position, statement)),
    }),
  );
}

/** Support can find the engine's own words in the log; the client cannot. */
function detailOf({ detail, id }: SqlError): string | undefined {
  const reference = id === undefined ? undefined : `Error id ${id}: the server's log says more.`;
  return detail === undefined ? reference : [detail, reference].filter((each) => each !== undefined).join(' ');
}

/** 1-based and in characters, as PostgreSQL counts; ours is 0-based and in UTF-16 units. */
function characterPosition(position: number, statement: string | undefined): number {
  if (statement === undefined) return position + 1;
  return Array.from(statement.slice(0, position)).length + 1;
}

export function noticeResponse(notice: Notice): Buffer {
  const { severity, sqlState, message: words, detail, hint } = notice;
  return message('N', ...fieldsOf({ S: severity, V: severity, C: sqlState, M: words, D: detail, H: hint }));
}

function fieldsOf(fields: Readonly<Record<string, string | undefined>>): readonly Buffer[] {
  const known = Object.entries(fields).flatMap(([code, value]) =>
    value === undefined ? [] : [Buffer.from(code, 'latin1'), text(value)],
  );
  return [...known, Buffer.from([0])];
}
