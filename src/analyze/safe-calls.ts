// Calls that never fail because of some constant argument, or on some types alone (test/analyze/safe-calls.test.ts tries them with
// extreme values): parts of dates, pieces of texts, arithmetic of decimals that has room for every result.
import { isLosslessNumber } from 'lossless-json';
import type { Expression, FunctionCall } from '../sql/ast.ts';
import { decimalResult, doubleResult, textType, type ValueType } from './value-types.ts';

/** The type of the call; undefined: nothing is known of it here. @param types of its arguments, which never fail */
export function typeWithConstants(node: FunctionCall, types: readonly ValueType[]): ValueType | undefined {
  switch (node.function_name) {
    case 'date_part':
    case 'datepart':
      return datePartType(node, types);
    case 'substring':
    case 'substr':
      return pieceType(node, types, [2, 3]);
    case 'left':
    case 'right':
      return pieceType(node, types, [2]);
    case '+':
    case '-':
    case '*':
      return arithmeticType(node, node.function_name, types);
    default: {
      const [first, ...others] = types;
      return dateParts.has(node.function_name) && others.length === 0 && hasDate(first) ? 'BIGINT' : undefined;
    }
  }
}

function arithmeticType(
  { children }: FunctionCall,
  operator: '+' | '-' | '*',
  types: readonly ValueType[],
): ValueType | undefined {
  if (types.length !== 2) return undefined;
  if (children.every(isSmallInteger)) return 'INTEGER';
  return doubleResult(types) ?? decimalResult(operator, types);
}

/** Of two such the sum and the product are far inside the INTEGER that DuckDB computes them in. */
const smallIntegerMax = 10_000;

function isSmallInteger(node: Expression): boolean {
  if (node.class !== 'CONSTANT' || node.value.is_null || node.value.type.id !== 'INTEGER') return false;
  return isLosslessNumber(node.value.value) && Math.abs(Number(node.value.value.toString())) <= smallIntegerMax;
}

/** Of any date or timestamp. Those that follow weeks or the ISO year fail near the first date. */
export const dateParts: ReadonlySet<string> = new Set([
  'year',
  'month',
  'day',
  'quarter',
  'dayofweek',
  'isodow',
  'dayofyear',
  'decade',
  'century',
  'millennium',
]);

function hasDate(type: ValueType | undefined): boolean {
  return type === 'DATE' || type === 'TIMESTAMP';
}

function datePartType({ children }: FunctionCall, types: readonly ValueType[]): ValueType | undefined {
  const part = textOf(children[0]);
  if (part === undefined || !dateParts.has(part) || types.length !== 2) return undefined;
  return hasDate(types[1]) ? 'BIGINT' : undefined;
}

/** Far below what the engine counts with. */
const placeMax = 1_000_000;

function pieceType(
  { children }: FunctionCall,
  types: readonly ValueType[],
  lengths: readonly number[],
): ValueType | undefined {
  const [first] = types;
  if (first !== textType || !lengths.includes(types.length)) return undefined;
  return children.slice(1).every(isPlace) ? textType : undefined;
}

function isPlace(node: Expression): boolean {
  if (node.class !== 'CONSTANT' || node.value.is_null || !isLosslessNumber(node.value.value)) return false;
  const place = node.value.value.toString();
  return /^\d+$/.test(place) && Number(place) <= placeMax;
}

function textOf(node: Expression | undefined): string | undefined {
  if (node?.class !== 'CONSTANT' || node.value.is_null) return undefined;
  return typeof node.value.value === 'string' ? node.value.value : undefined;
}
