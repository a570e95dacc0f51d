// Arguments of a SQL function stand in its body, below the body's own tables, WITH queries and lambda parameters: a name in an
// argument must not come to mean one of those (measured: it read columns that only the function's owner may read). So where the
// body has names of its own, an argument that has any is computed outside it, in a relation of one row, and the body refers to
// that by a name that nobody else can have.
import { aggregateClassOf, functionClassOf } from '../analyze/functions/function-catalog.ts';
import { reservedPrefix } from '../analyze/resolution.ts';
import { isVolatile } from '../analyze/volatile.ts';
import { SqlError } from '../base/sql-error.ts';
import type { Expression, Node, TableRef } from '../sql/ast.ts';
import { columnRef, named, scalarSubquery, select, subqueryRef } from '../sql/build.ts';
import { isExpression, walk } from '../sql/children.ts';
import type { RewriteContext } from './rewrite-context.ts';

export interface BoundArguments {
  /** What stands for each parameter. */
  readonly values: readonly Expression[];
  /** The relation of one row that some of them refer to; undefined when none does. */
  readonly relation: TableRef | undefined;
}

/** @param body the function's body as its owner wrote it */
export function bindArguments(context: RewriteContext, body: Node, values: readonly Expression[]): BoundArguments {
  const captures = hasNames(body);
  // An aggregate over nothing but outer columns is the outer query's; around a subquery it is its own query's.
  const aggregates = someNode(body, isAggregate);
  const alias = context.freshName();
  const outside: Expression[] = [];
  const bound = values.map((value, index) => {
    if (isVolatile(value)) throw volatileArgument();
    if (expands(value)) throw expandingArgument();
    if (!captures || !isOpen(value)) return value;
    refuseWhatNeedsItsQuery(value);
    const name = `${reservedPrefix}p${String(index + 1)}`;
    outside.push(named(value, name));
    const outer = columnRef(alias, name);
    return aggregates ? scalarSubquery(select({ select_list: [outer] })) : outer;
  });
  if (outside.length === 0) return { values, relation: undefined };
  const relation = subqueryRef(select({ select_list: outside }), { alias, sample: null, column_name_alias: [] });
  return { values: bound, relation };
}

/** A parameter may stand several times in the body: random() must not become several draws, nor one for all rows. */
function volatileArgument(): SqlError {
  return new SqlError('featureNotSupported', 'volatile arguments of a SQL function are not supported', {
    hint: 'Compute the argument in a subquery first.',
  });
}

/** In the expression itself; subqueries in it have their own. */
function expands(value: Expression): boolean {
  let found = false;
  walk(value, (node) => {
    if (!isExpression(node) || node.class === 'SUBQUERY') return false;
    found ||= node.class === 'STAR' || (node.class === 'FUNCTION' && node.function_name === 'unnest');
    return !found;
  });
  return found;
}

function expandingArgument(): SqlError {
  return new SqlError('featureNotSupported', 'a star in an argument of a SQL function is not supported');
}

/** Can a name below the body's top mean something of the body's? */
function hasNames(body: Node): boolean {
  return someNode(body, (node) => !isExpression(node) || node.class === 'LAMBDA');
}

/** Does the argument say anything that could mean something else elsewhere? Fresh names cannot. */
function isOpen(value: Expression): boolean {
  return someNode(value, (node) => {
    if (!isExpression(node)) return false;
    if (node.class === 'COLUMN_REF') return node.column_names.length < 2 || !isFresh(node.column_names[0]);
    return belongsToItsQuery(node);
  });
}

function isFresh(name: string | undefined): boolean {
  return name?.startsWith(reservedPrefix) === true;
}

/** An aggregate, a window, a position: in a query of its own it would be another one. */
function refuseWhatNeedsItsQuery(value: Expression): void {
  walk(value, (node) => {
    if (!isExpression(node)) return false;
    if (!belongsToItsQuery(node)) return true;
    throw new SqlError(
      'featureNotSupported',
      'an aggregate or window function in an argument of this SQL function is not supported',
      {
        hint: 'Compute the argument in a subquery first.',
      },
    );
  });
}

function isAggregate(node: Node): boolean {
  if (!isExpression(node) || node.class !== 'FUNCTION') return false;
  // Names that are both: the reviewed scalar wins in DuckDB only where no aggregate has the name.
  return aggregateClassOf(node.function_name) !== undefined && functionClassOf(node.function_name) === undefined;
}

function belongsToItsQuery(node: Expression): boolean {
  return isAggregate(node) || node.class === 'WINDOW' || node.class === 'POSITIONAL_REFERENCE';
}

function someNode(tree: Node, test: (node: Node) => boolean): boolean {
  let found = false;
  walk(tree, (node) => {
    found ||= test(node);
    return !found;
  });
  return found;
}
