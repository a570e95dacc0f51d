import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Change } from '../../src/catalog/change.ts';
import { PersistentMap } from '../../src/catalog/persistent-map.ts';
import type { ColumnMask, RowFilter } from '../../src/catalog/policy.ts';
import {
  accessOf,
  addMember,
  catalog,
  changed,
  grant,
  group,
  ids,
  objectOf,
  revoke,
  schema,
  snapshotWith,
  sqlFunction,
  table,
  user,
  view,
} from '../support/catalog-builder.ts';
import { thrownBy } from '../support/thrown.ts';

const mask: ColumnMask = { functionId: ids.mask, using: [] };
const filter: RowFilter = { functionId: ids.mask, arguments: [{ kind: 'column', columnId: 'k1' }] };
const masked: Change = { kind: 'setMask', tableId: ids.items, columnId: 'k1', mask };
const filtered: Change = { kind: 'setRowFilters', tableId: ids.items, rowFilters: [filter] };

function drop(objectId: string, cascade = false): Change {
  return { kind: 'dropObject', objectId, cascade };
}

function stateOf(...changes: readonly Change[]): string {
  return thrownBy(() => snapshotWith(...changes)).sqlState;
}

describe('names', () => {
  test('a name is found in any case and keeps the one it was given', () => {
    const snapshot = snapshotWith({ kind: 'createCatalog', catalog: catalog('30', 'MiXed') });
    expect(snapshot.catalogByName('mixed')?.name).toBe('MiXed');
    expect(snapshot.catalogByName('MIXED')?.id).toBe('30');
  });

  test.each<[string, Change, string]>([
    ['catalog', { kind: 'createCatalog', catalog: catalog('30', 'SALES') }, '42P04'],
    ['schema', { kind: 'createSchema', schema: schema('30', ids.sales, 'Orders') }, '42P06'],
    ['table', { kind: 'createTable', table: table('30', ids.orders, 'ITEMS') }, '42P07'],
    ['view', { kind: 'createView', view: view('30', ids.orders, 'Open') }, '42P07'],
    ['function', { kind: 'createFunction', function: sqlFunction('30', ids.orders, 'MASK') }, '42723'],
    ['user', { kind: 'createUser', user: user('30', 'ALICE') }, '42710'],
  ])('a second %s of a name is refused in any case', (_, change, state) => {
    expect(stateOf(change)).toBe(state);
  });

  test('tables and views share a name space, functions have their own', () => {
    expect(stateOf({ kind: 'createView', view: view('30', ids.orders, 'items') })).toBe('42P07');
    const snapshot = snapshotWith({ kind: 'createFunction', function: sqlFunction('30', ids.orders, 'items') });
    expect(snapshot.functionByName(ids.orders, 'items')?.id).toBe('30');
  });

  test('users and groups share a name space', () => {
    expect(stateOf({ kind: 'createGroup', group: group('30', 'alice') })).toBe('42710');
    expect(stateOf({ kind: 'createGroup', group: group('30', 'Account Users') })).toBe('42710');
  });

  test('an id that is in use is refused', () => {
    expect(stateOf({ kind: 'createCatalog', catalog: catalog(ids.alice, 'new') })).toBe('40001');
    expect(stateOf({ kind: 'createUser', user: user(ids.items, 'new') })).toBe('40001');
  });

  test('an object in a container that is gone is refused', () => {
    expect(stateOf({ kind: 'createSchema', schema: schema('30', '29', 'new') })).toBe('40001');
  });

  test('lists are in the order of folded names', () => {
    const snapshot = snapshotWith(
      { kind: 'createCatalog', catalog: catalog('30', 'Zoo') },
      { kind: 'createCatalog', catalog: catalog('31', 'abc') },
    );
    expect(snapshot.catalogs().map((each) => each.name)).toEqual(['abc', 'other', 'sales', 'Zoo']);
  });

  test('a change leaves the snapshot it was made from as it was', () => {
    const before = snapshotWith();
    changed(before, drop(ids.items), { kind: 'setOwner', objectId: ids.sales, owner: ids.bob });
    expect(before.object(ids.items)?.kind).toBe('table');
    expect(objectOf(before, ids.sales, 'catalog').owner).toBe(ids.owner);
  });
});

