// DuckDB counts a statement's parameters from 1 without gaps. A piece of the client's statement may hold only some of them:
// they are numbered anew, and the sealed statement knows what each was.
import type { Expression, QueryNode, SelectStatement, TableRef } from '../sql/ast.ts';
import { type ChildMap, mapChildren, mapStatement, walk } from '../sql/children.ts';

export interface Numbered {
  readonly statement: SelectStatement;
  /** The client's number of each parameter, by ours. */
  readonly parameters: readonly number[];
}

export function numberedParameters(statement: SelectStatement): Numbered {
  const parameters = numbersIn(statement);
  if (parameters.every((number, index) => number === index + 1)) return { statement, parameters };
  const ours = new Map(parameters.map((number, index) => [String(number), String(index + 1)]));
  const map: ChildMap = {
    expression: (node: Expression): Expression =>
      node.class === 'PARAMETER'
        ? { ...node, identifier: ours.get(node.identifier) ?? node.identifier }
        : mapChildren(node, map),
    tableRef: (ref: TableRef): TableRef => mapChildren(ref, map),
    queryNode: (node: QueryNode): QueryNode => mapChildren(node, map),
  };
  return { statement: { ...mapStatement(statement, map), named_param_map: [] }, parameters };
}

/** Ascending. Named parameters are not offered by the protocol: none of them is a number. */
function numbersIn(statement: SelectStatement): readonly number[] {
  const numbers = new Set<number>();
  walk(statement.node, (node) => {
    if ('class' in node && node.class === 'PARAMETER') numbers.add(Number(node.identifier));
    return true;
  });
  return [...numbers].filter(Number.isInteger).toSorted((a, b) => a - b);
}
