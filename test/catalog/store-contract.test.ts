// What every CatalogStore must do, asked of each.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LiveCatalog } from '../../src/catalog/live-catalog.ts';
import { SqliteCatalogStore } from '../../src/catalog/sqlite-store.ts';
import type { CatalogStore, StoreEntry } from '../../src/catalog/store.ts';
import { grant, ids, startChanges } from '../support/catalog-builder.ts';
import { MemoryCatalogStore } from '../support/memory-store.ts';
import { rejectionOf } from '../support/thrown.ts';

let directory: string;
let memory: MemoryCatalogStore;
let opened: CatalogStore[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'portcullis-store-'));
  memory = new MemoryCatalogStore();
  opened = [];
});
afterEach(async () => {
  for (const store of opened) await store.close();
  rmSync(directory, { recursive: true });
});

function entry(id: string, facts: Partial<StoreEntry> = {}): StoreEntry {
  const changes = [grant('SELECT', ids.items, ids.alice)];
  return { id, state: 'committed', changes, by: ids.admin, statementId: 's', at: 5, catalogId: undefined, ...facts };
}

async function openSqlite(): Promise<CatalogStore> {
  for (const store of opened.splice(0)) await store.close();
  const store = await SqliteCatalogStore.open(join(directory, 'catalog.sqlite'));
  opened.push(store);
  return store;
}

describe.each([
  ['SqliteCatalogStore', openSqlite],
  ['MemoryCatalogStore', () => Promise.resolve(memory)],
] as const)('%s', (_, open) => {
  test('a new store is empty', async () => {
    expect(await (await open()).load()).toEqual([]);
  });

  test('entries come back whole, in the order of appending, also after it is opened again', async () => {
    const entries = [entry('b'), entry('a', { catalogId: ids.sales, state: 'pending' }), entry('c')];
    const store = await open();
    for (const each of entries) await store.append(each);
    expect(JSON.parse(JSON.stringify(await (await open()).load()))).toEqual(JSON.parse(JSON.stringify(entries)));
  });

  test('a pending entry that is settled as committed stays at its place', async () => {
    const store = await open();
    await store.append(entry('a', { state: 'pending' }));
    await store.append(entry('b'));
    await store.settle('a', 'committed');
    expect((await (await open()).load()).map(({ id, state }) => [id, state])).toEqual([
      ['a', 'committed'],
      ['b', 'committed'],
    ]);
  });

  test('a discarded entry is not loaded', async () => {
    const store = await open();
    await store.append(entry('a', { state: 'pending' }));
    await store.settle('a', 'discarded');
    expect(await (await open()).load()).toEqual([]);
  });

  test('a catalog that is replayed from it has the same objects, grants and next id', async () => {
    const recover = (): Promise<boolean> => Promise.resolve(false);
    const live = await LiveCatalog.open({ store: await open(), recover });
    const changes = [...startChanges, grant('SELECT', ids.items, ids.alice, { columns: ['k1'], until: 9 })];
    const before = await live.commit({ changes, by: ids.admin, statementId: 's', at: 0 });
    const after = (await LiveCatalog.open({ store: await open(), recover })).snapshot();
    expect(after.nextId).toBe(before.nextId);
    expect(after.object(ids.items)).toEqual(before.object(ids.items));
    expect(after.grantsOn(ids.items)).toEqual(before.grantsOn(ids.items));
    expect(after.users()).toEqual(before.users());
  });
});

test('a store of a newer program is refused', async () => {
  await openSqlite();
  for (const store of opened.splice(0)) await store.close();
  const file = join(directory, 'catalog.sqlite');
  const database = new Database(file);
  database.exec('UPDATE format SET version = 99');
  database.close();
  expect((await rejectionOf(SqliteCatalogStore.open(file))).sqlState).toBe('55000');
});
