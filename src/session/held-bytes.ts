// What clients make the server keep for them between messages (prepared texts, bound parameters) has a budget: of each session,
// and of all together.
import { limits } from '../base/limits.ts';
import { SqlError } from '../base/sql-error.ts';
import type { ParameterValue } from './door.ts';

export class HeldBytes {
  readonly #max: number;
  readonly #all: HeldBytes | undefined;
  #held = 0;

  constructor(max: number, all?: HeldBytes) {
    this.#max = max;
    this.#all = all;
  }

  get held(): number {
    return this.#held;
  }

  /** @throws SqlError outOfMemory; nothing is taken then */
  take(bytes: number): void {
    if (this.#held + bytes > this.#max) {
      throw new SqlError('outOfMemory', 'prepared statements and portals hold too much memory', {
        hint: 'Close those that are not needed.',
      });
    }
    this.#all?.take(bytes);
    this.#held += bytes;
  }

  giveBack(bytes: number): void {
    this.#all?.giveBack(bytes);
    this.#held -= bytes;
  }
}

/** Named things of a session, each with its bytes. */
export class HeldMap<T> {
  readonly #budget: HeldBytes;
  readonly #entries: Map<string, { readonly value: T; readonly bytes: number }> = new Map();

  constructor(budget: HeldBytes) {
    this.#budget = budget;
  }

  get size(): number {
    return this.#entries.size;
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  get(name: string): T | undefined {
    return this.#entries.get(name)?.value;
  }

  values(): readonly T[] {
    return [...this.#entries.values()].map(({ value }) => value);
  }

  /** @throws SqlError outOfMemory */
  set(name: string, value: T, bytes: number): void {
    this.delete(name);
    this.#budget.take(bytes);
    this.#entries.set(name, { value, bytes });
  }

  delete(name: string): boolean {
    const entry = this.#entries.get(name);
    if (entry === undefined) return false;
    this.#budget.giveBack(entry.bytes);
    return this.#entries.delete(name);
  }

  clear(): void {
    for (const name of [...this.#entries.keys()]) this.delete(name);
  }
}

/** A statement's text is kept as it came, in pieces, and in what was made of them. */
export function bytesOfText(text: string): number {
  return limits.heldOverheadBytes + 4 * text.length;
}

export function bytesOfParameters(parameters: readonly ParameterValue[]): number {
  return parameters.reduce<number>((sum, { value }) => sum + bytesOf(value), limits.heldOverheadBytes);
}

function bytesOf(value: unknown): number {
  if (typeof value === 'string') return 16 + 2 * value.length;
  if (value instanceof Uint8Array) return 64 + value.byteLength;
  if (typeof value !== 'object' || value === null) return 16;
  const inner: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  return inner.reduce<number>((sum, each) => sum + bytesOf(each), 64);
}
