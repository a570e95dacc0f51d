// A time as text -> milliseconds since the epoch. Without an offset it is local time in the session's TimeZone.
import { SqlError } from '../base/sql-error.ts';
import type { Span } from '../parse/statement.ts';

const form =
  /^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?)? ?(Z|[+-]\d{2}(?::?\d{2})?)?$/i;

/** @throws SqlError invalidDatetime for what is no time, and for one that the zone's clocks skip */
export function momentOf(said: Span, timeZone: string): number {
  const parts = form.exec(said.text.trim());
  if (parts === null) throw invalid(said);
  const [, year, month, day, hour, minute, second, fraction, offset] = parts;
  const numbers = [year, month, day, hour, minute, second].map((part) => Number(part ?? 0));
  const [y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0] = numbers;
  const millis = Number((fraction ?? '').padEnd(3, '0').slice(0, 3));
  const local = Date.UTC(y, mo - 1, d, h, mi, s, millis);
  const back = new Date(local);
  const kept = [
    back.getUTCFullYear(),
    back.getUTCMonth() + 1,
    back.getUTCDate(),
    back.getUTCHours(),
    back.getUTCMinutes(),
  ];
  // Date.UTC reads February 30 as March 1.
  if (kept.join() !== [y, mo, d, h, mi].join() || s > 59) throw invalid(said);
  return offset === undefined ? inZone(said, local, timeZone) : local - offsetMs(offset);
}

function offsetMs(text: string): number {
  if (text.toUpperCase() === 'Z') return 0;
  const digits = text.slice(1).replace(':', '');
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2) || 0);
  return (text.startsWith('-') ? -minutes : minutes) * 60_000;
}

/** The earlier of two moments that clocks show twice: a grant rather ends too soon. */
function inZone(said: Span, local: number, timeZone: string): number {
  const around = [local - 86_400_000, local + 86_400_000].map((at) => local - zoneOffsetMs(at, timeZone));
  const moments = around.filter((moment) => moment + zoneOffsetMs(moment, timeZone) === local);
  if (moments.length === 0) throw invalid(said);
  return Math.min(...moments);
}

function zoneOffsetMs(at: number, timeZone: string): number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const shown = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const part = (name: Intl.DateTimeFormatPartTypes): number => shown.get(name) ?? 0;
  const local = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
  return local - Math.floor(at / 1000) * 1000;
}

function invalid(said: Span): SqlError {
  return new SqlError('invalidDatetime', `invalid time: "${said.text}"`, {
    position: said.offset,
    hint: "Write it as '2027-01-31 18:00:00' or '2027-01-31T18:00:00Z'.",
  });
}
