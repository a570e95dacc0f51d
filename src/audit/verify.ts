// Verifies a whole log, offline, with nothing but its directory and the public key.
// Found, each with its first bad place:
// - any record changed, lost, duplicated or out of order before the last signed record, whoever did it without the key;
// - the same after the last signed record, unless the hashes were computed anew: at most 1,000 events can stand there;
// - a run of the server that neither was closed nor is followed by a `recovered` record;
// - with an anchor (a checkpoint kept elsewhere): a log that ends before it, or is another one up to it.
// Not found without an anchor: records cut off the end of the log at a line end (or within a line, as a crash would).
// The result then says `end: 'open'` (or 'torn'); the same is said of a log being written, and after a crash. A log cut
// right after the signed end of an earlier run says 'clean'. Keep the last checkpoint elsewhere.
import { createPublicKey, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { ChainCheck, tornFault } from './chain-check.ts';
import { isSignedBy } from './checkpoint.ts';
import type { Checkpoint } from './event.ts';
import type { Head } from './record.ts';
import { type LineChunk, segmentLines } from './segment-lines.ts';
import { listSegments, type Segment } from './segments.ts';

export interface VerifyRequest {
  readonly directory: string;
  /** PEM or a key. */
  readonly publicKey: KeyObject | string;
  readonly anchor?: Checkpoint;
}

export interface SoundLog {
  readonly ok: true;
  readonly segments: number;
  readonly records: number;
  readonly head: Head;
  /** clean: signed end; open: being written, stopped uncleanly, or cut at a line end; torn: last line incomplete. */
  readonly end: 'clean' | 'open' | 'torn';
  readonly lastSigned: Checkpoint | undefined;
  readonly unsignedEvents: number;
  /** Unclean stops that the log itself tells of. */
  readonly recoveries: number;
}

export interface DamagedLog {
  readonly ok: false;
  /** The first bad place. Line 0: the segment as a whole. */
  readonly segment: string;
  readonly line: number;
  /** The sequence number that was to stand there. */
  readonly sequence: number;
  readonly reason: string;
}

export type Verification = SoundLog | DamagedLog;

export async function verifyLog({ directory, publicKey, anchor }: VerifyRequest): Promise<Verification> {
  const key = typeof publicKey === 'string' ? createPublicKey(publicKey) : publicKey;
  if (anchor !== undefined && !isSignedBy(key, anchor)) {
    return {
      ok: false,
      segment: '',
      line: 0,
      sequence: anchor.sequence,
      reason: 'the anchor is not signed by this key',
    };
  }
  const segments = await listSegments(directory);
  const walk = new LogWalk(directory, new ChainCheck(key), anchor);
  for (const [index, segment] of segments.entries()) {
    const fault = await walk.segment(segment, index === segments.length - 1);
    if (fault !== undefined) return fault;
  }
  return walk.finish(segments);
}

class LogWalk {
  readonly #directory: string;
  readonly #check: ChainCheck;
  readonly #anchor: Checkpoint | undefined;
  #torn = false;

  constructor(directory: string, check: ChainCheck, anchor: Checkpoint | undefined) {
    this.#directory = directory;
    this.#check = check;
    this.#anchor = anchor;
  }

  async segment({ name, firstSequence }: Segment, isLast: boolean): Promise<DamagedLog | undefined> {
    const expected = this.#check.head.sequence + 1;
    if (firstSequence > expected)
      return this.#fault(name, 0, `a segment is lost before it, from record ${String(expected)}`);
    if (firstSequence < expected) return this.#fault(name, 0, 'the segment is duplicated or its name was changed');
    let line = 0;
    let rest: Buffer = Buffer.alloc(0);
    for await (const chunk of segmentLines(join(this.#directory, name))) {
      const fault = this.#takeLines(chunk);
      if (fault !== undefined) return { ok: false, segment: name, ...fault, line: line + fault.line };
      line += chunk.lines.length;
      rest = chunk.rest;
    }
    if (line === 0 && !isLast) return this.#fault(name, 0, 'the segment is empty');
    if (rest.length === 0) return undefined;
    this.#torn = true;
    const afterEnd = this.#check.run === 'closed' && line > 0;
    const reason = isLast && !afterEnd ? tornFault(rest) : 'the line is incomplete';
    return reason === undefined ? undefined : this.#fault(name, line + 1, reason);
  }

  #takeLines({ lines }: LineChunk): Pick<DamagedLog, 'line' | 'sequence' | 'reason'> | undefined {
    for (const [index, bytes] of lines.entries()) {
      const sequence = this.#check.head.sequence + 1;
      const reason = this.#check.take(bytes) ?? this.#anchorFault();
      if (reason !== undefined) return { line: index + 1, sequence, reason };
    }
    return undefined;
  }

  #anchorFault(): string | undefined {
    const { head } = this.#check;
    const differs = head.sequence === this.#anchor?.sequence && head.hash !== this.#anchor.headHash;
    return differs ? 'the record is not the one that the anchor was signed for' : undefined;
  }

  /** At the record that was to come next. */
  #fault(segment: string, line: number, reason: string): DamagedLog {
    return { ok: false, segment, line, sequence: this.#check.head.sequence + 1, reason };
  }

  finish(segments: readonly Segment[]): Verification {
    const { head, lastSigned, unsignedEvents, recoveries, run } = this.#check;
    const last = segments.at(-1)?.name ?? '';
    if (head.sequence === 0) return this.#fault(last, 0, 'there is no audit log');
    if (this.#anchor !== undefined && head.sequence < this.#anchor.sequence) {
      return this.#fault(
        last,
        0,
        `records are cut off the end: the anchor was signed for ${String(this.#anchor.sequence)}`,
      );
    }
    const end = this.#torn ? 'torn' : run === 'closed' ? 'clean' : 'open';
    return {
      ok: true,
      segments: segments.length,
      records: head.sequence,
      head,
      end,
      lastSigned,
      unsignedEvents,
      recoveries,
    };
  }
}
