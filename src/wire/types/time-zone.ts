// Offsets of time zones, historical ones too, by Intl; asked once per zone and day, since asking takes microseconds.
import { LRUCache } from 'lru-cache';

/** Zones that a process keeps formats of. */
const zonesMax = 100;
/** Days of a zone whose offset is remembered. */
const daysMax = 20_000;
const microsPerDay = 86_400_000_000n;
const millisPerDay = 86_400_000;
/** Milliseconds that JavaScript's dates reach; beyond them the nearest counts. */
const millisMax = 8_640_000_000_000_000;

interface Zone {
  readonly format: Intl.DateTimeFormat;
  /** Seconds by day since 1970; undefined: the offset changes within the day. */
  readonly days: Map<number, number | undefined>;
}

const zones = new LRUCache<string, Zone>({ max: zonesMax });

/** Seconds east of UTC in that zone at that moment (microseconds since 1970). */
export function offsetSecondsAt(micros: bigint, timeZone: string): number {
  if (timeZone === 'UTC') return 0;
  const zone = zoneOf(timeZone);
  const day = Number(micros / microsPerDay) - (micros < 0n ? 1 : 0);
  if (!zone.days.has(day)) remember(zone, day);
  return zone.days.get(day) ?? offsetSeconds(zone, Number(micros / 1000n));
}

function zoneOf(timeZone: string): Zone {
  const known = zones.get(timeZone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  const zone = { format, days: new Map<number, number | undefined>() };
  zones.set(timeZone, zone);
  return zone;
}

function remember(zone: Zone, day: number): void {
  if (zone.days.size >= daysMax) zone.days.clear();
  const first = offsetSeconds(zone, day * millisPerDay);
  const last = offsetSeconds(zone, (day + 1) * millisPerDay);
  zone.days.set(day, first === last ? first : undefined);
}

function offsetSeconds({ format }: Zone, millis: number): number {
  const within = Math.max(-millisMax, Math.min(millisMax, millis));
  const name = format.formatToParts(within).find((part) => part.type === 'timeZoneName')?.value ?? '';
  const [, sign = '+', hours = '0', minutes = '0', seconds = '0'] = /GMT([+-])(\d+):?(\d+)?:?(\d+)?/.exec(name) ?? [];
  const size = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  return sign === '-' ? -size : size;
}

/** +00, +05:30, -00:25:21 */
export function offsetText(seconds: number): string {
  const size = Math.abs(seconds);
  const [hours, minutes, rest] = [Math.floor(size / 3600), Math.floor(size / 60) % 60, size % 60].map((part) =>
    String(part).padStart(2, '0'),
  );
  const tail = rest !== '00' ? `:${minutes ?? ''}:${rest ?? ''}` : minutes !== '00' ? `:${minutes ?? ''}` : '';
  return `${seconds < 0 ? '-' : '+'}${hours ?? ''}${tail}`;
}
