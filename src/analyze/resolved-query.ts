// What analysis found out about one SELECT tree. The tree itself is untouched; facts hang on its nodes by identity.

import type { SqlError } from '../base/sql-error.ts';
import type { Catalog, ResolutionContext, SqlFunction, Table, View } from '../catalog/securable.ts';
import type {
  BaseTable,
  ColumnRef,
  CommonTableExpression,
  Expression,
  FunctionCall,
  SelectStatement,
  TableFunction,
} from '../sql/ast.ts';
import type { LogicalType } from '../sql/ast-leaf.ts';
import type { SystemRelation } from '../system/system-relation.ts';
import type { DynamicGuard } from './amplification.ts';
import type { ColumnsRead } from './column-reads.ts';

/** How the statement said it: what an error about a hidden object repeats, as one about a missing object does. */
export interface Mention {
  /** In full, as written. */
  readonly written: string;
  readonly position?: number;
}

/** One mention of a table in a FROM clause. */
export interface TableUse {
  readonly kind: 'table';
  readonly node: BaseTable;
  readonly mention: Mention;
  readonly table: Table;
}

/** One mention of a view; its body runs with its owner's grants. */
export interface ViewUse {
  readonly kind: 'view';
  readonly node: BaseTable;
  readonly mention: Mention;
  readonly view: View;
  readonly body: ResolvedQuery;
}

/** One mention of a relation that the catalog itself answers (information_schema). */
export interface SystemUse {
  readonly kind: 'system';
  readonly node: BaseTable;
  readonly mention: Mention;
  readonly relation: SystemRelation;
  /** The one it is about; undefined: all that the asker may know. */
  readonly catalog: Catalog | undefined;
}

export type RelationUse = TableUse | ViewUse | SystemUse;

/** One call of a SQL function of the catalog. */
export interface FunctionUse {
  readonly node: FunctionCall;
  readonly mention: Mention;
  readonly resolved: ResolvedFunction;
}

/** One call of a table function of the catalog in a FROM clause. */
export interface TableFunctionUse {
  readonly node: TableFunction;
  readonly call: FunctionCall;
  readonly mention: Mention;
  readonly resolved: ResolvedTableFunction;
}

export interface ResolvedParameter {
  readonly name: string;
  readonly type: LogicalType;
  /** A literal. */
  readonly default: Expression | undefined;
}

/** A table function with its query resolved in its own scope. */
export interface ResolvedTableFunction {
  readonly function: SqlFunction;
  readonly parameters: readonly ResolvedParameter[];
  readonly columns: readonly { readonly name: string; readonly type: LogicalType }[];
  /** Its query. */
  readonly facts: ResolvedQuery;
  readonly parameterRefs: ReadonlyMap<ColumnRef, number>;
}

/** A SQL function with its body resolved in its own scope. */
export interface ResolvedFunction {
  readonly function: SqlFunction;
  readonly parameters: readonly ResolvedParameter[];
  readonly returns: LogicalType;
  /** The expression after RETURN. */
  readonly body: Expression;
  /** The body as a statement, for the facts that hang on its nodes. */
  readonly facts: ResolvedQuery;
  /** Which references in the body mean a parameter, by position. */
  readonly parameterRefs: ReadonlyMap<ColumnRef, number>;
}

/** A mention of a view or function whose body no longer fits what it reads. Nothing runs that has one. */
export interface BrokenUse {
  readonly object: View | SqlFunction;
  readonly mention: Mention;
  readonly reason: SqlError;
}

/** Functions that mean the session; never DuckDB's own. */
export type IdentityFunction =
  | 'current_user'
  | 'session_user'
  | 'is_account_group_member'
  | 'is_member'
  | 'current_user_attribute'
  | 'current_catalog'
  | 'current_schema'
  | 'current_schemas'
  | 'version';

export interface ResolvedQuery {
  readonly statement: SelectStatement;
  readonly relations: readonly RelationUse[];
  readonly functions: readonly FunctionUse[];
  readonly tableFunctions: readonly TableFunctionUse[];
  readonly broken: readonly BrokenUse[];
  /** References that named their table by schema or catalog, and the names that remain. */
  readonly columnNames: ReadonlyMap<ColumnRef, readonly string[]>;
  readonly identities: ReadonlyMap<Expression, IdentityFunction>;
  /** Calls whose cost must be checked with their values. */
  readonly guardedCalls: ReadonlyMap<Expression, readonly DynamicGuard[]>;
  /** Sums of a DATE and INTERVAL literals that stand beside dates, and the date that each is (`2024-02-29`). */
  readonly dateConstants: ReadonlyMap<Expression, string>;
  /** Parameters that are lists of what they are compared with (`id = ANY($1)`), and the type of the elements. */
  readonly listParameters: ReadonlyMap<Expression, string>;
  /** References to WITH queries and the query each means: WITH names are renamed so that scoping cannot be disputed. */
  readonly cteRefs: ReadonlyMap<BaseTable, CommonTableExpression>;
  /** Every column reference of the client's text that means a column of a table use (or is unknown: absent). */
  readonly columnSources: ReadonlyMap<ColumnRef, { readonly use: RelationUse; readonly column: string }>;
  /** Which columns of a relation the text may read: column grants must cover them. */
  columnsRead(use: RelationUse): ColumnsRead;
  /** True when some part may fail, or show, for rows or values it is given (not on the leakproof list). */
  readonly mayLeak: boolean;
  /** False where a star, a whole-row reference or an unknown name may mean any column. */
  readonly namesEveryColumn: boolean;
  /** Plain names that mean nothing here: written into another tree they could mean something of that one's. */
  readonly unboundNames: readonly ColumnRef[];
  /**
   * By table use: conditions of the client that may be tested on hidden rows too, since they never fail (leakproof.ts), and
   * that every row of the use must meet anyway. They read this use alone.
   */
  readonly pushable: ReadonlyMap<BaseTable, readonly Expression[]>;
}

/** Where unqualified names resolve, in order. */
export interface SearchPath {
  readonly catalog: string;
  readonly schemas: readonly (readonly [catalog: string, schema: string])[];
}

/** The path of a stored body: its own schema, then what its creator had. */
export function pathOf(home: readonly [catalog: string, schema: string], context: ResolutionContext): SearchPath {
  const creator = context.schema === undefined ? [] : [[context.catalog, context.schema] as const];
  return { catalog: home[0], schemas: [home, ...creator] };
}
