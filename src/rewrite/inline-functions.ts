// SQL functions are written into the tree as their bodies, arguments in place of parameters. Their table uses become guarded
// relations of their own, with their owner's authorization.
import type { FunctionUse, ResolvedFunction } from '../analyze/resolved-query.ts';
import { isVolatile } from '../analyze/volatile.ts';
import type { Authorization } from '../authorize/authorization.ts';
import { SqlError } from '../base/sql-error.ts';
import type { Expression } from '../sql/ast.ts';
import { cast, named } from '../sql/build.ts';
import { positionOf } from '../sql/position.ts';
import { boundCall } from './bind-arguments.ts';
import type { RewriteContext } from './rewrite-context.ts';
import type { TreeRewriter } from './rewrite-tree.ts';
import { simplify } from './simplify.ts';

/** A call in a client's query, a view or another function. */
export function inlineFunction(rewriter: TreeRewriter, use: FunctionUse, node: Expression): Expression {
  const { resolved } = use;
  const body = rewriter.authorization.functions.get(resolved.function.id);
  if (body === undefined) return rewriter.context.refuse(`function ${resolved.function.id} was not authorized`);
  checkCall(use);
  const given = use.node.children.map((child) => rewriter.expression(child));
  const values = resolved.parameters.map((parameter, index) => {
    const value = given[index];
    if (value === undefined) throw missingArgument(resolved);
    return cast(named(value, ''), parameter.type);
  });
  // A parameter may stand several times in the body: random() must not become several draws.
  if (values.some(isVolatile)) {
    throw new SqlError('featureNotSupported', 'volatile arguments of a SQL function are not supported', {
      hint: 'Compute the argument in a subquery first.',
    });
  }
  const { context } = rewriter;
  const call = { function: resolved, body, values };
  return named(
    boundCall(context, call, (inner) => inlineBody(context, inner)),
    node.alias,
  );
}

/** After authorization: how a function is called tells what it is. */
function checkCall({ node, resolved }: FunctionUse): void {
  if (node.filter !== null || node.distinct || node.order_bys.orders.length > 0) {
    const message = 'FILTER, DISTINCT or ORDER BY in a SQL function is not supported';
    throw new SqlError('featureNotSupported', message, positionOf(node));
  }
  if (node.children.length !== resolved.parameters.length) throw missingArgument(resolved);
}

function missingArgument(resolved: ResolvedFunction): SqlError {
  const { name, parameters } = resolved.function;
  return new SqlError('undefinedFunction', `function ${name} takes ${String(parameters.length)} argument(s)`);
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
