// Folds what identity functions have made constant in a policy, so that an exempt reader gets the plain column or no filter
// at all. Only rules that hold under SQL's three-valued logic; anything else stays as it is.
import type { Case, CaseCheck, Comparison, Conjunction, Expression, Operator } from '../sql/ast.ts';
import { booleanConstant, named, nullConstant } from '../sql/build.ts';

type Truth = 'true' | 'false' | 'null' | undefined;

export function isTrue(node: Expression): boolean {
  return truthOf(node) === 'true';
}

/** FALSE or NULL: hides every row. */
export function isFalse(node: Expression): boolean {
  const truth = truthOf(node);
  return truth === 'false' || truth === 'null';
}

/** Bottom-up over the operators it knows; subqueries and functions are left alone. */
export function simplify(node: Expression): Expression {
  switch (node.class) {
    case 'CASE':
      return simplifyCase(node);
    case 'CONJUNCTION':
      return simplifyConjunction(node);
    case 'OPERATOR':
      return simplifyOperator(node);
    case 'COMPARISON':
      return simplifyComparison(node);
    case 'CAST':
      return simplifyCast(node);
    default:
      return node;
  }
}

function truthOf(node: Expression): Truth {
  if (node.class === 'CONSTANT') {
    if (node.value.is_null) return 'null';
    if (node.value.type.id !== 'BOOLEAN') return undefined;
    return node.value.value === true ? 'true' : 'false';
  }
  // The parser's own spelling of TRUE and FALSE.
  if (node.class !== 'CAST' || node.cast_type.id !== 'BOOLEAN') return undefined;
  const { child } = node;
  if (child.class !== 'CONSTANT') return undefined;
  if (child.value.is_null) return 'null';
  if (child.value.value === 't') return 'true';
  return child.value.value === 'f' ? 'false' : truthOf(child);
}

function constantOf(truth: Exclude<Truth, undefined>): Expression {
  return truth === 'null' ? nullConstant() : booleanConstant(truth === 'true');
}

function simplifyCast(node: Extract<Expression, { class: 'CAST' }>): Expression {
  const child = simplify(node.child);
  if (node.cast_type.id === 'BOOLEAN') {
    const truth = truthOf({ ...node, child });
    if (truth === 'true' || truth === 'false') return constantOf(truth);
  }
  return child === node.child ? node : { ...node, child };
}

function simplifyCase(node: Case): Expression {
  const checks: CaseCheck[] = [];
  for (const check of node.case_checks) {
    const when = simplify(check.when_expr);
    if (isFalse(when)) continue;
    const then = simplify(check.then_expr);
    if (isTrue(when))
      return checks.length === 0 ? named(then, node.alias) : { ...node, case_checks: checks, else_expr: then };
    checks.push({ when_expr: when, then_expr: then });
  }
  const otherwise = simplify(node.else_expr);
  return checks.length === 0 ? named(otherwise, node.alias) : { ...node, case_checks: checks, else_expr: otherwise };
}

/** AND: FALSE wins, TRUE falls away; OR the other way round. NULLs stay unless everything is constant. */
function simplifyConjunction(node: Conjunction): Expression {
  const [wins, neutral] = node.type === 'CONJUNCTION_AND' ? (['false', 'true'] as const) : (['true', 'false'] as const);
  const children: Expression[] = [];
  for (const child of node.children.map(simplify)) {
    const truth = truthOf(child);
    if (truth === wins) return constantOf(wins);
    if (truth !== neutral) children.push(child);
  }
  const [only, ...others] = children;
  if (only === undefined) return constantOf(neutral);
  return others.length === 0 ? asBoolean(only) : { ...node, children };
}

/** `x OR FALSE` is a boolean; `x` alone must stay one. A non-boolean operand keeps its conjunction's implicit cast. */
function asBoolean(node: Expression): Expression {
  const boolean = ['COMPARISON', 'CONJUNCTION', 'BETWEEN'].includes(node.class) || truthOf(node) !== undefined;
  if (boolean || (node.class === 'SUBQUERY' && node.subquery_type !== 'SCALAR')) return node;
  if (node.class === 'OPERATOR' && booleanOperators.has(node.type)) return node;
  return { class: 'CAST', type: 'OPERATOR_CAST', alias: '', child: node, cast_type: booleanType, try_cast: false };
}

const booleanType = { id: 'BOOLEAN', type_info: null };
const booleanOperators: ReadonlySet<string> = new Set([
  'OPERATOR_NOT',
  'OPERATOR_IS_NULL',
  'OPERATOR_IS_NOT_NULL',
  'COMPARE_IN',
  'COMPARE_NOT_IN',
]);

function simplifyOperator(node: Operator): Expression {
  const children = node.children.map(simplify);
  const [first, ...rest] = children;
  if (node.type === 'OPERATOR_NOT' && first !== undefined) {
    const truth = truthOf(first);
    if (truth !== undefined) return constantOf(negated[truth]);
  }
  if (node.type === 'COMPARE_IN' && first !== undefined) {
    const found = rest.map((option) => equalTexts(first, option));
    if (found.every((answer) => answer !== undefined)) return booleanConstant(found.includes(true));
  }
  return children.every((child, index) => child === node.children[index]) ? node : { ...node, children };
}

const negated = { true: 'false', false: 'true', null: 'null' } as const;

/** current_user() = 'bob': two string constants. */
function simplifyComparison(node: Comparison): Expression {
  const left = simplify(node.left);
  const right = simplify(node.right);
  const equal = equalTexts(left, right);
  if (equal !== undefined && node.type === 'COMPARE_EQUAL') return booleanConstant(equal);
  if (equal !== undefined && node.type === 'COMPARE_NOTEQUAL') return booleanConstant(!equal);
  return left === node.left && right === node.right ? node : { ...node, left, right };
}

function equalTexts(a: Expression, b: Expression): boolean | undefined {
  const left = textOf(a);
  const right = textOf(b);
  return left === undefined || right === undefined ? undefined : left === right;
}

/** A VARCHAR constant, also one cast to VARCHAR. */
function textOf(node: Expression): string | undefined {
  if (node.class === 'CAST' && node.cast_type.id === 'VARCHAR' && !node.try_cast) return textOf(node.child);
  if (node.class !== 'CONSTANT' || node.value.is_null || node.value.type.id !== 'VARCHAR') return undefined;
  return typeof node.value.value === 'string' ? node.value.value : undefined;
}
