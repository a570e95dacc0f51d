// CatalogStore in memory: what a restart finds is what was appended and settled.
import type { CatalogStore, StoreEntry } from '../../src/catalog/store.ts';

export class MemoryCatalogStore implements CatalogStore {
  #entries: readonly StoreEntry[];

  constructor(entries: readonly StoreEntry[] = []) {
    this.#entries = entries;
  }

  load(): Promise<readonly StoreEntry[]> {
    return Promise.resolve(this.#entries.filter((entry) => entry.state !== 'discarded'));
  }

  append(entry: StoreEntry): Promise<void> {
    this.#entries = [...this.#entries, entry];
    return Promise.resolve();
  }

  settle(entryId: string, state: 'committed' | 'discarded'): Promise<void> {
    this.#entries = this.#entries.map((entry) => (entry.id === entryId ? { ...entry, state } : entry));
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** A second store with what is durable now: the process that a crash leaves behind. */
  copy(): MemoryCatalogStore {
    return new MemoryCatalogStore(this.#entries);
  }
}
