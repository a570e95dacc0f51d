// Rows -> CopyData messages, one a row, in COPY's text, CSV and binary formats (PostgreSQL 15, "COPY": File Formats).
import { fold } from '../base/identifier.ts';
import { limits } from '../base/limits.ts';
import { isNull } from '../sql/column-vector.ts';
import type { CopyFormat } from '../sql/copy-format.ts';
import type { ResultColumn, RowChunk } from '../sql/sql-type.ts';
import { VectorChunk } from '../sql/vector-chunk.ts';
import { type CellWriters, cellWritersOf } from './types/cell-writers.ts';
import { RowBuffer } from './types/row-buffer.ts';
import type { Spelling } from './types/spelling.ts';

/** Code and length of a message; the length in front of a cell. */
const headBytes = 5;
const cellHeadBytes = 4;
const newline = 0x0a;
const backslash = 0x5c;

/** PGCOPY with its line ends and the NUL that get lost in transfers as text, no flags, no extension. */
const binaryHead = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)]);
const binaryEnd = Buffer.from([0xff, 0xff]);

/** Characters with a letter after the backslash. */
const escapes: ReadonlyMap<number, string> = new Map([
  [0x08, 'b'],
  [0x09, 't'],
  [newline, 'n'],
  [0x0b, 'v'],
  [0x0c, 'f'],
  [0x0d, 'r'],
]);

export class CopyEncoder {
  readonly #columns: readonly ResultColumn[];
  readonly #format: CopyFormat;
  readonly #writers: readonly CellWriters[];
  readonly #forced: readonly boolean[];
  readonly #out: RowBuffer = new RowBuffer(limits.writeBufferBytes);
  readonly #cell: RowBuffer = new RowBuffer(limits.writeBufferBytes);
  #pending: Buffer | undefined;
  readonly #null: Buffer;
  readonly #delimiter: number;
  readonly #quote: number;
  readonly #escape: number;
  /** By byte: in text, what needs a backslash; in CSV, what makes quotes necessary. */
  readonly #special: Uint8Array;

  constructor(columns: readonly ResultColumn[], format: CopyFormat, spelling: Spelling) {
    this.#columns = columns;
    this.#format = format;
    const wire = format.format === 'binary' ? 'binary' : 'text';
    this.#writers = columns.map((column) => cellWritersOf(column.type, wire, spelling));
    const { forceQuote } = format;
    const forced = forceQuote === 'all' ? undefined : new Set(forceQuote.map(fold));
    this.#forced = columns.map((column) => forced?.has(fold(column.name)) ?? true);
    this.#null = Buffer.from(format.null, 'utf8');
    this.#delimiter = format.delimiter.charCodeAt(0);
    this.#quote = format.quote.charCodeAt(0);
    this.#escape = format.escape.charCodeAt(0);
    this.#special = specialBytes(format);
  }

  /** What stands before the rows. */
  head(): Buffer {
    const { format, header } = this.#format;
    // PostgreSQL sends it in one message with what comes next, and clients read it so.
    if (format === 'binary') this.#pending = binaryHead;
    else if (header) this.#headerLine();
    return this.#out.take();
  }

