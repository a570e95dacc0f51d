// The growing answer of one analysis; turned into a frozen ResolvedQuery at the end.

import { fold } from '../base/identifier.ts';
import { limits } from '../base/limits.ts';
import { SqlError } from '../base/sql-error.ts';
import type { SqlFunction, Table, View } from '../catalog/securable.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type {
  BaseTable,
  ColumnRef,
  CommonTableExpression,
  Expression,
  FunctionCall,
  QueryNode,
  SelectNode,
  SelectStatement,
  TableRef,
} from '../sql/ast.ts';
import type { DynamicGuard } from './amplification.ts';
import { ColumnReads } from './column-reads.ts';
import { lambdaGuard } from './lambda-calls.ts';
import { lastSelects } from './late-expressions.ts';
import type {
  BrokenUse,
  FunctionUse,
  IdentityFunction,
  RelationUse,
  ResolvedFunction,
  ResolvedQuery,
  ResolvedTableFunction,
  SearchPath,
  TableFunctionUse,
} from './resolved-query.ts';
import type { OutputColumns, Scope, Source } from './scope.ts';
import type { ValueType } from './value-types.ts';

/** Bodies of the views and functions a tree may mention, resolved before it. */
export interface Bodies {
  /** Or what is wrong with the body. */
  view(view: View): ResolvedQuery | SqlError;
  function(fn: SqlFunction): ResolvedFunction | SqlError;
  tableFunction(fn: SqlFunction): ResolvedTableFunction | SqlError;
}

/** Why the asker may not know an object, for the audit log; undefined: it may be known. */
export type Hides = (object: Table | View | SqlFunction) => object | undefined;

export interface ResolutionInput {
  readonly snapshot: CatalogSnapshot;
  readonly statement: SelectStatement;
  readonly path: SearchPath;
  readonly bodies: Bodies;
  /** What is hidden from the asker is as if it did not exist, before anything else is looked at. Default: nothing is hidden. */
  readonly hides?: Hides | undefined;
  /** Parameter names, when the statement is a function's body. */
  readonly parameters?: readonly string[];
  /** Types of the values that are bound to $1, $2, …; none when they are not known yet. */
  readonly parameterTypes?: readonly (ValueType | undefined)[];
  /** The client's whole statement: its answer is what the tree gives, and nothing is built around it. */
  readonly standsAlone?: boolean | undefined;
  /** A stored body: it will stand inside other queries, and no name in it may come to mean something of theirs. */
  readonly closed?: boolean;
}

/** The three mutually recursive parts of the walk, handed around so that their files need not import each other. */
export interface TreeResolver {
  queryNode(resolution: Resolution, node: QueryNode, outer: Scope): OutputColumns;
  from(resolution: Resolution, ref: TableRef, scope: Scope): readonly Source[];
  /** A whole expression: resolved, and asked whether it may fail or show anything. */
  expression(resolution: Resolution, node: Expression, scope: Scope): void;
  /** One whose value becomes a BOOLEAN. */
  condition(resolution: Resolution, node: Expression, scope: Scope): void;
}

export class Resolution {
  readonly resolver: TreeResolver;
  readonly snapshot: CatalogSnapshot;
  readonly path: SearchPath;
  readonly bodies: Bodies;
  readonly hides: Hides;
  readonly relations: RelationUse[] = [];
  readonly functions: FunctionUse[] = [];
  readonly tableFunctions: TableFunctionUse[] = [];
  readonly broken: BrokenUse[] = [];
  readonly columnNames: Map<ColumnRef, readonly string[]> = new Map();
  readonly identities: Map<Expression, IdentityFunction> = new Map();
  readonly guardedCalls: Map<Expression, readonly DynamicGuard[]> = new Map();
  readonly dateConstants: Map<Expression, string> = new Map();
  readonly listParameters: Map<Expression, string> = new Map();
  readonly lambdaCalls: FunctionCall[] = [];
  readonly cteRefs: Map<BaseTable, CommonTableExpression> = new Map();
  readonly columnSources: Map<ColumnRef, { use: RelationUse; column: string }> = new Map();
  readonly columnTypes: Map<ColumnRef, ValueType> = new Map();
  readonly outputTypes: Map<QueryNode, readonly ValueType[]> = new Map();
  readonly singleRows: Map<QueryNode, ValueType> = new Map();
  /** The FROM entry of every reference to a known column, a table's or not. */
  readonly columnHomes: Map<ColumnRef, Source> = new Map();
  readonly parameterTypes: readonly (ValueType | undefined)[];
  /** A tree that is written into others: its names may not reach out of it. */
  readonly closed: boolean;
  /** SELECTs whose outputs are made last, of rows that all conditions have let through (late-expressions.ts). */
  readonly last: ReadonlySet<SelectNode>;
  readonly pushable: Map<BaseTable, Expression[]> = new Map();
  readonly parameterRefs: Map<ColumnRef, number> = new Map();
  readonly reads: ColumnReads = new ColumnReads();
  mayLeak = false;
  namesEveryColumn = true;
  readonly unboundNames: ColumnRef[] = [];

  constructor(input: ResolutionInput, resolver: TreeResolver) {
    this.resolver = resolver;
    this.snapshot = input.snapshot;
    this.path = input.path;
    this.bodies = input.bodies;
    this.hides = input.hides ?? (() => undefined);
    this.parameterTypes = input.parameterTypes ?? [];
    this.closed = input.closed ?? false;
    this.last = input.standsAlone === true ? lastSelects(input.statement.node) : new Set();
  }

  addRelation(use: RelationUse): void {
    if (this.relations.length >= limits.tableUsesMax) {
      throw new SqlError('statementTooComplex', 'statement mentions too many tables');
    }
    this.relations.push(use);
  }

  finish(statement: SelectStatement): ResolvedQuery {
    // Only now is it known which of the names in a lambda's body are lists.
    for (const node of this.lambdaCalls) {
      const guard = lambdaGuard(this, node);
      if (guard !== undefined) this.guardedCalls.set(node, [guard]);
    }
    return {
      statement,
      relations: this.relations,
      functions: this.functions,
      tableFunctions: this.tableFunctions,
      broken: this.broken,
      columnNames: this.columnNames,
      identities: this.identities,
      guardedCalls: this.guardedCalls,
      dateConstants: this.dateConstants,
      listParameters: this.listParameters,
      cteRefs: this.cteRefs,
      columnSources: this.columnSources,
      columnsRead: (use) => this.reads.of(use),
      mayLeak: this.mayLeak,
      namesEveryColumn: this.namesEveryColumn,
      unboundNames: this.unboundNames,
      pushable: this.pushable,
    };
  }
}

/** Names the rewriter makes up start so; a client's own may not, or it could capture one. */
export const reservedPrefix = '__pc_';

/** @throws SqlError featureNotSupported for a name that could meet one of ours */
export function checkNotReserved(...names: readonly string[]): void {
  for (const name of names) {
    if (fold(name).startsWith(reservedPrefix)) {
      throw new SqlError('featureNotSupported', `names starting with ${reservedPrefix} are reserved`);
    }
  }
}
