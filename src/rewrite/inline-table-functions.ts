// `FROM f(1)`: the query of a table function with its arguments in place of the parameters, run with its owner's authorization,
// in the columns it declares. Arguments may be columns of what stands left of it.

import { reservedPrefix } from '../analyze/resolution.ts';
import type { TableFunctionUse } from '../analyze/resolved-query.ts';
import { SqlError } from '../base/sql-error.ts';
import type { TableFunction, TableRef } from '../sql/ast.ts';
import { cast, columnRef, crossJoin, named, select, subqueryRef } from '../sql/build.ts';
import { positionOf } from '../sql/position.ts';
import { bodyBarrier } from './barrier.ts';
import { bindArguments } from './bind-arguments.ts';
import { callArguments } from './call-arguments.ts';
import type { TreeRewriter } from './rewrite-tree.ts';

export function inlineTableFunction(rewriter: TreeRewriter, use: TableFunctionUse, ref: TableFunction): TableRef {
  const { context } = rewriter;
  const { resolved, call } = use;
  const owned = rewriter.authorization.functions.get(resolved.function.id);
  if (owned === undefined) return context.refuse(`function ${resolved.function.id} was not authorized`);
  if (ref.with_ordinality !== 'WITHOUT_ORDINALITY') {
    throw new SqlError('featureNotSupported', 'WITH ORDINALITY of a SQL function is not supported', positionOf(ref));
  }
  const { statement } = resolved.facts;
  const bound = bindArguments(context, statement.node, callArguments(resolved, call, rewriter.expression));
  const body = context.rewriterOf(owned, { refs: resolved.parameterRefs, values: bound.values }).statement(statement);
  const alias = context.freshName();
  const names = resolved.columns.map((_, index) => `${reservedPrefix}r${String(index + 1)}`);
  const rows = subqueryRef(body.node, { alias, sample: null, column_name_alias: names });
  const columns = resolved.columns.map(({ name, type }, index) =>
    named(cast(columnRef(alias, names[index] ?? ''), type), name),
  );
  const from_table = bound.relation === undefined ? rows : crossJoin(bound.relation, rows);
  const modifiers = bodyBarrier(statement.node, context.mayLeak);
  if (modifiers.length > 0) context.barredBodies.add(use);
  return subqueryRef(select({ select_list: columns, from_table, modifiers }), {
    alias: ref.alias === '' ? call.function_name : ref.alias,
    sample: ref.sample,
    column_name_alias: ref.column_name_alias,
  });
}
