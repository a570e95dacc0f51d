// A small table made by us, not by the engine: what SHOW and DESCRIBE answer with.
import type { ResultColumn, RowChunk, SqlType, SqlValue } from './sql-type.ts';

export interface Answer {
  readonly columns: readonly ResultColumn[];
  readonly rows: readonly (readonly SqlValue[])[];
}

const text: SqlType = { id: 'VARCHAR' };

export function textAnswer(names: readonly string[], rows: readonly (readonly (string | null)[])[]): Answer {
  return { columns: names.map((name) => ({ name, type: text })), rows };
}

export function chunkOf(answer: Answer): RowChunk {
  return {
    rowCount: answer.rows.length,
    columns: answer.columns.map((_, index) => answer.rows.map((row) => row[index] ?? null)),
  };
}
