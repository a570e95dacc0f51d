// Intervals in each IntervalStyle, as PostgreSQL's EncodeInterval writes them.
import { fractionText } from './datetime.ts';

export interface IntervalParts {
  readonly months: number;
  readonly days: number;
  readonly micros: bigint;
}

/** Every part has the sign of what it was made of. */
interface Parts {
  readonly years: number;
  readonly months: number;
  readonly days: number;
  readonly hours: bigint;
  readonly minutes: bigint;
  readonly seconds: bigint;
  readonly micros: bigint;
}

/** @param style the setting IntervalStyle */
export function intervalText(interval: IntervalParts, style = 'postgres'): string {
  const parts = partsOf(interval);
  switch (style) {
    case 'postgres_verbose':
      return verbose(parts);
    case 'sql_standard':
      return sqlStandard(parts);
    case 'iso_8601':
      return iso8601(parts);
    default:
      return postgres(parts);
  }
}

function partsOf({ months, days, micros }: IntervalParts): Parts {
  const seconds = micros / 1_000_000n;
  return {
    years: Math.trunc(months / 12),
    months: months % 12,
    days,
    hours: seconds / 3600n,
    minutes: (seconds / 60n) % 60n,
    seconds: seconds % 60n,
    micros: micros % 1_000_000n,
  };
}

function size(value: bigint): bigint {
  return value < 0n ? -value : value;
}

function two(value: bigint): string {
  return size(value).toString().padStart(2, '0');
}

function hasTime({ hours, minutes, seconds, micros }: Parts): boolean {
  return hours !== 0n || minutes !== 0n || seconds !== 0n || micros !== 0n;
}

function isTimeNegative({ hours, minutes, seconds, micros }: Parts): boolean {
  return hours < 0n || minutes < 0n || seconds < 0n || micros < 0n;
}

/** :MM:SS.ffffff */
function clockTail({ minutes, seconds, micros }: Parts): string {
  return `:${two(minutes)}:${two(seconds)}${fractionText(size(micros))}`;
}

/** 1 year 2 mons -3 days +04:05:06 */
function postgres(parts: Parts): string {
  let text = '';
  let isBefore = false;
  const units = [
    [parts.years, 'year'],
    [parts.months, 'mon'],
    [parts.days, 'day'],
  ] as const;
  for (const [value, unit] of units) {
    if (value === 0) continue;
    // A positive part behind a negative one says so.
    text += `${text === '' ? '' : ' '}${isBefore && value > 0 ? '+' : ''}${String(value)} ${unit}${value === 1 ? '' : 's'}`;
    isBefore = value < 0;
  }
  if (text !== '' && !hasTime(parts)) return text;
  const sign = isTimeNegative(parts) ? '-' : isBefore ? '+' : '';
  return `${text}${text === '' ? '' : ' '}${sign}${two(parts.hours)}${clockTail(parts)}`;
}

/** @ 1 year 2 mons -3 days 4 hours 5 mins 6.5 secs ago: the first part's sign is that of the whole. */
function verbose(parts: Parts): string {
  let text = '@';
  let isFirst = true;
  let isBefore = false;
  const units: readonly (readonly [number | bigint, string])[] = [
    [parts.years, 'year'],
    [parts.months, 'mon'],
    [parts.days, 'day'],
    [parts.hours, 'hour'],
    [parts.minutes, 'min'],
  ];
  for (const [value, unit] of units) {
    if (Number(value) === 0) continue;
    if (isFirst) isBefore = value < 0;
    const shown = isBefore ? -value : value;
    text += ` ${String(shown)} ${unit}${Number(shown) === 1 ? '' : 's'}`;
    isFirst = false;
  }
  const { seconds, micros } = parts;
  if (seconds !== 0n || micros !== 0n) {
    const isNegative = seconds < 0n || (seconds === 0n && micros < 0n);
    if (isFirst) isBefore = isNegative;
    const sign = isNegative === isBefore ? '' : '-';
    const plural = size(seconds) !== 1n || micros !== 0n ? 's' : '';
    text += ` ${sign}${size(seconds).toString()}${fractionText(size(micros))} sec${plural}`;
    isFirst = false;
  }
  return `${text}${isFirst ? ' 0' : ''}${isBefore ? ' ago' : ''}`;
}

/** 1-2 for years and months, 3 4:05:06 for the rest, all signed one by one where the standard has no form. */
function sqlStandard(parts: Parts): string {
  const { years, months, days, hours } = parts;
  const numbers = [years, months, days, ...[hours, parts.minutes, parts.seconds, parts.micros].map(Number)];
  const hasNegative = numbers.some((each) => each < 0);
  const hasPositive = numbers.some((each) => each > 0);
  const hasYearMonth = years !== 0 || months !== 0;
  if (!hasNegative && !hasPositive) return '0';
  const clock = `${size(hours).toString()}${clockTail(parts)}`;
  const yearMonth = `${String(Math.abs(years))}-${String(Math.abs(months))}`;
  if ((hasNegative && hasPositive) || (hasYearMonth && (days !== 0 || hasTime(parts)))) {
    const sign = (isNegative: boolean): string => (isNegative ? '-' : '+');
    const day = `${sign(days < 0)}${String(Math.abs(days))}`;
    return `${sign(years < 0 || months < 0)}${yearMonth} ${day} ${sign(isTimeNegative(parts))}${clock}`;
  }
  const rest = days === 0 ? clock : `${String(Math.abs(days))} ${clock}`;
  return `${hasNegative ? '-' : ''}${hasYearMonth ? yearMonth : rest}`;
}

/** P1Y2M-3DT4H5M6.5S */
function iso8601(parts: Parts): string {
  const part = (value: number | bigint, unit: string): string => (Number(value) === 0 ? '' : `${String(value)}${unit}`);
  const { seconds, micros } = parts;
  const date = part(parts.years, 'Y') + part(parts.months, 'M') + part(parts.days, 'D');
  if (!hasTime(parts)) return date === '' ? 'PT0S' : `P${date}`;
  const sign = seconds < 0n || micros < 0n ? '-' : '';
  const second =
    seconds === 0n && micros === 0n ? '' : `${sign}${size(seconds).toString()}${fractionText(size(micros))}S`;
  return `P${date}T${part(parts.hours, 'H')}${part(parts.minutes, 'M')}${second}`;
}
