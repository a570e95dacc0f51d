// Which tables and columns information_schema tells of, against a naive model: random catalogs, owners, grants and groups.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Change } from '../../src/catalog/change.ts';
import type { ObjectId } from '../../src/catalog/securable.ts';
import { CatalogSnapshot } from '../../src/catalog/snapshot.ts';
import { systemRelationNamed, systemRelations } from '../../src/system/registry.ts';
import type { SystemRow } from '../../src/system/system-relation.ts';
import {
  accessOf,
  addMember,
  catalog,
  changed,
  grant,
  group,
  now,
  schema,
  table,
  user,
} from '../support/catalog-builder.ts';

const people = ['20', '21', '22'];
const groups = ['30', '31'];
const principals = [...people, ...groups];

interface Place {
  readonly id: ObjectId;
  readonly parent: ObjectId | undefined;
  readonly name: string;
}

/** Two catalogs of two schemas of two tables. */
const catalogs: readonly Place[] = ['100', '200'].map((id) => ({ id, parent: undefined, name: `cat${id}` }));
const schemas: readonly Place[] = catalogs.flatMap(({ id }) => childrenOf(id, 'sch'));
const tables: readonly Place[] = schemas.flatMap(({ id }) => childrenOf(id, 'tab'));
const places = [...catalogs, ...schemas, ...tables];

function childrenOf(parent: ObjectId, name: string): readonly Place[] {
  const step = name === 'sch' ? 10 : 1;
  return [1, 2].map((each) => {
    const id = String(Number(parent) + each * step);
    return { id, parent, name: `${name}${id}` };
  });
}

interface Given {
  readonly privilege: 'SELECT' | 'ALL PRIVILEGES' | 'MANAGE' | 'USE SCHEMA';
  readonly on: ObjectId;
  readonly to: ObjectId;
  readonly ended: boolean;
}

interface World {
  /** Of each place in turn. */
  readonly owners: readonly ObjectId[];
  readonly grants: readonly Given[];
  readonly members: readonly { readonly group: ObjectId; readonly member: ObjectId }[];
}

const world: fc.Arbitrary<World> = fc.record({
  owners: fc.array(fc.constantFrom('1000', '1000', '1000', ...principals), {
    minLength: places.length,
    maxLength: places.length,
  }),
  grants: fc.array(
    fc.record({
      privilege: fc.constantFrom('SELECT', 'SELECT', 'ALL PRIVILEGES', 'MANAGE', 'USE SCHEMA'),
      on: fc.constantFrom(...places.map(({ id }) => id)),
      to: fc.constantFrom(...principals, '1'),
      ended: fc.boolean(),
    }),
    { maxLength: 6 },
  ),
  members: fc.array(fc.record({ group: fc.constantFrom(...groups), member: fc.constantFrom(...principals) }), {
    maxLength: 4,
  }),
});

function snapshotOf({ owners, grants, members }: World): CatalogSnapshot {
  const ownerOf = (id: ObjectId): ObjectId => owners[places.findIndex((place) => place.id === id)] ?? '1000';
  const start: readonly Change[] = [
    { kind: 'createUser', user: user('1000', 'nobody in particular') },
    { kind: 'createUser', user: user('1001', 'root') },
    { kind: 'setMetastoreOwner', owner: '1001' },
    ...people.map((id): Change => ({ kind: 'createUser', user: user(id, `user${id}`) })),
    ...groups.map((id): Change => ({ kind: 'createGroup', group: group(id, `group${id}`) })),
    ...catalogs.map(
      ({ id, name }): Change => ({ kind: 'createCatalog', catalog: { ...catalog(id, name), owner: ownerOf(id) } }),
    ),
    ...schemas.map(
      ({ id, parent, name }): Change => ({
        kind: 'createSchema',
        schema: { ...schema(id, parent ?? '', name), owner: ownerOf(id) },
      }),
    ),
    ...tables.map(
      ({ id, parent, name }): Change => ({
        kind: 'createTable',
        table: { ...table(id, parent ?? '', name), owner: ownerOf(id) },
      }),
    ),
  ];
  const memberships = members.reduce(
    (at, each) => tried(at, addMember(each.group, each.member)),
    changed(CatalogSnapshot.empty(), ...start),
  );
  return grants.reduce(
    (at, each) =>
      tried(at, grant(each.privilege, each.on, each.to, each.ended ? { until: now - 1 } : { until: now + 1 })),
    memberships,
  );
}

/** Loops of groups are refused. */
function tried(snapshot: CatalogSnapshot, change: Change): CatalogSnapshot {
  try {
    return changed(snapshot, change);
  } catch {
    return snapshot;
  }
}

