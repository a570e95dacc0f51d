// Objects and their indexes: names, children, and which tables use a function as policy.
import { assert } from '../base/assert.ts';
import { displayName } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import type { Condition } from '../base/sql-state.ts';
import { tiesTo, withTies } from './inside.ts';
import { type NameSpace, nameKey } from './name-key.ts';
import { PersistentMap } from './persistent-map.ts';
import type { Catalog, ObjectId, Schema, SchemaObject, Table } from './securable.ts';
import { metastoreId } from './securable.ts';
import type { CatalogSnapshot, SnapshotParts } from './snapshot.ts';

export type AnyObject = Catalog | Schema | SchemaObject;

/** @throws SqlError `duplicate` when the name is taken, serializationFailure when the container or id is gone or used */
export function addObject(snapshot: CatalogSnapshot, object: AnyObject, duplicate: Condition): CatalogSnapshot {
  const parent = parentIdOf(object);
  if (snapshot.object(parent) === undefined) {
    throw new SqlError('serializationFailure', `the container of ${displayName([object.name])} no longer exists`);
  }
  const key = nameKey(parent, spaceOf(object), object.name);
  if (snapshot.parts.names.has(key)) {
    const name = displayName([...snapshot.nameOf(parent), object.name]);
    throw new SqlError(duplicate, `${object.kind} ${name} already exists`);
  }
  const { parts } = takeId(snapshot, object.id);
  const added = snapshot.with({
    nextId: parts.nextId,
    objects: parts.objects.with(object.id, object),
    names: parts.names.with(key, object.id),
    children: parts.children.with(parent, childrenOf(snapshot, parent).with(object.id, object.id)),
    ...withUses(snapshot, { removed: undefined, added: object }),
  });
  return added.with({ inside: withTies(added, object.id, { ties: tiesTo(added, object.id), counted: true }) });
}

function childrenOf(snapshot: CatalogSnapshot, parent: ObjectId): PersistentMap<ObjectId> {
  return snapshot.parts.children.get(parent) ?? PersistentMap.empty();
}

/** Ids are given out once and never again, gaps allowed. */
export function takeId(snapshot: CatalogSnapshot, id: ObjectId): CatalogSnapshot {
  const number = Number(id);
  assert(Number.isSafeInteger(number) && number >= 2, 'an object id is a number from 2');
  if (snapshot.object(id) !== undefined || snapshot.principal(id) !== undefined) {
    throw new SqlError('serializationFailure', 'the catalog has changed meanwhile');
  }
  return snapshot.with({ nextId: Math.max(snapshot.nextId, number + 1) });
}

/** The same id and name with other contents. */
export function replaceObject(snapshot: CatalogSnapshot, object: AnyObject): CatalogSnapshot {
  const before = snapshot.parts.objects.get(object.id);
  const replaced = snapshot.with({
    objects: snapshot.parts.objects.with(object.id, object),
    ...withUses(snapshot, { removed: before, added: object }),
  });
  if (before?.owner === object.owner && parentIdOf(before) === parentIdOf(object)) return replaced;
  // What it is to whom is counted in its containers: those of before, then those of now.
  const inside = withTies(snapshot, object.id, { ties: tiesTo(snapshot, object.id), counted: false });
  const moved = replaced.with({ inside });
  return moved.with({ inside: withTies(moved, object.id, { ties: tiesTo(moved, object.id), counted: true }) });
}

/** The object alone; its children and grants are the caller's business. */
export function removeObject(snapshot: CatalogSnapshot, object: AnyObject): CatalogSnapshot {
  const parent = parentIdOf(object);
  const { parts } = snapshot;
  return snapshot.with({
    inside: withTies(snapshot, object.id, { ties: tiesTo(snapshot, object.id), counted: false }),
    objects: parts.objects.without(object.id),
    names: parts.names.without(nameKey(parent, spaceOf(object), object.name)),
    children: parts.children.with(parent, childrenOf(snapshot, parent).without(object.id)),
    ...withUses(snapshot, { removed: object, added: undefined }),
  });
}