describe('DROP', () => {
  test('a container that holds something is refused without CASCADE', () => {
    expect(stateOf(drop(ids.orders))).toBe('2BP01');
    expect(stateOf(drop(ids.sales))).toBe('2BP01');
  });

  test('CASCADE takes everything below and the grants on it', () => {
    const granted = [ids.sales, ids.orders, ids.items].map((id) => grant('SELECT', id, ids.alice));
    const snapshot = snapshotWith(...granted, masked, filtered, drop(ids.sales, true));
    for (const id of [ids.sales, ids.orders, ids.items, ids.open, ids.mask])
      expect(snapshot.object(id)).toBeUndefined();
    expect(snapshot.grantsTo(ids.alice)).toEqual([]);
    expect(snapshot.catalogs().map((each) => each.name)).toEqual(['other']);
  });

  test.each([
    ['mask', masked],
    ['row filter', filtered],
  ])('a function that is the %s of a table stays', (_, policy) => {
    const error = thrownBy(() => snapshotWith(policy, drop(ids.mask)));
    expect(error.sqlState).toBe('2BP01');
    // Whose policy it is shows to those who manage that table.
    expect(error.detail).not.toContain('items');
  });

  test('CASCADE does not take a function that protects a table elsewhere', () => {
    const elsewhere: Change[] = [
      { kind: 'createSchema', schema: schema('30', ids.other, 'far') },
      { kind: 'createTable', table: table('31', '30', 'away') },
      { kind: 'setRowFilters', tableId: '31', rowFilters: [filter] },
    ];
    expect(stateOf(...elsewhere, drop(ids.sales, true))).toBe('2BP01');
  });

  test('a function may go when no policy uses it any more', () => {
    const free: Change[] = [
      { kind: 'dropMask', tableId: ids.items, columnId: 'k1' },
      { kind: 'setRowFilters', tableId: ids.items, rowFilters: [] },
    ];
    expect(snapshotWith(masked, filtered, ...free, drop(ids.mask)).object(ids.mask)).toBeUndefined();
    expect(snapshotWith(masked, drop(ids.items), drop(ids.mask)).object(ids.mask)).toBeUndefined();
  });

  test('an object created under a dropped name inherits no grant', () => {
    const again: Change = { kind: 'createTable', table: table('30', ids.orders, 'items') };
    const snapshot = snapshotWith(grant('SELECT', ids.items, ids.alice), drop(ids.items), again);
    expect(snapshot.grantsOn('30')).toEqual([]);
    expect(accessOf(snapshot, ids.alice).has('SELECT', objectOf(snapshot, '30', 'table'))).toBe(false);
  });

  test('a principal created under a dropped name inherits no grant and no membership', () => {
    const snapshot = snapshotWith(
      addMember(ids.inner, ids.alice),
      grant('SELECT', ids.items, ids.alice),
      { kind: 'dropPrincipal', principalId: ids.alice },
      { kind: 'createUser', user: user('30', 'alice') },
    );
    expect(snapshot.grantsTo('30')).toEqual([]);
    expect(snapshot.grantsOn(ids.items)).toEqual([]);
    expect([...snapshot.groupsOf('30')]).toEqual(['1']);
    expect(objectOfGroup(snapshot.principal(ids.inner))).toEqual([]);
  });

  test('a dropped group is no way to its members any more', () => {
    const snapshot = snapshotWith(addMember(ids.inner, ids.alice), addMember(ids.outer, ids.inner), {
      kind: 'dropPrincipal',
      principalId: ids.inner,
    });
    expect([...snapshot.groupsOf(ids.alice)]).toEqual(['1']);
    expect(objectOfGroup(snapshot.principal(ids.outer))).toEqual([]);
  });

  test.each([ids.owner, ids.admin])('principal %s, who owns something, stays', (principalId) => {
    expect(stateOf({ kind: 'dropPrincipal', principalId })).toBe('2BP01');
  });
});

