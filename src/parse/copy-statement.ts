// COPY, as it was written.
import type { NameRef, Span } from './statement.ts';

export interface CopyOption {
  /** Lower case. */
  readonly name: string;
  readonly value?: string | { readonly columns: 'all' | readonly string[] };
  readonly offset: number;
}

export type CopySource = { readonly query: Span } | { readonly table: NameRef; readonly columns?: readonly string[] };

export interface CopyStatement {
  readonly kind: 'copy';
  readonly direction: 'to' | 'from';
  readonly source: CopySource;
  /** STDOUT and STDIN are the client. */
  readonly place: 'client' | 'file' | 'program';
  readonly options: readonly CopyOption[];
}
