// COPY … TO STDOUT: rows as CopyData messages, each a row as in PostgreSQL. Cells are those of results; text and csv only wrap them.
import { limits } from '../base/limits.ts';
import type { CopyFormat, Outcome } from '../session/door.ts';
import { isNull } from '../sql/column-vector.ts';
import type { ResultColumn, RowChunk } from '../sql/sql-type.ts';
import { VectorChunk } from '../sql/vector-chunk.ts';
import { copyData, copyDone, copyResponse } from './backend.ts';
import { DataRowEncoder } from './data-rows.ts';
import { type CellWriters, cellWritersOf } from './types/cell-writers.ts';
import { RowBuffer } from './types/row-buffer.ts';
import type { Spelling } from './types/spelling.ts';

type CopyOut = Extract<Outcome, { readonly kind: 'copyOut' }>;

export async function* copyOut(
  { columns, format, chunks }: Pick<CopyOut, 'columns' | 'format' | 'chunks'>,
  spelling: Spelling,
): AsyncGenerator<Buffer> {
  yield copyResponse('H', format.kind === 'binary' ? 'binary' : 'text', columns.length);
  if (format.kind === 'binary') {
    const encoder = new BinaryRowEncoder(columns, ['binary'], spelling);
    // PostgreSQL sends the head in one message with what comes next, and clients read it so.
    let isFirst = true;
    const headed = (messages: Buffer): Buffer => {
      if (!isFirst || messages.length === 0) return messages;
      isFirst = false;
      return withHead(messages);
    };
    for await (const chunk of chunks) for (const messages of encoder.encode(chunk)) yield headed(messages);
    yield headed(encoder.flush());
    yield headed(copyData(binaryEnd));
  } else {
    const encoder = new CopyLines(columns, format, spelling);
    if (format.header !== 'none') encoder.header();
    for await (const chunk of chunks) yield* encoder.encode(chunk);
    yield encoder.flush();
  }
  yield copyDone;
}

/** Rows of binary COPY have the form of DataRow. */
class BinaryRowEncoder extends DataRowEncoder {
  protected override readonly code = 0x64;
}

/** The signature, no flags, no extension. */
const binaryHead: Buffer = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
/** In the first of these CopyData messages. */
function withHead(messages: Buffer): Buffer {
  const joined = Buffer.concat([messages.subarray(0, 5), binaryHead, messages.subarray(5)]);
  joined.writeInt32BE(messages.readInt32BE(1) + binaryHead.length, 1);
  return joined;
}

/** A row of -1 columns. */
const binaryEnd: Buffer = Buffer.from([0xff, 0xff]);

const newline = 10;
const backslash = 92;
/** What text format writes behind a backslash in place of a control character. */
const letters: ReadonlyMap<number, number> = new Map(
  [...'\bb\ff\nn\rr\tt\vv'.matchAll(/(.)(.)/gs)].map(([, from = '', to = '']) => [
    from.charCodeAt(0),
    to.charCodeAt(0),
  ]),
);
/** Code and length of a message. */
const headBytes = 5;
/** Length of a cell. */
const lengthBytes = 4;

class CopyLines {
  readonly #format: Exclude<CopyFormat, { kind: 'binary' }>;
  readonly #columns: readonly ResultColumn[];
  readonly #writers: readonly CellWriters[];
  readonly #out: RowBuffer = new RowBuffer(limits.writeBufferBytes);
  readonly #cell: RowBuffer = new RowBuffer(limits.copyCellBytes);
  readonly #delimiter: number;
  readonly #nullText: Buffer;
  /** By byte: text has to escape it; csv to put the value into quotes. */
  readonly #special: Uint8Array = new Uint8Array(256);
  /** The engine frees a chunk that nobody refers to, with the vectors' memory: it is held until the next one comes. */
  #chunk: RowChunk | undefined;

