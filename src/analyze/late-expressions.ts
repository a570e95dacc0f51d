// Expressions that need no barrier although they may fail: those of the outermost select list, with its GROUP BY and ORDER BY. The
// engine computes them above FROM and WHERE, so of rows that every filter and condition has let through. DuckDB moves expressions
// down only where they are conditions, or where a condition above them is made of them; nothing is above the outermost select list.
// Probes at every start look whether that still holds (rewrite/barrier-probes.ts).
import type { Expression, Modifier, QueryNode, SelectNode } from '../sql/ast.ts';
import { isExpression, walk } from '../sql/children.ts';

/** The outermost SELECT, if its outputs are late: undefined where a condition or a join is made of them. */
export function lastSelect(node: QueryNode): SelectNode | undefined {
  if (node.type !== 'SELECT_NODE' || node.having !== null || node.qualify !== null) return undefined;
  const outputs = [...node.select_list, ...node.group_expressions, ...node.modifiers.flatMap(expressionsOf)];
  return outputs.every(isLate) ? node : undefined;
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
