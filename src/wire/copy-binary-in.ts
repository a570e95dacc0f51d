// Binary COPY … FROM STDIN: a signature, rows of cells with their lengths, and an end.
import { inCopy } from '../base/copy-context.ts';
import { limits } from '../base/limits.ts';
import { SqlError } from '../base/sql-error.ts';
import type { CopyRow } from '../session/door.ts';
import type { ResultColumn } from '../sql/sql-type.ts';
import { copiedText } from './types/copied-cells.ts';

const signature: Buffer = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
/** Signature, flags, length of the extension. */
const headBytes = 19;
const endMark = -1;
const nullLength = -1;

export class BinaryRows {
  readonly #table: string;
  readonly #columns: readonly ResultColumn[];
  #bytes: Buffer = Buffer.alloc(0);
  #end = 0;
  #at = 0;
  #headRead = false;
  #ended = false;
  #closed = false;
  #line = 1;

  constructor(table: string, columns: readonly ResultColumn[]) {
    this.#table = table;
    this.#columns = columns;
  }

  push(bytes: Buffer): void {
    if (this.#ended && bytes.length > 0) throw this.#wrong('received copy data after EOF marker');
    const kept = this.#end - this.#at;
    if (kept + bytes.length > limits.copyRowBytesMax) throw new SqlError('limitExceeded', 'a row of COPY is too long');
    if (this.#end + bytes.length > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(2 * kept, kept + bytes.length));
      this.#bytes.copy(grown, 0, this.#at, this.#end);
      this.#bytes = grown;
      this.#end = kept;
      this.#at = 0;
    }
    bytes.copy(this.#bytes, this.#end);
    this.#end += bytes.length;
  }

  close(): void {
    this.#closed = true;
  }

  next(): CopyRow | undefined {
    const start = this.#at;
    const row = this.#head() ? this.#row() : undefined;
    // Not whole yet: read again from its start when more has come.
    if (row === undefined && !this.#ended) {
      if (this.#headRead) this.#at = Math.max(start, this.#rowStart);
      if (this.#closed) throw this.#wrong('unexpected EOF in COPY data');
    }
    return row;
  }

  #rowStart = 0;

  #left(): number {
    return this.#end - this.#at;
  }

  #head(): boolean {
    if (this.#headRead) {
      this.#rowStart = this.#at;
      return true;
    }
    const begin = this.#at;
    const known = Math.min(this.#left(), signature.length);
    if ((this.#closed || known === signature.length) && !this.#startsWithSignature(known)) {
      throw new SqlError('badCopyFileFormat', 'COPY file signature not recognized');
    }
    if (this.#left() < headBytes) return false;
    const flags = this.#bytes.readInt32BE(begin + signature.length);
    if (flags !== 0) throw new SqlError('badCopyFileFormat', 'unrecognized critical flags in COPY file header');
    const extension = this.#bytes.readInt32BE(begin + signature.length + 4);
    if (extension < 0) throw new SqlError('badCopyFileFormat', 'invalid COPY file header (wrong length)');
    if (this.#left() < headBytes + extension) return false;
    this.#at += headBytes + extension;
    this.#rowStart = this.#at;
    this.#headRead = true;
    return true;
  }

  #startsWithSignature(known: number): boolean {
    return known === signature.length && this.#bytes.subarray(this.#at, this.#at + known).equals(signature);
  }

  #row(): CopyRow | undefined {
    if (this.#ended || this.#left() < 2) return undefined;
    const count = this.#bytes.readInt16BE(this.#at);
    this.#at += 2;
    if (count === endMark) {
      this.#ended = true;
      if (this.#left() > 0) throw this.#wrong('received copy data after EOF marker');
      return undefined;
    }
    if (count !== this.#columns.length) {
      const counts = `${String(count)}, expected ${String(this.#columns.length)}`;
      throw this.#wrong(`row field count is ${counts}`);
    }
    const cells: (string | null)[] = [];
    for (const column of this.#columns) {
      const cell = this.#cell(column);
      if (cell === undefined) return undefined;
      cells.push(cell);
    }
    const line = this.#line;
    this.#line += 1;
    return { line, cells };
  }

  /** Undefined: not whole yet. */
  #cell({ name, type }: ResultColumn): string | null | undefined {
    if (this.#left() < 4) return undefined;
    const length = this.#bytes.readInt32BE(this.#at);
    this.#at += 4;
    if (length === nullLength) return null;
    if (length < 0) throw this.#wrong('invalid field size', name);
    if (this.#left() < length) return undefined;
    const bytes = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    try {
      return copiedText(bytes, type, 'binary');
    } catch (error) {
      throw inCopy(error, { table: this.#table, line: this.#line, column: name });
    }
  }

  #wrong(message: string, column?: string): unknown {
    const error = new SqlError('badCopyFileFormat', message);
    return inCopy(error, { table: this.#table, line: this.#line, column });
  }
}
