// A view use becomes its body, run with its owner's authorization, projected to the columns the view had when it was made.
import type { ViewUse } from '../analyze/resolved-query.ts';
import { columnIdOf } from '../catalog/securable.ts';
import type { TableRef } from '../sql/ast.ts';
import { columnRef, select, subqueryRef } from '../sql/build.ts';
import { bodyBarrier } from './barrier.ts';
import type { TreeRewriter } from './rewrite-tree.ts';

export function inlineView(rewriter: TreeRewriter, use: ViewUse): TableRef {
  const { context, authorization } = rewriter;
  const owned = authorization.views.get(use);
  if (owned === undefined) return context.refuse(`view ${use.view.id} was not authorized`);
  const body = context.rewriterOf(owned).statement(use.body.statement);
  const alias = context.freshName();
  // By name, not position: a column added to a base table must not show through an old `SELECT *`.
  // What was not granted is not there: should analysis have missed a way to name it, the statement fails.
  const readable = authorization.readableOfViews.get(use);
  const shown = use.view.columns.filter((column) => readable === undefined || readable.has(columnIdOf(column)));
  const columns = shown.map((column) => columnRef(alias, column.name));
  const inner = subqueryRef(body.node, { alias, sample: null, column_name_alias: [] });
  const { node: mention } = use;
  const modifiers = bodyBarrier(use.body.statement.node, context.mayLeak);
  if (modifiers.length > 0) context.barredBodies.add(use);
  return subqueryRef(select({ select_list: columns, from_table: inner, modifiers }), {
    alias: mention.alias === '' ? mention.table_name : mention.alias,
    sample: mention.sample,
    column_name_alias: mention.column_name_alias,
  });
}
