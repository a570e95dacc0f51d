// Authorization -> tree over physical tables. One walk; each concern has its own file.
import type { FunctionUse, IdentityFunction, RelationUse, TableFunctionUse } from '../analyze/resolved-query.ts';
import type { Authorization } from '../authorize/authorization.ts';
import type { BaseTable, Expression, Pivot, QueryNode, SelectNode, SelectStatement, TableRef } from '../sql/ast.ts';
import type { LogicalType } from '../sql/ast-leaf.ts';
import { cast, columnRef, named, stringConstant } from '../sql/build.ts';
import { type ChildMap, mapChildren, mapStatement } from '../sql/children.ts';
import { boundedExists } from './bounded-exists.ts';
import { foldIdentity } from './fold-identity.ts';
import { guardCall } from './guard-calls.ts';
import { guardTable } from './guard-tables.ts';
import { inlineFunction } from './inline-functions.ts';
import { inlineTableFunction } from './inline-table-functions.ts';
import { inlineView } from './inline-views.ts';
import { outputName } from './name-outputs.ts';
import { renameCteRef, renameCtes } from './rename-ctes.ts';
import type { BodyArguments, RewriteContext } from './rewrite-context.ts';
import { systemRows } from './system-rows.ts';

/** Rewrites one authorized tree: a query, a view's body, a function's body. */
export class TreeRewriter implements ChildMap {
  readonly context: RewriteContext;
  readonly authorization: Authorization;
  readonly #relations: ReadonlyMap<BaseTable, RelationUse>;
  readonly #functions: ReadonlyMap<Expression, FunctionUse>;
  readonly #tableFunctions: ReadonlyMap<TableRef, TableFunctionUse>;
  /** What stands for a parameter of the function whose body this is. */
  readonly #arguments: readonly Expression[];
  readonly #parameterRefs: ReadonlyMap<Expression, number>;
  /** Of a function's body nobody sees the names of outputs. */
  readonly #isBody: boolean;

  constructor(context: RewriteContext, authorization: Authorization, parameters: BodyArguments = noParameters) {
    this.context = context;
    this.authorization = authorization;
    this.#relations = new Map(authorization.resolved.relations.map((use) => [use.node, use]));
    this.#functions = new Map(authorization.resolved.functions.map((use) => [use.node, use]));
    this.#tableFunctions = new Map(authorization.resolved.tableFunctions.map((use) => [use.node, use]));
    this.#parameterRefs = parameters.refs;
    this.#isBody = parameters !== noParameters;
    this.#arguments = parameters.values;
  }

  readonly statement = (statement: SelectStatement): SelectStatement => mapStatement(statement, this);

  readonly expression = (node: Expression): Expression => {
    const identity = this.authorization.resolved.identities.get(node);
    if (identity !== undefined) return this.#identity(identity, node);
    const use = this.#functions.get(node);
    if (use !== undefined) return inlineFunction(this, use, node);
    if (node.class === 'COLUMN_REF') return this.#columnRef(node);
    const date = this.authorization.resolved.dateConstants.get(node);
    if (date !== undefined) return named(cast(stringConstant(date), { id: 'DATE', type_info: null }), node.alias);
    const element = this.authorization.resolved.listParameters.get(node);
    if (element !== undefined) return cast(node, listOf(element));
    const rewritten = boundedExists(mapChildren(node, this));
    const guards = this.authorization.resolved.guardedCalls.get(node);
    return guards === undefined || rewritten.class !== 'FUNCTION' ? rewritten : guardCall(rewritten, guards);
  };

  readonly tableRef = (ref: TableRef): TableRef => {
    if (ref.type === 'TABLE_FUNCTION') {
      const use = this.#tableFunctions.get(ref);
      if (use !== undefined) return inlineTableFunction(this, use, ref);
    }
    if (ref.type === 'PIVOT') return this.#pivot(ref);
    if (ref.type !== 'BASE_TABLE') return mapChildren(ref, this);
    const cte = this.authorization.resolved.cteRefs.get(ref);
    if (cte !== undefined) return renameCteRef(this.context, ref, cte);
    const use = this.#relations.get(ref);
    return this.#relation(ref, use);
  };

  readonly queryNode = (node: QueryNode): QueryNode => {
    const renamed = mapChildren(renameCtes(this.context, node), this);
    return node.type === 'SELECT_NODE' && renamed.type === 'SELECT_NODE' ? this.#named(node, renamed) : renamed;
  };

  /** Outputs that were named by their text keep that name, whatever the text has become. */
  #named(node: SelectNode, rewritten: SelectNode): SelectNode {
    const items = this.#namedItems(node.select_list, rewritten.select_list);
    return items === rewritten.select_list ? rewritten : { ...rewritten, select_list: items };
  }

  /** Where there are several aggregates their names are parts of the columns'. */
  #pivot(ref: Pivot): Pivot {
    const rewritten = mapChildren(ref, this);
    if (ref.aggregates.length < 2) return rewritten;
    const aggregates = this.#namedItems(ref.aggregates, rewritten.aggregates);
    return aggregates === rewritten.aggregates ? rewritten : { ...rewritten, aggregates };
  }

  #namedItems(written: readonly Expression[], rewritten: readonly Expression[]): readonly Expression[] {
    if (this.#isBody) return rewritten;
    const items = rewritten.map((item, index) => {
      const before = written[index];
      const name = before === undefined ? undefined : outputName(before, item, this.context.names);
      return name === undefined ? item : named(item, name);
    });
    return items.every((item, index) => item === rewritten[index]) ? rewritten : items;
  }

  #relation(ref: BaseTable, use: RelationUse | undefined): TableRef {
    // Whatever analysis did not resolve does not run: there is no default.
    if (use === undefined) return this.context.refuse(`relation ${ref.table_name} was not resolved`);
    switch (use.kind) {
      case 'table':
        return guardTable(this, use);
      case 'view':
        return inlineView(this, use);
      case 'system':
        return systemRows(this, use);
    }
  }

  #identity(identity: IdentityFunction, node: Expression): Expression {
    const children = node.class === 'FUNCTION' ? node.children.map(this.expression) : [];
    return named(foldIdentity(this, identity, children), node.alias);
  }

  #columnRef(node: Extract<Expression, { class: 'COLUMN_REF' }>): Expression {
    const parameter = this.#parameterRefs.get(node);
    if (parameter !== undefined) {
      const value = this.#arguments[parameter];
      if (value === undefined) return this.context.refuse('a parameter has no value');
      this.context.noteArgument(value);
      return named(value, node.alias);
    }
    const names = this.authorization.resolved.columnNames.get(node);
    return names === undefined ? node : named(columnRef(...names), node.alias);
  }
}

/** @param element a type that is spelled by its name alone */
function listOf(element: string): LogicalType {
  const child_type = { id: element, type_info: null };
  return { id: 'LIST', type_info: { type: 'LIST_TYPE_INFO', alias: '', extension_info: null, child_type } };
}

const noParameters: BodyArguments = { refs: new Map(), values: [] };
