// Dates and times as PostgreSQL spells them, in each DateStyle (its EncodeDateOnly and EncodeDateTime).
import type { SqlType } from '../../sql/sql-type.ts';
import { offsetSecondsAt, offsetText } from './time-zone.ts';

const microsPerDay = 86_400_000_000n;
const microsPerSecond = 1_000_000n;
const isoStyle = 'ISO, MDY';

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0');
}

export interface CalendarDay {
  /** Astronomical: 0 is 1 BC. */
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** Days since 1970-01-01 -> calendar date, proleptic Gregorian (H. Hinnant's days-to-civil). */
export function civil(days: number): CalendarDay {
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

/** @param style the setting DateStyle, as SHOW tells it */
export function dateText(days: number, style: string = isoStyle): string {
  if (days === Number.POSITIVE_INFINITY) return 'infinity';
  if (days === Number.NEGATIVE_INFINITY) return '-infinity';
  const date = civil(days);
  return dayText(date, style) + eraText(date);
}

function eraText({ year }: CalendarDay): string {
  return year > 0 ? '' : ' BC';
}

function shownYear({ year }: CalendarDay): string {
  return pad(year > 0 ? year : 1 - year, 4);
}

function dayText(date: CalendarDay, style: string): string {
  const [year, month, day] = [shownYear(date), pad(date.month, 2), pad(date.day, 2)];
  const [output = '', order = ''] = style.split(', ');
  const [first, second] = order === 'DMY' ? [day, month] : [month, day];
  switch (output) {
    case 'SQL':
      return `${first}/${second}/${year}`;
    case 'German':
      return `${day}.${month}.${year}`;
    case 'Postgres':
      return `${first}-${second}-${year}`;
    default:
      return `${year}-${month}-${day}`;
  }
}

/** Microseconds within a day; fractions without trailing zeros. */
export function timeText(micros: bigint): string {
  const seconds = Number(micros / microsPerSecond);
  const clock = `${pad(Math.floor(seconds / 3600), 2)}:${pad(Math.floor(seconds / 60) % 60, 2)}:${pad(seconds % 60, 2)}`;
  return clock + fractionText(micros % microsPerSecond);
}

/** Of a second, with its point; nothing for none. */
export function fractionText(micros: bigint): string {
  return micros === 0n ? '' : `.${pad(Number(micros), 6).replace(/0+$/, '')}`;
}

/** DuckDB's infinite timestamps. */
const infinite = 9_223_372_036_854_775_807n;

/** A timestamp of any unit in microseconds. PostgreSQL has no nanoseconds; they are cut off towards the past. */
export function microsOf(type: SqlType, value: bigint): bigint {
  if (value === infinite || value === -infinite) return value;
  switch (type.id) {
    case 'TIMESTAMP_S':
      return value * 1_000_000n;
    case 'TIMESTAMP_MS':
      return value * 1000n;
    case 'TIMESTAMP_NS':
      return value >= 0n ? value / 1000n : (value - 999n) / 1000n;
    default:
      return value;
  }
}

function infinityText(micros: bigint): string | undefined {
  if (micros === infinite) return 'infinity';
  return micros === -infinite ? '-infinity' : undefined;
}

/** @param zone written behind the time, as the style has it */
export function timestampText(micros: bigint, zone = '', style: string = isoStyle): string {
  return infinityText(micros) ?? finiteTimestamp(micros, zone, style);
}

const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function finiteTimestamp(micros: bigint, zone: string, style: string): string {
  let days = micros / microsPerDay;
  if (micros % microsPerDay < 0n) days -= 1n;
  const date = civil(Number(days));
  const time = timeText(micros - days * microsPerDay);
  if (!style.startsWith('Postgres')) return `${dayText(date, style)} ${time}${zone}${eraText(date)}`;
  const weekday = weekdays[(((Number(days) + 4) % 7) + 7) % 7] ?? '';
  const [month, day] = [months[date.month - 1] ?? '', pad(date.day, 2)];
  const [first, second] = style.endsWith('DMY') ? [day, month] : [month, day];
  return `${weekday} ${first} ${second} ${time} ${shownYear(date)}${zone}${eraText(date)}`;
}

/**
 * ISO style has the offset behind the time. The other styles have a zone's abbreviation: told for UTC; where it is another zone,
 * the offset stands for it, as PostgreSQL writes it for a zone that has no abbreviation.
 */
export function timestampTzText(micros: bigint, timeZone: string, style: string = isoStyle): string {
  const infinity = infinityText(micros);
  if (infinity !== undefined) return infinity;
  const offset = offsetSecondsAt(micros, timeZone);
  const local = micros + BigInt(offset) * microsPerSecond;
  if (style.startsWith('ISO')) return finiteTimestamp(local, offsetText(offset), style);
  const zone = timeZone === 'UTC' ? ' UTC' : `${style.startsWith('Postgres') ? ' ' : ''}${offsetText(offset)}`;
  return finiteTimestamp(local, zone, style);
}

/** For JSON: as XML Schema has it. */
export function timestampJson(micros: bigint, timeZone: string | undefined): string {
  const infinity = infinityText(micros);
  if (infinity !== undefined) return infinity;
  if (timeZone === undefined) return finiteTimestamp(micros, '', isoStyle).replace(' ', 'T');
  const offset = offsetSecondsAt(micros, timeZone);
  const zone = offsetText(offset);
  const local = micros + BigInt(offset) * microsPerSecond;
  return finiteTimestamp(local, zone.includes(':') ? zone : `${zone}:00`, isoStyle).replace(' ', 'T');
}
