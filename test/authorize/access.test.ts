import { describe, expect, test } from 'vitest';
import * as administration from '../../src/authorize/administration.ts';
import * as rules from '../../src/authorize/rules.ts';
import type { Change } from '../../src/catalog/change.ts';
import { type Privilege, privileges } from '../../src/catalog/privilege.ts';
import { metastoreId, type ObjectId } from '../../src/catalog/securable.ts';
import {
  accessOf,
  addMember,
  changed,
  type GrantOptions,
  grant,
  ids,
  now,
  objectOf,
  revoke,
  snapshotWith,
  table,
} from '../support/catalog-builder.ts';
import { thrownBy } from '../support/thrown.ts';

const gates = [grant('USE CATALOG', ids.sales, ids.alice), grant('USE SCHEMA', ids.orders, ids.alice)];

/** What alice is told when she reads sales.orders.items; undefined when she may. */
function refusal(changes: readonly Change[], columnIds?: readonly string[]) {
  const snapshot = snapshotWith(...changes);
  const access = accessOf(snapshot, ids.alice);
  try {
    const items = objectOf(snapshot, ids.items, 'table');
    const names = items.columns.filter(({ id }) => columnIds?.includes(id)).map(({ name }) => name);
    rules.selectRelation(access, items, { columns: columnIds === undefined ? 'all' : new Set(names) });
  } catch (error) {
    return thrownBy(() => {
      throw error;
    });
  }
  return undefined;
}

function has(privilege: Privilege, on: ObjectId, ...changes: readonly Change[]): boolean {
  const snapshot = snapshotWith(...changes);
  const object = snapshot.object(on);
  return object !== undefined && accessOf(snapshot, ids.alice).has(privilege, object);
}

function knows(id: ObjectId, ...changes: readonly Change[]): boolean {
  const snapshot = snapshotWith(...changes);
  const object = snapshot.object(id);
  return object !== undefined && accessOf(snapshot, ids.alice).knows(object);
}

describe('gates', () => {
  test('SELECT with USE CATALOG and USE SCHEMA reads the table', () => {
    expect(refusal([...gates, grant('SELECT', ids.items, ids.alice)])).toBeUndefined();
  });

  test.each([
    ['USE CATALOG', gates.slice(1)],
    ['USE SCHEMA', gates.slice(0, 1)],
  ] as const)('SELECT without %s is denied, and the hint says so', (gate, rest) => {
    const error = refusal([...rest, grant('SELECT', ids.items, ids.alice)]);
    expect(error?.sqlState).toBe('42501');
    expect(error?.hint).toContain(gate);
  });

  test('the gates alone do not read the table', () => {
    expect(refusal(gates)?.sqlState).toBe('42P01');
  });

  test('USE SCHEMA granted on the catalog opens each of its schemas', () => {
    const changes = [
      grant('USE CATALOG', ids.sales, ids.alice),
      grant('USE SCHEMA', ids.sales, ids.alice),
      grant('SELECT', ids.items, ids.alice),
    ];
    expect(refusal(changes)).toBeUndefined();
  });

  test('the owner of a table needs the gates too', () => {
    const owned: Change = { kind: 'setOwner', objectId: ids.items, owner: ids.alice };
    expect(refusal([owned])?.sqlState).toBe('42501');
    expect(refusal([owned, ...gates])).toBeUndefined();
  });

  test('the owner of a container passes its gate', () => {
    const owned: Change[] = [
      { kind: 'setOwner', objectId: ids.sales, owner: ids.alice },
      { kind: 'setOwner', objectId: ids.orders, owner: ids.alice },
    ];
    expect(refusal([...owned, grant('SELECT', ids.items, ids.alice)])).toBeUndefined();
  });

  test('EXECUTE asks for the gates of the function', () => {
    const granted = grant('EXECUTE', ids.mask, ids.alice);
    const closed = snapshotWith(granted);
    const open = snapshotWith(granted, ...gates);
    const fn = objectOf(closed, ids.mask, 'function');
    expect(thrownBy(() => rules.executeFunction(accessOf(closed, ids.alice), fn)).sqlState).toBe('42501');
    rules.executeFunction(accessOf(open, ids.alice), fn);
  });
});

