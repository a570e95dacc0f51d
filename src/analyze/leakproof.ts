// Which expressions can neither fail nor show anything, whatever row they see. Only these may run beside a row filter without
// the barrier (measured: casts, regular expressions, date arithmetic … run on hidden rows and put them in errors), and only
// these may be copied below it. An allow-list over nodes with the types of what they are given.
import type { Cast, ColumnRef, Comparison, Expression, FunctionCall, Operator, QueryNode } from '../sql/ast.ts';
import { aggregateClassOf, functionClassOf } from './functions/function-catalog.ts';
import type { LeakproofType } from './functions/function-class.ts';
import { isLinear } from './pattern-calls.ts';
import type { IdentityFunction } from './resolved-query.ts';
import { typeWithConstants } from './safe-calls.ts';
import {
  booleanType,
  castNeverFails,
  comparable,
  literalReads,
  nullType,
  sumType,
  textType,
  typeText,
  unknownType,
  type ValueType,
} from './value-types.ts';

/** What was found out about the nodes below. */
export interface TypeFacts {
  /** Every reference that means one plain column. */
  readonly columnTypes: ReadonlyMap<ColumnRef, ValueType>;
  readonly identities: ReadonlyMap<Expression, IdentityFunction>;
  /** By number, from 1: of the values that are bound. Undefined where nobody knows them yet. */
  readonly parameterTypes: readonly (ValueType | undefined)[];
  readonly outputTypes: ReadonlyMap<QueryNode, readonly ValueType[]>;
  /** The type of the one output of those that give exactly one row (single-row.ts). */
  readonly singleRows: ReadonlyMap<QueryNode, ValueType>;
  /** Sums that are printed as the DATE they are. */
  readonly dateConstants: ReadonlyMap<Expression, string>;
}

/** The type of an expression that never fails; undefined when it may. */
export function safeTypeOf(facts: TypeFacts, node: Expression): ValueType | undefined {
  switch (node.class) {
    case 'COLUMN_REF':
      return facts.identities.has(node) ? textType : facts.columnTypes.get(node);
    case 'CONSTANT':
      return typeText(node.value.type);
    case 'PARAMETER':
      return facts.parameterTypes[Number(node.identifier) - 1];
    case 'COMPARISON':
      return comparesSafely(facts, [node.left, node.right]) && plainComparisons.has(node.type)
        ? booleanType
        : undefined;
    case 'BETWEEN':
      return comparesSafely(facts, [node.input, node.lower, node.upper]) ? booleanType : undefined;
    case 'CONJUNCTION':
      return node.children.every((child) => isCondition(facts, child)) ? booleanType : undefined;
    case 'OPERATOR':
      return operatorType(facts, node);
    case 'CASE': {
      const whens = node.case_checks.every((check) => isCondition(facts, check.when_expr));
      return whens ? sameType(facts, [...node.case_checks.map((check) => check.then_expr), node.else_expr]) : undefined;
    }
    case 'CAST':
      return castType(facts, node);
    case 'FUNCTION':
      return facts.dateConstants.has(node) ? 'DATE' : callType(facts, node);
    case 'STAR':
      return starIsSafe(facts, node) ? unknownType : undefined;
    case 'SUBQUERY':
      return subqueryType(facts, node);
    default:
      return undefined;
  }
}

const plainComparisons: ReadonlySet<Comparison['type']> = new Set([
  'COMPARE_EQUAL',
  'COMPARE_NOTEQUAL',
  'COMPARE_LESSTHAN',
  'COMPARE_GREATERTHAN',
  'COMPARE_LESSTHANOREQUALTO',
  'COMPARE_GREATERTHANOREQUALTO',
  'COMPARE_DISTINCT_FROM',
  'COMPARE_NOT_DISTINCT_FROM',
]);

/** True of what may stand in WHERE: never fails, and no cast to BOOLEAN is made of it (VARCHAR's fails). */
export function isCondition(facts: TypeFacts, node: Expression): boolean {
  const type = safeTypeOf(facts, node);
  return type === booleanType || type === nullType;
}

/** All operands are brought to one type: every pair must get there without failing. A text literal takes the others' type. */
function comparesSafely(facts: TypeFacts, operands: readonly Expression[]): boolean {
  const types = new Set<ValueType>();
  const literals: string[] = [];
  for (const operand of operands) {
    const literal = textConstant(operand);
    const type = safeTypeOf(facts, operand);
    if (type === undefined || type === unknownType) return false;
    if (literal === undefined) types.add(type);
    else literals.push(literal);
  }
  const distinct = [...types];
  const pairs = distinct.every((a, index) => distinct.slice(index + 1).every((b) => comparable(a, b)));
  return pairs && distinct.every((type) => literals.every((text) => type === nullType || literalReads(text, type)));
}

function textConstant(node: Expression): string | undefined {
  if (node.class !== 'CONSTANT' || node.value.is_null || node.value.type.id !== textType) return undefined;
  return typeof node.value.value === 'string' ? node.value.value : undefined;
}

/** The one type of all, NULLs aside. */
function sameType(facts: TypeFacts, nodes: readonly Expression[]): ValueType | undefined {
  let found: ValueType = nullType;
  for (const node of nodes) {
    const type = safeTypeOf(facts, node);
    if (type === undefined || type === unknownType) return undefined;
    if (type === nullType) continue;
    if (found !== nullType && found !== type) return undefined;
    found = type;
  }
  return found;
}

