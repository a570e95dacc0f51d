// `DATE '1994-01-01' + INTERVAL '1' YEAR` beside a DATE: DuckDB makes a timestamp of it and casts the column to one, which fails
// for dates that no timestamp reaches. The sum of two literals is a literal too: it is worked out here, and the dates are compared.
import { isLosslessNumber } from 'lossless-json';
import type { Expression, FunctionCall } from '../sql/ast.ts';
import type { Resolution } from './resolution.ts';

/** Notes the sums in a comparison of DATE columns. Its operands have been resolved. */
export function noteDateConstants(resolution: Resolution, node: Expression): void {
  const operands = operandsOf(node);
  if (!operands.some((operand) => isDateColumn(resolution, operand))) return;
  const sums = operands.map((operand) => ({ operand, date: sumOf(operand) }));
  const dates = sums.every(({ operand, date }) => date !== undefined || isDate(resolution, operand));
  if (!dates) return;
  for (const { operand, date } of sums) if (date !== undefined) resolution.dateConstants.set(operand, date);
}

function operandsOf(node: Expression): readonly Expression[] {
  if (node.class === 'COMPARISON') return [node.left, node.right];
  return node.class === 'BETWEEN' ? [node.input, node.lower, node.upper] : [];
}

function isDateColumn({ columnTypes }: Resolution, node: Expression): boolean {
  return node.class === 'COLUMN_REF' && columnTypes.get(node) === 'DATE';
}

function isDate(resolution: Resolution, node: Expression): boolean {
  return isDateColumn(resolution, node) || dateLiteral(node) !== undefined;
}

/** Far from where dates and timestamps end. */
const years = { first: 1, last: 9_999 } as const;
const stepsMax = 100_000;

/** `2024-02-29`: a DATE literal with whole days, months and years added; undefined: it is something else. */
function sumOf(node: Expression): string | undefined {
  if (node.class !== 'FUNCTION' || (node.function_name !== '+' && node.function_name !== '-')) return undefined;
  const [left, right] = node.children;
  if (left === undefined || right?.class !== 'FUNCTION') return undefined;
  const from = dateLiteral(left) ?? sumOf(left);
  const steps = stepsOf(right);
  if (from === undefined || steps === undefined) return undefined;
  return added(from, steps, node.function_name === '+' ? 1 : -1);
}

function dateLiteral(node: Expression): string | undefined {
  if (node.class !== 'CAST' || node.try_cast || node.cast_type.id !== 'DATE') return undefined;
  const { child } = node;
  if (child.class !== 'CONSTANT' || child.value.is_null || typeof child.value.value !== 'string') return undefined;
  return /^\d{4}-\d\d-\d\d$/.test(child.value.value) && isReal(child.value.value) ? child.value.value : undefined;
}

function isReal(text: string): boolean {
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

interface Steps {
  readonly unit: 'days' | 'months';
  readonly count: number;
}

const units: ReadonlyMap<string, readonly [unit: Steps['unit'], times: number]> = new Map([
  ['to_days', ['days', 1]],
  ['to_weeks', ['days', 7]],
  ['to_months', ['months', 1]],
  ['to_quarters', ['months', 3]],
  ['to_years', ['months', 12]],
]);

/** The parser makes `to_days(CAST(trunc(CAST('90' AS DOUBLE)) AS INTEGER))` of INTERVAL '90' DAY. */
function stepsOf(node: FunctionCall): Steps | undefined {
  const known = node.schema === '' && node.catalog === '' ? units.get(node.function_name) : undefined;
  const count = wholeNumber(node.children[0]);
  if (known === undefined || count === undefined || node.children.length !== 1) return undefined;
  return Math.abs(count) <= stepsMax ? { unit: known[0], count: count * known[1] } : undefined;
}

function wholeNumber(node: Expression | undefined): number | undefined {
  if (node?.class === 'CAST' && !node.try_cast && ['INTEGER', 'DOUBLE'].includes(node.cast_type.id)) {
    return wholeNumber(node.child);
  }
  if (node?.class === 'FUNCTION' && node.function_name === 'trunc') return wholeNumber(node.children[0]);
  if (node?.class !== 'CONSTANT' || node.value.is_null) return undefined;
  const { value } = node.value;
  const text = isLosslessNumber(value) ? value.toString() : value;
  return typeof text === 'string' && /^-?\d{1,6}$/.test(text) ? Number(text) : undefined;
}

/** Months keep the day where the month has it, and take its last one otherwise, as the engine does. */
function added(from: string, { unit, count }: Steps, sign: 1 | -1): string | undefined {
  const date = new Date(`${from}T00:00:00Z`);
  if (unit === 'days') date.setUTCDate(date.getUTCDate() + sign * count);
  else {
    const day = date.getUTCDate();
    date.setUTCDate(1);
    date.setUTCMonth(date.getUTCMonth() + sign * count);
    const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
    date.setUTCDate(Math.min(day, last));
  }
  const year = date.getUTCFullYear();
  return year >= years.first && year <= years.last ? date.toISOString().slice(0, 10) : undefined;
}
