// What a client says after startup, decoded.
import { SqlError } from '../base/sql-error.ts';
import type { Frame } from './frame.ts';
import { MessageReader, malformed } from './reader.ts';

export type Format = 'text' | 'binary';

export interface RawParameter {
  readonly format: Format;
  /** undefined is NULL. */
  readonly bytes: Buffer | undefined;
}

export type FrontendMessage =
  | { readonly kind: 'query'; readonly text: string }
  | { readonly kind: 'parse'; readonly name: string; readonly text: string; readonly typeOids: readonly number[] }
  | {
      readonly kind: 'bind';
      readonly portal: string;
      readonly statement: string;
      readonly parameters: readonly RawParameter[];
      /** None: all text; one: for all columns; else one per column. */
      readonly resultFormats: readonly Format[];
    }
  | { readonly kind: 'describe'; readonly what: 'statement' | 'portal'; readonly name: string }
  | { readonly kind: 'close'; readonly what: 'statement' | 'portal'; readonly name: string }
  | { readonly kind: 'execute'; readonly portal: string; readonly maxRows: number }
  | { readonly kind: 'flush' | 'sync' | 'terminate' }
  | { readonly kind: 'password'; readonly body: Buffer }
  | { readonly kind: 'copyData'; readonly bytes: Buffer }
  | { readonly kind: 'copyFail'; readonly message: string }
  | { readonly kind: 'copyDone' | 'functionCall' };

/** @throws SqlError protocolViolation */
export function decodeFrontend(frame: Frame): FrontendMessage {
  const reader = new MessageReader(frame.body);
  const message = decode(frame.code ?? '', reader);
  reader.end();
  return message;
}

function decode(code: string, reader: MessageReader): FrontendMessage {
  switch (code) {
    case 'Q':
      return { kind: 'query', text: reader.text() };
    case 'P':
      return {
        kind: 'parse',
        name: reader.text(),
        text: reader.text(),
        typeOids: list(reader, 4, () => reader.uint32()),
      };
    case 'B':
      return decodeBind(reader);
    case 'D':
      return { kind: 'describe', what: target(reader), name: reader.text() };
    case 'C':
      return { kind: 'close', what: target(reader), name: reader.text() };
    case 'E':
      return { kind: 'execute', portal: reader.text(), maxRows: Math.max(0, reader.int32()) };
    case 'H':
      return { kind: 'flush' };
    case 'S':
      return { kind: 'sync' };
    case 'X':
      return { kind: 'terminate' };
    case 'p':
      return { kind: 'password', body: reader.rest() };
    case 'd':
      return { kind: 'copyData', bytes: reader.rest() };
    case 'c':
      return { kind: 'copyDone' };
    case 'f':
      return { kind: 'copyFail', message: reader.text() };
    case 'F':
      reader.rest();
      return { kind: 'functionCall' };
    default:
      throw new SqlError('protocolViolation', 'unknown message type');
  }
}

function target(reader: MessageReader): 'statement' | 'portal' {
  const letter = String.fromCharCode(reader.int8());
  if (letter === 'S') return 'statement';
  if (letter === 'P') return 'portal';
  throw malformed();
}

/** The count is checked against the bytes that are left before anything is allocated. */
function list<T>(reader: MessageReader, itemBytesMin: number, item: () => T): readonly T[] {
  const count = reader.uint16();
  if (count * itemBytesMin > reader.left) throw malformed();
  return Array.from({ length: count }, item);
}

function decodeBind(reader: MessageReader): FrontendMessage {
  const portal = reader.text();
  const statement = reader.text();
  const formats = list(reader, 2, () => formatOf(reader.int16()));
  const values = list(reader, 4, () => valueOf(reader));
  if (formats.length > 1 && formats.length !== values.length) throw malformed();
  const resultFormats = list(reader, 2, () => formatOf(reader.int16()));
  const parameters = values.map((bytes, index): RawParameter => {
    return { format: (formats.length === 1 ? formats[0] : formats[index]) ?? 'text', bytes };
  });
  return { kind: 'bind', portal, statement, parameters, resultFormats };
}

function formatOf(code: number): Format {
  if (code === 0) return 'text';
  if (code === 1) return 'binary';
  throw malformed();
}

function valueOf(reader: MessageReader): Buffer | undefined {
  const length = reader.int32();
  return length === -1 ? undefined : reader.bytes(length);
}