export function parentIdOf(object: AnyObject): ObjectId {
  if (object.kind === 'catalog') return metastoreId;
  return object.kind === 'schema' ? object.catalogId : object.schemaId;
}

function spaceOf(object: AnyObject): NameSpace {
  return object.kind === 'table' || object.kind === 'view' ? 'relation' : object.kind;
}

/** Both indexes from what is used to who uses it. */
function withUses(
  snapshot: CatalogSnapshot,
  { removed, added }: { readonly removed: AnyObject | undefined; readonly added: AnyObject | undefined },
): Pick<SnapshotParts, 'policyUses' | 'dependents'> {
  const userId = (removed ?? added)?.id ?? '';
  const { policyUses, dependents } = snapshot.parts;
  return {
    policyUses: reindexed(policyUses, userId, { before: policiesOf(removed), after: policiesOf(added) }),
    dependents: reindexed(dependents, userId, { before: dependenciesOf(removed), after: dependenciesOf(added) }),
  };
}

interface Used {
  readonly before: ReadonlySet<ObjectId>;
  readonly after: ReadonlySet<ObjectId>;
}

function reindexed(
  index: PersistentMap<readonly ObjectId[]>,
  userId: ObjectId,
  { before, after }: Used,
): PersistentMap<readonly ObjectId[]> {
  let next = index;
  for (const id of before) {
    if (after.has(id)) continue;
    const others = (next.get(id) ?? []).filter((each) => each !== userId);
    next = others.length === 0 ? next.without(id) : next.with(id, others);
  }
  for (const id of after) if (!before.has(id)) next = next.with(id, [...(next.get(id) ?? []), userId]);
  return next;
}

function policiesOf(object: AnyObject | undefined): ReadonlySet<ObjectId> {
  return object?.kind === 'table' ? policyFunctionIds(object) : new Set();
}

function dependenciesOf(object: AnyObject | undefined): ReadonlySet<ObjectId> {
  return new Set(object?.kind === 'view' || object?.kind === 'function' ? object.dependencies : []);
}

function policyFunctionIds(table: Table): ReadonlySet<ObjectId> {
  const masks = table.columns.flatMap((column) => (column.mask === undefined ? [] : [column.mask.functionId]));
  return new Set([...masks, ...table.rowFilters.map((filter) => filter.functionId)]);
}

/** Does anything stand between its data and its readers? */
export function hasPolicies(table: Table): boolean {
  if (table.rowFilters.length > 0 || table.columns.some((column) => column.mask !== undefined)) return true;
  return (table.lostMasks?.length ?? 0) > 0;
}

export function duplicateOf(object: AnyObject): Condition {
  return duplicates[object.kind];
}

const duplicates = {
  catalog: 'duplicateCatalog',
  schema: 'duplicateSchema',
  table: 'duplicateTable',
  view: 'duplicateTable',
  function: 'duplicateFunction',
} as const;

/** A new name for an object, everything else kept. @throws SqlError `duplicate` when it is taken */
export function renameObject(
  snapshot: CatalogSnapshot,
  object: AnyObject,
  { name, duplicate }: { readonly name: string; readonly duplicate: Condition },
): CatalogSnapshot {
  const parent = parentIdOf(object);
  const before = nameKey(parent, spaceOf(object), object.name);
  const after = nameKey(parent, spaceOf(object), name);
  const holder = snapshot.parts.names.get(after);
  if (holder !== undefined && holder !== object.id) {
    throw new SqlError(duplicate, `${object.kind} ${displayName([...snapshot.nameOf(parent), name])} already exists`);
  }
  return replaceObject(snapshot.with({ names: snapshot.parts.names.without(before).with(after, object.id) }), {
    ...object,
    name,
  });
}
