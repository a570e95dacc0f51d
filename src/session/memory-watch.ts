// The last line of defence against a statement that outgrows the engine's own memory limit, which does not see everything
// that is allocated: when the process has too much, nothing new starts and the longest-running statements are stopped, one
// at a look, until it has less.
import { limits } from '../base/limits.ts';
import type { Admission } from './admission.ts';
import type { SessionLog } from './services.ts';

export interface MemoryWatchOptions {
  readonly limitBytes: number;
  readonly log: SessionLog;
  /** What the process has now, in bytes. */
  readonly residentBytes: () => number;
  /** Told when stopping statements was not enough: the process had better end than the machine. */
  readonly onExhausted?: (error: unknown) => void;
}

export class MemoryWatch {
  readonly #admission: Admission;
  readonly #options: MemoryWatchOptions;
  #limitBytes: number;
  #short = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(admission: Admission, options: MemoryWatchOptions) {
    this.#admission = admission;
    this.#options = options;
    this.#limitBytes = options.limitBytes;
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.look();
    }, limits.memoryWatchMs);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  look(): void {
    const { log, limitBytes, residentBytes } = this.#options;
    const now = residentBytes();
    if (now <= this.#limitBytes) {
      if (now <= limitBytes) this.#limitBytes = limitBytes;
      if (this.#short) this.#admission.resume();
      this.#short = false;
      return;
    }
    if (now > this.#limitBytes * limits.memoryExhaustedFactor && this.#admission.running > 0) {
      log.error({ residentBytes: now, limitBytes: this.#limitBytes }, 'memory is exhausted');
      this.#options.onExhausted?.(new Error('statements take more memory than the server may have'));
      return;
    }
    if (!this.#short) log.warn({ residentBytes: now, limitBytes: this.#limitBytes }, 'short of memory');
    this.#short = true;
    if (this.#admission.relieve() || this.#admission.running > 0) return;
    // Nothing runs and still it is too much: standing still for ever would help nobody.
    this.#limitBytes = Math.ceil(now * limits.memoryRaiseFactor);
    log.error({ residentBytes: now, limitBytes: this.#limitBytes }, 'idle memory is above the limit, which is raised');
  }
}
