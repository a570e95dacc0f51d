// What tracing one tree shares: the facts analysis and authorization hung on its nodes, and the walk's three parts, handed
// around so that their files need not import each other.
import type {
  FunctionUse,
  RelationUse,
  ResolvedFunction,
  ResolvedTableFunction,
  TableFunctionUse,
  TableUse,
  ViewUse,
} from '../analyze/resolved-query.ts';
import type { Authorization } from '../authorize/authorization.ts';
import { assert } from '../base/assert.ts';
import { fold } from '../base/identifier.ts';
import { limits } from '../base/limits.ts';
import { SqlError } from '../base/sql-error.ts';
import type { GuardEffect } from '../rewrite/rewrite-context.ts';
import type {
  BaseTable,
  ColumnRef,
  CommonTableExpression,
  Expression,
  FunctionCall,
  QueryNode,
  TableFunction,
  TableRef,
} from '../sql/ast.ts';
import { guardedTable } from './base-relation.ts';
import {
  emptyFrom,
  fixedParts,
  type OutputPart,
  type Rowset,
  renamedParts,
  scopeOf,
  type TracedFrom,
  type TraceScope,
} from './rowset.ts';
import { merged, type Traced, throughView, tracedColumn, untraced } from './traced.ts';

export interface TraceParts {
  queryNode(tracer: TreeTracer, node: QueryNode, outer: TraceScope | undefined): Rowset;
  from(tracer: TreeTracer, ref: TableRef, scope: TraceScope): TracedFrom;
  expression(tracer: TreeTracer, node: Expression, scope: TraceScope): Traced;
}

interface Body {
  readonly parameterRefs: ReadonlyMap<ColumnRef, number>;
  readonly arguments: readonly Traced[];
}

interface Shared {
  readonly parts: TraceParts;
  readonly effects: ReadonlyMap<TableUse, GuardEffect>;
  expansions: number;
}

export class TreeTracer {
  readonly ctes: Map<CommonTableExpression, Rowset> = new Map();
  readonly #shared: Shared;
  readonly #authorization: Authorization;
  readonly #body: Body | undefined;
  readonly #relations: ReadonlyMap<BaseTable, RelationUse>;
  readonly #functions: ReadonlyMap<FunctionCall, FunctionUse>;
  readonly #tableFunctions: ReadonlyMap<TableFunction, TableFunctionUse>;

  constructor(shared: Shared, authorization: Authorization, body?: Body) {
    const { relations, functions, tableFunctions } = authorization.resolved;
    this.#shared = shared;
    this.#authorization = authorization;
    this.#body = body;
    this.#relations = new Map(relations.map((use) => [use.node, use]));
    this.#functions = new Map(functions.map((use) => [use.node, use]));
    this.#tableFunctions = new Map(tableFunctions.map((use) => [use.node, use]));
  }

  static of(parts: TraceParts, authorization: Authorization, effects: readonly GuardEffect[]): TreeTracer {
    const byUse = new Map(effects.map((effect) => [effect.use, effect]));
    return new TreeTracer({ parts, effects: byUse, expansions: 0 }, authorization);
  }

  queryNode(node: QueryNode, outer: TraceScope | undefined): Rowset {
    return this.#shared.parts.queryNode(this, node, outer);
  }

  from(ref: TableRef, scope: TraceScope): TracedFrom {
    return this.#shared.parts.from(this, ref, scope);
  }

  expression(node: Expression, scope: TraceScope): Traced {
    return this.#shared.parts.expression(this, node, scope);
  }

  /** What a reference that means a parameter of the body is given; undefined: it means none. */
  parameter(node: ColumnRef): Traced | undefined {
    const index = this.#body?.parameterRefs.get(node);
    return index === undefined ? undefined : (this.#body?.arguments[index] ?? untraced);
  }

  isIdentity(node: Expression): boolean {
    return this.#authorization.resolved.identities.has(node);
  }

  cteOf(ref: BaseTable): Rowset | undefined {
    const cte = this.#authorization.resolved.cteRefs.get(ref);
    return cte === undefined ? undefined : this.ctes.get(cte);
  }

  /** A table, a view with what its body reads, or a relation of the catalog itself, of which no column has an origin. */
  relation(ref: BaseTable): TracedFrom {
    const use = this.#relations.get(ref);
    assert(use !== undefined, 'every relation was resolved');
    const home = ref.alias === '' ? this.#homeOf(use) : undefined;
    const alias = fold(ref.alias === '' ? ref.table_name : ref.alias);
    const { parts, rows } = this.#outputsOf(use);
    const source = { alias, home, parts: renamedParts(parts, ref.column_name_alias) };
    return { sources: [source], shared: new Map(), rows };
  }

  #homeOf(use: RelationUse): readonly [string, string] | undefined {
    if (use.kind === 'system') return undefined;
    const relation = use.kind === 'table' ? use.table : use.view;
    const [catalog = '', schema = ''] = this.#authorization.snapshot.nameOf(relation.id).map(fold);
    return [catalog, schema];
  }

