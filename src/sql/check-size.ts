// How much work a tree is for everything behind it. DuckDB's binder and optimizer cannot be interrupted, and fold constants in
// time that grows with the cube of an expression's depth (0.5 s for `1+1+…` of 300): so the whole has a budget, not only its depth.
import { limits } from '../base/limits.ts';
import { SqlError } from '../base/sql-error.ts';
import type { Node, SelectStatement } from './ast.ts';
import { forEachChild, isExpression, isQueryNode } from './children.ts';

interface Budget {
  nodes: number;
  cost: number;
}

/** Nodes and height of one expression. */
interface Extent {
  readonly nodes: number;
  readonly height: number;
}

/** @param nodesMax a query counts for many @throws SqlError statementTooComplex */
export function checkSize(statement: SelectStatement, nodesMax: number = limits.treeNodesMax): void {
  measure(statement.node, { nodes: nodesMax, cost: limits.expressionCostMax });
}

function measure(node: Node, budget: Budget): Extent {
  budget.nodes -= isExpression(node) || !isQueryNode(node) ? 1 : limits.queryNodeWeight;
  if (budget.nodes < 0) throw tooMuch();
  let nodes = 1;
  let height = 0;
  forEachChild(node, (child) => {
    const extent = measure(child, budget);
    if (!isExpression(child)) return;
    if (isExpression(node)) {
      nodes += extent.nodes;
      height = Math.max(height, extent.height);
    } else {
      spend(budget, extent);
    }
  });
  return { nodes, height: height + 1 };
}

/** A whole expression. */
function spend(budget: Budget, { nodes, height }: Extent): void {
  budget.cost -= nodes * height ** 2;
  if (budget.cost < 0) throw tooMuch();
}

function tooMuch(): SqlError {
  return new SqlError('statementTooComplex', 'statement is too complex', {
    hint: 'Split it, or write deep expressions flatter.',
  });
}
