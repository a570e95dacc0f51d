// One writer per column, chosen once per result by type and format: a cell from the engine's memory into a message. Frequent
// types are written digit by digit; the rest go through a value and its text or binary form.
import { vectorReaderOf } from '../../sql/read-vector.ts';
import type { SqlType, SqlValue } from '../../sql/sql-type.ts';
import type { Format } from '../frontend.ts';
import { binaryWriterOf } from './binary.ts';
import { binaryCellOf } from './binary-cells.ts';
import type { CellWriter, RowBuffer } from './row-buffer.ts';
import type { Spelling } from './spelling.ts';
import { textWriterOf } from './text.ts';
import { textCellOf } from './text-cells.ts';

export interface CellWriters {
  readonly fromVector: CellWriter;
  /** The same for a value that was made by us and lies in no vector. */
  readonly fromValue: (out: RowBuffer, value: SqlValue) => void;
}

export function cellWritersOf(type: SqlType, format: Format, spelling: Spelling): CellWriters {
  const write = format === 'binary' ? binaryWriterOf(type, spelling) : textWriterOf(type, spelling);
  const read = vectorReaderOf(type);
  const direct = format === 'binary' ? binaryCellOf(type) : textCellOf(type, spelling);
  return {
    fromVector:
      direct ??
      ((out, vector, row) => {
        out.cell(write(read(vector, row)));
      }),
    fromValue: (out, value) => {
      out.cell(write(value));
    },
  };
}