  #outputsOf(use: RelationUse): Rowset {
    switch (use.kind) {
      case 'table':
        return guardedTable(use.table, this.#authorization.guards.get(use), this.#shared.effects.get(use));
      case 'view':
        return this.#viewOf(use);
      case 'system':
        return {
          parts: use.relation.columns.map(({ name }) => ({ kind: 'column', name, value: untraced })),
          rows: untraced,
        };
    }
  }

  /** The view's own columns, and behind them what its query gives. */
  #viewOf(use: ViewUse): Rowset {
    const { view, body } = use;
    const inner = this.#authorization.views.get(use);
    assert(inner !== undefined, 'every view was authorized');
    const rowset = this.#inBody(inner).queryNode(body.statement.node, undefined);
    const given = fixedParts(rowset.parts, view.columns.length);
    const parts = view.columns.map(({ name }, index): OutputPart => {
      const own = tracedColumn({ object: view.id, column: fold(name), flow: 'direct', mask: undefined });
      return { kind: 'column', name, value: merged([own, throughView(given[index] ?? untraced)]) };
    });
    return { parts, rows: rowset.rows };
  }

  /** The value of a call of a SQL function of the catalog; undefined: the call is none. */
  functionValue(call: FunctionCall, scope: TraceScope): Traced | undefined {
    const use = this.#functions.get(call);
    if (use === undefined) return undefined;
    const { resolved } = use;
    const tracer = this.#inFunction(resolved, this.#argumentsOf(resolved, call, scope));
    return tracer.expression(resolved.body, scopeOf(undefined, emptyFrom));
  }

  tableFunctionRows(ref: TableFunction, scope: TraceScope): Rowset | undefined {
    const use = this.#tableFunctions.get(ref);
    if (use === undefined) return undefined;
    const { resolved } = use;
    const tracer = this.#inFunction(resolved, this.#argumentsOf(resolved, use.call, scope));
    const rowset = tracer.queryNode(resolved.facts.statement.node, undefined);
    const given = fixedParts(rowset.parts, resolved.columns.length);
    const parts = resolved.columns.map(
      ({ name }, index): OutputPart => ({ kind: 'column', name, value: given[index] ?? untraced }),
    );
    return { parts, rows: rowset.rows };
  }

  #argumentsOf(
    resolved: ResolvedFunction | ResolvedTableFunction,
    call: FunctionCall,
    scope: TraceScope,
  ): readonly Traced[] {
    const values = resolved.parameters.map(() => untraced);
    for (const [position, argument] of call.children.entries()) {
      const named = resolved.parameters.findIndex(({ name }) => fold(name) === fold(argument.alias));
      const index = argument.alias === '' ? position : named;
      if (index >= 0 && index < values.length) values[index] = this.expression(argument, scope);
    }
    return values;
  }

  #inFunction(resolved: ResolvedFunction | ResolvedTableFunction, values: readonly Traced[]): TreeTracer {
    const authorization = this.#authorization.functions.get(resolved.function.id);
    assert(authorization !== undefined, 'every function was authorized');
    // The facts of this very call: they hang on nodes of the same body.
    return this.#inBody(authorization, { parameterRefs: resolved.parameterRefs, arguments: values });
  }

  #inBody(authorization: Authorization, body?: Body): TreeTracer {
    this.#shared.expansions += 1;
    if (this.#shared.expansions > limits.expansionsMax) {
      throw new SqlError('statementTooComplex', 'statement calls too many views and functions');
    }
    return new TreeTracer(this.#shared, authorization, body);
  }
}
