import { expect, test } from 'vitest';
import type { Change } from '../../src/catalog/change.ts';
import { type Commit, type CommitStep, LiveCatalog } from '../../src/catalog/live-catalog.ts';
import { catalog, grant, ids, startChanges, table } from '../support/catalog-builder.ts';
import { MemoryCatalogStore } from '../support/memory-store.ts';
import { rejectionOf } from '../support/thrown.ts';

const never = (): Promise<boolean> => Promise.reject(new Error('nothing is undecided'));

function commitOf(changes: readonly Change[], commitData?: () => Promise<void>): Commit {
  const marker = commitData === undefined ? {} : { marker: { catalogId: ids.sales, commitData } };
  return { changes, by: ids.admin, statementId: 'statement', at: 0, ...marker };
}

async function started(store: MemoryCatalogStore): Promise<LiveCatalog> {
  const live = await LiveCatalog.open({ store, recover: never });
  await live.commit(commitOf(startChanges));
  return live;
}

const later = table('30', ids.orders, 'later');
const createLater: Change = { kind: 'createTable', table: later };

/** What is durable when the process stops right after this step of a commit with data. */
async function stoppedAt(step: CommitStep | 'committing'): Promise<MemoryCatalogStore> {
  const store = new MemoryCatalogStore();
  await (await started(store)).close();
  let left = store;
  const live = await LiveCatalog.open({
    store,
    recover: never,
    onStep: (at) => {
      if (at === step) left = store.copy();
    },
  });
  await live.commit(
    commitOf([createLater], () => {
      if (step === 'committing') left = store.copy();
      return Promise.resolve();
    }),
  );
  return left;
}

test.each(['appended', 'committing', 'dataCommitted'] as const)(
  'a commit that stopped at %s is kept exactly if its data are there',
  async (step) => {
    for (const holds of [true, false]) {
      const store = await stoppedAt(step);
      const asked: (string | undefined)[] = [];
      const recover = (entry: { readonly catalogId: string | undefined }): Promise<boolean> => {
        asked.push(entry.catalogId);
        return Promise.resolve(holds);
      };
      const live = await LiveCatalog.open({ store, recover });
      expect(asked).toEqual([ids.sales]);
      expect(live.snapshot().relationByName(ids.orders, 'later')?.id).toBe(holds ? '30' : undefined);
      const again = await LiveCatalog.open({ store, recover: never });
      expect(again.snapshot().relationByName(ids.orders, 'later')?.id).toBe(holds ? '30' : undefined);
    }
  },
);

test.each(['settled', 'published'] as const)('a commit that stopped at %s is kept without asking', async (step) => {
  const live = await LiveCatalog.open({ store: await stoppedAt(step), recover: never });
  expect(live.snapshot().relationByName(ids.orders, 'later')).toEqual(later);
});

test('nothing is published before the data are committed', async () => {
  const live = await started(new MemoryCatalogStore());
  let during: unknown = 'not asked';
  await live.commit(
    commitOf([createLater], () => {
      during = live.snapshot().object('30');
      return Promise.resolve();
    }),
  );
  expect(during).toBeUndefined();
  expect(live.snapshot().object('30')).toEqual(later);
});

test('a commit whose data fail leaves nothing, and the next one goes on', async () => {
  const store = new MemoryCatalogStore();
  const live = await started(store);
  const failing = live.commit(commitOf([createLater], () => Promise.reject(new Error('no data'))));
  await expect(failing).rejects.toThrow('no data');
  expect(live.snapshot().object('30')).toBeUndefined();
  await live.commit(commitOf([createLater]));
  const again = await LiveCatalog.open({ store, recover: never });
  expect(again.snapshot().object('30')).toEqual(later);
});

test('a change that does not apply leaves nothing of its whole commit', async () => {
  const store = new MemoryCatalogStore();
  const live = await started(store);
  const before = live.snapshot();
  const twice: Change = { kind: 'createTable', table: table('31', ids.orders, 'later') };
  expect((await rejectionOf(live.commit(commitOf([createLater, twice])))).sqlState).toBe('42P07');
  expect(live.snapshot()).toBe(before);
  expect((await store.load()).length).toBe(1);
});

test('commits made at once apply one after another, the second to what the first left', async () => {
  const live = await started(new MemoryCatalogStore());
  const [first, second] = await Promise.allSettled([
    live.commit(commitOf([createLater])),
    live.commit(commitOf([{ kind: 'createTable', table: table('31', ids.orders, 'LATER') }])),
  ]);
  expect([first.status, second.status]).toEqual(['fulfilled', 'rejected']);
});

test('every commit makes a version, and a restart comes to the same one', async () => {
  const store = new MemoryCatalogStore();
  const live = await started(store);
  await live.commit(commitOf([grant('SELECT', ids.items, ids.alice)]));
  expect(live.snapshot().version).toBe(2);
  const again = await LiveCatalog.open({ store, recover: never });
  expect(again.snapshot().version).toBe(2);
  expect(again.snapshot().grantsOn(ids.items)).toEqual(live.snapshot().grantsOn(ids.items));
});

test('the id of a dropped object is not given out again, not even after a restart', async () => {
  const store = new MemoryCatalogStore();
  const live = await started(store);
  const id = live.newId();
  await live.commit(commitOf([{ kind: 'createCatalog', catalog: catalog(id, 'short') }]));
  await live.commit(commitOf([{ kind: 'dropObject', objectId: id, cascade: false }]));
  expect(Number(live.newId())).toBeGreaterThan(Number(id));
  const again = await LiveCatalog.open({ store, recover: never });
  expect(Number(again.newId())).toBeGreaterThan(Number(id));
});

test('an id that was given out and not used is not given out again', async () => {
  const live = await started(new MemoryCatalogStore());
  const [first, second] = [live.newId(), live.newId()];
  await live.commit(commitOf([{ kind: 'createCatalog', catalog: catalog(first, 'one') }]));
  expect(new Set([first, second, live.newId()]).size).toBe(3);
});
