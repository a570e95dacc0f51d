// What an administrator wants to hold about somebody's access: kept with a schema, run as its user, never granted on.
import { fold } from '../base/identifier.ts';
import type { ObjectId, ResolutionContext } from './securable.ts';
import type { CatalogSnapshot } from './snapshot.ts';

export type Expectation =
  | { readonly kind: 'rows'; readonly count: string }
  | { readonly kind: 'noAccess' }
  /** Names of columns of the tables that are read. */
  | { readonly kind: 'masked' | 'visible'; readonly columns: readonly string[] };

export interface AccessTest {
  readonly schemaId: ObjectId;
  /** Unique in the schema. */
  readonly name: string;
  /** Must manage the schema and everything the query reads, whenever the test runs. */
  readonly owner: ObjectId;
  /** As whom the query runs. */
  readonly userId: ObjectId;
  readonly expectation: Expectation;
  /** As its creator wrote it. */
  readonly query: string;
  readonly context: ResolutionContext;
}

export function accessTestsOf({ parts }: CatalogSnapshot, schemaId: ObjectId): readonly AccessTest[] {
  const tests = parts.accessTests.get(schemaId) ?? [];
  return tests.toSorted((a, b) => (fold(a.name) < fold(b.name) ? -1 : 1));
}

export function allAccessTests({ parts }: CatalogSnapshot): readonly AccessTest[] {
  return [...parts.accessTests.values()].flat();
}
