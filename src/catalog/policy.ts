// What an administrator attached to a table: a SQL function and where its arguments come from.
import type { ObjectId } from './securable.ts';

export type PolicyArgument =
  | { readonly kind: 'column'; readonly columnId: string }
  /** A literal as SQL text, checked when it was set. */
  | { readonly kind: 'constant'; readonly literal: string };

export interface ColumnMask {
  readonly functionId: ObjectId;
  /** After the masked column itself. */
  readonly using: readonly PolicyArgument[];
}

export interface RowFilter {
  readonly functionId: ObjectId;
  readonly arguments: readonly PolicyArgument[];
}