function objectOfGroup(principal: ReturnType<ReturnType<typeof snapshotWith>['principal']>): readonly string[] {
  return principal?.kind === 'group' ? principal.members : ['no group'];
}

describe('replaceTable', () => {
  function replaced(columns: Readonly<Record<string, string>>, ...changes: readonly Change[]) {
    const now = { ...table('40', ids.orders, 'items', columns), owner: ids.bob };
    const snapshot = snapshotWith(...changes, { kind: 'replaceTable', replacedId: ids.items, table: now });
    return { snapshot, after: objectOf(snapshot, '40', 'table') };
  }

  test('the owner, the comment and the grants stay, the old id is gone', () => {
    const { snapshot, after } = replaced(
      { region: 'VARCHAR', amount: 'BIGINT' },
      grant('SELECT', ids.items, ids.alice),
      { kind: 'setComment', objectId: ids.items, columnId: undefined, comment: 'told' },
    );
    expect([after.owner, after.comment]).toEqual([ids.owner, 'told']);
    expect(snapshot.grantsOn('40').map((each) => [each.privilege, each.principalId])).toEqual([['SELECT', ids.alice]]);
    expect(snapshot.grantsTo(ids.alice).map((each) => each.securableId)).toEqual(['40']);
    expect(snapshot.object(ids.items)).toBeUndefined();
    expect(snapshot.grantsOn(ids.items)).toEqual([]);
  });

  test('masks and filters follow the name of a column, not its place', () => {
    const { snapshot, after } = replaced({ amount: 'BIGINT', Region: 'VARCHAR' }, masked, filtered);
    expect(after.columns.map((column) => column.mask?.functionId)).toEqual([undefined, ids.mask]);
    expect(after.rowFilters).toEqual([{ functionId: ids.mask, arguments: [{ kind: 'column', columnId: 'k2' }] }]);
    expect(snapshot.usersOfFunction(ids.mask).map((each) => each.id)).toEqual(['40']);
  });

  test.each([
    ['vanished', { amount: 'BIGINT' }],
    ['got another type', { region: 'BLOB', amount: 'BIGINT' }],
  ])('a masked column that %s leaves a lost mask, until somebody answers for it', (_, columns) => {
    const { snapshot, after } = replaced(columns, masked);
    expect(after.lostMasks).toEqual([{ column: 'region', functionId: ids.mask }]);
    const settled = changed(snapshot, { kind: 'settleLostMask', tableId: after.id, column: 'REGION' });
    expect(objectOf(settled, after.id, 'table').lostMasks).toBeUndefined();
  });

  test('a filter whose column vanished stays and names a column that no table has', () => {
    const { after } = replaced({ amount: 'BIGINT' }, filtered);
    expect(after.rowFilters).toEqual([{ functionId: ids.mask, arguments: [{ kind: 'column', columnId: 'gone' }] }]);
  });

  test('column grants follow the names, and one whose columns are all gone goes too', () => {
    const granted = [
      grant('SELECT', ids.items, ids.alice, { columns: ['k1', 'k2'] }),
      grant('SELECT', ids.items, ids.bob, { columns: ['k1'] }),
    ];
    const { snapshot } = replaced({ other: 'BIGINT', amount: 'BIGINT' }, ...granted);
    expect(snapshot.grantsOn('40').map((each) => [each.principalId, each.columns])).toEqual([[ids.alice, ['k2']]]);
    expect(snapshot.grantsTo(ids.bob)).toEqual([]);
  });
});

