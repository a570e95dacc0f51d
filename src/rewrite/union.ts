import type { QueryNode, SelectNode } from '../sql/ast.ts';
import { select, star, subqueryRef } from '../sql/build.ts';

/** UNION ALL of at least one. Each further one is put to a query: the printer brackets unions of unions in its own way. */
export function unionOf(rows: readonly SelectNode[]): QueryNode {
  const [first, ...others] = rows;
  if (first === undefined) throw new RangeError('a union of nothing');
  return others.reduce<SelectNode>((left, right) => {
    const both: QueryNode = {
      type: 'SET_OPERATION_NODE',
      modifiers: [],
      cte_map: { map: [] },
      setop_type: 'UNION',
      left,
      right,
      setop_all: true,
    };
    return select({
      select_list: [star()],
      from_table: subqueryRef(both, { alias: '__pc_union', sample: null, column_name_alias: [] }),
    });
  }, first);
}
