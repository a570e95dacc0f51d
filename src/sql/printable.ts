// Literals that DuckDB's printer would change in meaning, put so that it does not: printing must give the same tree back.
import { isLosslessNumber } from 'lossless-json';
import type { Cast, Constant, Expression, Node, QueryNode, SelectStatement, TableRef } from './ast.ts';
import { isExpression, mapChildren, mapStatement } from './children.ts';

/** `statement` with every literal in a form that survives printing. */
export function printable(statement: SelectStatement): SelectStatement {
  return mapStatement(statement, printableMap);
}

const printableMap = {
  expression: (node: Expression): Expression => printableNode(node),
  tableRef: (node: TableRef): TableRef => printableNode(node),
  queryNode: (node: QueryNode): QueryNode => printableNode(node),
};

function printableNode<N extends Node>(node: N): N {
  if (isExpression(node) && node.class === 'CONSTANT') return printableConstant(node) as Node as N;
  return mapChildren(node, printableMap);
}

function printableConstant(node: Constant): Expression {
  const { type, is_null: isNull, value } = node.value;
  if (isNull) return node;
  switch (type.id) {
    case 'BOOLEAN':
      // Printed as `true`, which parses to a cast of 't'.
      return castOf(node, value === true ? 't' : 'f');
    case 'DOUBLE':
    case 'FLOAT':
      // Printed as 10000000000.0, which parses to a DECIMAL: another type, another division and overflow.
      return castOf(node, literalText(value));
    case 'DECIMAL':
      // A scale of 0 is printed without its point and parses to an INTEGER.
      return String(type.type_info?.['scale']) === '0' ? castOf(node, literalText(value)) : node;
    default:
      return node;
  }
}

/** Numbers are kept as their source text. */
function literalText(value: Constant['value']['value']): string {
  return isLosslessNumber(value) ? value.value : '';
}

function castOf(node: Constant, text: string): Cast {
  return {
    class: 'CAST',
    type: 'OPERATOR_CAST',
    alias: node.alias,
    child: {
      class: 'CONSTANT',
      type: 'VALUE_CONSTANT',
      alias: '',
      value: { type: { id: 'VARCHAR', type_info: null }, is_null: false, value: text },
    },
    cast_type: node.value.type,
    try_cast: false,
  };
}
