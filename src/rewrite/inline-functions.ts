// SQL functions are written into the tree as their bodies, arguments in place of parameters. Their table uses become guarded
// relations of their own, with their owner's authorization.
import type { FunctionUse, ResolvedFunction } from '../analyze/resolved-query.ts';
import type { Authorization } from '../authorize/authorization.ts';
import type { Expression, TableRef } from '../sql/ast.ts';
import { cast, named, scalarSubquery, select } from '../sql/build.ts';
import { bindArguments } from './bind-arguments.ts';
import { callArguments } from './call-arguments.ts';
import type { RewriteContext } from './rewrite-context.ts';
import type { TreeRewriter } from './rewrite-tree.ts';
import { simplify } from './simplify.ts';

/** A call in a client's query, a view or another function. */
export function inlineFunction(rewriter: TreeRewriter, use: FunctionUse, node: Expression): Expression {
  const { resolved } = use;
  const body = rewriter.authorization.functions.get(resolved.function.id);
  if (body === undefined) return rewriter.context.refuse(`function ${resolved.function.id} was not authorized`);
  const values = callArguments(resolved, use.node, rewriter.expression);
  const bound = bindArguments(rewriter.context, resolved.body, values);
  const value = inlineBody(rewriter.context, { function: resolved, body, values: bound.values });
  return named(bound.relation === undefined ? value : valueOf(value, bound.relation), node.alias);
}

function valueOf(value: Expression, relation: TableRef): Expression {
  return scalarSubquery(select({ select_list: [value], from_table: relation }));
}

export interface InlinedBody {
  readonly function: ResolvedFunction;
  readonly body: Authorization;
  /** One per parameter, already rewritten. */
  readonly values: readonly Expression[];
}

/** The body with `values` for its parameters, in the declared type. */
export function inlineBody(context: RewriteContext, inlined: InlinedBody): Expression {
  const { function: resolved, values } = inlined;
  const value = bodyValue(context, inlined);
  // The plain parameter of the declared type needs no cast: an exempt reader's plan stays the plain plan.
  const returned = values.indexOf(value);
  const sameType = returned >= 0 && resolved.function.parameters[returned]?.type === resolved.function.returns;
  return sameType ? value : cast(named(value, ''), resolved.returns);
}

/** The body as it is, before the declared type. */
export function bodyValue(context: RewriteContext, inlined: InlinedBody): Expression {
  const { function: resolved, body, values } = inlined;
  const rewriter = context.rewriterOf(body, { refs: resolved.parameterRefs, values });
  return simplify(rewriter.expression(resolved.body));
}