  /** Full buffers on the way, the last part with `end`. */
  *encode(chunk: RowChunk): Generator<Buffer> {
    for (let row = 0; row < chunk.rowCount; row += 1) {
      const start = this.#begin();
      if (this.#format.format === 'binary') this.#count();
      for (let column = 0; column < this.#writers.length; column += 1) this.#column(chunk, row, column);
      if (this.#format.format !== 'binary') this.#byte(newline);
      this.#end(start);
      if (this.#out.at >= limits.writeBufferBytes) yield this.#out.take();
    }
  }

  end(): Buffer {
    if (this.#format.format === 'binary') this.#message(binaryEnd);
    return this.#out.take();
  }

  #column(chunk: RowChunk, row: number, column: number): void {
    const { format } = this.#format;
    if (format !== 'binary' && column > 0) this.#byte(this.#delimiter);
    const target = format === 'binary' ? this.#out : this.#cell;
    target.at = format === 'binary' ? target.at : 0;
    if (!writeCell(target, { chunk, row, column, writers: this.#writers[column] })) this.#nullCell();
    else if (format === 'text') this.#escaped(this.#cellBytes());
    else if (format === 'csv') this.#quoted(this.#cellBytes(), this.#forced[column] === true);
  }

  #cellBytes(): Buffer {
    return this.#cell.bytes.subarray(cellHeadBytes, this.#cell.at);
  }

  #nullCell(): void {
    if (this.#format.format !== 'binary') {
      this.#bytes(this.#null);
      return;
    }
    this.#out.room(cellHeadBytes);
    this.#out.int32(-1);
  }

  #headerLine(): void {
    const start = this.#begin();
    for (const [index, { name }] of this.#columns.entries()) {
      if (index > 0) this.#byte(this.#delimiter);
      const bytes = Buffer.from(name, 'utf8');
      if (this.#format.format === 'csv') this.#quoted(bytes, false);
      else this.#escaped(bytes);
    }
    this.#byte(newline);
    this.#end(start);
  }

  /** With a backslash before what would end the cell or the row. */
  #escaped(bytes: Buffer): void {
    if (!hasSpecial(bytes, this.#special)) {
      this.#bytes(bytes);
      return;
    }
    for (const byte of bytes) {
      if (this.#special[byte] !== 1) {
        this.#byte(byte);
        continue;
      }
      this.#byte(backslash);
      const letter = escapes.get(byte);
      this.#byte(letter === undefined ? byte : letter.charCodeAt(0));
    }
  }

  /** In quotes where it could be read as something else: NULL, or the end of the data. */
  #quoted(bytes: Buffer, forced: boolean): void {
    const alone = this.#columns.length === 1 && bytes.equals(endOfData);
    if (!forced && !alone && !bytes.equals(this.#null) && !hasSpecial(bytes, this.#special)) {
      this.#bytes(bytes);
      return;
    }
    this.#byte(this.#quote);
    for (const byte of bytes) {
      if (byte === this.#quote || byte === this.#escape) this.#byte(this.#escape);
      this.#byte(byte);
    }
    this.#byte(this.#quote);
  }

  #bytes(bytes: Buffer): void {
    const out = this.#out;
    out.room(bytes.length);
    bytes.copy(out.bytes, out.at);
    out.at += bytes.length;
  }

  #byte(value: number): void {
    const out = this.#out;
    out.room(1);
    out.bytes[out.at] = value;
    out.at += 1;
  }

  #count(): void {
    this.#byte(this.#writers.length >> 8);
    this.#byte(this.#writers.length & 0xff);
  }

  #message(content: Buffer): void {
    const start = this.#begin();
    this.#bytes(content);
    this.#end(start);
  }

  #begin(): number {
    const start = this.#out.at;
    this.#out.room(headBytes);
    this.#out.at += headBytes;
    if (this.#pending !== undefined) this.#bytes(this.#pending);
    this.#pending = undefined;
    return start;
  }

  #end(start: number): void {
    const out = this.#out;
    const { at } = out;
    out.bytes[start] = 0x64;
    out.at = start + 1;
    out.int32(at - start - 1);
    out.at = at;
  }
}

const endOfData = Buffer.from('\\.', 'latin1');

interface Cell {
  readonly chunk: RowChunk;
  readonly row: number;
  readonly column: number;
  readonly writers: CellWriters | undefined;
}

/** False: the value is NULL. */
function writeCell(out: RowBuffer, { chunk, row, column, writers }: Cell): boolean {
  if (chunk instanceof VectorChunk) {
    const vector = chunk.vectors[column];
    const at = chunk.firstRow + row;
    if (vector === undefined || isNull(vector, at)) return false;
    writers?.fromVector(out, vector, at);
    return true;
  }
  const value = chunk.columns[column]?.[row] ?? null;
  if (value === null) return false;
  writers?.fromValue(out, value);
  return true;
}

function specialBytes({ format, delimiter, quote }: CopyFormat): Uint8Array {
  const special = new Uint8Array(256);
  const bytes = format === 'csv' ? [newline, 0x0d, quote.charCodeAt(0)] : [backslash, ...escapes.keys()];
  for (const byte of [...bytes, delimiter.charCodeAt(0)]) special[byte] = 1;
  return special;
}

function hasSpecial(bytes: Buffer, special: Uint8Array): boolean {
  for (const byte of bytes) if (special[byte] === 1) return true;
  return false;
}
