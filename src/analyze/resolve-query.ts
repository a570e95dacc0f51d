// Walks a tree with its scopes: which relation every FROM entry means, which column or parameter every reference.
import { fold } from '../base/identifier.ts';
import type {
  CommonTableExpression,
  Expression,
  Modifier,
  QueryNode,
  RecursiveCte,
  SelectNode,
  SetOperation,
} from '../sql/ast.ts';
import { checkNotReserved, Resolution, type ResolutionInput, type TreeResolver } from './resolution.ts';
import { resolveExpression } from './resolve-expression.ts';
import { resolveFrom } from './resolve-from.ts';
import type { ResolvedQuery } from './resolved-query.ts';
import { emptyScope, innerScope, renamed, type Scope, withCte } from './scope.ts';

export interface ResolvedBody {
  readonly query: ResolvedQuery;
  readonly parameterRefs: Resolution['parameterRefs'];
}

/** @throws SqlError undefinedTable, undefinedFunction, featureNotSupported … */
export function resolveStatement(input: ResolutionInput): ResolvedBody {
  const resolution = new Resolution(input, treeResolver);
  const scope: Scope = { ...emptyScope, parameters: input.parameters?.map(fold) };
  resolveQueryNode(resolution, input.statement.node, scope);
  return { query: resolution.finish(input.statement), parameterRefs: resolution.parameterRefs };
}

const treeResolver: TreeResolver = {
  queryNode: resolveQueryNode,
  from: resolveFrom,
  expression: resolveExpression,
};

type Columns = readonly string[] | undefined;

/** Resolves a query node seen from `outer`; gives its output names where they can be told. */
function resolveQueryNode(resolution: Resolution, node: QueryNode, outer: Scope): Columns {
  const scope = withCtes(resolution, node, innerScope(outer));
  const columns = columnsOf(resolution, node, scope);
  if (columns !== undefined) resolution.outputs.set(node, columns);
  return columns;
}

function columnsOf(resolution: Resolution, node: QueryNode, scope: Scope): Columns {
  switch (node.type) {
    case 'SELECT_NODE':
      return resolveSelect(resolution, node, scope);
    case 'SET_OPERATION_NODE':
      return resolveSetOperation(resolution, node, scope);
    case 'RECURSIVE_CTE_NODE':
      return resolveRecursive(resolution, node, { scope, cte: undefined });
  }
}

/** WITH queries see those before them; a recursive one sees itself on its right side (resolveRecursive). */
function withCtes(resolution: Resolution, node: QueryNode, scope: Scope): Scope {
  let at = scope;
  for (const { key, value } of node.cte_map.map) {
    checkNotReserved(key, ...value.aliases);
    at = withCte(at, key, { cte: value, columns: resolveCte(resolution, value, at) });
  }
  return at;
}

function resolveCte(resolution: Resolution, cte: CommonTableExpression, scope: Scope): Columns {
  const { node } = cte.query;
  const columns =
    node.type === 'RECURSIVE_CTE_NODE'
      ? resolveRecursive(resolution, node, { scope: withCtes(resolution, node, innerScope(scope)), cte })
      : resolveQueryNode(resolution, node, scope);
  return renamed(columns, cte.aliases);
}

function resolveRecursive(
  resolution: Resolution,
  node: RecursiveCte,
  { scope, cte }: { readonly scope: Scope; readonly cte: CommonTableExpression | undefined },
): Columns {
  const columns = renamed(resolveQueryNode(resolution, node.left, scope), node.aliases);
  const inner = cte === undefined ? scope : withCte(scope, node.cte_name, { cte, columns });
  resolveQueryNode(resolution, node.right, inner);
  // USING KEY columns name outputs, not sources.
  resolveModifiers(resolution, node.modifiers, innerScope(inner, [outputSource(columns)]));
  return columns;
}

function resolveSetOperation(resolution: Resolution, node: SetOperation, scope: Scope): Columns {
  const left = resolveQueryNode(resolution, node.left, scope);
  const right = resolveQueryNode(resolution, node.right, scope);
  const columns = node.setop_type === 'UNION_BY_NAME' ? unionByName(left, right) : left;
  resolveModifiers(resolution, node.modifiers, innerScope(scope, [outputSource(columns)]));
  return columns;
}

function unionByName(left: Columns, right: Columns): Columns {
  if (left === undefined || right === undefined) return undefined;
  const seen = new Set(left.map(fold));
  return [...left, ...right.filter((name) => !seen.has(fold(name)))];
}

function outputSource(columns: Columns): Scope['sources'][number] {
  return { alias: '', home: undefined, columns, use: undefined };
}

function resolveSelect(resolution: Resolution, node: SelectNode, scope: Scope): Columns {
  const sources = resolveFrom(resolution, node.from_table, scope);
  const inner: Scope = { ...scope, sources };
  checkNotReserved(...node.select_list.map((item) => item.alias));
  // Aliases of the select list are visible in the other clauses (and in later items); a column of the same name wins.
  const aliases = node.select_list.map((item) => item.alias).filter((alias) => alias !== '');
  const withAliases = aliases.length === 0 ? inner : innerScope(innerScope(scope, [outputSource(aliases)]), sources);
  for (const item of node.select_list) resolveExpression(resolution, item, withAliases);
  const others = [node.where_clause, node.having, node.qualify, ...node.group_expressions];
  for (const item of others) if (item !== null) resolveExpression(resolution, item, withAliases);
  resolveModifiers(resolution, node.modifiers, withAliases);
  return outputNames(node.select_list, sources);
}

function resolveModifiers(resolution: Resolution, modifiers: readonly Modifier[], scope: Scope): void {
  for (const modifier of modifiers) {
    for (const item of expressionsOf(modifier)) resolveExpression(resolution, item, scope);
  }
}

function expressionsOf(modifier: Modifier): readonly Expression[] {
  switch (modifier.type) {
    case 'ORDER_MODIFIER':
      return modifier.orders.map((order) => order.expression);
    case 'DISTINCT_MODIFIER':
      return modifier.distinct_on_targets;
    case 'LIMIT_MODIFIER':
    case 'LIMIT_PERCENT_MODIFIER':
      return [modifier.limit, modifier.offset].filter((item) => item !== null);
  }
}

/** Names of the select list; undefined as soon as one star cannot be expanded. */
function outputNames(items: readonly Expression[], sources: Scope['sources']): Columns {
  const names: string[] = [];
  for (const item of items) {
    const added = namesOf(item, sources);
    if (added === undefined) return undefined;
    names.push(...added);
  }
  return names;
}

function namesOf(item: Expression, sources: Scope['sources']): Columns {
  if (item.class === 'STAR') return item.alias === '' ? starNames(item, sources) : undefined;
  if (item.alias !== '') return [item.alias];
  if (item.class === 'COLUMN_REF') return [item.column_names.at(-1) ?? ''];
  // DuckDB names it by its text, which nobody can have meant by a plain identifier … but UNNEST and COLUMNS expand.
  return item.class === 'FUNCTION' || item.class === 'OPERATOR' ? undefined : [''];
}

function starNames(star: Extract<Expression, { class: 'STAR' }>, sources: Scope['sources']): Columns {
  const plain = star.exclude_list.length + star.qualified_exclude_list.length + star.rename_list.length === 0;
  if (!plain || star.columns || star.expr !== null) return undefined;
  const wanted = star.relation_name === '' ? sources : sources.filter((s) => s.alias === fold(star.relation_name));
  const names: string[] = [];
  for (const source of wanted) {
    if (source.columns === undefined) return undefined;
    names.push(...source.columns);
  }
  return names;
}
