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
import { expressionsOf } from './late-expressions.ts';
import { safeTypeOf } from './leakproof.ts';
import { notePushable } from './pushable.ts';
import { checkNotReserved, Resolution, type ResolutionInput, type TreeResolver } from './resolution.ts';
import { resolveCondition, resolveExpression, resolveLate } from './resolve-expression.ts';
import { resolveFrom } from './resolve-from.ts';
import type { ResolvedQuery } from './resolved-query.ts';
import {
  type OutputColumns as Columns,
  emptyScope,
  innerScope,
  type OutputColumn,
  renamed,
  type Scope,
  type Source,
  untyped,
  withCte,
  withUniqueTypes,
} from './scope.ts';
import { onlyAggregate } from './single-row.ts';
import { comparable, unknownType } from './value-types.ts';

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
  condition: resolveCondition,
};

/** Resolves a query node seen from `outer`; gives its output names where they can be told. */
function resolveQueryNode(resolution: Resolution, node: QueryNode, outer: Scope): Columns {
  const scope = withCtes(resolution, node, innerScope(outer));
  const columns = withUniqueTypes(columnsOf(resolution, node, scope));
  const types = columns?.map((column) => column.type);
  if (types !== undefined) resolution.outputTypes.set(node, types);
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
  // Its right side is cast to the types of the left one.
  resolution.mayLeak = true;
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
  const byName = node.setop_type === 'UNION_BY_NAME';
  const columns = byName ? unionByName(left, right) : combined(left, right);
  // Both sides are cast to common types.
  if (byName || columns?.some(({ type }) => type === unknownType) !== false) resolution.mayLeak = true;
  resolveModifiers(resolution, node.modifiers, innerScope(scope, [outputSource(columns)]));
  return columns;
}

function unionByName(left: Columns, right: Columns): Columns {
  if (left === undefined || right === undefined) return undefined;
  const names = left.map((column) => column.name);
  const seen = new Set(names.map(fold));
  return untyped([...names, ...right.map((column) => column.name).filter((name) => !seen.has(fold(name)))]);
}

/** The left side's names; types where both sides have the same. */
function combined(left: Columns, right: Columns): Columns {
  return left?.map(({ name, type }, index) => ({
    name,
    type: comparable(type, type) && right?.[index]?.type === type ? type : unknownType,
  }));
}

function outputSource(columns: Columns): Scope['sources'][number] {
  return { alias: '', home: undefined, columns, use: undefined };
}

function resolveSelect(resolution: Resolution, node: SelectNode, scope: Scope): Columns {
  const sources = resolveFrom(resolution, node.from_table, scope);
  const inner: Scope = { ...scope, sources };
  checkNotReserved(...node.select_list.map((item) => item.alias));
  // Aliases of the select list are visible in the other clauses (and in later items); a column of the same name wins.
  const aliases = aliasSource(node.select_list);
  const withAliases = aliases === undefined ? inner : innerScope(innerScope(scope, [aliases]), sources);
  const resolveOutput = resolution.last.has(node) ? resolveLate : resolveExpression;
  for (const item of node.select_list) resolveOutput(resolution, item, withAliases);
  for (const item of node.group_expressions) resolveOutput(resolution, item, withAliases);
  for (const item of [node.where_clause, node.having, node.qualify]) {
    if (item !== null) resolveCondition(resolution, item, withAliases);
  }
  for (const item of node.modifiers.flatMap(expressionsOf)) resolveOutput(resolution, item, withAliases);
  notePushable(resolution, node);
  noteSingleRow(resolution, node, sources);
  return outputColumns(resolution, node.select_list, sources);
}

function noteSingleRow(resolution: Resolution, node: SelectNode, sources: Scope['sources']): void {
  const item = onlyAggregate(node, sources, resolution.columnHomes);
  const type = item === undefined ? undefined : safeTypeOf(resolution, item);
  if (type !== undefined) resolution.singleRows.set(node, type);
}

function aliasSource(items: readonly Expression[]): Source | undefined {
  const named = items.filter((item) => item.alias !== '');
  if (named.length === 0) return undefined;
  const differing = named.filter((item) => item.class !== 'COLUMN_REF' || item.column_names.at(-1) !== item.alias);
  return {
    ...outputSource(untyped(named.map((item) => item.alias))),
    aliases: new Set(differing.map((item) => fold(item.alias))),
  };
}

function resolveModifiers(resolution: Resolution, modifiers: readonly Modifier[], scope: Scope): void {
  for (const modifier of modifiers) {
    for (const item of expressionsOf(modifier)) resolveExpression(resolution, item, scope);
  }
}

/** Columns of the select list; undefined as soon as one star cannot be expanded. */
function outputColumns(resolution: Resolution, items: readonly Expression[], sources: Scope['sources']): Columns {
  const columns: OutputColumn[] = [];
  for (const item of items) {
    const added = columnsOfItem(resolution, item, sources);
    if (added === undefined) return undefined;
    columns.push(...added);
  }
  return columns;
}

function columnsOfItem(resolution: Resolution, item: Expression, sources: Scope['sources']): Columns {
  if (item.class === 'STAR') return item.alias === '' ? starColumns(item, sources) : undefined;
  const type = safeTypeOf(resolution, item) ?? unknownType;
  if (item.alias !== '') return [{ name: item.alias, type }];
  if (item.class === 'COLUMN_REF') return [{ name: item.column_names.at(-1) ?? '', type }];
  // DuckDB names it by its text, which nobody can have meant by a plain identifier … but UNNEST and COLUMNS expand.
  return item.class === 'FUNCTION' || item.class === 'OPERATOR' ? undefined : [{ name: '', type }];
}

function starColumns(star: Extract<Expression, { class: 'STAR' }>, sources: Scope['sources']): Columns {
  const plain = star.exclude_list.length + star.qualified_exclude_list.length + star.rename_list.length === 0;
  if (!plain || star.columns || star.expr !== null) return undefined;
  const wanted = star.relation_name === '' ? sources : sources.filter((s) => s.alias === fold(star.relation_name));
  const replaced = new Set(star.replace_list.map((entry) => fold(entry.key)));
  const columns: OutputColumn[] = [];
  for (const source of wanted) {
    if (source.columns === undefined) return undefined;
    columns.push(
      ...source.columns.map((column) => (replaced.has(fold(column.name)) ? { ...column, type: unknownType } : column)),
    );
  }
  return columns;
}
