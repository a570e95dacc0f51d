// Which values DuckDB compares, widens and reads without ever failing. An allow-list: what is not here may fail.
import type { LogicalType } from '../sql/ast-leaf.ts';

/** A type in DuckDB's canonical spelling (`DECIMAL(12,2)`), or `unknownType`. */
export type ValueType = string;

/** Of a value that is there without anything failing, of a type that was not followed. */
export const unknownType: ValueType = '?';
export const nullType: ValueType = 'NULL';
export const booleanType: ValueType = 'BOOLEAN';
export const textType: ValueType = 'VARCHAR';

/** Decimal digits that hold every value of the type. */
const integerDigits: ReadonlyMap<string, number> = new Map([
  ['TINYINT', 3],
  ['UTINYINT', 3],
  ['SMALLINT', 5],
  ['USMALLINT', 5],
  ['INTEGER', 10],
  ['UINTEGER', 10],
  ['BIGINT', 19],
]);

const floats: ReadonlySet<string> = new Set(['FLOAT', 'DOUBLE']);

/** Comparing two of the same never fails. */
const comparableWithItself: ReadonlySet<string> = new Set([
  ...integerDigits.keys(),
  ...floats,
  'BOOLEAN',
  'UBIGINT',
  'HUGEINT',
  'VARCHAR',
  'BLOB',
  'UUID',
  'DATE',
  'TIME',
  'TIMESTAMP',
  'TIMESTAMP WITH TIME ZONE',
]);

/** DuckDB's widest decimal. */
const decimalWidthMax = 38;

interface Digits {
  readonly whole: number;
  readonly scale: number;
}

/** Integers up to 64 bits, and decimals. */
function digitsOf(type: ValueType): Digits | undefined {
  const integer = integerDigits.get(type);
  if (integer !== undefined) return { whole: integer, scale: 0 };
  const [, width, scale] = /^DECIMAL\((\d+),(\d+)\)$/.exec(type) ?? [];
  if (width === undefined || scale === undefined) return undefined;
  return { whole: Number(width) - Number(scale), scale: Number(scale) };
}

/** Widest decimal that DuckDB keeps in 64 bits; its sums have 128. */
const smallDecimalWidthMax = 18;

/** The type of a sum that cannot overflow, however many rows there are; undefined: it can, or it is no number. */
export function sumType(type: ValueType): ValueType | undefined {
  if (integerDigits.has(type)) return 'HUGEINT';
  const digits = digitsOf(type);
  if (digits === undefined || digits.whole + digits.scale > smallDecimalWidthMax) return undefined;
  return `DECIMAL(${String(decimalWidthMax)},${String(digits.scale)})`;
}

/**
 * The decimal that holds every result of the operator; undefined: one may overflow, or these are no two decimals. DuckDB checks
 * for overflow where two decimals of 64 bits could give more than 18 digits.
 */
export function decimalResult(operator: '+' | '-' | '*', operands: readonly ValueType[]): ValueType | undefined {
  const [left, right] = operands.map((type) => (type.startsWith('DECIMAL') ? digitsOf(type) : undefined));
  if (left === undefined || right === undefined) return undefined;
  const scale = operator === '*' ? left.scale + right.scale : Math.max(left.scale, right.scale);
  const whole = operator === '*' ? left.whole + right.whole : Math.max(left.whole, right.whole) + 1;
  return whole + scale <= smallDecimalWidthMax ? `DECIMAL(${String(whole + scale)},${String(scale)})` : undefined;
}

/** DOUBLE when one operand is and the other becomes one: too large results are infinite, as IEEE 754 has it. */
export function doubleResult(operands: readonly ValueType[]): ValueType | undefined {
  const numbers = operands.every((type) => floats.has(type) || digitsOf(type) !== undefined);
  return numbers && operands.includes('DOUBLE') ? 'DOUBLE' : undefined;
}

/** True when `a = b`, `a < b` and their like hold or do not, but never fail, since each implicit cast is lossless. */
export function comparable(a: ValueType, b: ValueType): boolean {
  if (a === unknownType || b === unknownType) return false;
  if (a === nullType || b === nullType) return true;
  if (a === b && comparableWithItself.has(a)) return true;
  const left = digitsOf(a);
  const right = digitsOf(b);
  if (left !== undefined && right !== undefined) {
    // DuckDB compares in the decimal that holds both, which has at most 38 digits.
    return Math.max(left.whole, right.whole) + Math.max(left.scale, right.scale) <= decimalWidthMax;
  }
  return (left !== undefined && floats.has(b)) || (right !== undefined && floats.has(a)) || bothFloats(a, b);
}

function bothFloats(a: ValueType, b: ValueType): boolean {
  return floats.has(a) && floats.has(b);
}

/** True when no value of `from` makes CAST(… AS to) fail. */
export function castNeverFails(from: ValueType, to: ValueType): boolean {
  if (from === unknownType) return false;
  if (from === to || from === nullType) return true;
  const source = digitsOf(from);
  if (to === textType) return source !== undefined || from === 'DATE' || from === 'BOOLEAN' || from === 'UUID';
  if (source === undefined) return false;
  if (floats.has(to)) return true;
  const target = digitsOf(to);
  return target !== undefined && !to.startsWith('U') && holds(target, source, to.startsWith('DECIMAL'));
}

/** Into an integer only from a smaller one: the digits of its own maximum are not all its. */
function holds(target: Digits, source: Digits, decimal: boolean): boolean {
  if (decimal) return target.whole >= source.whole && target.scale >= source.scale;
  return source.scale === 0 && target.whole > source.whole;
}

/** The canonical spelling of a type in the tree; unknownType for those that are not followed. */
export function typeText({ id, type_info: info }: LogicalType): ValueType {
  if (id === 'DECIMAL') {
    return info === null ? unknownType : `DECIMAL(${String(info['width'])},${String(info['scale'])})`;
  }
  if (id === nullType) return nullType;
  return info === null && comparableWithItself.has(id) ? id : unknownType;
}

/** The canonical spelling of a column's type; unknownType for those that are not followed. */
export function followedType(type: string): ValueType {
  return comparableWithItself.has(type) || digitsOf(type) !== undefined ? type : unknownType;
}

/** True when DuckDB reads this text literal as a value of `type` without failing. Plain spellings only. */
export function literalReads(text: string, type: ValueType): boolean {
  switch (type) {
    case textType:
      return true;
    case 'DATE':
      return isDate(text);
    case 'TIMESTAMP': {
      const [, date = '', hours, minutes, seconds = '0'] = timestampPattern.exec(text) ?? [];
      if (hours === undefined) return isDate(text);
      return isDate(date) && Number(hours) < 24 && Number(minutes) < 60 && Number(seconds) < 60;
    }
    default:
      return false;
  }
}

const timestampPattern = /^(\d{4}-\d\d-\d\d)[ T](\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,6})?)?$/;

function isDate(text: string): boolean {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text) ?? [];
  if (year === undefined || Number(year) === 0) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return date.getUTCMonth() + 1 === Number(month) && date.getUTCDate() === Number(day);
}
