// Which statements the engine may keep prepared and run again. Measured on DuckDB 1.5.6: the second run of a prepared ASOF join
// fails with an internal error that closes the whole instance. So only plain shapes are kept; others are prepared each time.
import type { Node, SelectStatement } from '../sql/ast.ts';
import { walk } from '../sql/children.ts';

export function isRepeatable(statement: SelectStatement): boolean {
  let plain = true;
  walk(statement.node, (node) => {
    plain &&= isPlain(node);
    return plain;
  });
  return plain;
}

function isPlain(node: Node): boolean {
  if ('class' in node) return node.class !== 'WINDOW' && node.class !== 'LAMBDA';
  switch (node.type) {
    case 'SELECT_NODE':
      return node.sample === null && node.qualify === null;
    case 'JOIN':
      return node.ref_type === 'REGULAR' || node.ref_type === 'CROSS';
    case 'BASE_TABLE':
    case 'SUBQUERY':
      return node.sample === null;
    case 'EMPTY':
    case 'EXPRESSION_LIST':
      return true;
    default:
      return false;
  }
}
