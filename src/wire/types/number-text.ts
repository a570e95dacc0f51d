// Numbers as PostgreSQL spells them.

/** Digits that every float8, every float4 keeps (DBL_DIG, FLT_DIG); extra_float_digits of 0 and less is counted from there. */
const doubleDigits = 15;
const floatDigits = 6;

/** @param extraDigits the setting extra_float_digits; above 0: the shortest text that reads back as the same number */
export function doubleText(value: number, extraDigits = 1): string {
  const special = specialText(value);
  if (special !== undefined) return special;
  if (extraDigits > 0) return notation(shortestDouble(value), doubleDigits);
  const digits = Math.max(1, doubleDigits + extraDigits);
  return notation(rounded(value, digits), digits);
}

/** Of single precision. */
export function floatText(value: number, extraDigits = 1): string {
  const special = specialText(value);
  if (special !== undefined) return special;
  if (extraDigits > 0) return notation(shortestFloat(value), floatDigits);
  const digits = Math.max(1, floatDigits + extraDigits);
  return notation(rounded(value, digits), digits);
}

function specialText(value: number): string | undefined {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  return undefined;
}

/** Digits that are surely enough to tell a half from more than a half: more than toExponential's 100 there are none to be had. */
const exactDigits = 100;

/** As printf's %g: so many digits, halves to the even one (toExponential rounds them up), without zeros at the end. */
function rounded(value: number, digits: number): string {
  const nearest = value.toExponential(digits - 1);
  const [mantissa = '', exponent = ''] = value.toExponential(exactDigits).split('e');
  const all = mantissa.replace('.', '').replace('-', '');
  const isHalf = /^50*$/.test(all.slice(digits));
  const kept = all.slice(0, digits);
  const isEven = Number(kept.at(-1)) % 2 === 0;
  if (!isHalf || !isEven) return trimmed(nearest);
  return trimmed(`${value < 0 ? '-' : ''}${kept[0] ?? ''}.${kept.slice(1)}e${exponent}`);
}

function trimmed(exponential: string): string {
  return exponential.replace(/\.?0*e/, (end, at: number, whole: string) =>
    end.startsWith('.') || whole.slice(0, at).includes('.') ? 'e' : end,
  );
}

/** The fewest digits that lie nearer to it than to any other number of single precision, not as near. */
function shortestFloat(value: number): string {
  const size = Math.abs(value);
  const [below, above] = midpoints(size);
  const isInside = (text: string): boolean => Number(text) > below && Number(text) < above;
  const sign = value < 0 ? '-' : '';
  for (let digits = 1; digits <= floatDigitsMax; digits += 1) {
    const text = rounded(size, digits);
    if (isInside(text)) return sign + text;
    // Above a power of two the room below is half as wide: what is not nearest may be the only one inside.
    const other = isInside(stepped(size, digits)) ? stepped(size, digits) : undefined;
    if (other !== undefined) return sign + other;
  }
  return sign + size.toExponential();
}

const floatDigitsMax = 9;

/** One up in the last digit from what is cut off there. */
function stepped(size: number, digits: number): string {
  const [mantissa = '', exponent = '0'] = size.toExponential(exactDigits).split('e');
  const kept = BigInt(mantissa.replace('.', '').slice(0, digits)) + 1n;
  return trimmed(Number(`${kept.toString()}e${String(Number(exponent) - digits + 1)}`).toExponential());
}

const floatBits = new DataView(new ArrayBuffer(4));

/** Half way to the neighbours in single precision; exact in double precision. */
function midpoints(size: number): readonly [number, number] {
  floatBits.setFloat32(0, size);
  const bits = floatBits.getUint32(0);
  floatBits.setUint32(0, bits - 1);
  const below = (size + floatBits.getFloat32(0)) / 2;
  floatBits.setUint32(0, bits + 1);
  const next = floatBits.getFloat32(0);
  return [below, Number.isFinite(next) ? (size + next) / 2 : size + (size - below)];
}

/**
 * JavaScript's shortest digits, unless they are exactly half way to another number: JavaScript takes those where the number is
 * even, PostgreSQL never. With 17 digits that happens between 2^52 and 10^41 alone.
 */
function shortestDouble(value: number): string {
  const text = value.toExponential();
  const size = Math.abs(value);
  if (size < 4_503_599_627_370_496 || size > 1e41 || !isHalfWay(text, value)) return text;
  for (let digits = 1; digits <= doubleDigitsMax; digits += 1) {
    const other = rounded(value, digits);
    if (Number(other) === value && !isHalfWay(other, value)) return other;
  }
  return text;
}

const doubleDigitsMax = 17;

/** Of integers: is the text's number as near to another double as to this? */
function isHalfWay(text: string, value: number): boolean {
  const [mantissa = '', exponent = '0'] = text.split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const power = Number(exponent) - fraction.length;
  if (power < 0) return false;
  const distance = BigInt(whole + fraction) * 10n ** BigInt(power) - BigInt(value);
  return distance !== 0n && Number(BigInt(value) + 2n * distance) !== value && isExact(BigInt(value) + 2n * distance);
}

function isExact(integer: bigint): boolean {
  return BigInt(Number(integer)) === integer;
}

/** d.ddde±x -> fixed notation from 1e-4 up to the bound, as %g chooses. */
function notation(exponential: string, fixedBelow: number): string {
  const [mantissa = '', exponentText = '0'] = exponential.split('e');
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= fixedBelow) {
    return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  return fixed(mantissa, exponent);
}

function fixed(mantissa: string, exponent: number): string {
  const negative = mantissa.startsWith('-');
  const digits = mantissa.replaceAll(/[-.]/g, '');
  const point = exponent + 1;
  const text =
    point <= 0
      ? `0.${'0'.repeat(-point)}${digits}`
      : digits.length <= point
        ? digits.padEnd(point, '0')
        : `${digits.slice(0, point)}.${digits.slice(point)}`;
  return negative ? `-${text}` : text;
}

export function decimalText(unscaled: bigint, scale: number): string {
  if (scale === 0) return unscaled.toString();
  const negative = unscaled < 0n;
  const digits = (negative ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  const text = `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  return negative ? `-${text}` : text;
}
