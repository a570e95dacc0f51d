// COPY … FROM STDIN: what the client sends -> rows, in batches for the session.
import { type CopyPlace, inCopy } from '../base/copy-context.ts';
import { limits } from '../base/limits.ts';
import { SqlError } from '../base/sql-error.ts';
import type { CopyRow, Outcome } from '../session/door.ts';
import { BinaryRows } from './copy-binary-in.ts';
import { type CopyLine, endOfData, fieldsOf, LineReader, type LinesFormat } from './copy-lines-in.ts';
import type { FrontendMessage } from './frontend.ts';
import { copiedText } from './types/copied-cells.ts';

export type CopyIn = Extract<Outcome, { readonly kind: 'copyIn' }>;

/** Bytes of one COPY, read as they come. */
export interface CopyReader {
  push(bytes: Buffer): void;
  close(): void;
  /** The next whole row. @throws SqlError with its place */
  next(): CopyRow | undefined;
}

/** Hands rows to the sink, so many at a time. */
export class CopyFeed {
  readonly #copy: CopyIn;
  readonly #reader: CopyReader;
  #batch: CopyRow[] = [];
  #bytes = 0;

  constructor(copy: CopyIn) {
    this.#copy = copy;
    this.#reader =
      copy.format.kind === 'binary' ? new BinaryRows(copy.table, copy.columns) : new LineRows(copy, copy.format);
  }

  async data(bytes: Buffer): Promise<void> {
    this.#reader.push(bytes);
    this.#bytes += bytes.length;
    await this.#read();
  }

  /** @returns the command tag */
  async done(): Promise<string> {
    this.#reader.close();
    await this.#read();
    await this.#write();
    return this.#copy.sink.finish();
  }

  async #read(): Promise<void> {
    for (let row = this.#reader.next(); row !== undefined; row = this.#reader.next()) {
      this.#batch.push(row);
      if (this.#batch.length >= limits.copyBatchRows) await this.#write();
    }
    if (this.#bytes >= limits.copyBatchBytes) await this.#write();
  }

  async #write(): Promise<void> {
    const rows = this.#batch;
    this.#batch = [];
    this.#bytes = 0;
    await this.#copy.sink.write(rows);
  }
}

/** @returns the command tag after the last message */
export async function copyStep(feed: CopyFeed, message: FrontendMessage): Promise<string | undefined> {
  switch (message.kind) {
    case 'copyData':
      await feed.data(message.bytes);
      return undefined;
    case 'copyDone':
      return feed.done();
    case 'copyFail':
      throw new SqlError('queryCanceled', `COPY from stdin failed: ${message.message}`);
    // Clients that send Sync behind each Execute cannot know that this one copies.
    case 'flush':
    case 'sync':
      return undefined;
    default:
      throw new SqlError('protocolViolation', 'unexpected message during COPY from stdin');
  }
}

class LineRows implements CopyReader {
  readonly #copy: CopyIn;
  readonly #format: LinesFormat;
  readonly #lines: LineReader;
  #ended = false;

  constructor(copy: CopyIn, format: LinesFormat) {
    this.#copy = copy;
    this.#format = format;
    this.#lines = new LineReader(format);
  }

  push(bytes: Buffer): void {
    // Behind the end of the data nothing counts.
    if (!this.#ended) this.#at(this.#lines.lineNumber, () => this.#lines.push(bytes));
  }

  close(): void {
    this.#lines.close();
  }

  next(): CopyRow | undefined {
    while (!this.#ended) {
      const line = this.#at(this.#lines.lineNumber, () => this.#lines.next());
      if (line === undefined) return undefined;
      if (line.bytes.equals(endOfData)) this.#ended = true;
      else if (line.number === 1 && this.#format.header !== 'none') this.#header(line);
      else return this.#row(line);
    }
    return undefined;
  }

  #at<T>(line: number, work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw inCopy(error, { table: this.#copy.table, line });
    }
  }

  #row({ number, bytes }: CopyLine): CopyRow {
    const { columns, table } = this.#copy;
    const place = (): CopyPlace => ({ table, line: number, value: bytes.toString() });
    const fields = inPlace(place, () => {
      const found = fieldsOf(bytes, this.#format);
      const missing = columns[found.length];
      if (missing !== undefined) {
        throw new SqlError('badCopyFileFormat', `missing data for column "${missing.name}"`);
      }
      if (found.length > columns.length)
        throw new SqlError('badCopyFileFormat', 'extra data after last expected column');
      return found;
    });
    const cells = columns.map(({ name, type }, index) => {
      const field = fields[index] ?? null;
      if (field === null) return null;
      return inPlace(
        () => ({ table, line: number, column: name, value: field.toString() }),
        () => copiedText(field, type, 'text'),
      );
    });
    return { line: number, cells };
  }

  /** Skipped, or compared. */
  #header({ number, bytes }: CopyLine): void {
    if (this.#format.header !== 'match') return;
    const { columns, table } = this.#copy;
    inPlace(
      () => ({ table, line: number, value: bytes.toString() }),
      () => {
        const names = fieldsOf(bytes, this.#format);
        const wanted = columns.map(({ name }) => name);
        if (names.length !== wanted.length) {
          const counts = `got ${String(names.length)}, expected ${String(wanted.length)}`;
          throw new SqlError('badCopyFileFormat', `wrong number of fields in header line: ${counts}`);
        }
        for (const [index, name] of wanted.entries()) {
          const got = names[index]?.toString();
          if (got === name) continue;
          const field = `column name mismatch in header line field ${String(index + 1)}`;
          const found = got === undefined ? 'got null value ("\\N")' : `got "${got}"`;
          throw new SqlError('badCopyFileFormat', `${field}: ${found}, expected "${name}"`);
        }
      },
    );
  }
}

/** @param place asked for only when something is wrong */
function inPlace<T>(place: () => CopyPlace, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw inCopy(error, place());
  }
}
