// COPY: rows to the client or from it, as text, csv or binary.
import type { NameRef, Span } from './statement.ts';

/** A column that COPY names, with its place. */
export interface CopyColumn {
  readonly name: string;
  readonly offset: number;
}

export interface CopyTable {
  readonly table: NameRef;
  /** Empty: all. */
  readonly columns: readonly CopyColumn[];
}

/** As written; `true` where no value was. What it means is for the session to say. */
export interface CopyOption {
  /** Lower case, words joined by `_`. */
  readonly name: string;
  readonly value: true | string | readonly string[];
}

export type CopyStatement =
  | {
      readonly kind: 'copyTo';
      readonly source: CopyTable | { readonly query: Span };
      readonly target: CopyEnd;
      readonly options: readonly CopyOption[];
    }
  | ({ readonly kind: 'copyFrom'; readonly source: CopyEnd; readonly options: readonly CopyOption[] } & CopyTable);

/** The client itself, or something of the server's. */
export type CopyEnd = 'client' | 'file' | 'program';
