import type { Expression, Node } from '../sql/ast.ts';
import { isExpression, isQueryNode, walk } from '../sql/children.ts';
import { functionClassOf } from './functions/function-catalog.ts';

/** Does evaluating it twice perhaps give two values? */
export function isVolatile(expression: Expression): boolean {
  let found = false;
  walk(expression, (node) => {
    if ('class' in node && node.class === 'FUNCTION' && functionClassOf(node.function_name)?.kind === 'volatile')
      found = true;
    return !found;
  });
  return found;
}

/** Would written twice give the same value twice? Not with chance in it, nor where an order or a sample is left to DuckDB. */
export function evaluatesAlike(expression: Expression): boolean {
  let alike = !isVolatile(expression);
  walk(expression, (node) => {
    alike &&= isDetermined(node);
    return alike;
  });
  return alike;
}

function isDetermined(node: Node): boolean {
  if (isExpression(node)) return true;
  if ('sample' in node && node.sample !== null) return false;
  return !isQueryNode(node) || node.modifiers.every((each) => each.type === 'ORDER_MODIFIER');
}
