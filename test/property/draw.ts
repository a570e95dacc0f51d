// Drawing from fast-check step by step: what is drawn may depend on what was.
import fc, { type GeneratorValue } from 'fast-check';

export class Draw {
  readonly #gen: GeneratorValue;

  constructor(gen: GeneratorValue) {
    this.#gen = gen;
  }

  /** 0 … below - 1 */
  nat(below: number): number {
    return this.#gen(fc.nat, Math.max(0, below - 1));
  }

  /** True once in `n` times. */
  once(n: number): boolean {
    return this.nat(n) === 0;
  }

  pick<T>(options: readonly T[]): T {
    const found = options[this.nat(options.length)];
    if (found === undefined) throw new TypeError('nothing to pick from');
    return found;
  }

  /** One of several ways; only that one is drawn. */
  way<T>(...ways: readonly (() => T)[]): T {
    return this.pick(ways)();
  }

  some<T>(options: readonly T[], atMost: number): readonly T[] {
    const count = this.nat(atMost + 1);
    const left = [...options];
    const found: T[] = [];
    while (found.length < count && left.length > 0) found.push(...left.splice(this.nat(left.length), 1));
    return found;
  }
}