  constructor(columns: readonly ResultColumn[], format: Exclude<CopyFormat, { kind: 'binary' }>, spelling: Spelling) {
    this.#columns = columns;
    this.#format = format;
    this.#writers = columns.map(({ type }) => cellWritersOf(type, 'text', spelling));
    this.#delimiter = format.delimiter.charCodeAt(0);
    this.#nullText = Buffer.from(format.nullText, 'utf8');
    const special = format.kind === 'text' ? [...letters.keys(), backslash] : [newline, 13, format.quote.charCodeAt(0)];
    for (const code of [...special, this.#delimiter]) this.#special[code] = 1;
  }

  header(): void {
    const start = this.#begin();
    for (const [index, { name }] of this.#columns.entries()) {
      if (index > 0) this.#byte(this.#delimiter);
      this.#cell.at = 0;
      this.#cell.cell(name);
      this.#value(false);
    }
    this.#end(start);
  }

  /** Full buffers on the way, the last part with `flush`. */
  *encode(chunk: RowChunk): Generator<Buffer> {
    this.#chunk = chunk;
    for (let row = 0; row < this.#chunk.rowCount; row += 1) {
      const start = this.#begin();
      for (let column = 0; column < this.#writers.length; column += 1) {
        if (column > 0) this.#byte(this.#delimiter);
        if (this.#read(chunk, row, column)) this.#value(this.#isForced(column));
        else this.#bytes(this.#nullText);
      }
      this.#end(start);
      if (this.#out.at >= limits.writeBufferBytes) yield this.#out.take();
    }
  }

  flush(): Buffer {
    this.#chunk = undefined;
    return this.#out.take();
  }

  #isForced(column: number): boolean {
    return this.#format.kind === 'csv' && this.#format.forced[column] === true;
  }

  /** Into `#cell`; false: it is NULL. */
  #read(chunk: RowChunk, row: number, column: number): boolean {
    const writers = this.#writers[column];
    this.#cell.at = 0;
    if (chunk instanceof VectorChunk) {
      const vector = chunk.vectors[column];
      if (vector === undefined || isNull(vector, chunk.firstRow + row)) return false;
      writers?.fromVector(this.#cell, vector, chunk.firstRow + row);
      return true;
    }
    const value = chunk.columns[column]?.[row] ?? null;
    if (value !== null) writers?.fromValue(this.#cell, value);
    return value !== null;
  }

  #value(isForced: boolean): void {
    const content = this.#cell.bytes.subarray(lengthBytes, this.#cell.at);
    if (this.#format.kind === 'text') this.#escaped(content);
    else if (isForced || this.#needsQuotes(content)) this.#quoted(content, this.#format);
    else this.#bytes(content);
  }

  #escaped(content: Buffer): void {
    if (!this.#hasSpecial(content)) {
      this.#bytes(content);
      return;
    }
    const out = this.#out;
    out.room(content.length * 2);
    for (const code of content) {
      if (this.#special[code] === 1) {
        out.bytes[out.at] = backslash;
        out.at += 1;
      }
      out.bytes[out.at] = letters.get(code) ?? code;
      out.at += 1;
    }
  }

  #hasSpecial(content: Buffer): boolean {
    for (const code of content) if (this.#special[code] === 1) return true;
    return false;
  }

  /** Also what would be read as NULL, or alone on its line as the end of the data. */
  #needsQuotes(content: Buffer): boolean {
    if (content.equals(this.#nullText)) return true;
    if (this.#columns.length === 1 && content.equals(endOfData)) return true;
    return this.#hasSpecial(content);
  }

  #quoted(content: Buffer, format: Extract<CopyFormat, { kind: 'csv' }>): void {
    const out = this.#out;
    const quote = format.quote.charCodeAt(0);
    const escape = format.escape.charCodeAt(0);
    out.room(content.length * 2 + 2);
    this.#byte(quote);
    for (const code of content) {
      if (code === quote || code === escape) this.#byte(escape);
      this.#byte(code);
    }
    this.#byte(quote);
  }

  #byte(code: number): void {
    const out = this.#out;
    out.room(1);
    out.bytes[out.at] = code;
    out.at += 1;
  }

  #bytes(content: Buffer): void {
    const out = this.#out;
    out.room(content.length);
    content.copy(out.bytes, out.at);
    out.at += content.length;
  }

  #begin(): number {
    const start = this.#out.at;
    this.#out.room(headBytes);
    this.#out.at += headBytes;
    return start;
  }

  #end(start: number): void {
    this.#byte(newline);
    const out = this.#out;
    const { at } = out;
    out.bytes[start] = 0x64;
    out.at = start + 1;
    out.int32(at - start - 1);
    out.at = at;
  }
}

const endOfData: Buffer = Buffer.from('\\.');
