// The attack corpus as data: what is tried, by whom, and what may come of it.
import { readFileSync } from 'node:fs';

/**
 * governed: the right rows. refused: an error. error without data: an error that tells nothing. governed metadata: names
 * and rows the asker may know. Whatever is expected, none of the secrets may show.
 */
export type Expectation = 'governed' | 'refused' | 'error_without_data' | 'governed_metadata' | 'any';

export interface AttackStep {
  readonly user: string;
  readonly sql?: string;
  /** `parse p1`, `execute p1`, `startup options=…`, or absent for a plain query. */
  readonly how?: string;
  readonly before?: readonly string[];
  readonly expect?: Expectation;
  readonly accept?: readonly Expectation[];
  readonly rows?: readonly (readonly unknown[])[];
}

export interface AttackCase {
  readonly name: string;
  readonly class: string;
  readonly user: string;
  /** Index into the secret sets. */
  readonly secrets: number;
  readonly sql?: string;
  readonly params?: readonly unknown[];
  readonly expect?: Expectation;
  readonly accept?: readonly Expectation[];
  readonly columns?: readonly string[];
  readonly rows?: readonly (readonly unknown[])[];
  readonly order?: 'any' | 'exact';
  readonly steps?: readonly AttackStep[];
}

export interface AttackCorpus {
  readonly secretSets: readonly (readonly string[])[];
  readonly cases: readonly AttackCase[];
}

export function attackCorpus(): AttackCorpus {
  return JSON.parse(readFileSync(new URL('./cases.json', import.meta.url), 'utf8')) as AttackCorpus;
}

/** Each secret as it is and as a little encoding would carry it out, lower case. */
export function disguisesOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret, 'utf8');
  const reversed = Array.from(secret).toReversed().join('');
  // Base64 of the secret inside a longer text depends on where it starts: the middle of each alignment.
  const base64 = [0, 1, 2].map((shift) =>
    Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .slice(shift === 0 ? 0 : 4, -4),
  );
  const encoded = [bytes.toString('hex'), ...base64.filter((text) => text.length >= 8)];
  return [secret, reversed, ...encoded].map((text) => text.toLowerCase());
}
