// Checks record after record that the chain, the signatures and the order of runs hold: for the verifier, and for the
// writer's start. A run is: [recovered…] opened, events and checkpoints, and closed when it stopped cleanly.
import type { KeyObject } from 'node:crypto';
import { auditLimits } from './audit-limits.ts';
import { checkpointOf, isSignedBy, isSignedKind } from './checkpoint.ts';
import type { Checkpoint } from './event.ts';
import { genesis, type Head, type LogLine, readRecord } from './record.ts';

/** Where a log stands between two records: `unknown` when reading began in the middle. */
export type RunState = 'unknown' | 'beforeRun' | 'recovered' | 'running' | 'closed';

export class ChainCheck {
  readonly #publicKey: KeyObject;
  head: Head;
  run: RunState;
  lastSigned: Checkpoint | undefined;
  /** Records after the last signature that only the chain holds. */
  unsignedEvents = 0;
  recoveries = 0;

  /** @param firstSequence of the record that comes first; what was before a later one than 1 is taken on trust */
  constructor(publicKey: KeyObject, firstSequence = 1) {
    this.#publicKey = publicKey;
    this.head = firstSequence === 1 ? genesis : { sequence: firstSequence - 1, hash: '' };
    this.run = firstSequence === 1 ? 'beforeRun' : 'unknown';
  }

  /** Takes the next line; says what is wrong with it, if anything, and then must not be called again. */
  take(line: Buffer): string | undefined {
    const record = readRecord(line);
    if (record === undefined) return 'the line is no audit record';
    const reason = this.#chainFault(record) ?? this.#runFault(record) ?? this.#signatureFault(record);
    this.head = { sequence: record.sequence, hash: record.hash };
    return reason;
  }

  #chainFault({ intact, sequence, previous }: LogLine): string | undefined {
    const expected = this.head.sequence + 1;
    if (!intact) return 'the record was changed: its hash is not that of its bytes';
    if (sequence > expected) return `records are lost: ${range(expected, sequence - 1)}`;
    if (sequence < expected) return `record ${String(sequence)} is duplicated or out of order`;
    if (this.head.hash !== '' && previous !== this.head.hash) return 'the record does not follow the one before it';
    return undefined;
  }

  #runFault({ kind }: LogLine): string | undefined {
    const betweenRuns = this.run === 'beforeRun' || this.run === 'closed' || this.run === 'recovered';
    if (betweenRuns && kind !== 'opened' && kind !== 'recovered')
      return 'a record stands outside any run of the server';
    if (this.run === 'running' && kind === 'opened') return 'a run begins, but the end of the one before is lost';
    this.run = kind === 'closed' || kind === 'recovered' ? kind : 'running';
    if (kind === 'recovered') this.recoveries += 1;
    return undefined;
  }

  #signatureFault({ kind, eventText, time }: LogLine): string | undefined {
    if (!isSignedKind(kind)) {
      // The log's own remarks do not count: the writer signs after so many events, and they tell of no access.
      if (kind !== 'recovered' && kind !== 'resumed') this.unsignedEvents += 1;
      return this.unsignedEvents > auditLimits.checkpointEventsMax ? 'a checkpoint is missing before it' : undefined;
    }
    const checkpoint = checkpointOf(parseJson(eventText()));
    if (checkpoint === undefined || !isSignedBy(this.#publicKey, checkpoint)) return 'the signature is not valid';
    const { sequence, headHash } = checkpoint;
    const ofThisHead = sequence === this.head.sequence && (headHash === this.head.hash || this.head.hash === '');
    if (!ofThisHead || checkpoint.kind !== kind || checkpoint.time !== time)
      return 'the signature is of another record';
    this.lastSigned = checkpoint;
    this.unsignedEvents = 0;
    return undefined;
  }
}

/**
 * What remains after the last line end is either the front of a record whose writing was cut short, which tells of
 * nothing acknowledged, or a record whose line end was changed.
 */
export function tornFault(rest: Buffer): string | undefined {
  if (rest.length > auditLimits.lineBytesMax) return 'the line is too long for an audit record';
  const withoutLineEnd = readRecord(rest.subarray(0, -1));
  return withoutLineEnd?.intact === true ? 'the line end of the record was changed' : undefined;
}

function range(from: number, to: number): string {
  return from === to ? String(from) : `${String(from)} to ${String(to)}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // Not JSON is not a checkpoint: the caller names the place.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
