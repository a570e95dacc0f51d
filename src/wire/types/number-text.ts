// Numbers as PostgreSQL spells them.

/** Digits that every float8, every float4 keeps (DBL_DIG, FLT_DIG); extra_float_digits of 0 and less is counted from there. */
const doubleDigits = 15;
const floatDigits = 6;

/** @param extraDigits the setting extra_float_digits; above 0: the shortest text that reads back as the same number */
export function doubleText(value: number, extraDigits = 1): string {
  return (
    specialText(value) ??
    notation(extraDigits > 0 ? value.toExponential() : rounded(value, doubleDigits + extraDigits), {
      fixedBelow: extraDigits > 0 ? doubleDigits : Math.max(1, doubleDigits + extraDigits),
    })
  );
}

/** Of single precision. */
export function floatText(value: number, extraDigits = 1): string {
  return (
    specialText(value) ??
    notation(extraDigits > 0 ? shortestFloat(value) : rounded(value, floatDigits + extraDigits), {
      fixedBelow: extraDigits > 0 ? floatDigits : Math.max(1, floatDigits + extraDigits),
    })
  );
}

function specialText(value: number): string | undefined {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  return undefined;
}

/** As printf's %g: so many digits, without zeros at the end. */
function rounded(value: number, digits: number): string {
  return value.toExponential(Math.max(1, digits) - 1).replace(/\.?0+e/, 'e');
}

/** The fewest digits that single precision tells apart. */
function shortestFloat(value: number): string {
  for (let digits = 0; digits < 9; digits += 1) {
    const text = value.toExponential(digits);
    if (Math.fround(Number(text)) === value) return text.replace(/\.0*e/, 'e');
  }
  return value.toExponential();
}

/** d.ddde±x -> fixed notation from 1e-4 up to the bound, as %g chooses. */
function notation(exponential: string, { fixedBelow }: { readonly fixedBelow: number }): string {
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
