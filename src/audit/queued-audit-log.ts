// The log as the rest of the server sees it: takes events, posts them to the writer once per turn of the microtask
// queue, and settles each `append` when the writer has answered. Keeps order; bounded.
import { assert } from '../base/assert.ts';
import type { Clock } from '../base/clock.ts';
import { limits } from '../base/limits.ts';
import { SqlError } from '../base/sql-error.ts';
import { auditLimits } from './audit-limits.ts';
import { isLogRecordKind } from './checkpoint.ts';
import type { AuditEvent, AuditLog, Checkpoint, LogRecord } from './event.ts';
import type { Run } from './log-writer.ts';
import type { WriteFailure, WriterPort, WriterReply } from './writer-protocol.ts';

/** Where remarks for the operator go; a pino logger is one. */
export interface AuditNotices {
  warn(facts: object, message: string): void;
}

export interface QueueOptions {
  readonly port: WriterPort;
  readonly clock: Clock;
  readonly onCheckpoint?: ((checkpoint: Checkpoint) => void) | undefined;
  readonly log?: AuditNotices | undefined;
  readonly queueEventsMax?: number | undefined;
}

interface Settling<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: SqlError) => void;
}

interface Waiting extends Settling<number> {
  readonly line: string;
}

export class QueuedAuditLog implements AuditLog {
  readonly #options: QueueOptions;
  readonly #eventsMax: number;
  /** Callers that found the queue full, in order. */
  readonly #atTheDoor: Waiting[] = [];
  readonly #gathered: Waiting[] = [];
  readonly #posted: Waiting[][] = [];
  #queuedEvents = 0;
  #queuedBytes = 0;
  #postScheduled = false;
  #opening: Settling<void> | undefined;
  #closing: Settling<void> | undefined;
  #closed: Promise<void> | undefined;
  #closePosted = false;
  #dead: SqlError | undefined;
  #timeMs = Number.NaN;
  #timeText = '';

