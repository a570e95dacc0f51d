// Calls whose cost depends on the length of their texts run only where it is within its limit; beyond it they are an error.
import type { DynamicGuard } from '../analyze/amplification.ts';
import type { Comparison, Expression, FunctionCall } from '../sql/ast.ts';
import { and, booleanConstant, cast, functionCall, integerConstant, named, stringConstant } from '../sql/build.ts';

/** What DuckDB's error text says when a guard fails; duckdb-error.ts knows it. */
export const lengthFailure = 'portcullis: argument too long';

const bigint = { id: 'BIGINT', type_info: null };
const double = { id: 'DOUBLE', type_info: null };

export function guardCall(node: FunctionCall, guards: readonly DynamicGuard[]): Expression {
  const conditions = guards.flatMap((guard) => conditionsOf(node, guard));
  return {
    class: 'CASE',
    type: 'CASE_EXPR',
    alias: node.alias,
    case_checks: [{ when_expr: and(conditions), then_expr: named(node, '') }],
    else_expr: functionCall('error', [stringConstant(lengthFailure)]),
  };
}

function conditionsOf(node: FunctionCall, guard: DynamicGuard): readonly Expression[] {
  const lengths = guard.lengths.map((index) => lengthOf(node.children[index]));
  if (guard.each) return lengths.map((length) => atMost(length, guard.max));
  const counts = guard.counts.map((index) => countOf(node.children[index]));
  // In doubles: the product of two large numbers must not overflow.
  const product = [...lengths, ...counts]
    .map((factor) => cast(factor, double))
    .reduce<Expression>(multiplied, cast(integerConstant('1'), double));
  return [atMost(product, guard.max)];
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
