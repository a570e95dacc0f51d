// Statements that change rows, as data: a shell of ours and the spans in it.
import type { NameRef, Span } from './statement.ts';

export interface ColumnName {
  readonly name: string;
  readonly offset: number;
}

export interface Assignment extends ColumnName {
  /** `t.a = …`: must mean the target. */
  readonly qualifier?: string;
  /** Absent for DEFAULT. */
  readonly value?: Span;
}

export interface ConflictClause {
  /** Empty when none was given. */
  readonly target: readonly ColumnName[];
  /** Absent for DO NOTHING. */
  readonly update?: readonly Assignment[];
  readonly where?: Span;
}

export interface MergeClause {
  readonly when: 'matched' | 'notMatched' | 'notMatchedBySource';
  readonly condition?: Span;
  readonly action: /** Without assignments: SET *. */
    | { readonly kind: 'update'; readonly assignments?: readonly Assignment[] }
    | { readonly kind: 'delete' | 'nothing' }
    /** Without values: INSERT *. */
    | {
        readonly kind: 'insert';
        readonly columns: readonly ColumnName[];
        readonly values?: readonly { readonly value?: Span }[];
      };
}

interface Target {
  readonly table: NameRef;
  readonly alias?: string;
  /** The queries after WITH. */
  readonly with?: Span;
  /** The list after RETURNING. */
  readonly returning?: Span;
}

export interface InsertStatement extends Target {
  readonly kind: 'insert';
  readonly columns: readonly ColumnName[];
  /** `VALUES …` or a query; absent means DEFAULT VALUES. */
  readonly source?: Span;
  readonly byName?: true;
  readonly overwrite?: true;
  readonly conflict?: ConflictClause;
}

export interface UpdateStatement extends Target {
  readonly kind: 'update';
  readonly assignments: readonly Assignment[];
  readonly from?: Span;
  readonly where?: Span;
}

export interface DeleteStatement extends Target {
  readonly kind: 'delete';
  /** After USING. */
  readonly from?: Span;
  readonly where?: Span;
}

export interface MergeStatement extends Target {
  readonly kind: 'merge';
  readonly source: Span;
  readonly on: Span;
  readonly clauses: readonly MergeClause[];
}

export interface TruncateStatement {
  readonly kind: 'truncate';
  readonly table: NameRef;
}

export type WriteStatement = InsertStatement | UpdateStatement | DeleteStatement | MergeStatement | TruncateStatement;
