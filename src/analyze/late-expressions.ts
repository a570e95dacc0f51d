// Expressions that need no barrier although they may fail: those of the outermost select list, with its GROUP BY and ORDER BY. The
// engine computes them above FROM and WHERE, so of rows that every filter and condition has let through. DuckDB moves expressions
// down only where they are conditions, or where a condition above them is made of them; nothing is above the outermost select list.
// Probes at every start look whether that still holds (rewrite/barrier-probes.ts).
import type { Expression, Modifier, QueryNode, SelectNode } from '../sql/ast.ts';
import { isExpression, walk } from '../sql/children.ts';

/**
 * The outermost SELECT, if its outputs are late: not where a condition or a join is made of them. Then also the SELECT that it
 * takes as it is: `SELECT … FROM (SELECT …) GROUP BY …`.
 */
export function lastSelects(node: QueryNode): ReadonlySet<SelectNode> {
  const found = new Set<SelectNode>();
  let at: QueryNode | undefined = node;
  while (at?.type === 'SELECT_NODE' && hasLateOutputs(at)) {
    found.add(at);
    at = takenWhole(at);
  }
  return found;
}

function hasLateOutputs(node: SelectNode): boolean {
  if (node.having !== null || node.qualify !== null) return false;
  return [...node.select_list, ...node.group_expressions, ...node.modifiers.flatMap(expressionsOf)].every(isLate);
}

/** The one query in FROM, of which nothing is filtered, joined or sampled. */
function takenWhole({ from_table: from, where_clause, sample }: SelectNode): QueryNode | undefined {
  if (from.type !== 'SUBQUERY' || where_clause !== null || sample !== null || from.sample !== null) return undefined;
  return from.subquery.node;
}

export function expressionsOf(modifier: Modifier): readonly Expression[] {
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

/** A subquery becomes a join, and FILTER a condition: the optimizer reorders both. */
function isLate(expression: Expression): boolean {
  let late = true;
  walk(expression, (node) => {
    if (!isExpression(node) || node.class === 'SUBQUERY') late = false;
    else if (node.class === 'FUNCTION' && node.filter !== null) late = false;
    else if (node.class === 'WINDOW' && node.filter_expr !== null) late = false;
    return late;
  });
  return late;
}
