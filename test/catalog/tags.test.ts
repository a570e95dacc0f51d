// Tags and policies in the catalog: what drops and replacements leave, and what a restart finds.
import { expect, test } from 'vitest';
import type { Change } from '../../src/catalog/change.ts';
import { LiveCatalog } from '../../src/catalog/live-catalog.ts';
import { applicationsOn, inheritedTags } from '../../src/catalog/match-policies.ts';
import { consequencesOf } from '../../src/catalog/policy-consequences.ts';
import type { TagPolicy } from '../../src/catalog/tag-policy.ts';
import {
  addMember,
  changed,
  ids,
  objectOf,
  snapshotWith,
  sqlFunction,
  startChanges,
  table,
} from '../support/catalog-builder.ts';
import { MemoryCatalogStore } from '../support/memory-store.ts';

function policy(
  securableId: string,
  name: string,
  more: Partial<TagPolicy> = {},
): Extract<Change, { kind: 'createPolicy' | 'replacePolicy' }> {
  return {
    kind: 'createPolicy',
    policy: {
      name,
      securableId,
      comment: undefined,
      functionId: ids.mask,
      onColumn: 'v',
      inputs: [],
      to: ['1'],
      except: [],
      when: undefined,
      match: [{ condition: { kind: 'hasTag', key: 'pii' }, alias: 'v' }],
      createdAt: 0,
      createdBy: ids.admin,
      ...more,
    },
  };
}

function tags(objectId: string, list: Readonly<Record<string, string>>, columnId?: string): Change {
  return { kind: 'setTags', objectId, columnId, tags: Object.entries(list).map(([key, value]) => ({ key, value })) };
}

function applied(snapshot: ReturnType<typeof snapshotWith>, tableId: string): readonly (string | undefined)[] {
  return applicationsOn(snapshot, objectOf(snapshot, tableId, 'table')).map((each) => each.columnId);
}

test('a table inherits the tags of schema and catalog, and the nearest value of a key wins', () => {
  const snapshot = snapshotWith(
    tags(ids.sales, { zone: 'catalog', only: 'catalog' }),
    tags(ids.orders, { zone: 'schema', flag: '' }),
    tags(ids.items, { zone: 'table' }),
  );
  const found = inheritedTags(snapshot, objectOf(snapshot, ids.items, 'table'));
  expect(Object.fromEntries(found.map(({ key, value }) => [key, value]))).toEqual({
    zone: 'table',
    only: 'catalog',
    flag: '',
  });
});

test('a replaced table keeps its tags, its policies, and the tags of columns that keep their name, whatever their type', () => {
  const before = snapshotWith(
    tags(ids.items, { zone: 'red' }),
    tags(ids.items, { pii: 'x' }, 'k1'),
    tags(ids.items, { pii: 'y' }, 'k2'),
    policy(ids.items, 'own'),
    policy(ids.sales, 'above', { match: [{ condition: { kind: 'hasTagValue', key: 'pii', value: 'x' }, alias: 'v' }] }),
  );
  expect(applied(before, ids.items)).toEqual(['k1', 'k2', 'k1']);
  const now = table('40', ids.orders, 'items', { added: 'VARCHAR', REGION: 'BIGINT' });
  const after = changed(before, { kind: 'replaceTable', replacedId: ids.items, table: now });
  expect(after.tagsOf('40')).toEqual([{ key: 'zone', value: 'red' }]);
  expect(after.columnTagsOf('40', 'k1')).toEqual([]);
  expect(after.columnTagsOf('40', 'k2')).toEqual([{ key: 'pii', value: 'x' }]);
  expect(after.tagPoliciesOn('40').map((each) => [each.name, each.securableId])).toEqual([['own', '40']]);
  // Both reach the column still; its new type fits neither, so the table is closed rather than open.
  expect(applied(after, '40')).toEqual(['k2', 'k2']);
  expect(applicationsOn(after, objectOf(after, '40', 'table')).every((each) => each.fault !== undefined)).toBe(true);
  expect(after.parts.tags.get(ids.items)).toBeUndefined();
  expect(after.parts.tagPolicies.get(ids.items)).toBeUndefined();
});

test('DROP takes tags and policies of everything in the object with it, and a new object of the name has none', () => {
  const before = snapshotWith(
    tags(ids.orders, { a: '' }),
    tags(ids.items, { pii: '' }, 'k1'),
    policy(ids.orders, 'one'),
    policy(ids.items, 'two'),
  );
  const after = changed(before, { kind: 'dropObject', objectId: ids.orders, cascade: true });
  expect([after.parts.tags.size, after.parts.tagPolicies.size]).toEqual([0, 0]);
});

