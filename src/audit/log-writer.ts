// Turns events into chained, signed, durable records. Synchronous; it lives in the writer's thread and reads no clock:
// times come with the events. A failed write leaves the head where it was, so numbers are given again and none is missing.
import type { KeyObject } from 'node:crypto';
import { signCheckpoint } from './checkpoint.ts';
import type { Checkpoint, LogRecord } from './event.ts';
import { type Head, sealRecord, timeLength } from './record.ts';
import type { SegmentWriter } from './segment-writer.ts';

/** Events that got consecutive sequence numbers. */
export interface Run {
  readonly first: number;
  readonly count: number;
}

export interface Written {
  /** Of the events, in order; checkpoints take numbers between them. */
  readonly runs: readonly Run[];
  readonly checkpoints: readonly Checkpoint[];
}

export interface LogWriterOptions {
  readonly head: Head;
  readonly privateKey: KeyObject;
  readonly segments: SegmentWriter;
  /** Events between two checkpoints. */
  readonly checkpointEvents: number;
}

/** One event as posted: its time (24 characters), directly followed by its JSON text, which has no line end in it. */
export type EventLine = string;

export class LogWriter {
  readonly #options: LogWriterOptions;
  #head: Head;
  #unsigned = 0;
  #rejected = 0;
  #failureCode = '';

  constructor(options: LogWriterOptions) {
    this.#options = options;
    this.#head = options.head;
  }

  /** Begins a run. */
  open(time: string, recovered: LogRecord | undefined): Written {
    const draft = this.#draft(time);
    if (recovered !== undefined) draft.addOwn(time, recovered);
    draft.sign('opened', time);
    return this.#write(draft);
  }

  /** @throws what the file system said: then none of the events is in the log */
  append(events: readonly EventLine[]): Written {
    const draft = this.#draft(events[0]?.slice(0, timeLength) ?? '');
    for (const event of events) draft.add(event);
    try {
      return this.#write(draft);
    } catch (error) {
      this.#rejected += events.length;
      this.#failureCode = codeOf(error);
      throw error;
    }
  }

  /** Signs the head, unless nothing came since the last signature. */
  checkpoint(time: string): Written {
    if (this.#unsigned === 0 && this.#rejected === 0) return { runs: [], checkpoints: [] };
    const draft = this.#draft(time);
    draft.sign('checkpoint', time);
    return this.#write(draft);
  }

  /** Ends the run and releases the file. */
  close(time: string): Written {
    try {
      const draft = this.#draft(time);
      draft.sign('closed', time);
      return this.#write(draft);
    } finally {
      this.#options.segments.close();
    }
  }

  /** Begins, after a failure, with what was lost to it. */
  #draft(time: string): Draft {
    const draft = new Draft(this.#options, this.#head, this.#unsigned);
    if (this.#rejected > 0) draft.addOwn(time, { kind: 'resumed', rejected: this.#rejected, code: this.#failureCode });
    return draft;
  }

  #write(draft: Draft): Written {
    this.#options.segments.append(this.#head.sequence + 1, draft.bytes());
    this.#head = draft.head;
    this.#unsigned = draft.unsigned;
    this.#rejected = 0;
    return draft;
  }
}

/** The records of one write, chained but not yet durable. */
class Draft implements Written {
  readonly #options: LogWriterOptions;
  readonly #lines: string[] = [];
  head: Head;
  unsigned: number;
  readonly runs: { first: number; count: number }[] = [];
  readonly checkpoints: Checkpoint[] = [];

  constructor(options: LogWriterOptions, head: Head, unsigned: number) {
    this.#options = options;
    this.head = head;
    this.unsigned = unsigned;
  }

  add(event: EventLine): void {
    const time = event.slice(0, timeLength);
    this.#chain(time, event.slice(timeLength));
    const run = this.runs.at(-1);
    if (run !== undefined && run.first + run.count === this.head.sequence) run.count += 1;
    else this.runs.push({ first: this.head.sequence, count: 1 });
    this.unsigned += 1;
    if (this.unsigned >= this.#options.checkpointEvents) this.sign('checkpoint', time);
  }

  addOwn(time: string, record: LogRecord): void {
    this.#chain(time, JSON.stringify(record));
  }

  sign(kind: Checkpoint['kind'], time: string): void {
    const checkpoint = signCheckpoint(this.#options.privateKey, { kind, head: this.head, time });
    this.#chain(time, JSON.stringify(checkpoint));
    this.checkpoints.push(checkpoint);
    this.unsigned = 0;
  }

  bytes(): Buffer {
    return Buffer.from(this.#lines.join(''));
  }

  #chain(time: string, eventJson: string): void {
    const { line, head } = sealRecord(this.head, time, eventJson);
    this.#lines.push(line);
    this.head = head;
  }
}

/** The system's name of a failure (ENOSPC, EIO …). */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';
}