describe('inheritance', () => {
  test.each([
    ['table', ids.items],
    ['schema', ids.orders],
    ['catalog', ids.sales],
  ])('SELECT on the %s reads the table', (_, id) => {
    expect(has('SELECT', ids.items, grant('SELECT', id, ids.alice))).toBe(true);
  });

  test('a grant on a schema holds for tables created later', () => {
    const later: Change = { kind: 'createTable', table: table('30', ids.orders, 'later') };
    expect(has('SELECT', '30', grant('SELECT', ids.orders, ids.alice), later)).toBe(true);
  });

  test('a grant on one catalog says nothing about another', () => {
    expect(has('SELECT', ids.other, grant('SELECT', ids.sales, ids.alice))).toBe(false);
  });

  test('a grant on a table says nothing about its schema', () => {
    expect(has('SELECT', ids.orders, grant('SELECT', ids.items, ids.alice))).toBe(false);
  });

  test('grants on the metastore do not inherit', () => {
    expect(has('CREATE CATALOG', metastoreId, grant('CREATE CATALOG', metastoreId, ids.alice))).toBe(true);
    expect(has('CREATE CATALOG', ids.sales, grant('CREATE CATALOG', metastoreId, ids.alice))).toBe(false);
    expect(has('SELECT', ids.items, grant('ALL PRIVILEGES', metastoreId, ids.alice))).toBe(false);
  });

  test('MODIFY stands for INSERT, UPDATE and DELETE and not for SELECT', () => {
    const held = privileges.filter((each) => has(each, ids.items, grant('MODIFY', ids.items, ids.alice)));
    expect(held).toEqual(['DELETE', 'INSERT', 'MODIFY', 'UPDATE']);
  });
});

describe('ALL PRIVILEGES', () => {
  test('stands for every privilege but MANAGE when it is checked', () => {
    const held = privileges.filter((each) => has(each, ids.items, grant('ALL PRIVILEGES', ids.sales, ids.alice)));
    expect(held).toEqual(privileges.filter((each) => each !== 'MANAGE'));
  });

  test('its revoke takes the single privileges along and leaves MANAGE', () => {
    const snapshot = snapshotWith(
      grant('ALL PRIVILEGES', ids.items, ids.alice),
      grant('SELECT', ids.items, ids.alice),
      grant('SELECT', ids.items, ids.alice, { columns: ['k1'] }),
      grant('MANAGE', ids.items, ids.alice),
      grant('SELECT', ids.items, ids.bob),
      revoke('ALL PRIVILEGES', ids.items, ids.alice),
    );
    expect(snapshot.grantsTo(ids.alice).map((each) => each.privilege)).toEqual(['MANAGE']);
    expect(
      snapshot
        .grantsOn(ids.items)
        .map((each) => each.principalId)
        .toSorted(),
    ).toEqual([ids.alice, ids.bob]);
  });

  test('revoking a single privilege leaves ALL PRIVILEGES as it is', () => {
    const changes = [grant('ALL PRIVILEGES', ids.items, ids.alice), revoke('SELECT', ids.items, ids.alice)];
    expect(has('SELECT', ids.items, ...changes)).toBe(true);
  });
});

