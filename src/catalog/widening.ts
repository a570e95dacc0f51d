// Which types hold every value of another: what a mask or a filter argument may be converted to without loss or error.

const integers: readonly (readonly [name: string, min: bigint, max: bigint])[] = [
  ['TINYINT', -(2n ** 7n), 2n ** 7n - 1n],
  ['SMALLINT', -(2n ** 15n), 2n ** 15n - 1n],
  ['INTEGER', -(2n ** 31n), 2n ** 31n - 1n],
  ['BIGINT', -(2n ** 63n), 2n ** 63n - 1n],
  ['HUGEINT', -(2n ** 127n), 2n ** 127n - 1n],
  ['UTINYINT', 0n, 2n ** 8n - 1n],
  ['USMALLINT', 0n, 2n ** 16n - 1n],
  ['UINTEGER', 0n, 2n ** 32n - 1n],
  ['UBIGINT', 0n, 2n ** 64n - 1n],
  ['UHUGEINT', 0n, 2n ** 128n - 1n],
];

/** Integers a double keeps exactly. */
const doubleExact: ReadonlySet<string> = new Set([
  'TINYINT',
  'SMALLINT',
  'INTEGER',
  'UTINYINT',
  'USMALLINT',
  'UINTEGER',
  'FLOAT',
]);

/** Canonical spellings in; true for equal types. */
export function widens(from: string, to: string): boolean {
  if (from === to || from === '"NULL"') return true;
  const [a, b] = [rangeOf(from), rangeOf(to)];
  if (a !== undefined && b !== undefined) return b.min <= a.min && a.max <= b.max;
  if (to === 'DOUBLE') return doubleExact.has(from);
  const decimal = decimalOf(to);
  if (decimal === undefined) return false;
  const digits = 10n ** BigInt(decimal.width - decimal.scale);
  if (a !== undefined) return -digits < a.min && a.max < digits;
  const source = decimalOf(from);
  if (source === undefined) return false;
  return source.scale <= decimal.scale && source.width - source.scale <= decimal.width - decimal.scale;
}

/** Is it a value of this integer type? */
export function holdsInteger(type: string, value: bigint): boolean {
  const range = rangeOf(type);
  return range !== undefined && range.min <= value && value <= range.max;
}

function rangeOf(type: string): { readonly min: bigint; readonly max: bigint } | undefined {
  const found = integers.find(([name]) => name === type);
  return found === undefined ? undefined : { min: found[1], max: found[2] };
}

function decimalOf(type: string): { readonly width: number; readonly scale: number } | undefined {
  const [, width = '', scale = ''] = /^DECIMAL\((\d+),(\d+)\)$/.exec(type) ?? [];
  return width === '' ? undefined : { width: Number(width), scale: Number(scale) };
}
