// Which expression nodes can neither fail nor show anything, whatever row they see. Only these may run beside a row filter
// without the barrier (measured: casts, regular expressions, date arithmetic … run on hidden rows and put them in errors).
import type { Expression } from '../sql/ast.ts';

/** Says of one node, its children aside. Comparisons are not here: their implicit casts may fail (typed-leakproof.ts). */
export function isLeakproofNode(node: Expression): boolean {
  switch (node.class) {
    case 'COLUMN_REF':
    case 'CONSTANT':
    case 'CONJUNCTION':
      return true;
    case 'STAR':
      return node.expr === null && !node.columns;
    case 'FUNCTION':
      return node.function_name === 'count_star' && node.schema === '';
    case 'OPERATOR':
      return node.type === 'OPERATOR_IS_NULL' || node.type === 'OPERATOR_IS_NOT_NULL';
    default:
      return false;
  }
}