test('what a policy calls or names cannot be dropped, unless the policy goes with it', () => {
  const before = snapshotWith(policy(ids.sales, 'one', { to: [ids.inner], except: [ids.bob] }));
  expect(() => changed(before, { kind: 'dropObject', objectId: ids.mask, cascade: false })).toThrow(/a policy uses it/);
  expect(() => changed(before, { kind: 'dropObject', objectId: ids.orders, cascade: true })).toThrow(
    /a policy uses it/,
  );
  expect(() => changed(before, { kind: 'dropPrincipal', principalId: ids.inner })).toThrow(/cannot drop group inner/);
  expect(() => changed(before, { kind: 'dropPrincipal', principalId: ids.bob })).toThrow(/cannot drop user bob/);
  expect(changed(before, { kind: 'dropObject', objectId: ids.sales, cascade: true }).parts.tagPolicies.size).toBe(0);
  const without = changed(before, { kind: 'dropPolicy', securableId: ids.sales, name: 'ONE' });
  expect(changed(without, { kind: 'dropPrincipal', principalId: ids.inner }).principal(ids.inner)).toBeUndefined();
});

test('a change that names what is gone meanwhile does not apply', () => {
  const snapshot = snapshotWith();
  for (const change of [
    tags('99', { a: '' }),
    tags(ids.items, { a: '' }, 'k9'),
    policy('99', 'p'),
    policy(ids.sales, 'p', { functionId: '99' }),
    policy(ids.sales, 'p', { to: ['99'] }),
    { ...policy(ids.sales, 'p'), kind: 'replacePolicy' as const },
    { kind: 'dropPolicy' as const, securableId: ids.sales, name: 'p' },
  ]) {
    expect(() => changed(snapshot, change)).toThrow(/no longer exists/);
  }
  expect(() => changed(snapshot, policy(ids.sales, 'p'), policy(ids.sales, 'P'))).toThrow(/already exists/);
});

test('tags and policies are there again after a restart, as the log gives them back', async () => {
  const store = new MemoryCatalogStore();
  const open = (from: MemoryCatalogStore) => LiveCatalog.open({ store: from, recover: () => Promise.resolve(true) });
  const live = await open(store);
  const changes = [
    ...startChanges,
    addMember(ids.inner, ids.alice),
    tags(ids.items, { pii: 'it\'s "x"' }, 'k1'),
    tags(ids.orders, { zone: 'red' }),
    {
      kind: 'setTags' as const,
      objectId: ids.sales,
      columnId: undefined,
      tags: [{ key: '__proto__', value: 'toString' }],
    },
    policy(ids.sales, 'p', { except: [ids.inner], when: { kind: 'not', operand: { kind: 'hasTag', key: 'open' } } }),
  ];
  await live.commit({ changes, by: ids.admin, statementId: 's', at: 0 });
  // As it comes back from the file: through JSON.
  const entries = (await store.load()).map((entry) => JSON.parse(JSON.stringify(entry)) as typeof entry);
  const again = (await open(new MemoryCatalogStore(entries))).snapshot();
  const before = live.snapshot();
  expect(applied(again, ids.items)).toEqual(['k1']);
  expect(applied(again, ids.items)).toEqual(applied(before, ids.items));
  for (const id of [ids.sales, ids.orders]) expect(again.tagsOf(id)).toEqual(before.tagsOf(id));
  expect(again.tagsOf(ids.sales)).toEqual([{ key: '__proto__', value: 'toString' }]);
});

test('a protected column under another id is looked at by its name: what was hidden is not open because of it', () => {
  const before = snapshotWith(tags(ids.items, { pii: '' }, 'k1'), policy(ids.sales, 'p'));
  const items = objectOf(before, ids.items, 'table');
  const withColumns = (columns: typeof items.columns) =>
    before.with({ objects: before.parts.objects.with(ids.items, { ...items, columns }) });
  const lostIn = (after: typeof before) => consequencesOf({ before, after, replaced: new Map() }).lost.length;
  const [region, amount] = items.columns as [(typeof items.columns)[0], (typeof items.columns)[0]];
  expect(lostIn(withColumns([{ ...region, id: 'k9' }, amount]))).toBe(1);
  expect(lostIn(withColumns([{ ...region, name: 'renamed' }, amount]))).toBe(0);
  // It is gone, and its values with it.
  expect(lostIn(withColumns([amount]))).toBe(0);
});

test('a column that a row filter reads cannot go without a loss', () => {
  const filter = {
    kind: 'createFunction' as const,
    function: { ...sqlFunction('60', ids.orders, 'own'), returns: 'BOOLEAN' },
  };
  const before = snapshotWith(
    filter,
    tags(ids.items, { pii: '' }, 'k1'),
    policy(ids.sales, 'p', { functionId: '60', onColumn: undefined, inputs: [{ kind: 'alias', alias: 'v' }] }),
  );
  const items = objectOf(before, ids.items, 'table');
  const after = before.with({
    objects: before.parts.objects.with(ids.items, { ...items, columns: items.columns.slice(1) }),
  });
  expect(consequencesOf({ before, after, replaced: new Map() }).lost).toMatchObject([{ policy: { name: 'p' } }]);
});
