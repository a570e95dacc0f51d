// How many statements may run in the engine at once; the rest wait in a bounded queue, first come first served. Short of
// memory, nothing new starts and the longest-running statement is stopped.

import { SqlError } from '../base/sql-error.ts';

/** Gives the place back; calling it again does nothing. */
export type Release = () => void;

/** What admission needs of a statement. */
export interface AdmittedStatement {
  /** Fires when it is cancelled. */
  readonly signal: AbortSignal;
  cancel(message: string, condition: 'outOfMemory'): void;
}

export class Admission {
  readonly #runningMax: number;
  readonly #waitingMax: number;
  readonly #waiting: (() => void)[] = [];
  /** In the order they began. */
  readonly #running: Set<AdmittedStatement> = new Set();
  readonly #stopped: WeakSet<AdmittedStatement> = new WeakSet();
  /** Places given to waiters that have not taken them yet. */
  #reserved = 0;
  #held = false;

  constructor(runningMax: number, waitingMax: number) {
    this.#runningMax = runningMax;
    this.#waitingMax = waitingMax;
  }

  /** Statements in the engine now. */
  get running(): number {
    return this.#running.size;
  }

  /** @throws SqlError tooManyConnections when the queue is full, queryCanceled while waiting */
  async enter(statement: AdmittedStatement): Promise<Release> {
    if (!this.#mayStart()) {
      if (this.#waiting.length >= this.#waitingMax) {
        throw new SqlError('tooManyConnections', 'too many statements are waiting to run', {
          hint: 'Try again later, or raise --max-running-queries.',
        });
      }
      await this.#turn(statement.signal);
      this.#reserved -= 1;
    }
    // A session runs one statement at a time, but the next may begin before the last gave its place back.
    const place: AdmittedStatement = { signal: statement.signal, cancel: statement.cancel.bind(statement) };
    this.#running.add(place);
    return () => {
      if (this.#running.delete(place)) this.#admit();
    };
  }

  /** Nothing starts until `resume`. The longest-running statement is stopped; false when there is none left to stop. */
  relieve(): boolean {
    this.#held = true;
    for (const statement of this.#running) {
      if (this.#stopped.has(statement)) continue;
      this.#stopped.add(statement);
      statement.cancel('canceling statement because the server is short of memory', 'outOfMemory');
      return true;
    }
    return false;
  }

  resume(): void {
    this.#held = false;
    this.#admit();
  }

  #mayStart(): boolean {
    return !this.#held && this.#free > 0 && this.#waiting.length === 0;
  }

  get #free(): number {
    return this.#runningMax - this.#running.size - this.#reserved;
  }

  #admit(): void {
    if (this.#held) return;
    for (const next of this.#waiting.splice(0, Math.max(0, this.#free))) {
      this.#reserved += 1;
      next();
    }
  }

  /** Waits for a place; a cancelled waiter leaves the queue. */
  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        const place = this.#waiting.indexOf(admit);
        if (place >= 0) this.#waiting.splice(place, 1);
        reject(new SqlError('queryCanceled', 'canceling statement due to user request'));
      };
      const admit = (): void => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.push(admit);
    });
  }
}
