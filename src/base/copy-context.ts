// Where in what a client copies an error is: PostgreSQL's words, so that clients find line and column.
import { limits } from './limits.ts';
import { inContext, SqlError } from './sql-error.ts';

export interface CopyPlace {
  readonly table: string;
  /** From 1. */
  readonly line: number;
  readonly column?: string | undefined;
  /** Of the column, or else the whole line; null: NULL. Undefined: not to be shown. */
  readonly value?: string | null | undefined;
}

/** The error with its place, unless it has one. */
export function inCopy(error: unknown, { table, line, column, value }: CopyPlace): unknown {
  if (!(error instanceof SqlError) || error.context !== undefined) return error;
  const where = `COPY ${table}, line ${String(line)}${column === undefined ? '' : `, column ${column}`}`;
  if (value === undefined) return inContext(error, where);
  return inContext(error, value === null ? `${where}: null input` : `${where}: "${shown(value)}"`);
}

function shown(value: string): string {
  const characters = Array.from(value.slice(0, 2 * limits.copyShownCharactersMax + 2));
  const max = limits.copyShownCharactersMax;
  return characters.length <= max ? value : `${characters.slice(0, max).join('')}...`;
}
