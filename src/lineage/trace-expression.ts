// Expressions: what each value is made of, and what decides about it. Conditions of a CASE are part of what it is made of, as in
// other lineage tools; those of subqueries, windows and FILTER are influences.
import type {
  ColumnRef,
  Expression,
  FunctionCall,
  Lambda,
  OrderBy,
  Star,
  SubqueryExpression,
  WindowCall,
} from '../sql/ast.ts';
import { forEachChild, isExpression } from '../sql/children.ts';
import { emptyFrom, namedColumn, scopeOf, type TracedFrom, type TraceScope, valueOfName, wholeOf } from './rowset.ts';
import { starParts } from './star-parts.ts';
import { isSummarizing } from './summarizing.ts';
import { coarse, flowing, influencing, merged, type Traced, untraced } from './traced.ts';
import type { TreeTracer } from './tree-tracer.ts';

export function traceExpression(tracer: TreeTracer, node: Expression, scope: TraceScope): Traced {
  const inner = (child: Expression): Traced => traceExpression(tracer, child, scope);
  switch (node.class) {
    case 'COLUMN_REF':
      return traceColumn(tracer, node, scope);
    case 'CONSTANT':
    case 'PARAMETER':
    case 'DEFAULT':
      return untraced;
    case 'FUNCTION':
      return traceCall(tracer, node, scope);
    case 'WINDOW':
      return traceWindow(tracer, node, scope);
    case 'COLLATE':
      return inner(node.child);
    case 'SUBQUERY':
      return traceSubquery(tracer, node, scope);
    case 'LAMBDA':
      // `->` between two values: the JSON operator.
      return flowing(merged([inner(node.lhs), inner(node.expr)]), 'derived');
    case 'STAR':
      return starValue(tracer, node, scope);
    case 'POSITIONAL_REFERENCE':
      return coarse(wholeOf(scope.from.sources.flatMap(({ parts }) => parts)));
    case 'CAST':
    case 'COMPARISON':
    case 'CONJUNCTION':
    case 'OPERATOR':
    case 'BETWEEN':
    case 'CASE':
      return flowing(merged(childExpressions(node).map(inner)), 'derived');
  }
}

function childExpressions(node: Expression): readonly Expression[] {
  const children: Expression[] = [];
  forEachChild(node, (child) => {
    if (isExpression(child)) children.push(child);
  });
  return children;
}

function traceColumn(tracer: TreeTracer, node: ColumnRef, scope: TraceScope): Traced {
  return tracer.parameter(node) ?? (tracer.isIdentity(node) ? untraced : valueOfName(scope, node.column_names));
}

/** A star as a value: all its columns at once, such as in struct_pack(*COLUMNS(*)). */
function starValue(tracer: TreeTracer, node: Star, scope: TraceScope): Traced {
  return flowing(wholeOf(starParts(tracer, node, scope)), 'derived');
}

function traceCall(tracer: TreeTracer, node: FunctionCall, scope: TraceScope): Traced {
  if (tracer.isIdentity(node)) {
    // A group's name may be a value; the answer is about the session.
    return flowing(merged(node.children.map((child) => traceExpression(tracer, child, scope))), 'derived');
  }
  const own = tracer.functionValue(node, scope);
  if (own !== undefined) return own;
  const lambdas = node.children.filter((child) => child.class === 'LAMBDA');
  const plain = node.children.filter((child) => child.class !== 'LAMBDA');
  const given = merged(plain.map((child) => traceExpression(tracer, child, scope)));
  const bodies = lambdas.map((lambda) => traceLambda(tracer, lambda, { given, scope }));
  const flow = isSummarizing(node.function_name) ? 'aggregated' : 'derived';
  return merged([
    flowing(merged([given, ...bodies]), flow),
    node.filter === null ? untraced : influencing(traceExpression(tracer, node.filter, scope), 'filter'),
    ordersOf(tracer, node.order_bys.orders, { scope, kind: 'order' }),
  ]);
}

/** The parameters are elements of what the function is given beside the lambda. */
function traceLambda(
  tracer: TreeTracer,
  node: Lambda,
  { given, scope }: { readonly given: Traced; readonly scope: TraceScope },
): Traced {
  const names = node.lhs.class === 'FUNCTION' ? node.lhs.children : [node.lhs];
  const parts = names.flatMap((name) =>
    name.class === 'COLUMN_REF' && name.column_names.length === 1
      ? [namedColumn(name.column_names[0], flowing(given, 'derived'))]
      : [],
  );
  if (parts.length < names.length) {
    return merged([traceExpression(tracer, node.lhs, scope), traceExpression(tracer, node.expr, scope)]);
  }
  const from: TracedFrom = { ...emptyFrom, sources: [{ alias: '', home: undefined, parts }] };
  return traceExpression(tracer, node.expr, scopeOf(scope, from));
}

function ordersOf(
  tracer: TreeTracer,
  orders: readonly OrderBy[],
  { scope, kind }: { readonly scope: TraceScope; readonly kind: 'order' | 'window' },
): Traced {
  return merged(orders.map(({ expression }) => influencing(traceExpression(tracer, expression, scope), kind)));
}

function traceWindow(tracer: TreeTracer, node: WindowCall, scope: TraceScope): Traced {
  const trace = (expression: Expression): Traced => traceExpression(tracer, expression, scope);
  const present = (expressions: readonly (Expression | null)[]): readonly Traced[] =>
    expressions.filter((expression) => expression !== null).map(trace);
  const values = merged([...node.children.map(trace), ...present([node.offset_expr, node.default_expr])]);
  const frame = merged([...node.partitions.map(trace), ...present([node.start_expr, node.end_expr])]);
  return merged([
    flowing(values, isSummarizing(node.function_name) ? 'aggregated' : 'derived'),
    influencing(frame, 'window'),
    ordersOf(tracer, [...node.orders, ...node.arg_orders], { scope, kind: 'window' }),
    influencing(merged(present([node.filter_expr])), 'filter'),
  ]);
}

function traceSubquery(tracer: TreeTracer, node: SubqueryExpression, scope: TraceScope): Traced {
  const { parts, rows } = tracer.queryNode(node.subquery.node, scope);
  const compared = node.child === null ? untraced : traceExpression(tracer, node.child, scope);
  switch (node.subquery_type) {
    case 'SCALAR':
      return merged([wholeOf(parts), rows]);
    case 'EXISTS':
    case 'NOT_EXISTS':
      return rows;
    default:
      return merged([flowing(merged([compared, wholeOf(parts)]), 'derived'), rows]);
  }
}
