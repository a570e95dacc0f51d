// WITH queries get fresh names, and references say which one they mean: should our scoping and DuckDB's ever differ, the
// name is not found. It can never fall through to a table or to one of DuckDB's own views.
import type { BaseTable, CommonTableExpression, QueryNode, RecursiveCte, TableRef } from '../sql/ast.ts';
import type { RewriteContext } from './rewrite-context.ts';

export function renameCtes(context: RewriteContext, node: QueryNode): QueryNode {
  if (node.cte_map.map.length === 0) return node;
  const map = node.cte_map.map.map(({ value }) => ({ key: context.cteName(value), value: renamedCte(context, value) }));
  return { ...node, cte_map: { map } };
}

/** A recursive query also carries its name inside. */
function renamedCte(context: RewriteContext, cte: CommonTableExpression): CommonTableExpression {
  const { node } = cte.query;
  if (node.type !== 'RECURSIVE_CTE_NODE') return cte;
  const renamed: RecursiveCte = { ...node, cte_name: context.cteName(cte) };
  return { ...cte, query: { ...cte.query, node: renamed } };
}

export function renameCteRef(context: RewriteContext, ref: BaseTable, cte: CommonTableExpression): TableRef {
  return { ...ref, table_name: context.cteName(cte), alias: ref.alias === '' ? ref.table_name : ref.alias };
}
