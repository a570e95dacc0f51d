// A small catalog for tests: every object has a name that says what it is, and an id that never changes.
import { Access } from '../../src/authorize/access.ts';
import { identityOf } from '../../src/authorize/identity.ts';
import { applyChange } from '../../src/catalog/apply-change.ts';
import type { Change } from '../../src/catalog/change.ts';
import type { Group, User } from '../../src/catalog/principal.ts';
import type { Grant, Privilege } from '../../src/catalog/privilege.ts';
import type {
  Catalog,
  Column,
  ObjectId,
  Schema,
  Securable,
  SqlFunction,
  Table,
  View,
} from '../../src/catalog/securable.ts';
import { CatalogSnapshot } from '../../src/catalog/snapshot.ts';

/** The moment at which tests look at grants. */
export const now = 1_000_000;

export const ids = {
  admin: '2',
  alice: '3',
  bob: '4',
  inner: '5',
  outer: '6',
  owner: '7',
  sales: '10',
  orders: '11',
  items: '12',
  open: '13',
  mask: '14',
  other: '15',
} as const;

function made(id: ObjectId, name: string, owner: ObjectId = ids.owner) {
  return { id, name, owner, comment: undefined, createdAt: 0, createdBy: owner } as const;
}

export function user(id: ObjectId, name: string): User {
  return { kind: 'user', id, name, scramVerifier: undefined, attributes: {} };
}

export function group(id: ObjectId, name: string): Group {
  return { kind: 'group', id, name, members: [] };
}

export function catalog(id: ObjectId, name: string): Catalog {
  return { kind: 'catalog', ...made(id, name) };
}

export function schema(id: ObjectId, catalogId: ObjectId, name: string): Schema {
  return { kind: 'schema', catalogId, ...made(id, name) };
}

/** Columns k1, k2, … in the order given: name and type. */
export function table(
  id: ObjectId,
  schemaId: ObjectId,
  name: string,
  columns: Readonly<Record<string, string>> = { region: 'VARCHAR', amount: 'BIGINT' },
): Table {
  const list = Object.entries(columns).map(
    ([column, type], index): Column => ({
      id: `k${String(index + 1)}`,
      name: column,
      type,
      nullable: true,
      comment: undefined,
      mask: undefined,
    }),
  );
  const parts = { columns: list, nextColumn: list.length + 1, rowFilters: [], primaryKey: [], properties: {} };
  return { kind: 'table', schemaId, ...parts, ...made(id, name) };
}

export function view(id: ObjectId, schemaId: ObjectId, name: string): View {
  const context = { catalog: 'sales', schema: undefined };
  return { kind: 'view', schemaId, columns: [], query: 'SELECT 1', context, ...made(id, name) };
}

export function sqlFunction(id: ObjectId, schemaId: ObjectId, name: string): SqlFunction {
  const context = { catalog: 'sales', schema: undefined };
  const parameters = [{ name: 'value', type: 'VARCHAR', default: undefined }];
  return { kind: 'function', schemaId, parameters, returns: 'VARCHAR', body: 'value', context, ...made(id, name) };
}

export interface GrantOptions {
  readonly columns?: readonly string[];
  readonly until?: number;
}

export function grant(
  privilege: Privilege,
  securableId: ObjectId,
  principalId: ObjectId,
  { columns, until }: GrantOptions = {},
): Extract<Change, { kind: 'grant' }> {
  const made: Grant = { privilege, securableId, principalId, columns, until, grantedBy: ids.admin, grantedAt: 0 };
  return { kind: 'grant', grant: made };
}

export function revoke(
  privilege: Privilege,
  securableId: ObjectId,
  principalId: ObjectId,
  columns?: readonly string[],
): Change {
  return { kind: 'revoke', privilege, securableId, principalId, columns };
}

export function addMember(groupId: ObjectId, memberId: ObjectId): Change {
  return { kind: 'addMember', groupId, memberId };
}

export function removeMember(groupId: ObjectId, memberId: ObjectId): Change {
  return { kind: 'removeMember', groupId, memberId };
}

/**
 * admin owns the metastore; `owner` owns sales.orders with table items, view open and function mask, and catalog other;
 * alice, bob and the groups inner and outer have nothing, and nobody is a member of anything.
 */
export const startChanges: readonly Change[] = [
  { kind: 'createUser', user: user(ids.admin, 'admin') },
  { kind: 'createUser', user: user(ids.alice, 'alice') },
  { kind: 'createUser', user: user(ids.bob, 'bob') },
  { kind: 'createGroup', group: group(ids.inner, 'inner') },
  { kind: 'createGroup', group: group(ids.outer, 'outer') },
  { kind: 'createUser', user: user(ids.owner, 'owner') },
  { kind: 'setMetastoreOwner', owner: ids.admin },
  { kind: 'createCatalog', catalog: catalog(ids.sales, 'sales') },
  { kind: 'createSchema', schema: schema(ids.orders, ids.sales, 'orders') },
  { kind: 'createTable', table: table(ids.items, ids.orders, 'items') },
  { kind: 'createView', view: view(ids.open, ids.orders, 'open') },
  { kind: 'createFunction', function: sqlFunction(ids.mask, ids.orders, 'mask') },
  { kind: 'createCatalog', catalog: catalog(ids.other, 'other') },
];

export function snapshotWith(...changes: readonly Change[]): CatalogSnapshot {
  return changed(CatalogSnapshot.empty(), ...startChanges, ...changes);
}

export function changed(snapshot: CatalogSnapshot, ...changes: readonly Change[]): CatalogSnapshot {
  return changes.reduce(applyChange, snapshot);
}

export function accessOf(snapshot: CatalogSnapshot, principalId: ObjectId, at: number = now): Access {
  return new Access(snapshot, identityOf(snapshot, principalId, at), at);
}

type OfKind<K extends Securable['kind']> = Extract<Securable, { readonly kind: K }>;

/** The object with this id, which is of this kind. */
export function objectOf<K extends Securable['kind']>(snapshot: CatalogSnapshot, id: ObjectId, kind: K): OfKind<K> {
  const object = snapshot.object(id);
  if (object?.kind !== kind) throw new Error(`${id} is no ${kind}`);
  return object as OfKind<K>;
}
