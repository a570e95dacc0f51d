// What a start reads from the log is what was live: by a quicker way of writing the same indexes.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SqlError } from '../../src/base/sql-error.ts';
import type { Change } from '../../src/catalog/change.ts';
import { LiveCatalog } from '../../src/catalog/live-catalog.ts';
import { PersistentMap } from '../../src/catalog/persistent-map.ts';
import type { CatalogSnapshot } from '../../src/catalog/snapshot.ts';
import {
  accessOf,
  addMember,
  grant,
  ids,
  now,
  removeMember,
  revoke,
  startChanges,
} from '../support/catalog-builder.ts';
import { MemoryCatalogStore } from '../support/memory-store.ts';

const privileges = ['SELECT', 'MANAGE', 'ALL PRIVILEGES', 'APPLY TAG'] as const;
const securables = [ids.sales, ids.orders, ids.items, ids.open, ids.other];
const principals = [ids.alice, ids.bob, ids.inner, ids.outer, ids.owner];

const change: fc.Arbitrary<Change> = fc
  .record({
    kind: fc.constantFrom('grant', 'grant', 'grant', 'grant', 'revoke', 'own', 'add', 'remove', 'drop'),
    privilege: fc.constantFrom(...privileges),
    on: fc.constantFrom(...securables),
    to: fc.constantFrom(...principals),
    columns: fc.constantFrom(undefined, ['k1'], ['k1', 'k2']),
    until: fc.constantFrom(undefined, now - 1, now + 1),
  })
  .map(({ kind, privilege, on, to, columns, until }): Change => {
    const onColumns = privilege === 'SELECT' && on === ids.items && columns !== undefined ? { columns } : {};
    if (kind === 'grant') return grant(privilege, on, to, { ...onColumns, ...(until === undefined ? {} : { until }) });
    if (kind === 'revoke') return revoke(privilege, on, to, onColumns.columns);
    if (kind === 'own') return { kind: 'setOwner', objectId: on, owner: to };
    if (kind === 'drop') return { kind: 'dropObject', objectId: on, cascade: true };
    return (kind === 'add' ? addMember : removeMember)(ids.inner, to);
  });

/** Everything about grants that a snapshot answers, in an order that does not depend on how it was made. */
function answers(snapshot: CatalogSnapshot): unknown {
  const sorted = (list: readonly unknown[]): readonly string[] => list.map((each) => JSON.stringify(each)).toSorted();
  return {
    version: snapshot.version,
    on: securables.map((id) => sorted(snapshot.grantsOn(id))),
    to: principals.map((id) => sorted(snapshot.grantsTo(id))),
    inside: securables.map((container) => principals.map((id) => snapshot.insideCount(container, id))),
    groups: principals.map((id) => [...snapshot.groupsOf(id)].toSorted()),
  };
}

async function committed(live: LiveCatalog, changes: readonly Change[], at: number): Promise<boolean> {
  try {
    await live.commit({ changes, by: ids.admin, statementId: 'test', at });
    return true;
  } catch (error) {
    if (error instanceof SqlError) return false;
    throw error;
  }
}

const options = (store: MemoryCatalogStore) => ({ store, recover: () => Promise.resolve(true) });

test('a replayed catalog, and each earlier version of it, is what was live at that version', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(change, { minLength: 1, maxLength: 3 }), { maxLength: 15 }), async (commits) => {
      const store = new MemoryCatalogStore();
      const live = await LiveCatalog.open(options(store));
      await live.commit({ changes: startChanges, by: ids.admin, statementId: 'test', at: 0 });
      const states = [live.snapshot()];
      for (const [index, changes] of commits.entries())
        if (await committed(live, changes, index + 1)) states.push(live.snapshot());
      const again = await LiveCatalog.open(options(store.copy()));
      expect(answers(again.snapshot())).toEqual(answers(live.snapshot()));
      for (const state of states) {
        const past = await live.asOf({ version: state.version });
        expect(past === undefined ? undefined : answers(past.snapshot)).toEqual(answers(state));
      }
    }),
    { numRuns: 60 },
  );
});

