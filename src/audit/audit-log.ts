// Opens the audit log: key, head, writer's thread, timer. Every run begins a segment of its own, so nothing is ever
// written to a file that an earlier process left, and a run that ended badly stays as it was found.
import { relative } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { assert } from '../base/assert.ts';
import type { Clock } from '../base/clock.ts';
import { startWorker } from '../base/worker-url.ts';
import { auditLimits } from './audit-limits.ts';
import type { AuditEvent, AuditLog, Checkpoint } from './event.ts';
import { type AuditNotices, QueuedAuditLog } from './queued-audit-log.ts';
import { recoverHead } from './recover-head.ts';
import { listSegments } from './segments.ts';
import { openSigningKey } from './signing-key.ts';
import type { WriterSettings } from './writer-worker.ts';

/** Repeats; injected, so that tests own time. */
export interface Timer {
  /** @returns stops it */
  every(intervalMs: number, callback: () => void): () => void;
}

export interface AuditLogOptions {
  /** `<data>/audit` */
  readonly directory: string;
  /** `<data>/keys`, or elsewhere; never within `directory`. */
  readonly keyDirectory: string;
  readonly clock: Clock;
  /** Told of write failures and unclean stops. */
  readonly log?: AuditNotices;
  /** Told of each checkpoint once it is durable: keep the newest elsewhere, as an anchor for `verifyLog`. */
  readonly onCheckpoint?: (checkpoint: Checkpoint) => void;
  readonly timer?: Timer;
  readonly segmentBytes?: number;
  /** At most auditLimits.checkpointEventsMax, which the verifier counts on. */
  readonly checkpointEvents?: number;
  readonly checkpointIntervalMs?: number;
  readonly queueEventsMax?: number;
}

const systemTimer: Timer = {
  every: (intervalMs, callback) => {
    const timer = setInterval(callback, intervalMs).unref();
    return () => clearInterval(timer);
  },
};

/**
 * Resolves when the new run's signed first record is durable.
 * @throws SqlError objectNotInPrerequisiteState when the log or its key is not as it was left; diskFull
 */
export async function openAuditLog(options: AuditLogOptions): Promise<AuditLog> {
  const { directory, keyDirectory, clock, log, onCheckpoint, queueEventsMax, timer = systemTimer } = options;
  const { checkpointEvents = auditLimits.checkpointEventsMax, segmentBytes = auditLimits.segmentBytes } = options;
  assert(checkpointEvents >= 1 && checkpointEvents <= auditLimits.checkpointEventsMax, 'checkpoints are too far apart');
  assert(relative(directory, keyDirectory).startsWith('..'), 'the signing key is not kept within the log it protects');

  const { privateKey, publicKey } = await openSigningKey(keyDirectory, (await listSegments(directory)).length === 0);
  const { head, unclean, torn } = await recoverHead(directory, publicKey);
  if (unclean) log?.warn({ sequence: head.sequence, torn }, 'audit log was not closed by the run before');

  const worker = startWriter({ directory, segmentBytes, checkpointEvents, head, privateKey });
  const queue = new QueuedAuditLog({ port: worker, clock, log, onCheckpoint, queueEventsMax });
  worker.on('error', (error) => queue.fail(error));
  worker.on('exit', (exitCode) => queue.fail({ exitCode }));
  try {
    await queue.open(unclean ? { kind: 'recovered', torn } : undefined);
  } catch (error) {
    await worker.terminate();
    throw error;
  }
  const stopTimer = timer.every(options.checkpointIntervalMs ?? auditLimits.checkpointIntervalMs, () =>
    queue.checkpoint(),
  );
  return new ThreadedAuditLog(queue, worker, stopTimer);
}

function startWriter(settings: WriterSettings): Worker {
  return startWorker('./writer-worker', import.meta.url, { name: 'audit-writer', workerData: settings });
}

class ThreadedAuditLog implements AuditLog {
  readonly #queue: QueuedAuditLog;
  readonly #worker: Worker;
  readonly #stopTimer: () => void;

  constructor(queue: QueuedAuditLog, worker: Worker, stopTimer: () => void) {
    this.#queue = queue;
    this.#worker = worker;
    this.#stopTimer = stopTimer;
  }

  append(event: AuditEvent): Promise<number> {
    return this.#queue.append(event);
  }

  async close(): Promise<void> {
    this.#stopTimer();
    try {
      await this.#queue.close();
    } finally {
      await this.#worker.terminate();
    }
  }
}
