// Tags and the policies that follow them.
import { displayName, fold } from '../base/identifier.ts';
import { limits } from '../base/limits.ts';
import { SqlError } from '../base/sql-error.ts';
import type { Change } from './change.ts';
import type { ObjectId, Table } from './securable.ts';
import type { CatalogSnapshot } from './snapshot.ts';
import { type ObjectTags, type Tag, type TagPolicy, tagsWith } from './tag-policy.ts';

export type TagChange = Extract<
  Change,
  { kind: 'setTags' | 'unsetTags' | 'createPolicy' | 'replacePolicy' | 'dropPolicy' }
>;

const untagged: ObjectTags = { own: [], columns: new Map() };

export function applyTagChange(snapshot: CatalogSnapshot, change: TagChange): CatalogSnapshot {
  switch (change.kind) {
    case 'setTags':
      return retagged(snapshot, change, (tags) => tagsWith(tags, change.tags));
    case 'unsetTags':
      return retagged(snapshot, change, (tags) => tags.filter((tag) => !change.keys.includes(tag.key)));
    case 'createPolicy':
      return withPolicy(snapshot, change.policy, undefined);
    case 'replacePolicy':
      return withPolicy(snapshot, change.policy, policyNamed(snapshot, change.policy.securableId, change.policy.name));
    case 'dropPolicy': {
      const dropped = policyNamed(snapshot, change.securableId, change.name);
      const list = snapshot.tagPoliciesOn(change.securableId).filter((each) => each !== dropped);
      return putPolicies(snapshot, change.securableId, list);
    }
  }
}

function retagged(
  snapshot: CatalogSnapshot,
  { objectId, columnId }: { readonly objectId: ObjectId; readonly columnId: string | undefined },
  edit: (tags: readonly Tag[]) => readonly Tag[],
): CatalogSnapshot {
  const object = snapshot.object(objectId);
  const isColumn = object?.kind === 'table' && object.columns.some((column) => column.id === columnId);
  if (object === undefined || (columnId !== undefined && !isColumn)) throw gone('what was to be tagged');
  const before = snapshot.parts.tags.get(objectId) ?? untagged;
  const edited = edit(columnId === undefined ? before.own : (before.columns.get(columnId) ?? []));
  if (edited.length > limits.tagsPerObjectMax) {
    const most = String(limits.tagsPerObjectMax);
    throw new SqlError('limitExceeded', `${displayName(snapshot.nameOf(objectId))} would have more than ${most} tags`);
  }
  const after =
    columnId === undefined
      ? { ...before, own: edited }
      : { ...before, columns: new Map(before.columns).set(columnId, edited) };
  return snapshot.with({ tags: snapshot.parts.tags.with(objectId, after) });
}

function gone(what: string): SqlError {
  return new SqlError('serializationFailure', `${what} no longer exists`);
}

function policyNamed(snapshot: CatalogSnapshot, securableId: ObjectId, name: string): TagPolicy {
  const found = snapshot.tagPoliciesOn(securableId).find((each) => fold(each.name) === fold(name));
  if (found === undefined) throw gone(`policy ${displayName([name])}`);
  return found;
}

function withPolicy(snapshot: CatalogSnapshot, policy: TagPolicy, replaces: TagPolicy | undefined): CatalogSnapshot {
  const { securableId } = policy;
  const list = snapshot.tagPoliciesOn(securableId).filter((each) => each !== replaces);
  if (list.some((each) => fold(each.name) === fold(policy.name))) {
    throw new SqlError('duplicateObject', `policy ${displayName([policy.name])} already exists`);
  }
  const principals = [...policy.to, ...policy.except];
  if (snapshot.object(securableId) === undefined || snapshot.object(policy.functionId) === undefined) {
    throw gone('the object or function of the policy');
  }
  if (principals.some((id) => snapshot.principal(id) === undefined)) throw gone('a principal of the policy');
  if (list.length >= limits.policiesPerObjectMax) {
    const most = String(limits.policiesPerObjectMax);
    throw new SqlError('limitExceeded', `${displayName(snapshot.nameOf(securableId))} has ${most} policies already`);
  }
  return putPolicies(snapshot, securableId, [...list, policy]);
}

function putPolicies(snapshot: CatalogSnapshot, id: ObjectId, list: readonly TagPolicy[]): CatalogSnapshot {
  const { tagPolicies } = snapshot.parts;
  return snapshot.with({ tagPolicies: list.length === 0 ? tagPolicies.without(id) : tagPolicies.with(id, list) });
}

/** For an object that goes away. */
export function removeTags(snapshot: CatalogSnapshot, id: ObjectId): CatalogSnapshot {
  return putPolicies(snapshot, id, []).with({ tags: snapshot.parts.tags.without(id) });
}

/** The tags and policies of a replaced table go to the new one; those of columns follow the names, whatever their type. */
export function moveTags(snapshot: CatalogSnapshot, before: Table, now: Table): CatalogSnapshot {
  const tags = snapshot.parts.tags.get(before.id);
  const policies = snapshot.tagPoliciesOn(before.id).map((each) => ({ ...each, securableId: now.id }));
  const moved = putPolicies(removeTags(snapshot, before.id), now.id, policies);
  if (tags === undefined) return moved;
  const columns = new Map(
    [...columnsByName(before, now)].flatMap(([old, id]) => {
      const list = tags.columns.get(old);
      return list === undefined ? [] : [[id, list] as const];
    }),
  );
  return moved.with({ tags: moved.parts.tags.with(now.id, { own: tags.own, columns }) });
}

/** Tags of a column that gets another id, or goes. */
export function moveColumnTags(
  snapshot: CatalogSnapshot,
  tableId: ObjectId,
  { columnId, to }: { readonly columnId: string; readonly to: string | undefined },
): CatalogSnapshot {
  const tags = snapshot.parts.tags.get(tableId);
  const list = tags?.columns.get(columnId);
  if (tags === undefined || list === undefined) return snapshot;
  const others = [...tags.columns].filter(([id]) => id !== columnId);
  const columns = new Map(to === undefined ? others : [...others, [to, list] as const]);
  return snapshot.with({ tags: snapshot.parts.tags.with(tableId, { ...tags, columns }) });
}

/** Old column ids -> new ones, for columns that keep their name. */
export function columnsByName(before: Table, now: Table): ReadonlyMap<string, string> {
  const ids = new Map(now.columns.map((column) => [fold(column.name), column.id]));
  const pairs = before.columns.map(({ id, name }) => [id, ids.get(fold(name))] as const);
  return new Map(pairs.filter((pair): pair is readonly [string, string] => pair[1] !== undefined));
}

/** Policies that call a function, wherever they are set. */
export function policiesCalling(snapshot: CatalogSnapshot, functionId: ObjectId): readonly TagPolicy[] {
  return [...snapshot.parts.tagPolicies.values()].flat().filter((each) => each.functionId === functionId);
}

/** Policies that name a principal in TO or EXCEPT. */
export function policiesNaming(snapshot: CatalogSnapshot, principalId: ObjectId): readonly TagPolicy[] {
  const all = [...snapshot.parts.tagPolicies.values()].flat();
  return all.filter((each) => each.to.includes(principalId) || each.except.includes(principalId));
}
