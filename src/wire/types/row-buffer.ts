// Bytes on their way to a client: grows as needed, written from the front.
import type { ColumnVector } from '../../sql/column-vector.ts';

/** Writes length and content of a row that is not NULL. */
export type CellWriter = (out: RowBuffer, vector: ColumnVector, row: number) => void;

export class RowBuffer {
  bytes: Buffer;
  /** Where the next byte goes. */
  at = 0;
  readonly #size: number;

  /** @param size bytes to begin with, and again after `take` */
  constructor(size: number) {
    this.#size = size;
    this.bytes = Buffer.allocUnsafe(size);
  }

  /** Makes sure that so many bytes fit. */
  room(count: number): void {
    if (this.at + count <= this.bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.at + count));
    this.bytes.copy(grown, 0, 0, this.at);
    this.bytes = grown;
  }

  /** What was written; the buffer begins anew in other memory. */
  take(): Buffer {
    const full = this.bytes.subarray(0, this.at);
    this.bytes = Buffer.allocUnsafe(this.#size);
    this.at = 0;
    return full;
  }

  int32(value: number): void {
    const { bytes, at } = this;
    bytes[at] = value >>> 24;
    bytes[at + 1] = value >>> 16;
    bytes[at + 2] = value >>> 8;
    bytes[at + 3] = value;
    this.at = at + 4;
  }

  /** A cell: its length and its bytes. */
  cell(content: Buffer | string): void {
    const isText = typeof content === 'string';
    const length = isText ? Buffer.byteLength(content) : content.length;
    this.room(4 + length);
    this.int32(length);
    if (isText) this.bytes.write(content, this.at, 'utf8');
    else content.copy(this.bytes, this.at);
    this.at += length;
  }

  /** A cell of ASCII characters only. */
  ascii(content: string): void {
    const { length } = content;
    this.room(4 + length);
    this.int32(length);
    this.bytes.write(content, this.at, 'latin1');
    this.at += length;
  }

  /** Decimal digits of a safe integer that is not negative, zero-filled to `width`. Needs 20 bytes of room. */
  digits(value: number, width: number): void {
    const { bytes } = this;
    let count = width;
    for (let bound = 10 ** width; value >= bound; bound *= 10) count += 1;
    let at = this.at + count;
    this.at = at;
    let rest = value;
    // Beyond 32 bits a division by ten is slow: nine digits at a time.
    while (rest > 0xffff_ffff) {
      const high = Math.floor(rest / 1_000_000_000);
      let low = rest - high * 1_000_000_000;
      for (let digit = 0; digit < 9; digit += 1) {
        const tenth = (low / 10) | 0;
        bytes[--at] = 48 + low - tenth * 10;
        low = tenth;
      }
      rest = high;
      count -= 9;
    }
    for (; count > 0; count -= 1) {
      const tenth = Math.floor(rest / 10);
      bytes[--at] = 48 + rest - tenth * 10;
      rest = tenth;
    }
  }
}
