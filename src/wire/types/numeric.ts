// PostgreSQL's binary numeric: digits of base 10,000, weight, sign, scale.

const base = 10_000n;

export function numericBinary(unscaled: bigint, scale: number): Buffer {
  const negative = unscaled < 0n;
  // Whole groups of four digits on both sides of the point.
  const fill = (4 - (scale % 4)) % 4;
  let rest = (negative ? -unscaled : unscaled) * 10n ** BigInt(fill);
  const fractionGroups = (scale + fill) / 4;
  const groups: number[] = [];
  while (rest > 0n) {
    groups.unshift(Number(rest % base));
    rest /= base;
  }
  const weight = groups.length - fractionGroups - 1;
  while (groups.length > 0 && groups.at(-1) === 0) groups.pop();
  const bytes = Buffer.alloc(8 + groups.length * 2);
  bytes.writeInt16BE(groups.length, 0);
  bytes.writeInt16BE(groups.length === 0 ? 0 : weight, 2);
  bytes.writeUInt16BE(negative ? 0x4000 : 0, 4);
  bytes.writeUInt16BE(scale, 6);
  for (const [index, group] of groups.entries()) bytes.writeInt16BE(group, 8 + index * 2);
  return bytes;
}

/** The number as text, for a parameter that DuckDB then casts. */
export function numericText(bytes: Buffer): string | undefined {
  if (bytes.length < 8) return undefined;
  const count = bytes.readUInt16BE(0);
  const weight = bytes.readInt16BE(2);
  const sign = bytes.readUInt16BE(4);
  const scale = bytes.readUInt16BE(6);
  if (bytes.length !== 8 + count * 2 || (sign !== 0 && sign !== 0x4000)) return undefined;
  let digits = '';
  for (let index = 0; index < count; index += 1) digits += String(bytes.readUInt16BE(8 + index * 2)).padStart(4, '0');
  const integerDigits = (weight + 1) * 4;
  const whole = digits.slice(0, Math.max(0, integerDigits)).padEnd(Math.max(1, integerDigits), '0');
  const fraction = ('0'.repeat(Math.max(0, -integerDigits)) + digits.slice(Math.max(0, integerDigits)))
    .padEnd(scale, '0')
    .slice(0, scale);
  const text = `${whole.replace(/^0+(?=\d)/, '')}${scale === 0 ? '' : `.${fraction}`}`;
  return sign === 0x4000 ? `-${text}` : text;
}
