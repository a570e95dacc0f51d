// Arguments of a SQL function's call. They belong to the caller's scope. A body that opens scopes of its own (subqueries,
// lambdas) could take their names for its own columns, so such a body gets them through a relation of one row:
// (SELECT body FROM (SELECT argument AS p1, …) AS fresh). There they are outside everything the body names.
import { aggregateClassOf, functionClassOf } from '../analyze/functions/function-catalog.ts';
import { reservedPrefix } from '../analyze/resolution.ts';
import type { ResolvedFunction } from '../analyze/resolved-query.ts';
import type { Authorization } from '../authorize/authorization.ts';
import { SqlError } from '../base/sql-error.ts';
import type { Expression } from '../sql/ast.ts';
import { columnRef, named, scalarSubquery, select, subqueryRef } from '../sql/build.ts';
import { isExpression, walk } from '../sql/children.ts';
import type { RewriteContext } from './rewrite-context.ts';

export interface Call {
  readonly function: ResolvedFunction;
  readonly body: Authorization;
  /** One per parameter, rewritten and cast. */
  readonly values: readonly Expression[];
}

/** The call's value, its arguments out of the body's reach. @throws SqlError featureNotSupported */
export function boundCall(context: RewriteContext, call: Call, inline: (call: Call) => Expression): Expression {
  const { function: fn, values } = call;
  for (const value of values) refuse(value, isExpanding, 'a star in an argument of a SQL function');
  if (!opensScope(fn.body) || values.every(isOutOfReach)) return inline(call);
  // In the inner query they would be taken for its own.
  for (const value of values)
    refuse(value, isAggregating, 'an aggregate or window function in an argument of this SQL function');
  const alias = context.freshName();
  const name = (index: number): string => `p${String(index + 1)}`;
  const row = select({ select_list: values.map((value, index) => named(value, name(index))) });
  const bound = values.map((_, index) => columnRef(alias, name(index)));
  return scalarSubquery(
    select({
      select_list: [inline({ ...call, values: bound })],
      from_table: subqueryRef(row, { alias, sample: null, column_name_alias: [] }),
    }),
  );
}

function opensScope(body: Expression): boolean {
  return some(body, (node) => node.class === 'SUBQUERY' || node.class === 'LAMBDA');
}

/** Constants, parameters of the statement, and columns under a name that no body can have. */
function isOutOfReach(value: Expression): boolean {
  return !some(value, (node) => {
    if (node.class === 'COLUMN_REF') return node.column_names.length < 2 || !isFresh(node.column_names[0]);
    return reaching.has(node.class);
  });
}

const reaching: ReadonlySet<Expression['class']> = new Set([
  'SUBQUERY',
  'LAMBDA',
  'STAR',
  'WINDOW',
  'POSITIONAL_REFERENCE',
]);

function isFresh(name: string | undefined): boolean {
  return name?.startsWith(reservedPrefix) === true;
}

function isExpanding(node: Expression): boolean {
  return node.class === 'STAR' || (node.class === 'FUNCTION' && node.function_name === 'unnest');
}

function isAggregating(node: Expression): boolean {
  if (node.class === 'WINDOW') return true;
  // Names that are both: the reviewed scalar wins in DuckDB only where no aggregate has the name.
  return (
    node.class === 'FUNCTION' &&
    aggregateClassOf(node.function_name) !== undefined &&
    functionClassOf(node.function_name) === undefined
  );
}

/** In the expression itself: subqueries in it have their own aggregates and stars. */
function refuse(value: Expression, matches: (node: Expression) => boolean, what: string): void {
  if (!some(value, matches)) return;
  throw new SqlError('featureNotSupported', `${what} is not supported`, {
    hint: 'Compute the argument in a subquery first.',
  });
}

function some(value: Expression, matches: (node: Expression) => boolean): boolean {
  let found = false;
  walk(value, (node) => {
    if (!isExpression(node)) return false;
    found ||= matches(node);
    return !found && node.class !== 'SUBQUERY';
  });
  return found;
}
