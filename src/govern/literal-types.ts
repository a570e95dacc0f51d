// The type of a policy's constant, and whether it reaches a parameter's type without loss.
import { isLosslessNumber } from 'lossless-json';
import { typeText } from '../analyze/value-types.ts';
import { holdsInteger, widens } from '../catalog/widening.ts';
import type { Expression } from '../sql/ast.ts';

/** Of what Analyzer.literal accepts. */
export function literalFits(literal: Expression, type: string): boolean {
  const integer = integerOf(literal);
  if (integer !== undefined && holdsInteger(type, integer)) return true;
  return widens(typeOf(literal), type);
}

function typeOf(literal: Expression): string {
  switch (literal.class) {
    case 'CONSTANT':
      return literal.value.is_null ? '"NULL"' : typeText(literal.value.type);
    case 'CAST':
      return typeText(literal.cast_type);
    case 'FUNCTION': {
      const [operand] = literal.children;
      return literal.function_name === '-' && operand !== undefined ? typeOf(operand) : 'INTERVAL';
    }
    default:
      return '?';
  }
}

const integerTypes: ReadonlySet<string> = new Set(['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT']);

function integerOf(literal: Expression): bigint | undefined {
  if (literal.class === 'FUNCTION' && literal.function_name === '-') {
    const [operand, ...others] = literal.children;
    const value = operand === undefined || others.length > 0 ? undefined : integerOf(operand);
    return value === undefined ? undefined : -value;
  }
  if (literal.class !== 'CONSTANT' || literal.value.is_null || !integerTypes.has(literal.value.type.id))
    return undefined;
  const { value } = literal.value;
  const text = isLosslessNumber(value) ? value.value : '';
  return /^-?\d+$/.test(text) ? BigInt(text) : undefined;
}
