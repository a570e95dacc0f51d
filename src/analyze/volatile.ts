import type { Expression } from '../sql/ast.ts';
import { walk } from '../sql/children.ts';
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
