// ALTER … of tables, columns, row filters and names, as data.
import type { ColumnDefinition, NameRef, PolicyFunctionRef, SecurableKeyword, Span } from './statement.ts';

/** ALTER COLUMN; a default without a value is dropped. */
export type ColumnAction =
  | { readonly kind: 'rename'; readonly name: string }
  | { readonly kind: 'type'; readonly type: Span }
  | { readonly kind: 'nullable'; readonly nullable: boolean }
  | { readonly kind: 'default'; readonly value?: Span }
  | { readonly kind: 'comment'; readonly comment: string };

export type AlterStatement =
  /** SET takes the place of all that there are, ADD stands beside them. */
  | { readonly kind: 'setRowFilter' | 'addRowFilter'; readonly table: NameRef; readonly filter: PolicyFunctionRef }
  /** Without a function: all of them. */
  | { readonly kind: 'dropRowFilter'; readonly table: NameRef; readonly function?: NameRef }
  | {
      readonly kind: 'addColumns';
      readonly table: NameRef;
      readonly ifExists: boolean;
      readonly ifNotExists: boolean;
      readonly columns: readonly ColumnDefinition[];
    }
  | {
      readonly kind: 'dropColumns';
      readonly table: NameRef;
      readonly ifExists: boolean;
      readonly ifColumnExists: boolean;
      readonly columns: readonly { readonly name: string; readonly offset: number }[];
    }
  | {
      readonly kind: 'alterColumn';
      readonly table: NameRef;
      readonly ifExists: boolean;
      readonly column: string;
      readonly columnOffset: number;
      readonly action: ColumnAction;
    }
  | {
      readonly kind: 'setProperties';
      readonly table: NameRef;
      readonly ifExists: boolean;
      readonly properties: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'unsetProperties';
      readonly table: NameRef;
      readonly ifExists: boolean;
      readonly keys: readonly string[];
    }
  | {
      readonly kind: 'rename';
      readonly object: { readonly type: Exclude<SecurableKeyword, 'METASTORE'>; readonly name: NameRef };
      readonly ifExists: boolean;
      readonly to: NameRef;
    };