describe('MANAGE and owners', () => {
  test.each([
    ['table', ids.items],
    ['schema', ids.orders],
    ['catalog', ids.sales],
  ])('MANAGE on the %s manages the table and does not read it', (_, id) => {
    const snapshot = snapshotWith(grant('MANAGE', id, ids.alice), ...gates);
    const access = accessOf(snapshot, ids.alice);
    const items = objectOf(snapshot, ids.items, 'table');
    rules.dropObject(access, items);
    administration.grantOn(access, items);
    expect(thrownBy(() => rules.selectRelation(access, items)).sqlState).toBe('42501');
  });

  test('the owner of a catalog manages what is in it and does not read it', () => {
    const snapshot = snapshotWith({ kind: 'setOwner', objectId: ids.sales, owner: ids.alice });
    const access = accessOf(snapshot, ids.alice);
    const items = objectOf(snapshot, ids.items, 'table');
    expect(access.manages(items)).toBe(true);
    expect(thrownBy(() => rules.selectRelation(access, items)).sqlState).toBe('42501');
  });

  test('a group may own, and its members are the owner', () => {
    const snapshot = snapshotWith(
      addMember(ids.outer, ids.inner),
      addMember(ids.inner, ids.alice),
      { kind: 'setOwner', objectId: ids.items, owner: ids.outer },
      ...gates,
    );
    rules.selectRelation(accessOf(snapshot, ids.alice), objectOf(snapshot, ids.items, 'table'));
    expect(accessOf(snapshot, ids.bob).owns(objectOf(snapshot, ids.items, 'table'))).toBe(false);
  });

  test.each([
    ['owns the metastore', { kind: 'setMetastoreOwner', owner: ids.alice } as const],
    ['has MANAGE on the metastore', grant('MANAGE', metastoreId, ids.alice)],
  ])('whoever %s manages everything and reads nothing', (_, change) => {
    const snapshot = snapshotWith(change);
    const access = accessOf(snapshot, ids.alice);
    const items = objectOf(snapshot, ids.items, 'table');
    expect(access.manages(items)).toBe(true);
    expect(thrownBy(() => rules.selectRelation(access, items)).sqlState).toBe('42501');
  });

  test('a principal that is gone has no rights, whatever was granted to its id', () => {
    const snapshot = snapshotWith({ kind: 'dropPrincipal', principalId: ids.bob });
    const access = accessOf(snapshot, ids.bob);
    expect(snapshot.parts.objects.size).toBeGreaterThan(0);
    for (const object of [...snapshot.parts.objects.values(), snapshot.metastore]) {
      expect(access.knows(object)).toBe(false);
    }
  });

  test('setting a policy asks for the table and for EXECUTE on the function', () => {
    const managed = grant('MANAGE', ids.items, ids.alice);
    const refused = snapshotWith(managed, ...gates);
    const allowed = changed(refused, grant('EXECUTE', ids.mask, ids.alice));
    const items = objectOf(refused, ids.items, 'table');
    const fn = objectOf(refused, ids.mask, 'function');
    expect(thrownBy(() => rules.setPolicy(accessOf(refused, ids.alice), items, fn)).sqlState).toBe('42883');
    rules.setPolicy(accessOf(allowed, ids.alice), items, fn);
  });
});

describe('existence', () => {
  test('BROWSE on the catalog makes its tables known and not readable', () => {
    expect(refusal([...gates, grant('BROWSE', ids.sales, ids.alice)])?.sqlState).toBe('42501');
  });

  test.each(['USE CATALOG', 'USE SCHEMA', 'CREATE SCHEMA', 'CREATE TABLE', 'CREATE FUNCTION'] as const)(
    '%s on the catalog makes the catalog known and nothing in it',
    (privilege) => {
      expect(knows(ids.sales, grant(privilege, ids.sales, ids.alice))).toBe(true);
      expect(knows(ids.items, grant(privilege, ids.sales, ids.alice))).toBe(false);
    },
  );

  test('a grant on a table makes its schema and catalog known, and not the table next to it', () => {
    const granted = grant('SELECT', ids.items, ids.alice);
    expect(knows(ids.orders, granted)).toBe(true);
    expect(knows(ids.sales, granted)).toBe(true);
    expect(knows(ids.open, granted)).toBe(false);
    expect(knows(ids.other, granted)).toBe(false);
  });

  test('hidden and missing objects read alike', () => {
    const snapshot = snapshotWith();
    const access = accessOf(snapshot, ids.alice);
    const items = thrownBy(() => rules.selectRelation(access, objectOf(snapshot, ids.items, 'table')));
    const fn = thrownBy(() => rules.executeFunction(access, objectOf(snapshot, ids.mask, 'function')));
    const told = ({ condition, message, detail, hint, position }: typeof items) => {
      return { condition, message, detail, hint, position };
    };
    expect(told(items)).toEqual(told(rules.missingRelation('sales.orders.items')));
    expect(told(fn)).toEqual(told(rules.missingFunction('sales.orders.mask')));
    expect(told(thrownBy(() => rules.connectCatalog(access, 'other')))).toEqual(told(rules.missingCatalog('other')));
    expect(told(thrownBy(() => rules.connectCatalog(access, 'nix')))).toEqual(told(rules.missingCatalog('nix')));
  });

  test('the reason of a denial is in the cause, for the audit log alone', () => {
    expect(refusal([])?.cause).toEqual({ kind: 'denied', missing: 'alice lacks SELECT on table sales.orders.items' });
  });
});

