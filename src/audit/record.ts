// One line of the log. UTF-8, ended by \n, its fields in this order and without spaces between them:
//   {"sequence":7,"time":"2026-11-23T10:00:00.000Z","previous":"<64 hex>","event":{…},"hash":"<64 hex>"}
// hash      SHA-256, lower-case hex, over the bytes of the line before `,"hash":"`, that is all but its last 75 (76 with \n)
// previous  hash of the record before, in whatever segment or run it was written; 64 zeros in the first record of all
// sequence  1 more than in the record before; the first is 1
// So the bytes as stored are the canonical form: nobody has to serialise JSON again to check one.
import { hash } from 'node:crypto';

export interface Head {
  readonly sequence: number;
  readonly hash: string;
}

export const genesis: Head = { sequence: 0, hash: '0'.repeat(64) };

/** Of `Date.toISOString()` for years 0 to 9999. */
export const timeLength = 24;

const HASH_MARK = ',"hash":"';
const TAIL_BYTES = HASH_MARK.length + 64 + '"}'.length;

export interface SealedRecord {
  readonly line: string;
  readonly head: Head;
}

/** Chains one event (as JSON text) to the head; the line ends with \n. */
export function sealRecord(head: Head, time: string, eventJson: string): SealedRecord {
  const sequence = head.sequence + 1;
  const body = `{"sequence":${String(sequence)},"time":"${time}","previous":"${head.hash}","event":${eventJson}`;
  const digest = hash('sha256', body, 'hex');
  return { line: `${body}${HASH_MARK}${digest}"}\n`, head: { sequence, hash: digest } };
}

export interface LogLine {
  readonly sequence: number;
  readonly time: string;
  readonly previous: string;
  readonly hash: string;
  /** The event's kind, where it is the event's first field, as it is in all that the log writes about itself. */
  readonly kind: string;
  /** Whether `hash` is that of the line's bytes. */
  readonly intact: boolean;
  readonly eventText: () => string;
}

/** Takes a line (without \n) apart; undefined when it has not the form of a record. By position: it is what verifying costs. */
export function readRecord(line: Buffer): LogLine | undefined {
  const bodyBytes = line.length - TAIL_BYTES;
  if (bodyBytes <= 0) return undefined;
  const front = readFront(line.toString('latin1', 0, Math.min(bodyBytes, FRONT_BYTES_MAX)));
  const back = line.toString('latin1', bodyBytes);
  if (front === undefined || !back.startsWith(HASH_MARK) || !back.endsWith('"}')) return undefined;
  const digest = back.slice(HASH_MARK.length, -2);
  // No object spread here: it takes longer than hashing the line (measured).
  return {
    sequence: front.sequence,
    time: front.time,
    previous: front.previous,
    kind: front.kind,
    hash: digest,
    intact: hash('sha256', line.subarray(0, bodyBytes), 'hex') === digest,
    eventText: () => line.toString('utf8', front.eventStart, bodyBytes),
  };
}

const SEQUENCE_MARK = '{"sequence":';
const TIME_MARK = ',"time":"';
const PREVIOUS_MARK = '","previous":"';
const EVENT_MARK = '","event":';
const KIND_MARK = '{"kind":"';
const FRONT_BYTES_MAX = 240;

interface Front extends Pick<LogLine, 'sequence' | 'time' | 'previous' | 'kind'> {
  readonly eventStart: number;
}

function readFront(text: string): Front | undefined {
  const digitsEnd = text.indexOf(',', SEQUENCE_MARK.length);
  const timeStart = digitsEnd + TIME_MARK.length;
  const previousStart = timeStart + timeLength + PREVIOUS_MARK.length;
  const eventStart = previousStart + 64 + EVENT_MARK.length;
  const isRecord =
    text.startsWith(SEQUENCE_MARK) &&
    text.startsWith(TIME_MARK, digitsEnd) &&
    text.startsWith(PREVIOUS_MARK, timeStart + timeLength) &&
    text.startsWith(EVENT_MARK, previousStart + 64);
  if (!isRecord) return undefined;
  const digits = text.slice(SEQUENCE_MARK.length, digitsEnd);
  const sequence = Number(digits);
  if (String(sequence) !== digits || !Number.isSafeInteger(sequence)) return undefined;
  const time = text.slice(timeStart, timeStart + timeLength);
  const previous = text.slice(previousStart, previousStart + 64);
  return { sequence, time, previous, kind: kindAt(text, eventStart), eventStart };
}

function kindAt(text: string, eventStart: number): string {
  if (!text.startsWith(KIND_MARK, eventStart)) return '';
  const start = eventStart + KIND_MARK.length;
  const end = text.indexOf('"', start);
  return end === -1 ? '' : text.slice(start, end);
}
