// Text and csv of COPY … FROM STDIN: bytes -> lines -> fields, by PostgreSQL's rules, whatever the partition of the bytes.
import { limits } from '../base/limits.ts';
import { SqlError } from '../base/sql-error.ts';
import type { CopyFormat } from '../session/door.ts';

export type LinesFormat = Exclude<CopyFormat, { kind: 'binary' }>;

const newline = 10;
const carriageReturn = 13;
const backslash = 92;

export interface CopyLine {
  /** From 1. */
  readonly number: number;
  /** Without its end. */
  readonly bytes: Buffer;
}

/** Gathers bytes and gives whole lines. */
export class LineReader {
  readonly #format: LinesFormat;
  readonly #quote: number;
  readonly #escape: number;
  #bytes: Buffer = Buffer.alloc(0);
  #end = 0;
  /** Of the line that is not whole yet. */
  #start = 0;
  /** As far as it has been looked through. */
  #at = 0;
  #number = 0;
  #inQuotes = false;
  #afterEscape = false;
  /** How lines end; known once the first has. */
  #ending: '\n' | '\r' | '\r\n' | undefined;
  #closed = false;

  constructor(format: LinesFormat) {
    this.#format = format;
    this.#quote = format.kind === 'csv' ? format.quote.charCodeAt(0) : -1;
    const escape = format.kind === 'csv' ? format.escape.charCodeAt(0) : -1;
    this.#escape = escape === this.#quote ? -1 : escape;
  }

  /** Of the line that is read now. */
  get lineNumber(): number {
    return this.#number + 1;
  }

