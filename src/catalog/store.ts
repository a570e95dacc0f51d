// The durable log of changes: a port, so that several proxies may later share one catalog in PostgreSQL.
import type { Change } from './change.ts';
import type { ObjectId } from './securable.ts';

/** pending: the data that go with it are not known to be committed. */
export type EntryState = 'pending' | 'committed' | 'discarded';

export interface StoreEntry {
  /** Unique; written into the data file of `catalogId` by the transaction that the entry belongs to. */
  readonly id: string;
  readonly state: EntryState;
  readonly changes: readonly Change[];
  /** Principal id. */
  readonly by: ObjectId;
  readonly statementId: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** The catalog whose data file holds the marker; undefined: the change stands alone. */
  readonly catalogId: ObjectId | undefined;
}

export interface CatalogStore {
  /** Every entry but discarded ones, in the order of appending. */
  load(): Promise<readonly StoreEntry[]>;
  /** Durable when it resolves. @throws SqlError diskFull or internalError */
  append(entry: StoreEntry): Promise<void>;
  /** Durable when it resolves. */
  settle(entryId: string, state: 'committed' | 'discarded'): Promise<void>;
  close(): Promise<void>;
}
