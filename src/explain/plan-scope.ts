// Whose view of what may differ after a list of changes. Too much costs time, too little would hide a difference: what is not
// known to be narrow concerns everybody and everything.
import type { Change } from '../catalog/change.ts';
import type { User } from '../catalog/principal.ts';
import type { ObjectId, Table, View } from '../catalog/securable.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';

/** Users and relations by id; undefined: all. */
interface Scope {
  readonly users: ReadonlySet<ObjectId> | undefined;
  readonly relations: ReadonlySet<ObjectId> | undefined;
}

export interface Pair {
  readonly user: User;
  readonly relation: Table | View;
}

/** Each pair once, by the names of relation and user. */
export function* affectedPairs(
  snapshots: { readonly before: CatalogSnapshot; readonly after: CatalogSnapshot },
  changes: readonly Change[],
  relations: readonly (Table | View)[],
): Generator<Pair> {
  const scopes = changes.flatMap((change) => scopeOf(snapshots, change));
  const users = union(snapshots.before.users(), snapshots.after.users());
  for (const relation of relations) {
    const here = scopes.filter((scope) => scope.relations?.has(relation.id) !== false);
    if (here.length === 0) continue;
    for (const user of users) if (here.some((scope) => scope.users?.has(user.id) !== false)) yield { user, relation };
  }
}

function union(before: readonly User[], after: readonly User[]): readonly User[] {
  const known = new Set(before.map((user) => user.id));
  return [...before, ...after.filter((user) => !known.has(user.id))];
}

const everything: Scope = { users: undefined, relations: undefined };

function scopeOf(
  { before, after }: { readonly before: CatalogSnapshot; readonly after: CatalogSnapshot },
  change: Change,
): readonly Scope[] {
  switch (change.kind) {
    case 'grant':
    case 'revoke': {
      const { principalId, securableId } = change.kind === 'grant' ? change.grant : change;
      if (ownsBodies(after, principalId) || before.metastore.id === securableId) return [everything];
      return [{ users: usersIn({ before, after }, principalId), relations: relationsUnder(after, securableId) }];
    }
    case 'addMember':
    case 'removeMember':
      if (ownsBodies(after, change.memberId)) return [everything];
      return [{ users: usersIn({ before, after }, change.memberId), relations: undefined }];
    case 'createUser':
      return [{ users: new Set([change.user.id]), relations: undefined }];
    case 'alterUser':
      return [{ users: new Set([change.userId]), relations: undefined }];
    case 'setMask':
    case 'dropMask':
    case 'setRowFilters':
    case 'addRowFilter':
    case 'dropRowFilter':
      return [{ users: undefined, relations: new Set([change.tableId, ...viewIds(after)]) }];
    case 'createView':
    case 'createFunction':
    case 'setComment':
    case 'setAccessTest':
    case 'dropAccessTest':
    case 'createGroup':
      return change.kind === 'createView' ? [{ users: undefined, relations: new Set([change.view.id]) }] : [];
    default:
      return [everything];
  }
}

/** Any of them may read the table. */
function viewIds(snapshot: CatalogSnapshot): readonly ObjectId[] {
  return [...snapshot.parts.objects.values()].flatMap((object) => (object.kind === 'view' ? [object.id] : []));
}

/** Views and policies read with their owner's grants. */
function ownsBodies(snapshot: CatalogSnapshot, principalId: ObjectId): boolean {
  const users = usersUnder(snapshot, principalId);
  for (const object of snapshot.parts.objects.values()) {
    if (object.kind !== 'view' && object.kind !== 'function') continue;
    const { owner } = object;
    // A group that owns something may itself be in the principal.
    if (owner === principalId || users.has(owner) || snapshot.groupsOf(owner).has(principalId)) return true;
  }
  return false;
}

function usersIn(
  { before, after }: { readonly before: CatalogSnapshot; readonly after: CatalogSnapshot },
  principalId: ObjectId,
): ReadonlySet<ObjectId> {
  return new Set([...usersUnder(before, principalId), ...usersUnder(after, principalId)]);
}

function usersUnder(snapshot: CatalogSnapshot, principalId: ObjectId): ReadonlySet<ObjectId> {
  const users = snapshot.users().filter(({ id }) => id === principalId || snapshot.groupsOf(id).has(principalId));
  return new Set(users.map(({ id }) => id));
}

function relationsUnder(snapshot: CatalogSnapshot, securableId: ObjectId): ReadonlySet<ObjectId> {
  const found = new Set<ObjectId>();
  const pending: ObjectId[] = [securableId];
  for (const id of pending) {
    const object = snapshot.object(id);
    if (object?.kind === 'table' || object?.kind === 'view') found.add(id);
    else pending.push(...snapshot.childIds(id));
  }
  return found;
}

/** Every relation of either snapshot that is managed on it, once; by full name. */
export function managedRelations(
  snapshots: readonly { readonly snapshot: CatalogSnapshot; readonly manages: (relation: Table | View) => boolean }[],
): readonly (Table | View)[] {
  const found = new Map<ObjectId, { readonly name: string; readonly relation: Table | View }>();
  for (const { snapshot, manages } of snapshots) {
    for (const id of relationsUnder(snapshot, snapshot.metastore.id)) {
      const relation = snapshot.object(id);
      if (relation?.kind !== 'table' && relation?.kind !== 'view') continue;
      if (manages(relation)) found.set(id, { name: snapshot.nameOf(id).join('\0').toLowerCase(), relation });
    }
  }
  return [...found.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)).map(({ relation }) => relation);
}
