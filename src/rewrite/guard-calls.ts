// Calls whose cost depends on their values run only where it is within its limit; beyond it they are an error.
import type { DynamicGuard, LengthGuard } from '../analyze/amplification.ts';
import type { PatternGuard } from '../analyze/pattern-calls.ts';
import { evaluatesAlike } from '../analyze/volatile.ts';
import { SqlError } from '../base/sql-error.ts';
import type { Comparison, Expression, FunctionCall } from '../sql/ast.ts';
import { and, booleanConstant, cast, functionCall, integerConstant, named, stringConstant } from '../sql/build.ts';
import { positionOf } from '../sql/position.ts';
import { patternBranches } from './linear-patterns.ts';

/** What DuckDB's error text says when a guard fails; duckdb-error.ts knows it. */
export const lengthFailure = 'portcullis: argument too long';

const bigint = { id: 'BIGINT', type_info: null };
const varchar = { id: 'VARCHAR', type_info: null };
const double = { id: 'DOUBLE', type_info: null };

/** @throws SqlError featureNotSupported where what is checked would not be what is used */
export function guardCall(node: FunctionCall, guards: readonly DynamicGuard[]): Expression {
  if (!node.children.every(evaluatesAlike)) {
    throw new SqlError('featureNotSupported', `${node.function_name} of a volatile argument is not supported`, {
      ...positionOf(node),
      hint: 'Compute the argument in a subquery of the FROM clause first.',
    });
  }
  const branches = guards.flatMap((guard) => (guard.kind === 'pattern' ? patternBranches(node, guard) : []));
  const conditions = guards.flatMap((guard) => (guard.kind === 'pattern' ? [] : conditionsOf(node, guard)));
  const checks = branches.length > 0 ? branches : [{ when: and(conditions), then: named(node, '') }];
  return {
    class: 'CASE',
    type: 'CASE_EXPR',
    alias: node.alias,
    case_checks: checks.map(({ when, then }) => ({ when_expr: when, then_expr: then })),
    else_expr: functionCall('error', [stringConstant(lengthFailure)]),
  };
}

function conditionsOf(node: FunctionCall, guard: Exclude<DynamicGuard, PatternGuard>): readonly Expression[] {
  if (guard.kind === 'elements') {
    const list = node.children[guard.argument];
    return list === undefined ? [] : [atMost(orZero(functionCall('len', [named(list, '')])), guard.max)];
  }
  // Whatever it is: bin and its like take numbers too.
  if (guard.each) return guard.lengths.map((index) => atMost(lengthOf(asText(node.children[index])), guard.max));
  return [productAtMost(node, guard)];
}

function asText(argument: Expression | undefined): Expression | undefined {
  return argument === undefined ? undefined : cast(named(argument, ''), varchar);
}

function productAtMost(node: FunctionCall, guard: LengthGuard): Expression {
  const lengths = guard.lengths.map((index) => lengthOf(node.children[index]));
  const counts = guard.counts.map((index) => countOf(node.children[index]));
  // In doubles: the product of two large numbers must not overflow.
  const product = [...lengths, ...counts]
    .map((factor) => cast(factor, double))
    .reduce<Expression>(multiplied, cast(integerConstant('1'), double));
  return atMost(product, guard.max);
}

function multiplied(a: Expression, b: Expression): Expression {
  return { ...functionCall('*', [a, b]), is_operator: true };
}

/** NULL is short. */
function orZero(value: Expression): Expression {
  return {
    class: 'OPERATOR',
    type: 'OPERATOR_COALESCE',
    alias: '',
    children: [value, cast(integerConstant('0'), bigint)],
  };
}

function lengthOf(argument: Expression | undefined): Expression {
  return argument === undefined ? booleanConstant(false) : orZero(functionCall('strlen', [named(argument, '')]));
}

function countOf(argument: Expression | undefined): Expression {
  return argument === undefined ? booleanConstant(false) : orZero(cast(named(argument, ''), bigint));
}

function atMost(value: Expression, max: number): Comparison {
  return {
    class: 'COMPARISON',
    type: 'COMPARE_LESSTHANOREQUALTO',
    alias: '',
    left: value,
    right: cast(integerConstant(String(max)), bigint),
  };
}
