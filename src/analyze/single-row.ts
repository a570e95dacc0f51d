// Subqueries that give exactly one row, whatever the data are: as scalar subqueries they never fail on a second one.
import type { ColumnRef, Expression, FunctionCall, SelectNode } from '../sql/ast.ts';
import { isExpression, walk } from '../sql/children.ts';
import { aggregateClassOf } from './functions/function-catalog.ts';
import type { Source } from './scope.ts';

/**
 * The one output of a SELECT that gives one row, unless the output itself gives several (UNNEST, COLUMNS), of which nobody knows a
 * type; undefined: the SELECT may give none or many.
 * @param sourceOf the FROM entry that a column is of, where that is known
 */
export function onlyAggregate(
  node: SelectNode,
  sources: readonly Source[],
  sourceOf: ReadonlyMap<ColumnRef, Source>,
): Expression | undefined {
  const [only, ...others] = node.select_list;
  if (only === undefined || others.length > 0) return undefined;
  const grouped = node.group_expressions.length + node.group_sets.length > 0;
  const filtered = node.having !== null || node.qualify !== null;
  if (grouped || filtered || node.modifiers.length > 0 || node.sample !== null) return undefined;
  const own = holdsOwnAggregate(only, (column) => {
    const source = sourceOf.get(column);
    return source !== undefined && sources.includes(source);
  });
  return own ? only : undefined;
}

/**
 * An aggregate of the subquery itself. One that reads nothing but columns from outside belongs to the query around it, for DuckDB
 * as for the standard, and the subquery then gives a row for each row of its own FROM.
 */
function holdsOwnAggregate(item: Expression, isOwn: (column: ColumnRef) => boolean): boolean {
  let found = false;
  walk(item, (node) => {
    if (!isExpression(node) || node.class === 'SUBQUERY' || node.class === 'WINDOW') return false;
    if (node.class !== 'FUNCTION' || !isAggregate(node)) return !found;
    if (
      node.function_name === 'count_star' ||
      node.children.some((child) => child.class === 'COLUMN_REF' && isOwn(child))
    ) {
      found = true;
    }
    return false;
  });
  return found;
}

/** One of the engine's own: a function of the catalog may have the same name. */
function isAggregate({ catalog, schema, function_name: name }: FunctionCall): boolean {
  return catalog === '' && schema === '' && aggregateClassOf(name) !== undefined;
}
