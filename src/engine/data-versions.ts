// How often the data of each catalog have been committed. DuckDB plans by statistics of the rows it sees when it prepares: a
// filter that all of them meet is left out. A plan is therefore run only over the very data it was made for.
import type { ObjectId } from '../rewrite/physical.ts';

/** What a plan was made for; equal stamps mean that nothing was committed in between. */
export type DataStamp = string;

/** Commits of one process: DuckDB's files are written by nobody else. */
export class DataVersions {
  readonly #versions: Map<ObjectId, number> = new Map();
  readonly #committing: Map<ObjectId, number> = new Map();
  readonly #pending: Set<Promise<unknown>> = new Set();

  /** undefined while a commit to one of the catalogs is under way. @param reads default: every catalog */
  stamp(reads: readonly ObjectId[] | undefined): DataStamp | undefined {
    const catalogs = reads ?? [...this.#versions.keys()];
    const busy = reads === undefined ? this.#committing.size > 0 : reads.some((id) => this.#committing.has(id));
    return busy ? undefined : catalogs.map((id) => `${id}:${String(this.#versions.get(id) ?? 0)}`).join(' ');
  }

  /** Resolves when what is being committed now is committed, or has failed. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#pending);
  }

  /** From before the first moment at which the data can be visible to after the last at which they may not be. */
  async during<T>(catalogs: ReadonlySet<ObjectId>, commit: () => Promise<T>): Promise<T> {
    const written = [...catalogs];
    for (const id of written) this.#committing.set(id, (this.#committing.get(id) ?? 0) + 1);
    const work = commit();
    this.#pending.add(work);
    try {
      return await work;
    } finally {
      this.#pending.delete(work);
      for (const id of written) this.#end(id);
    }
  }

  #end(id: ObjectId): void {
    const left = (this.#committing.get(id) ?? 1) - 1;
    if (left === 0) this.#committing.delete(id);
    else this.#committing.set(id, left);
    this.#versions.set(id, (this.#versions.get(id) ?? 0) + 1);
  }
}
