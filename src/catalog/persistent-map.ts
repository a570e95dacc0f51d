// An immutable map with cheap updates: two levels of buckets, copied on write. With 100,000 entries a change copies some
// hundred references; a lookup is two array reads and a Map lookup.

const bucketCount = 256;

type Bucket<V> = ReadonlyMap<string, V>;

export class PersistentMap<V> {
  static readonly #emptyBucket: ReadonlyMap<string, never> = new Map<string, never>();
  readonly #buckets: readonly Bucket<V>[];
  readonly size: number;

  private constructor(buckets: readonly Bucket<V>[], size: number) {
    this.#buckets = buckets;
    this.size = size;
  }

  static empty<V>(): PersistentMap<V> {
    return new PersistentMap<V>(
      Array.from({ length: bucketCount }, () => PersistentMap.#emptyBucket),
      0,
    );
  }

  get(key: string): V | undefined {
    return this.#buckets[bucketOf(key)]?.get(key);
  }

  has(key: string): boolean {
    return this.#buckets[bucketOf(key)]?.has(key) === true;
  }

  with(key: string, value: V): PersistentMap<V> {
    const bucket = this.#buckets[bucketOf(key)] ?? PersistentMap.#emptyBucket;
    const size = bucket.has(key) ? this.size : this.size + 1;
    return this.#replaced(key, new Map(bucket).set(key, value), size);
  }

  without(key: string): PersistentMap<V> {
    const bucket = this.#buckets[bucketOf(key)];
    if (bucket?.has(key) !== true) return this;
    const copy = new Map(bucket);
    copy.delete(key);
    return this.#replaced(key, copy, this.size - 1);
  }

  *values(): IterableIterator<V> {
    for (const bucket of this.#buckets) yield* bucket.values();
  }

  /** Keys whose values are not the same here and there. */
  changedKeys(other: PersistentMap<V>): readonly string[] {
    return this.#buckets.flatMap((bucket, index) => {
      const counterpart: Bucket<V> = other.#buckets[index] ?? PersistentMap.#emptyBucket;
      if (bucket === counterpart) return [];
      const keys = new Set([...bucket.keys(), ...counterpart.keys()]);
      return [...keys].filter((key) => bucket.get(key) !== counterpart.get(key));
    });
  }

  #replaced(key: string, bucket: Bucket<V>, size: number): PersistentMap<V> {
    const buckets = [...this.#buckets];
    buckets[bucketOf(key)] = bucket;
    return new PersistentMap(buckets, size);
  }
}

function bucketOf(key: string): number {
  let hash = 0;
  for (let index = 0; index < key.length; index += 1) hash = (Math.imul(hash, 31) + key.charCodeAt(index)) | 0;
  return (hash ^ (hash >>> 16)) & (bucketCount - 1);
}
