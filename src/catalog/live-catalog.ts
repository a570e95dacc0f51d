// The catalog of a running server: the newest snapshot, and the one way to change it.
import { randomUUID } from 'node:crypto';
import { applyChange } from './apply-change.ts';
import type { Change } from './change.ts';
import { type PastCatalog, PastCatalogs, type PastPoint, published, replay } from './past.ts';
import type { ObjectId } from './securable.ts';
import type { CatalogSnapshot } from './snapshot.ts';
import type { CatalogStore, StoreEntry } from './store.ts';

/** Steps of a commit, for tests that stop the process there. */
export type CommitStep = 'appended' | 'dataCommitted' | 'settled' | 'published';

export interface LiveCatalogOptions {
  readonly store: CatalogStore;
  /** Are the data of this pending entry committed? Asked at start for what a crash left undecided. */
  readonly recover: (entry: StoreEntry) => Promise<boolean>;
  readonly onStep?: (step: CommitStep) => void;
  /** Told of an entry whose data are committed but whose state could not be written. */
  readonly onUnsettled?: (error: unknown) => void;
}

export interface Commit {
  readonly changes: readonly Change[];
  readonly by: ObjectId;
  readonly statementId: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** A last look at what the changes come to on the newest catalog, which others may have changed meanwhile: throws to refuse. */
  readonly verify?: (before: CatalogSnapshot, after: CatalogSnapshot) => void;
  /** Data that must be committed with the changes, marked with the entry's id. */
  readonly marker?: { readonly catalogId: ObjectId; readonly commitData: (entryId: string) => Promise<void> };
}

export class LiveCatalog {
  readonly #store: CatalogStore;
  readonly #onStep: (step: CommitStep) => void;
  readonly #onUnsettled: (error: unknown) => void;
  #snapshot: CatalogSnapshot;
  readonly #past: PastCatalogs = new PastCatalogs();
  /** Entries that hold although the store could not be told. */
  readonly #unsettled: Set<string> = new Set();
  #nextId: number;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(options: LiveCatalogOptions, snapshot: CatalogSnapshot) {
    this.#store = options.store;
    this.#onStep = options.onStep ?? (() => undefined);
    this.#onUnsettled = options.onUnsettled ?? (() => undefined);
    this.#snapshot = snapshot;
    this.#nextId = snapshot.nextId;
  }

  /** Replays the log; decides what a crash left undecided. */
  static async open(options: LiveCatalogOptions): Promise<LiveCatalog> {
    const held: StoreEntry[] = [];
    for (const entry of await options.store.load()) {
      if (entry.state !== 'pending' || (await decided(options, entry))) held.push(entry);
    }
    return new LiveCatalog(options, replay(held));
  }

  snapshot(): CatalogSnapshot {
    return this.#snapshot;
  }

  /** The catalog as it was at an earlier moment; undefined: there is no such version yet. */
  async asOf(point: PastPoint): Promise<PastCatalog | undefined> {
    // Commits under way first: what they append is not published yet.
    await this.#last;
    const entries = await this.#store.load();
    return this.#past.at(
      entries.filter(({ id, state }) => state === 'committed' || this.#unsettled.has(id)),
      point,
    );
  }

  /** An id that nothing has, had, or will get: also one whose transaction rolls back is not given out again. */
  newId(): ObjectId {
    this.#nextId = Math.max(this.#nextId, this.#snapshot.nextId);
    const id = String(this.#nextId);
    this.#nextId += 1;
    return id;
  }

  /**
   * Applies the changes to the newest snapshot, one commit at a time: recorded as pending, data committed with the entry's
   * id, recorded as committed, published.
   * @throws SqlError when a change does not apply, or nothing could be written; nothing is published then
   */
  async commit(commit: Commit): Promise<CatalogSnapshot> {
    const result = this.#last.then(() => this.#commit(commit));
    // The next commit waits for this one, whatever became of it.
    this.#last = result.then(undefined, () => undefined);
    return result;
  }

  async close(): Promise<void> {
    await this.#last;
    await this.#store.close();
  }

  async #commit(commit: Commit): Promise<CatalogSnapshot> {
    const next = this.#applied(commit.changes);
    commit.verify?.(this.#snapshot, next);
    const { changes, by, statementId, at, marker } = commit;
    const state = marker === undefined ? 'committed' : 'pending';
    const entry: StoreEntry = { id: randomUUID(), state, changes, by, statementId, at, catalogId: marker?.catalogId };
    await this.#store.append(entry);
    this.#onStep('appended');
    if (marker !== undefined) await this.#commitData(entry.id, marker.commitData);
    this.#snapshot = published(next);
    this.#onStep('published');
    return this.#snapshot;
  }

  #applied(changes: readonly Change[]): CatalogSnapshot {
    return applied(this.#snapshot, changes);
  }

  async #commitData(entryId: string, commitData: (entryId: string) => Promise<void>): Promise<void> {
    try {
      await commitData(entryId);
    } catch (error) {
      // Should this fail too, the entry stays pending, and the next start finds no marker for it.
      await this.#store.settle(entryId, 'discarded');
      throw error;
    }
    this.#onStep('dataCommitted');
    // The data are there with the entry's id: should this fail, the next start finds the id and settles it the same way.
    await this.#store.settle(entryId, 'committed').catch((error: unknown) => {
      this.#unsettled.add(entryId);
      this.#onUnsettled(error);
    });
    this.#onStep('settled');
  }
}

async function decided(options: LiveCatalogOptions, entry: StoreEntry): Promise<boolean> {
  const holds = await options.recover(entry);
  await options.store.settle(entry.id, holds ? 'committed' : 'discarded');
  return holds;
}

function applied(snapshot: CatalogSnapshot, changes: readonly Change[]): CatalogSnapshot {
  return changes.reduce(applyChange, snapshot);
}
