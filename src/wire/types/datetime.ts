// Dates and times as PostgreSQL spells them in ISO style.

const microsPerDay = 86_400_000_000n;
const microsPerSecond = 1_000_000n;

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0');
}

/** Days since 1970-01-01 -> calendar date, proleptic Gregorian (H. Hinnant's days-to-civil). */
function civil(days: number): { readonly year: number; readonly month: number; readonly day: number } {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const month = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * month + 2) / 5) + 1;
  const realMonth = month < 10 ? month + 3 : month - 9;
  return { year: yearOfEra + era * 400 + (realMonth <= 2 ? 1 : 0), month: realMonth, day };
}

interface DateText {
  readonly text: string;
  /** ' BC' goes behind the time. */
  readonly era: string;
}

function dateParts(days: number): DateText {
  const { year, month, day } = civil(days);
  const shown = year > 0 ? year : 1 - year;
  return { text: `${pad(shown, 4)}-${pad(month, 2)}-${pad(day, 2)}`, era: year > 0 ? '' : ' BC' };
}

export function dateText(days: number): string {
  if (days === Number.POSITIVE_INFINITY) return 'infinity';
  if (days === Number.NEGATIVE_INFINITY) return '-infinity';
  const { text, era } = dateParts(days);
  return text + era;
}

/** Microseconds within a day; fractions without trailing zeros. */
export function timeText(micros: bigint): string {
  const seconds = Number(micros / microsPerSecond);
  const clock = `${pad(Math.floor(seconds / 3600), 2)}:${pad(Math.floor(seconds / 60) % 60, 2)}:${pad(seconds % 60, 2)}`;
  return clock + fractionText(micros % microsPerSecond);
}

function fractionText(micros: bigint): string {
  return micros === 0n ? '' : `.${pad(Number(micros), 6).replace(/0+$/, '')}`;
}

/** DuckDB's infinite timestamps. */
const infinite = 9_223_372_036_854_775_807n;

export function timestampText(micros: bigint): string {
  return infinityText(micros) ?? finiteTimestamp(micros, '');
}

function infinityText(micros: bigint): string | undefined {
  if (micros === infinite) return 'infinity';
  return micros === -infinite ? '-infinity' : undefined;
}

function finiteTimestamp(micros: bigint, zone: string): string {
  let days = micros / microsPerDay;
  if (micros % microsPerDay < 0n) days -= 1n;
  const { text, era } = dateParts(Number(days));
  return `${text} ${timeText(micros - days * microsPerDay)}${zone}${era}`;
}

export function timestampTzText(micros: bigint, timeZone: string): string {
  const infinity = infinityText(micros);
  if (infinity !== undefined) return infinity;
  const offset = offsetSecondsOf(micros, timeZone);
  return finiteTimestamp(micros + BigInt(offset) * microsPerSecond, offsetText(offset));
}

/** +00, +05:30, -00:25:21 */
export function offsetText(seconds: number): string {
  const size = Math.abs(seconds);
  const [hours, minutes, rest] = [Math.floor(size / 3600), Math.floor(size / 60) % 60, size % 60];
  const tail = rest !== 0 ? `:${pad(minutes, 2)}:${pad(rest, 2)}` : minutes !== 0 ? `:${pad(minutes, 2)}` : '';
  return `${seconds < 0 ? '-' : '+'}${pad(hours, 2)}${tail}`;
}

const formats = new Map<string, Intl.DateTimeFormat>();
/** Zones a process ever formats in; beyond it none is remembered. */
const formatsMax = 1_000;

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  if (formats.size < formatsMax) formats.set(timeZone, format);
  return format;
}

/** Offset of the zone at that moment, by Intl; years beyond JavaScript's dates count as their nearest. */
function offsetSecondsOf(micros: bigint, timeZone: string): number {
  if (timeZone === 'UTC') return 0;
  const limit = 8_640_000_000_000_000;
  const millis = Math.max(-limit, Math.min(limit, Number(micros / 1000n)));
  const name =
    formatOf(timeZone)
      .formatToParts(millis)
      .find((part) => part.type === 'timeZoneName')?.value ?? '';
  const [, sign = '+', hours = '0', minutes = '0', seconds = '0'] = /GMT([+-])(\d+):?(\d+)?:?(\d+)?/.exec(name) ?? [];
  const size = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  return sign === '-' ? -size : size;
}

export interface IntervalParts {
  readonly months: number;
  readonly days: number;
  readonly micros: bigint;
}

/** PostgreSQL's IntervalStyle `postgres`: 1 year 2 mons 3 days 04:05:06, signs where they change. */
export function intervalText({ months, days, micros }: IntervalParts): string {
  const units = [
    [Math.trunc(months / 12), 'year'],
    [months % 12, 'mon'],
    [days, 'day'],
  ] as const;
  const shown = units.filter(([value]) => value !== 0);
  const parts = shown.map(([value, unit], index) => {
    // A positive part behind a negative one says so.
    const plus = value > 0 && (shown[index - 1]?.[0] ?? 0) < 0 ? '+' : '';
    return `${plus}${String(value)} ${unit}${value === 1 ? '' : 's'}`;
  });
  if (micros === 0n && parts.length > 0) return parts.join(' ');
  const negativeBefore = (shown.at(-1)?.[0] ?? 0) < 0;
  const sign = micros < 0n ? '-' : negativeBefore ? '+' : '';
  return [...parts, sign + longTime(micros < 0n ? -micros : micros)].join(' ');
}

/** Hours may pass 24. */
function longTime(micros: bigint): string {
  const seconds = micros / microsPerSecond;
  const [hours, minutes, rest] = [seconds / 3600n, (seconds / 60n) % 60n, seconds % 60n];
  return `${pad2(hours)}:${pad2(minutes)}:${pad2(rest)}${fractionText(micros % microsPerSecond)}`;
}

function pad2(value: bigint): string {
  return value.toString().padStart(2, '0');
}