describe('groups', () => {
  test('a grant to a group of a group holds for its members', () => {
    const granted = grant('SELECT', ids.items, ids.outer);
    expect(has('SELECT', ids.items, granted, addMember(ids.inner, ids.alice))).toBe(false);
    expect(has('SELECT', ids.items, granted, addMember(ids.inner, ids.alice), addMember(ids.outer, ids.inner))).toBe(
      true,
    );
  });

  test('everybody is in account users', () => {
    expect(has('SELECT', ids.items, grant('SELECT', ids.items, '1'))).toBe(true);
  });

  test('a group that holds the group may not become its member', () => {
    const snapshot = snapshotWith(addMember(ids.outer, ids.inner));
    expect(thrownBy(() => changed(snapshot, addMember(ids.inner, ids.outer))).sqlState).toBe('42P17');
    expect(thrownBy(() => changed(snapshot, addMember(ids.inner, ids.inner))).sqlState).toBe('42P17');
  });
});

describe('time and columns', () => {
  const until = (at: number): GrantOptions => ({ until: at });

  test('a grant holds until its time and not at it', () => {
    expect(has('SELECT', ids.items, grant('SELECT', ids.items, ids.alice, until(now + 1)))).toBe(true);
    expect(has('SELECT', ids.items, grant('SELECT', ids.items, ids.alice, until(now)))).toBe(false);
  });

  test('an expired grant does not even make the table known', () => {
    expect(knows(ids.items, grant('SELECT', ids.items, ids.alice, until(now)))).toBe(false);
  });

  test('an answer is valid until the first of the grants that gave it expires', () => {
    const snapshot = snapshotWith(
      grant('USE CATALOG', ids.sales, ids.alice, until(now + 7)),
      grant('USE SCHEMA', ids.orders, ids.alice, until(now + 9)),
      grant('SELECT', ids.items, ids.alice),
    );
    const access = accessOf(snapshot, ids.alice);
    rules.selectRelation(access, objectOf(snapshot, ids.items, 'table'));
    expect(access.validUntil).toBe(now + 7);
  });

  test('SELECT on columns reads these and no others', () => {
    const changes = [...gates, grant('SELECT', ids.items, ids.alice, { columns: ['k1'] })];
    expect(refusal(changes, ['k1'])).toBeUndefined();
    expect(refusal(changes, ['k1', 'k2'])?.sqlState).toBe('42501');
    expect(refusal(changes)?.sqlState).toBe('42501');
    expect(refusal(changes, [])).toBeUndefined();
  });

  test('SELECT on columns adds up, and its revoke takes single ones away', () => {
    const changes = [
      ...gates,
      grant('SELECT', ids.items, ids.alice, { columns: ['k1'] }),
      grant('SELECT', ids.items, ids.alice, { columns: ['k2'] }),
    ];
    expect(refusal(changes, ['k1', 'k2'])).toBeUndefined();
    const less = [...changes, revoke('SELECT', ids.items, ids.alice, ['k1'])];
    expect(refusal(less, ['k1'])?.sqlState).toBe('42501');
    expect(refusal(less, ['k2'])).toBeUndefined();
  });

  test('a grant of the whole table swallows those of columns', () => {
    const changes = [
      ...gates,
      grant('SELECT', ids.items, ids.alice),
      grant('SELECT', ids.items, ids.alice, { columns: ['k1'] }),
    ];
    expect(refusal(changes)).toBeUndefined();
  });
});