  /** @throws SqlError limitExceeded */
  push(bytes: Buffer): void {
    if (this.#end - this.#start + bytes.length > limits.copyRowBytesMax) {
      throw new SqlError('limitExceeded', 'a line of COPY is too long');
    }
    if (this.#end + bytes.length > this.#bytes.length) this.#grow(bytes.length);
    bytes.copy(this.#bytes, this.#end);
    this.#end += bytes.length;
  }

  /** The bytes that are kept move to the front, in memory twice as large where they need it: each is copied a bounded number of times. */
  #grow(more: number): void {
    const kept = this.#end - this.#start;
    const grown = Buffer.allocUnsafe(Math.max(2 * kept, kept + more));
    this.#bytes.copy(grown, 0, this.#start, this.#end);
    this.#bytes = grown;
    this.#at -= this.#start;
    this.#end = kept;
    this.#start = 0;
  }

  /** Nothing more comes: what is left is the last line. */
  close(): void {
    this.#closed = true;
  }

  /** The next whole line; undefined until more bytes come. @throws SqlError badCopyFileFormat */
  next(): CopyLine | undefined {
    for (; this.#at < this.#end; this.#at += 1) {
      const code = this.#bytes[this.#at] ?? 0;
      if (this.#format.kind === 'csv') this.#csvState(code);
      else if (code === backslash) {
        if (this.#at + 1 >= this.#end && !this.#closed) return undefined;
        // Whatever it is, it does not end the line.
        this.#at += 1;
        continue;
      }
      if (this.#inQuotes || (code !== newline && code !== carriageReturn)) continue;
      if (code === carriageReturn && this.#at + 1 >= this.#end && !this.#closed) return undefined;
      return this.#line(code);
    }
    // A backslash may have been the very last byte.
    this.#at = Math.min(this.#at, this.#end);
    return this.#closed ? this.#rest() : undefined;
  }

  #csvState(code: number): void {
    if (this.#inQuotes && code === this.#escape) this.#afterEscape = !this.#afterEscape;
    if (code === this.#quote && !this.#afterEscape) this.#inQuotes = !this.#inQuotes;
    if (code !== this.#escape) this.#afterEscape = false;
  }

  #line(code: number): CopyLine {
    const both = code === carriageReturn && this.#bytes[this.#at + 1] === newline;
    const ending = code === newline ? '\n' : both ? '\r\n' : '\r';
    this.#ending ??= ending;
    if (this.#ending !== ending) throw this.#mixed(code);
    const bytes = this.#bytes.subarray(this.#start, this.#at);
    this.#at += ending.length;
    this.#start = this.#at;
    this.#number += 1;
    return { number: this.#number, bytes };
  }

  #mixed(code: number): SqlError {
    const name = code === newline ? 'newline' : 'carriage return';
    const isText = this.#format.kind === 'text';
    const hint = isText
      ? `Use "${code === newline ? '\\n' : '\\r'}" to represent ${name}.`
      : `Use quoted CSV field to represent ${name}.`;
    return new SqlError('badCopyFileFormat', `${isText ? 'literal' : 'unquoted'} ${name} found in data`, { hint });
  }

  #rest(): CopyLine | undefined {
    if (this.#start === this.#end) return undefined;
    const bytes = this.#bytes.subarray(this.#start, this.#end);
    this.#start = this.#end;
    this.#at = this.#end;
    this.#number += 1;
    return { number: this.#number, bytes };
  }
}

/** Alone on a line it ends the data. */
export const endOfData: Buffer = Buffer.from('\\.');

/** Fields of a line; null is NULL. @throws SqlError badCopyFileFormat */
export function fieldsOf(line: Buffer, format: LinesFormat): readonly (Buffer | null)[] {
  return format.kind === 'text' ? textFields(line, format) : csvFields(line, format);
}

function textFields(line: Buffer, { delimiter, nullText }: LinesFormat): readonly (Buffer | null)[] {
  const mark = delimiter.charCodeAt(0);
  const fields: (Buffer | null)[] = [];
  const absent = Buffer.from(nullText);
  for (let start = 0; start <= line.length; ) {
    let end = start;
    let isEscaped = false;
    for (; end < line.length && line[end] !== mark; end += 1) {
      if (line[end] !== backslash) continue;
      isEscaped = true;
      end += 1;
    }
    end = Math.min(end, line.length);
    const raw = line.subarray(start, end);
    fields.push(raw.equals(absent) ? null : isEscaped ? unescaped(raw) : raw);
    start = end + 1;
  }
  return fields;
}

const controls: ReadonlyMap<number, number> = new Map(
  [...'b\bf\fn\nr\rt\tv\v'.matchAll(/(.)(.)/gs)].map(([, from = '', to = '']) => [
    from.charCodeAt(0),
    to.charCodeAt(0),
  ]),
);

/** Backslash and what follows: a control character, a byte by octal or hexadecimal digits, or itself. */
function unescaped(raw: Buffer): Buffer {
  const out = Buffer.allocUnsafe(raw.length);
  let length = 0;
  for (let at = 0; at < raw.length; at += 1) {
    let code = raw[at] ?? 0;
    if (code === backslash && at + 1 < raw.length) {
      at += 1;
      const rest = raw.toString('latin1', at, at + 3);
      const octal = /^[0-7]{1,3}/.exec(rest)?.[0];
      const hexadecimal = /^x([0-9a-f]{1,2})/i.exec(rest)?.[1];
      code = raw[at] ?? 0;
      if (octal !== undefined) {
        code = Number.parseInt(octal, 8) & 0xff;
        at += octal.length - 1;
      } else if (hexadecimal !== undefined) {
        code = Number.parseInt(hexadecimal, 16);
        at += hexadecimal.length;
      } else code = controls.get(code) ?? code;
    }
    out[length] = code;
    length += 1;
  }
  return out.subarray(0, length);
}

type CsvFormat = Extract<CopyFormat, { kind: 'csv' }>;

function csvFields(line: Buffer, format: CsvFormat): readonly (Buffer | null)[] {
  const fields: (Buffer | null)[] = [];
  const absent = Buffer.from(format.nullText);
  for (let start = 0; start <= line.length; ) {
    const { bytes, isQuoted, end } = csvField(line, start, format);
    const place = fields.length;
    const isAbsent = bytes.equals(absent) && (isQuoted ? format.forcedNull[place] === true : true);
    // FORCE_NOT_NULL: NULL's text is a string, unless FORCE_NULL takes it back.
    const isKept = !isQuoted && format.forced[place] === true && format.forcedNull[place] !== true;
    fields.push(isAbsent && !isKept ? null : bytes);
    start = end + 1;
  }
  return fields;
}

interface CsvField {
  readonly bytes: Buffer;
  readonly isQuoted: boolean;
  /** Of its delimiter, or the line's length. */
  readonly end: number;
}

function csvField(line: Buffer, start: number, { delimiter, quote, escape }: CsvFormat): CsvField {
  const [mark, quoteCode, escapeCode] = [delimiter.charCodeAt(0), quote.charCodeAt(0), escape.charCodeAt(0)];
  const out = Buffer.allocUnsafe(line.length - start);
  let length = 0;
  let isQuoted = false;
  let inQuotes = false;
  let at = start;
  for (; at < line.length; at += 1) {
    const code = line[at] ?? 0;
    if (!inQuotes && code === mark) break;
    if (!inQuotes && code === quoteCode) {
      isQuoted = true;
      inQuotes = true;
      continue;
    }
    const next = line[at + 1];
    if (inQuotes && code === escapeCode && (next === escapeCode || next === quoteCode)) {
      out[length] = next;
      length += 1;
      at += 1;
    } else if (inQuotes && code === quoteCode) inQuotes = false;
    else {
      out[length] = code;
      length += 1;
    }
  }
  if (inQuotes) throw new SqlError('badCopyFileFormat', 'unterminated CSV quoted field');
  return { bytes: out.subarray(0, length), isQuoted, end: at };
}