test('what is inside a container is counted as one finds it by looking', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 30 }), async (changes) => {
      const live = await LiveCatalog.open(options(new MemoryCatalogStore()));
      await live.commit({ changes: startChanges, by: ids.admin, statementId: 'test', at: 0 });
      for (const each of changes) await committed(live, [each], 0);
      const snapshot = live.snapshot();
      const below = (id: string): readonly string[] =>
        snapshot.childIds(id).flatMap((child) => [child, ...below(child)]);
      for (const container of [ids.sales, ids.orders, ids.other]) {
        for (const principal of principals) {
          const objects = below(container).map((id) => snapshot.object(id));
          const owned = objects.some((object) => object?.owner === principal);
          const grants = below(container).flatMap((id) => snapshot.grantsOf(principal, id));
          const { permanent, expiring } = snapshot.insideCount(container, principal);
          expect(permanent > 0).toBe(owned || grants.some((each) => each.until === undefined));
          expect(permanent + expiring > 0).toBe(owned || grants.length > 0);
        }
      }
    }),
    { numRuns: 100 },
  );
});

describe('the past', () => {
  async function history(): Promise<LiveCatalog> {
    const live = await LiveCatalog.open(options(new MemoryCatalogStore()));
    await live.commit({ changes: startChanges, by: ids.admin, statementId: 'test', at: 10 });
    await live.commit({ changes: [grant('SELECT', ids.items, ids.alice)], by: ids.admin, statementId: 'test', at: 20 });
    await live.commit({
      changes: [revoke('SELECT', ids.items, ids.alice)],
      by: ids.admin,
      statementId: 'test',
      at: 30,
    });
    return live;
  }

  test('a time names the last version published by then', async () => {
    const live = await history();
    const held = async (at: number): Promise<boolean | undefined> => {
      const past = await live.asOf({ at });
      const object = past?.snapshot.object(ids.items);
      return past === undefined || object === undefined
        ? undefined
        : accessOf(past.snapshot, ids.alice).has('SELECT', object);
    };
    expect([await held(9), await held(10), await held(20), await held(29), await held(30)]).toEqual([
      undefined,
      false,
      true,
      true,
      false,
    ]);
  });

  test('a version that was never published does not exist', async () => {
    const live = await history();
    expect(await live.asOf({ version: 4 })).toBeUndefined();
    expect((await live.asOf({ version: 3 }))?.snapshot.version).toBe(3);
    expect((await live.asOf({ version: 0 }))?.snapshot.catalogs()).toEqual([]);
  });

  test('a discarded change makes no version', async () => {
    const store = new MemoryCatalogStore();
    const live = await LiveCatalog.open(options(store));
    await live.commit({ changes: startChanges, by: ids.admin, statementId: 'test', at: 0 });
    const commitData = () => Promise.reject(new SqlError('serializationFailure', 'no'));
    const lost = { changes: [grant('SELECT', ids.items, ids.bob)], by: ids.admin, statementId: 'test', at: 1 };
    await expect(live.commit({ ...lost, marker: { catalogId: ids.sales, commitData } })).rejects.toThrow('no');
    await live.commit({ changes: [grant('SELECT', ids.items, ids.alice)], by: ids.admin, statementId: 'test', at: 2 });
    const past = await live.asOf({ version: 2 });
    expect(past?.snapshot.grantsOn(ids.items).map((each) => each.principalId)).toEqual([ids.alice]);
  });
});

test('many entries written at once are the same map as one after another', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.string({ maxLength: 3 }), fc.integer()), { maxLength: 200 }),
      fc.array(fc.tuple(fc.string({ maxLength: 3 }), fc.integer()), { maxLength: 200 }),
      (before, entries) => {
        const start = before.reduce((map, [key, value]) => map.with(key, value), PersistentMap.empty<number>());
        const one = entries.reduce((map, [key, value]) => map.with(key, value), start);
        const all = start.withAll(entries);
        expect(all.size).toBe(one.size);
        expect(new Set(all.keys())).toEqual(new Set(one.keys()));
        for (const key of one.keys()) expect(all.get(key)).toBe(one.get(key));
        expect(start.size).toBe(new Map(before).size);
      },
    ),
  );
});

test('keys of equal hashes are kept apart', () => {
  // "Aa" and "BB" have the same hash, whatever is mixed afterwards.
  const map = PersistentMap.empty<number>().withAll([
    ['Aa', 1],
    ['BB', 2],
    ['AaBB', 3],
    ['BBAa', 4],
  ]);
  expect([map.get('Aa'), map.get('BB'), map.get('AaBB'), map.get('BBAa'), map.size]).toEqual([1, 2, 3, 4, 4]);
  expect([map.without('Aa').get('BB'), map.without('Aa').has('Aa')]).toEqual([2, false]);
});
