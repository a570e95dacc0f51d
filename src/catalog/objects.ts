// Objects and their indexes: names, children, and which tables use a function as policy.
import { assert } from '../base/assert.ts';
import { displayName } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import type { Condition } from '../base/sql-state.ts';
import type { Catalog, ObjectId, Schema, SchemaObject, Table } from './securable.ts';
import { metastoreId } from './securable.ts';
import { type CatalogSnapshot, type NameSpace, nameKey, type SnapshotParts } from './snapshot.ts';

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
  return snapshot.with({
    nextId: parts.nextId,
    objects: parts.objects.with(object.id, object),
    names: parts.names.with(key, object.id),
    children: parts.children.with(parent, [...snapshot.childIds(parent), object.id]),
    ...withPolicyUses(snapshot, { removed: undefined, added: object }),
  });
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
  return snapshot.with({
    objects: snapshot.parts.objects.with(object.id, object),
    ...withPolicyUses(snapshot, { removed: before, added: object }),
  });
}

/** The object alone; its children and grants are the caller's business. */
export function removeObject(snapshot: CatalogSnapshot, object: AnyObject): CatalogSnapshot {
  const parent = parentIdOf(object);
  const { parts } = snapshot;
  return snapshot.with({
    objects: parts.objects.without(object.id),
    names: parts.names.without(nameKey(parent, spaceOf(object), object.name)),
    children: parts.children.with(
      parent,
      snapshot.childIds(parent).filter((id) => id !== object.id),
    ),
    ...withPolicyUses(snapshot, { removed: object, added: undefined }),
  });
}

export function parentIdOf(object: AnyObject): ObjectId {
  if (object.kind === 'catalog') return metastoreId;
  return object.kind === 'schema' ? object.catalogId : object.schemaId;
}

function spaceOf(object: AnyObject): NameSpace {
  return object.kind === 'table' || object.kind === 'view' ? 'relation' : object.kind;
}

function withPolicyUses(
  snapshot: CatalogSnapshot,
  { removed, added }: { readonly removed: AnyObject | undefined; readonly added: AnyObject | undefined },
): Pick<SnapshotParts, 'policyUses'> {
  const before = removed?.kind === 'table' ? policyFunctionIds(removed) : new Set<ObjectId>();
  const after = added?.kind === 'table' ? policyFunctionIds(added) : new Set<ObjectId>();
  const tableId = (removed ?? added)?.id ?? '';
  let uses = snapshot.parts.policyUses;
  for (const id of before)
    if (!after.has(id))
      uses = uses.with(
        id,
        (uses.get(id) ?? []).filter((each) => each !== tableId),
      );
  for (const id of after) if (!before.has(id)) uses = uses.with(id, [...(uses.get(id) ?? []), tableId]);
  return { policyUses: uses };
}

export function policyFunctionIds(table: Table): ReadonlySet<ObjectId> {
  const masks = table.columns.flatMap((column) => (column.mask === undefined ? [] : [column.mask.functionId]));
  return new Set([...masks, ...table.rowFilters.map((filter) => filter.functionId)]);
}
