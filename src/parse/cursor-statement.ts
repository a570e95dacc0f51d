// Statements about places in a transaction and in a result.
import type { Span } from './statement.ts';

export type SavepointStatement = {
  readonly kind: 'savepoint' | 'release' | 'rollbackTo';
  readonly name: string;
};

/** SQL cursors, forward only. */
export type CursorStatement =
  | {
      readonly kind: 'declareCursor';
      readonly name: string;
      readonly scroll: boolean;
      /** WITH HOLD: lives on after the transaction. */
      readonly hold: boolean;
      readonly query: Span;
    }
  | { readonly kind: 'fetch' | 'move'; readonly name: string; readonly count: number | 'all' | 'backward' }
  /** Without a name: all. */
  | { readonly kind: 'closeCursor'; readonly name?: string };
