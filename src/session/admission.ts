// How many statements may run in the engine at once; the rest wait in a bounded queue, first come first served.
import { SqlError } from '../base/sql-error.ts';

/** Gives the place back; calling it again does nothing. */
export type Release = () => void;

export class Admission {
  readonly #runningMax: number;
  readonly #waitingMax: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(runningMax: number, waitingMax: number) {
    this.#runningMax = runningMax;
    this.#waitingMax = waitingMax;
  }

  /** @throws SqlError limitExceeded when the queue is full */
  async enter(signal: AbortSignal): Promise<Release> {
    if (this.#running < this.#runningMax) {
      this.#running += 1;
      return this.#release();
    }
    if (this.#waiting.length >= this.#waitingMax) {
      throw new SqlError('tooManyConnections', 'too many statements are waiting to run', {
        hint: 'Try again later, or raise --max-running-queries.',
      });
    }
    await this.#turn(signal);
    return this.#release();
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

  #release(): Release {
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const next = this.#waiting.shift();
      // The place passes to the next one in the queue without becoming free.
      if (next === undefined) this.#running -= 1;
      else next();
    };
  }
}