  constructor(options: QueueOptions) {
    this.#options = options;
    this.#eventsMax = options.queueEventsMax ?? limits.auditQueueEventsMax;
    options.port.on('message', (reply) => this.#take(reply));
  }

  /** Resolves when the signed beginning of the run is durable. */
  open(recovered: LogRecord | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#opening = { resolve, reject };
      this.#options.port.postMessage({ kind: 'open', time: this.#time(), recovered });
    });
  }

  async append(event: AuditEvent): Promise<number> {
    if (this.#closed !== undefined) throw new SqlError('adminShutdown', 'audit log is closed');
    if (this.#dead !== undefined) throw this.#dead;
    assert(!isLogRecordKind(event.kind), `only the audit log itself writes ${event.kind}`);
    const line = this.#time() + JSON.stringify(event);
    if (line.length > auditLimits.eventCharsMax) throw new SqlError('limitExceeded', 'audit event is too large');
    return new Promise((resolve, reject) => {
      const waiting = { line, resolve, reject };
      if (this.#isFull() || this.#atTheDoor.length > 0) this.#atTheDoor.push(waiting);
      else this.#enqueue(waiting);
    });
  }

  /** Asks for a signature over what is there, if something new is. */
  checkpoint(): void {
    if (this.#closed === undefined && this.#dead === undefined)
      this.#options.port.postMessage({ kind: 'checkpoint', time: this.#time() });
  }

  close(): Promise<void> {
    if (this.#closed === undefined && this.#dead !== undefined) return Promise.reject(this.#dead);
    this.#closed ??= new Promise((resolve, reject) => {
      this.#closing = { resolve, reject };
      this.#post();
    });
    return this.#closed;
  }

  /** The writer's thread is gone: nothing can be appended any more. */
  fail(cause: unknown): void {
    const error = unwritable(cause);
    this.#dead = error;
    const lost = [this.#opening, this.#closing, ...this.#posted.flat(), ...this.#gathered, ...this.#atTheDoor];
    this.#posted.length = 0;
    this.#gathered.length = 0;
    this.#atTheDoor.length = 0;
    for (const settling of lost) settling?.reject(error);
  }

  #enqueue(waiting: Waiting): void {
    this.#gathered.push(waiting);
    this.#queuedEvents += 1;
    this.#queuedBytes += waiting.line.length;
    // A burst is posted in parts, so that the writer works while the rest of it is still being gathered.
    if (this.#gathered.length >= auditLimits.postEvents) this.#post();
    if (this.#postScheduled) return;
    this.#postScheduled = true;
    queueMicrotask(() => {
      this.#postScheduled = false;
      this.#post();
    });
  }

  #post(): void {
    while (this.#gathered.length > 0 && this.#posted.length < auditLimits.postsInFlightMax) {
      const batch = this.#gathered.splice(0, this.#postSize());
      this.#posted.push(batch);
      this.#options.port.postMessage({ kind: 'append', events: batch.map(({ line }) => line).join('\n') });
    }
    // Requests are answered in order, so the end comes after everything that was taken before `close`.
    const unposted = this.#gathered.length + this.#atTheDoor.length;
    if (this.#closing === undefined || this.#closePosted || unposted > 0) return;
    this.#closePosted = true;
    this.#options.port.postMessage({ kind: 'close', time: this.#time() });
  }

  /** How many of the gathered events make the next message. */
  #postSize(): number {
    let chars = 0;
    let events = 0;
    for (const { line } of this.#gathered) {
      if (events === auditLimits.postEvents || chars >= auditLimits.postChars) break;
      chars += line.length;
      events += 1;
    }
    return events;
  }

  #take(reply: WriterReply): void {
    switch (reply.kind) {
      case 'opened':
        this.#opening?.resolve();
        this.#opening = undefined;
        return;
      case 'durable':
        return this.#resolve(this.#answered(reply.posts), reply.runs);
      case 'rejected':
        return this.#reject(this.#answered(reply.posts), reply.failure);
      case 'checkpoint':
        return this.#options.onCheckpoint?.(reply.checkpoint);
      case 'failed':
        this.#options.log?.warn(reply.failure, `audit log: ${reply.request} failed`);
        if (reply.request === 'open') this.#opening?.reject(unwritable(reply.failure));
        return;
      case 'closed':
        if (reply.failure === undefined) this.#closing?.resolve();
        else this.#closing?.reject(unwritable(reply.failure));
    }
  }

  /** Takes the answered events off the queue and lets in who waited for room. */
  #answered(posts: number): readonly Waiting[] {
    const events = this.#posted.splice(0, posts).flat();
    this.#queuedEvents -= events.length;
    for (const { line } of events) this.#queuedBytes -= line.length;
    let entered = 0;
    for (const waiting of this.#atTheDoor) {
      if (this.#isFull()) break;
      this.#enqueue(waiting);
      entered += 1;
    }
    this.#atTheDoor.splice(0, entered);
    this.#post();
    return events;
  }

  #resolve(events: readonly Waiting[], runs: readonly Run[]): void {
    let next = 0;
    for (const { first, count } of runs) {
      for (let offset = 0; offset < count; offset++) events[next++]?.resolve(first + offset);
    }
    assert(next === events.length, 'the audit writer numbers every event it was given');
  }

  #reject(events: readonly Waiting[], failure: WriteFailure): void {
    this.#options.log?.warn({ ...failure, events: events.length }, 'audit log cannot be written');
    const error = unwritable(failure);
    for (const waiting of events) waiting.reject(error);
  }

  #isFull(): boolean {
    return this.#queuedEvents >= this.#eventsMax || this.#queuedBytes >= auditLimits.queueBytesMax;
  }

  /** Formatting costs more than everything else here, and many events share a millisecond. */
  #time(): string {
    const now = this.#options.clock.now();
    if (now !== this.#timeMs) {
      this.#timeMs = now;
      this.#timeText = new Date(now).toISOString();
    }
    return this.#timeText;
  }
}

function unwritable(cause: unknown): SqlError {
  return new SqlError('diskFull', 'audit log cannot be written', {
    detail: 'Nothing is answered that could not be recorded.',
    hint: 'Free space on the volume of the audit log; service resumes by itself.',
    cause,
  });
}