describe('changes', () => {
  test('a replaced view keeps its owner', () => {
    const again = { ...view(ids.open, ids.orders, 'open'), createdBy: ids.bob, query: 'SELECT 2' };
    const snapshot = snapshotWith({ kind: 'replaceView', view: again });
    expect(objectOf(snapshot, ids.open, 'view')).toMatchObject({
      owner: ids.owner,
      createdBy: ids.owner,
      query: 'SELECT 2',
    });
  });

  test('a body written while one principal owned the view is refused once another does', () => {
    const again: Change = { kind: 'replaceView', view: { ...view(ids.open, ids.orders, 'open'), query: 'SELECT 2' } };
    expect(stateOf({ kind: 'setOwner', objectId: ids.open, owner: ids.bob }, again)).toBe('40001');
  });

  test.each<[string, Change]>([
    ['a dropped table', masked],
    ['a dropped table', filtered],
    ['a dropped object', { kind: 'setOwner', objectId: ids.items, owner: ids.bob }],
    ['a dropped object', grant('SELECT', ids.items, ids.alice)],
    ['a dropped object', drop(ids.items)],
  ])('a change to %s asks for another try', (_, change) => {
    expect(stateOf(drop(ids.items), change)).toBe('40001');
  });

  test('an owner that does not exist is refused', () => {
    expect(stateOf({ kind: 'setOwner', objectId: ids.items, owner: '99' })).toBe('42704');
  });

  test('a mask on a column that does not exist is refused', () => {
    expect(stateOf({ ...masked, columnId: 'k9' })).toBe('42703');
  });

  test('ALTER USER replaces the attributes it names and keeps the others', () => {
    const snapshot = snapshotWith(
      { kind: 'alterUser', userId: ids.alice, attributes: { region: 'north', level: '1' } },
      { kind: 'alterUser', userId: ids.alice, attributes: { level: '2' }, scramVerifier: 'v' },
      { kind: 'alterUser', userId: ids.alice },
    );
    expect(snapshot.principal(ids.alice)).toMatchObject({
      attributes: { region: 'north', level: '2' },
      scramVerifier: 'v',
    });
  });

  test('groups nest thirty-two deep and no deeper', () => {
    const chain = Array.from({ length: 33 }, (_, index) => String(100 + index));
    const created = chain.map((id): Change => ({ kind: 'createGroup', group: group(id, `g${id}`) }));
    const links = chain.slice(1).map((id, index) => addMember(chain[index] ?? '', id));
    expect(stateOf(...created, ...links)).toBe('54001');
    expect(snapshotWith(...created, ...links.slice(0, -1)).groupsOf('131').size).toBe(31);
  });

  test('a revoke of what was never granted changes nothing', () => {
    const snapshot = snapshotWith(grant('SELECT', ids.items, ids.alice), revoke('SELECT', ids.items, ids.bob));
    expect(snapshot.grantsOn(ids.items).length).toBe(1);
  });
});

describe('PersistentMap', () => {
  test('does what a Map does, and leaves earlier versions as they were', () => {
    const key = fc.string({ maxLength: 2 });
    const step = fc.oneof(fc.tuple(key, fc.integer()), fc.tuple(key));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const model = new Map<string, number>();
        let map = PersistentMap.empty<number>();
        for (const [name, value] of steps) {
          const [before, expected] = [map, new Map(model)];
          map = value === undefined ? map.without(name) : map.with(name, value);
          if (value === undefined) model.delete(name);
          else model.set(name, value);
          expect(new Set(before.values())).toEqual(new Set(expected.values()));
          expect([before.size, before.get(name)]).toEqual([expected.size, expected.get(name)]);
        }
        expect(map.size).toBe(model.size);
        for (const [name, value] of model) expect([map.has(name), map.get(name)]).toEqual([true, value]);
        expect([...map.values()].toSorted((a, b) => a - b)).toEqual([...model.values()].toSorted((a, b) => a - b));
      }),
    );
  });
});
