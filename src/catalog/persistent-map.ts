// An immutable map with cheap updates: a hash trie. A change copies the few small nodes on the way to one leaf, whatever the
// size of the map, so that a log of a hundred thousand changes is replayed by the same code that applies one.

type Entry<V> = readonly [key: string, value: V];

interface Leaf<V> {
  readonly hash: number;
  /** Several only where whole hashes are equal. */
  readonly entries: readonly Entry<V>[];
}

interface Branch<V> {
  /** Which of the 32 places are taken; `nodes` holds those alone, in order. */
  readonly places: number;
  readonly nodes: readonly Node<V>[];
}

type Node<V> = Leaf<V> | Branch<V>;

const bitsPerLevel = 5;
const placeMask = 31;
const hashBits = 32;

export class PersistentMap<V> {
  static readonly #emptyRoot: Branch<never> = { places: 0, nodes: [] };
  readonly #root: Node<V>;
  readonly size: number;

  private constructor(root: Node<V>, size: number) {
    this.#root = root;
    this.size = size;
  }

  static empty<V>(): PersistentMap<V> {
    return new PersistentMap<V>(PersistentMap.#emptyRoot, 0);
  }

  get(key: string): V | undefined {
    return entryOf(this.#root, key)?.[1];
  }

  has(key: string): boolean {
    return entryOf(this.#root, key) !== undefined;
  }

  with(key: string, value: V): PersistentMap<V> {
    const leaf = { hash: hashOf(key), entries: [[key, value] as const] };
    const known = entryAt(this.#root, key, leaf.hash) !== undefined;
    return new PersistentMap(put(this.#root, leaf, 0), known ? this.size : this.size + 1);
  }

  /** Many at once: every node on the way is copied once, not once for each. The last of equal keys holds. */
  withAll(entries: readonly Entry<V>[]): PersistentMap<V> {
    const [only, ...others] = entries;
    if (only === undefined) return this;
    if (others.length === 0) return this.with(only[0], only[1]);
    const fresh = new Set(entries.map(([key]) => key).filter((key) => !this.has(key)));
    const leaves = entries.map((entry) => ({ hash: hashOf(entry[0]), entries: [entry] }));
    return new PersistentMap(putAll(this.#root, leaves, 0), this.size + fresh.size);
  }

  without(key: string): PersistentMap<V> {
    if (!this.has(key)) return this;
    const root = removed(this.#root, { key, hash: hashOf(key) }, 0);
    return new PersistentMap<V>(root ?? PersistentMap.#emptyRoot, this.size - 1);
  }

  /** In no particular order. */
  values(): readonly V[] {
    const found: V[] = [];
    visit(this.#root, (_, value) => found.push(value));
    return found;
  }

  /** In no particular order. */
  keys(): readonly string[] {
    const found: string[] = [];
    visit(this.#root, (key) => found.push(key));
    return found;
  }

  /** Keys whose values are not the same here and there; what both share is not looked at. */
  changedKeys(other: PersistentMap<V>): readonly string[] {
    const keys: string[] = [];
    differences(this.#root, other.#root, (key) => keys.push(key));
    return keys;
  }
}

function hashOf(key: string): number {
  let hash = 0;
  for (let index = 0; index < key.length; index += 1) hash = (Math.imul(hash, 31) + key.charCodeAt(index)) | 0;
  // Ids are short runs of digits: without mixing they would share their low bits.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function bitOf(hash: number, shift: number): number {
  return 1 << ((hash >>> shift) & placeMask);
}

/** How many of the taken places come before this one. */
function indexOf(places: number, bit: number): number {
  let rest = places & (bit - 1);
  rest -= (rest >>> 1) & 0x55555555;
  rest = (rest & 0x33333333) + ((rest >>> 2) & 0x33333333);
  return Math.imul((rest + (rest >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

function entryOf<V>(root: Node<V>, key: string): Entry<V> | undefined {
  return entryAt(root, key, hashOf(key));
}

function entryAt<V>(root: Node<V>, key: string, hash: number): Entry<V> | undefined {
  let node: Node<V> | undefined = root;
  for (let shift = 0; node !== undefined; shift += bitsPerLevel) {
    if ('entries' in node) {
      for (const entry of node.entries) if (entry[0] === key) return entry;
      return undefined;
    }
    const bit = bitOf(hash, shift);
    node = (node.places & bit) === 0 ? undefined : node.nodes[indexOf(node.places, bit)];
  }
  return undefined;
}

/** At most seven levels: then the hash is used up, and equal ones share a leaf. */
function put<V>(node: Node<V>, leaf: Leaf<V>, shift: number): Node<V> {
  if ('entries' in node) return node.hash === leaf.hash ? merged(node, leaf) : split(node, leaf, shift);
  const bit = bitOf(leaf.hash, shift);
  const index = indexOf(node.places, bit);
  const nodes = node.nodes.slice();
  const inner = nodes[index];
  if ((node.places & bit) === 0 || inner === undefined) {
    nodes.splice(index, 0, leaf);
    return { places: node.places | bit, nodes };
  }
  nodes[index] = put(inner, leaf, shift + bitsPerLevel);
  return { places: node.places, nodes };
}

function putAll<V>(node: Node<V>, leaves: readonly Leaf<V>[], shift: number): Node<V> {
  const [first] = leaves;
  if (first === undefined) return node;
  if (leaves.length === 1) return put(node, first, shift);
  if ('entries' in node) {
    const isOneHash = leaves.every((leaf) => leaf.hash === node.hash);
    return isOneHash ? leaves.reduce(merged, node) : putAll({ places: 0, nodes: [] }, [node, ...leaves], shift);
  }
  const groups: Leaf<V>[][] = [];
  for (const leaf of leaves) (groups[(leaf.hash >>> shift) & placeMask] ??= []).push(leaf);
  const nodes: Node<V>[] = [];
  let places = 0;
  for (let place = 0, before = 0; place <= placeMask; place += 1) {
    const bit = 1 << place;
    const inner = (node.places & bit) === 0 ? undefined : node.nodes[before];
    if (inner !== undefined) before += 1;
    const [head, ...rest] = groups[place] ?? [];
    const filled = inner === undefined ? head : putAll(inner, groups[place] ?? [], shift + bitsPerLevel);
    if (filled === undefined) continue;
    places |= bit;
    nodes.push(inner === undefined ? putAll(filled, rest, shift + bitsPerLevel) : filled);
  }
  return { places, nodes };
}

function merged<V>(before: Leaf<V>, leaf: Leaf<V>): Leaf<V> {
  const [key] = leaf.entries[0] ?? [];
  return { hash: leaf.hash, entries: [...before.entries.filter(([each]) => each !== key), ...leaf.entries] };
}

function split<V>(a: Leaf<V>, b: Leaf<V>, shift: number): Branch<V> {
  const [left, right] = [bitOf(a.hash, shift), bitOf(b.hash, shift)];
  if (left === right && shift < hashBits) return { places: left, nodes: [split(a, b, shift + bitsPerLevel)] };
  return { places: left | right, nodes: left >>> 0 < right >>> 0 ? [a, b] : [b, a] };
}

/** undefined: nothing is left of the node. */
function removed<V>(
  node: Node<V>,
  target: { readonly key: string; readonly hash: number },
  shift: number,
): Node<V> | undefined {
  if ('entries' in node) {
    const entries = node.entries.filter(([key]) => key !== target.key);
    return entries.length === 0 ? undefined : { hash: node.hash, entries };
  }
  const bit = bitOf(target.hash, shift);
  const index = indexOf(node.places, bit);
  const inner = node.nodes[index];
  if ((node.places & bit) === 0 || inner === undefined) return node;
  const left = removed(inner, target, shift + bitsPerLevel);
  const nodes = [...node.nodes];
  if (left === undefined) nodes.splice(index, 1);
  else nodes[index] = left;
  if (nodes.length === 0) return undefined;
  return { places: left === undefined ? node.places & ~bit : node.places, nodes };
}

function differences<V>(a: Node<V> | undefined, b: Node<V> | undefined, each: (key: string) => void): void {
  if (a === b) return;
  if (a === undefined || b === undefined || 'entries' in a || 'entries' in b) {
    const [here, there] = [new Map<string, V>(), new Map<string, V>()];
    if (a !== undefined) visit(a, (key, value) => here.set(key, value));
    if (b !== undefined) visit(b, (key, value) => there.set(key, value));
    for (const key of new Set([...here.keys(), ...there.keys()])) if (here.get(key) !== there.get(key)) each(key);
    return;
  }
  for (let place = 0; place <= placeMask; place += 1) {
    const bit = 1 << place;
    const inner = (node: Branch<V>): Node<V> | undefined =>
      (node.places & bit) === 0 ? undefined : node.nodes[indexOf(node.places, bit)];
    differences(inner(a), inner(b), each);
  }
}

function visit<V>(node: Node<V>, each: (key: string, value: V) => void): void {
  if ('entries' in node) for (const [key, value] of node.entries) each(key, value);
  else for (const inner of node.nodes) visit(inner, each);
}
