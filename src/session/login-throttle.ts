// Failed logins make the next attempt wait: per user and address, so that nobody locks others out, and per address, so that one
// address cannot go through many users. Both tables are bounded; users that do not exist count like those that do.
import { LRUCache } from 'lru-cache';
import type { Clock } from '../base/clock.ts';
import { limits } from '../base/limits.ts';
import { SqlError } from '../base/sql-error.ts';

interface Failures {
  readonly count: number;
  /** Milliseconds since the epoch. */
  readonly blockedUntil: number;
  readonly last: number;
}

interface Attempt {
  readonly user: string;
  readonly clientAddress: string;
}

const none: Failures = { count: 0, blockedUntil: 0, last: 0 };

export class LoginThrottle {
  readonly #clock: Clock;
  readonly #byPair: LRUCache<string, Failures> = new LRUCache({ max: limits.failedLoginEntriesMax });
  readonly #byAddress: LRUCache<string, Failures> = new LRUCache({ max: limits.failedLoginEntriesMax });

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @throws SqlError invalidAuthorization while attempts have to wait, also with the right password */
  demand(attempt: Attempt): void {
    const now = this.#clock.now();
    const until = Math.max(
      this.#of(this.#byPair, pairOf(attempt)).blockedUntil,
      this.#of(this.#byAddress, networkOf(attempt.clientAddress)).blockedUntil,
    );
    if (until <= now) return;
    throw new SqlError('invalidAuthorization', 'too many failed logins', {
      hint: `Try again in ${String(Math.ceil((until - now) / 1_000))} seconds.`,
    });
  }

  failed(attempt: Attempt): void {
    this.#count(this.#byPair, pairOf(attempt), limits.failedLoginsFree);
    this.#count(this.#byAddress, networkOf(attempt.clientAddress), limits.failedLoginsOfAddressFree);
  }

  /** The user is forgiven, the address is not: one account of one's own must not pay for guesses at others. */
  succeeded(attempt: Attempt): void {
    this.#byPair.delete(pairOf(attempt));
  }

  #count(table: LRUCache<string, Failures>, key: string, free: number): void {
    const now = this.#clock.now();
    const count = this.#of(table, key).count + 1;
    const waitMs = count < free ? 0 : Math.min(1_000 * 2 ** Math.min(count - free, 20), limits.failedLoginWaitMsMax);
    table.set(key, { count, blockedUntil: now + waitMs, last: now });
  }

  #of(table: LRUCache<string, Failures>, key: string): Failures {
    const failures = table.get(key) ?? none;
    return this.#clock.now() - failures.last > limits.failedLoginMemoryMs ? none : failures;
  }
}

function pairOf({ user, clientAddress }: Attempt): string {
  return `${networkOf(clientAddress)} ${user.toLowerCase()}`;
}

/** Whoever has an IPv6 address has its /64, that is 2^64 of them. */
function networkOf(address: string): string {
  if (!address.includes(':') || address.includes('.')) return address;
  const [head = '', tail] = address.split('::');
  const groups = head.split(':');
  const behind = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros =
    tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - groups.length - behind.length) }, () => '0');
  return [...groups, ...zeros, ...behind].slice(0, 4).join(':');
}