/** The principal and every group that holds it, by going around until nothing is added. */
function closure(snapshot: CatalogSnapshot, principal: ObjectId): ReadonlySet<ObjectId> {
  const found = new Set<ObjectId>(people.includes(principal) ? [principal, '1'] : [principal]);
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const each of snapshot.groups()) if (each.members.some((member) => found.has(member))) found.add(each.id);
  }
  return found;
}

function lineage(id: ObjectId): readonly ObjectId[] {
  const parent = places.find((place) => place.id === id)?.parent;
  return parent === undefined ? [id] : [id, ...lineage(parent)];
}

/** Its own or an ancestor's owner, any grant on it, or one on an ancestor that says something about tables. */
function modelKnows(snapshot: CatalogSnapshot, who: ReadonlySet<ObjectId>, tableId: ObjectId): boolean {
  return lineage(tableId).some((id) => {
    const object = snapshot.object(id);
    if (object !== undefined && who.has(object.owner)) return true;
    return snapshot
      .grantsOn(id)
      .some(
        (each) =>
          who.has(each.principalId) &&
          (each.until === undefined || each.until > now) &&
          (id === tableId || each.privilege !== 'USE SCHEMA'),
      );
  });
}

function rowsOf(snapshot: CatalogSnapshot, principal: ObjectId, relation: string, home?: string): readonly SystemRow[] {
  const asker = accessOf(snapshot, principal);
  const all = snapshot.catalogs().filter((each) => asker.knows(each));
  const asked = home === undefined ? all : all.filter((each) => each.id === home);
  const found = systemRelationNamed('system', 'information_schema', relation);
  return [
    ...(found?.rows({ snapshot, asker, catalogs: asked, askerId: '', lineage: undefined, home: 'system' }) ?? []),
  ];
}

test('tables and columns are those that a naive model knows', () => {
  let seen = 0;
  fc.assert(
    fc.property(world, (drawn) => {
      const snapshot = snapshotOf(drawn);
      for (const principal of people) {
        const who = closure(snapshot, principal);
        const known = tables.filter(({ id }) => modelKnows(snapshot, who, id)).map(({ name }) => name);
        seen += known.length;
        expect(rowsOf(snapshot, principal, 'tables').map((row) => row['table_name'])).toEqual(known.toSorted());
        const columns = rowsOf(snapshot, principal, 'columns').map(
          (row) => `${String(row['table_name'])}.${String(row['column_name'])}`,
        );
        expect(columns).toEqual(known.toSorted().flatMap((name) => [`${name}.region`, `${name}.amount`]));
        const home = rowsOf(snapshot, principal, 'tables', '100').map((row) => row['table_name']);
        expect(home).toEqual(known.filter((name) => name.startsWith('tab1')).toSorted());
      }
    }),
    { numRuns: 1_000 },
  );
  expect(seen).toBeGreaterThan(1_000);
});

test('nothing that a principal may not know stands in any column of any relation', () => {
  fc.assert(
    fc.property(world, fc.constantFrom(...people), (drawn, principal) => {
      const snapshot = snapshotOf(drawn);
      const who = closure(snapshot, principal);
      const hidden = tables.filter(({ id }) => !modelKnows(snapshot, who, id)).map(({ name }) => name);
      const told = systemRelations.flatMap((relation) => rowsOf(snapshot, principal, relation.name));
      const text = JSON.stringify(told);
      expect(hidden.filter((name) => text.includes(`"${name}"`))).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

test('grants of others show to those who manage the object alone', () => {
  fc.assert(
    fc.property(world, fc.constantFrom(...people), (drawn, principal) => {
      const snapshot = snapshotOf(drawn);
      const asker = accessOf(snapshot, principal);
      const who = new Set([...closure(snapshot, principal)].map((id) => snapshot.principal(id)?.name));
      for (const row of rowsOf(snapshot, principal, 'table_privileges')) {
        const object = tables.find(({ name }) => name === row['table_name']);
        const managed = asker.manages(snapshot.object(object?.id ?? '') ?? snapshot.metastore);
        expect(managed || who.has(String(row['grantee']))).toBe(true);
      }
    }),
    { numRuns: 500 },
  );
});

test('every relation gives rows with exactly its columns, and no column twice', () => {
  const snapshot = snapshotOf({
    owners: [],
    grants: [{ privilege: 'SELECT', on: '111', to: '20', ended: false }],
    members: [],
  });
  for (const relation of systemRelations) {
    const names = relation.columns.map((column) => column.name);
    expect(new Set(names).size).toBe(names.length);
    for (const row of rowsOf(snapshot, '1001', relation.name))
      expect(Object.keys(row).toSorted()).toEqual(names.toSorted());
  }
  expect(new Set(systemRelations.map((relation) => relation.name)).size).toBe(systemRelations.length);
});
