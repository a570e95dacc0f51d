// Texts and byte strings as they are: their own bytes in both formats.
import type { ColumnVector } from '../../sql/column-vector.ts';
import type { RowBuffer } from './row-buffer.ts';

/** Up to here a loop is faster than a call that copies. */
const shortBytesMax = 24;

export function stringCell(out: RowBuffer, vector: ColumnVector, row: number): void {
  const { source, start, length } = vector.stringAt(row);
  out.room(4 + length);
  out.int32(length);
  const { bytes, at } = out;
  if (length <= shortBytesMax) {
    for (let index = 0; index < length; index += 1) bytes[at + index] = source[start + index] ?? 0;
  } else source.copy(bytes, at, start, start + length);
  out.at = at + length;
}