function operatorType(facts: TypeFacts, node: Operator): ValueType | undefined {
  switch (node.type) {
    case 'OPERATOR_IS_NULL':
    case 'OPERATOR_IS_NOT_NULL':
      return node.children.every((child) => safeTypeOf(facts, child) !== undefined) ? booleanType : undefined;
    case 'OPERATOR_NOT':
      return node.children.every((child) => isCondition(facts, child)) ? booleanType : undefined;
    case 'COMPARE_IN':
    case 'COMPARE_NOT_IN':
      return comparesSafely(facts, node.children) ? booleanType : undefined;
    case 'OPERATOR_COALESCE':
      return sameType(facts, node.children);
    default:
      return undefined;
  }
}

function castType(facts: TypeFacts, node: Cast): ValueType | undefined {
  const to = typeText(node.cast_type);
  if (to === unknownType || node.try_cast) return undefined;
  const literal = textConstant(node.child);
  if (literal !== undefined) return literalReads(literal, to) || isTruth(literal, to) ? to : undefined;
  const from = safeTypeOf(facts, node.child);
  return from !== undefined && castNeverFails(from, to) ? to : undefined;
}

/** The parser's own spelling of TRUE and FALSE. */
function isTruth(literal: string, type: ValueType): boolean {
  return type === booleanType && (literal === 't' || literal === 'f');
}

function callType(facts: TypeFacts, node: FunctionCall): ValueType | undefined {
  if (facts.identities.has(node)) return identityType(facts, node);
  if (node.catalog !== '' || node.order_bys.orders.length > 0) return undefined;
  if (node.filter !== null && !isCondition(facts, node.filter)) return undefined;
  const types = node.children.map((child) => safeTypeOf(facts, child));
  const known = types.filter((type) => type !== undefined);
  if (known.length !== types.length) return undefined;
  // The parser qualifies what it makes of EXTRACT and SUBSTRING.
  if (node.schema === '' || node.schema === 'main') {
    const type = typeWithConstants(node, known);
    if (type !== undefined) return type;
  }
  if (node.schema !== '') return undefined;
  return aggregateClassOf(node.function_name) === undefined ? scalarType(node, known) : aggregateType(node, known);
}

/** Folded to a constant when its arguments are; the groups' names are tested against a text. */
function identityType(facts: TypeFacts, node: FunctionCall): ValueType | undefined {
  if (node.children.length === 0) return facts.identities.get(node) === 'current_schemas' ? unknownType : textType;
  if (!node.children.every((child) => textConstant(child) !== undefined)) return undefined;
  return facts.identities.get(node) === 'current_user_attribute' ? textType : booleanType;
}

function scalarType(node: FunctionCall, types: readonly ValueType[]): ValueType | undefined {
  const known = functionClassOf(node.function_name);
  const [first] = types;
  if (known?.kind === 'pattern') {
    // In time that tells no more of a hidden text than its length.
    return known.searched && first === textType && isLinear(known, node) ? booleanType : undefined;
  }
  if (known?.kind !== 'leakproof' || types.length !== known.arity || first === undefined) return undefined;
  if (!known.on.includes(first as LeakproofType) || types.some((type) => type !== first)) return undefined;
  return leakproofResults.get(node.function_name) ?? (sameAsArgument.has(node.function_name) ? first : unknownType);
}

const leakproofResults: ReadonlyMap<string, ValueType> = new Map([
  ...['starts_with', '^@', 'prefix', 'ends_with', 'suffix', 'contains', 'isnan', 'isinf', 'isfinite'].map(
    (name) => [name, booleanType] as const,
  ),
  ...['length', 'len', 'char_length', 'character_length', 'strlen', 'bit_length', 'octet_length'].map(
    (name) => [name, 'BIGINT'] as const,
  ),
  ...['lower', 'lcase', 'upper', 'ucase', 'trim', 'ltrim', 'rtrim'].map((name) => [name, textType] as const),
]);

const sameAsArgument: ReadonlySet<string> = new Set(['nullif', 'greatest', 'least']);

/** Sums of 64-bit integers fit HUGEINT for any number of rows there can be; so do those of decimals that are kept in 64 bits. */
function aggregateType(node: FunctionCall, types: readonly ValueType[]): ValueType | undefined {
  const [first, ...others] = types;
  if (others.length > 0) return undefined;
  switch (node.function_name) {
    case 'count_star':
      return first === undefined ? 'BIGINT' : undefined;
    case 'count':
      return 'BIGINT';
    case 'min':
    case 'max':
      return first;
    case 'sum':
      return first === undefined ? undefined : sumType(first);
    case 'avg':
      return first !== undefined && sumType(first) !== undefined ? 'DOUBLE' : undefined;
    default:
      return undefined;
  }
}

function starIsSafe(facts: TypeFacts, node: Extract<Expression, { class: 'STAR' }>): boolean {
  if (node.expr !== null || node.columns) return false;
  return node.replace_list.every((entry) => safeTypeOf(facts, entry.value) !== undefined);
}

/** A scalar subquery fails on a second row, unless there is none; EXISTS never, IN when its values compare. */
function subqueryType(facts: TypeFacts, node: Extract<Expression, { class: 'SUBQUERY' }>): ValueType | undefined {
  switch (node.subquery_type) {
    case 'EXISTS':
    case 'NOT_EXISTS':
      return booleanType;
    case 'ANY': {
      const outputs = facts.outputTypes.get(node.subquery.node);
      const type = node.child === null ? undefined : safeTypeOf(facts, node.child);
      const [only, ...others] = outputs ?? [];
      if (type === undefined || only === undefined || others.length > 0) return undefined;
      return comparable(type, only) && plainComparisons.has(node.comparison_type) ? booleanType : undefined;
    }
    case 'SCALAR': {
      const type = facts.singleRows.get(node.subquery.node);
      return type === unknownType ? undefined : type;
    }
    default:
      return undefined;
  }
}
