// The barrier: what keeps expressions of a client above a guard's filter, whatever DuckDB's optimizer reorders.
import type { Modifier, QueryNode } from '../sql/ast.ts';
import { integerConstant } from '../sql/build.ts';

/** Measured (docs/enforcement.md): DuckDB moves no expression below a limit, whatever its value. */
export const barrier: readonly Modifier[] = [
  { type: 'LIMIT_MODIFIER', limit: integerConstant('9223372036854775807'), offset: null },
];

/**
 * What a reader gets of a view or table function, whose conditions hide rows as a row filter does. Only the body that shows every
 * row of one relation has nothing to hide; that relation has a barrier of its own where it needs one.
 */
export function bodyBarrier(body: QueryNode, mayLeak: boolean): readonly Modifier[] {
  return mayLeak && !showsEveryRow(body) ? barrier : [];
}

function showsEveryRow(body: QueryNode): boolean {
  if (body.type !== 'SELECT_NODE' || body.modifiers.length > 0 || body.cte_map.map.length > 0) return false;
  const conditions = [body.where_clause, body.having, body.qualify, body.sample];
  if (conditions.some((condition) => condition !== null) || body.group_sets.length > 0) return false;
  return body.from_table.type === 'BASE_TABLE' && body.from_table.sample === null;
}
