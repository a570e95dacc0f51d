// Users, groups and memberships.
import { displayName, fold } from '../base/identifier.ts';
import { limits } from '../base/limits.ts';
import { SqlError } from '../base/sql-error.ts';
import { removeGrantsTo } from './apply-grant.ts';
import { policiesNaming } from './apply-tags.ts';
import { dropTokensOf } from './apply-token.ts';
import type { Change } from './change.ts';
import { takeId } from './objects.ts';
import { accountUsersId, type Group, type Principal } from './principal.ts';
import type { ObjectId } from './securable.ts';
import type { CatalogSnapshot } from './snapshot.ts';

type PrincipalChange = Extract<
  Change,
  { kind: 'createUser' | 'alterUser' | 'createGroup' | 'addMember' | 'removeMember' | 'dropPrincipal' }
>;

export function applyPrincipalChange(snapshot: CatalogSnapshot, change: PrincipalChange): CatalogSnapshot {
  switch (change.kind) {
    case 'createUser':
      return add(snapshot, change.user);
    case 'createGroup':
      return add(snapshot, change.group);
    case 'alterUser':
      return alterUser(snapshot, change);
    case 'addMember':
      return addMember(snapshot, groupOf(snapshot, change.groupId), change.memberId);
    case 'removeMember':
      return removeMember(snapshot, groupOf(snapshot, change.groupId), change.memberId);
    case 'dropPrincipal':
      return dropPrincipal(snapshot, change.principalId);
  }
}

function add(snapshot: CatalogSnapshot, principal: Principal): CatalogSnapshot {
  if (snapshot.principalByName(principal.name) !== undefined) {
    throw new SqlError('duplicateObject', `${principal.kind} ${displayName([principal.name])} already exists`);
  }
  const { nextId } = takeId(snapshot, principal.id);
  return snapshot.with({
    nextId,
    principals: snapshot.parts.principals.with(principal.id, principal),
    principalNames: snapshot.parts.principalNames.with(fold(principal.name), principal.id),
  });
}

function put(snapshot: CatalogSnapshot, principal: Principal): CatalogSnapshot {
  return snapshot.with({ principals: snapshot.parts.principals.with(principal.id, principal) });
}

function alterUser(snapshot: CatalogSnapshot, change: Extract<Change, { kind: 'alterUser' }>): CatalogSnapshot {
  const user = snapshot.principal(change.userId);
  if (user?.kind !== 'user') throw gone();
  return put(snapshot, {
    ...user,
    scramVerifier: change.scramVerifier ?? user.scramVerifier,
    attributes: { ...user.attributes, ...change.attributes },
  });
}

function gone(): SqlError {
  return new SqlError('serializationFailure', 'the principal no longer exists');
}

function groupOf(snapshot: CatalogSnapshot, id: ObjectId): Group {
  const group = snapshot.principal(id);
  if (group?.kind !== 'group' || id === accountUsersId) throw gone();
  return group;
}

function addMember(snapshot: CatalogSnapshot, group: Group, memberId: ObjectId): CatalogSnapshot {
  const member = snapshot.principal(memberId);
  if (member === undefined) throw gone();
  if (group.members.includes(memberId)) return snapshot;
  if (memberId === group.id || snapshot.groupsOf(group.id).has(memberId)) {
    const names = `${displayName([member.name])} to ${displayName([group.name])}`;
    throw new SqlError('invalidObjectDefinition', `adding ${names} would make the group a member of itself`);
  }
  if (depthAbove(snapshot, group.id) + depthBelow(snapshot, memberId) > limits.groupDepthMax) {
    throw new SqlError('statementTooComplex', 'groups are nested too deeply');
  }
  const holders = [...(snapshot.parts.memberships.get(memberId) ?? []), group.id];
  return put(snapshot, { ...group, members: [...group.members, memberId] }).with({
    memberships: snapshot.parts.memberships.with(memberId, holders),
  });
}

/** Longest chain of groups from here upwards; the membership graph has no cycle. */
function depthAbove(snapshot: CatalogSnapshot, id: ObjectId): number {
  const holders = snapshot.parts.memberships.get(id) ?? [];
  return 1 + Math.max(0, ...holders.map((holder) => depthAbove(snapshot, holder)));
}

function depthBelow(snapshot: CatalogSnapshot, id: ObjectId): number {
  const principal = snapshot.principal(id);
  const members = principal?.kind === 'group' ? principal.members : [];
  return 1 + Math.max(0, ...members.map((member) => depthBelow(snapshot, member)));
}

function removeMember(snapshot: CatalogSnapshot, group: Group, memberId: ObjectId): CatalogSnapshot {
  const holders = (snapshot.parts.memberships.get(memberId) ?? []).filter((id) => id !== group.id);
  return put(snapshot, { ...group, members: group.members.filter((id) => id !== memberId) }).with({
    memberships: snapshot.parts.memberships.with(memberId, holders),
  });
}

function dropPrincipal(snapshot: CatalogSnapshot, id: ObjectId): CatalogSnapshot {
  const principal = snapshot.principal(id);
  if (principal === undefined || id === accountUsersId) throw gone();
  refuseOwner(snapshot, principal);
  refuseNamed(snapshot, principal);
  let at = dropTokensOf(removeGrantsTo(snapshot, id), id);
  for (const group of snapshot.parts.memberships.get(id) ?? []) at = removeMember(at, groupOf(at, group), id);
  if (principal.kind === 'group')
    for (const member of principal.members) at = removeMember(at, groupOf(at, id), member);
  return at.with({
    principals: at.parts.principals.without(id),
    principalNames: at.parts.principalNames.without(fold(principal.name)),
    memberships: at.parts.memberships.without(id),
  });
}

/** Members of a dropped group would no longer be concerned: what the policy hides from them would be open. */
function refuseNamed(snapshot: CatalogSnapshot, principal: Principal): void {
  const [policy] = policiesNaming(snapshot, principal.id);
  if (policy === undefined) return;
  throw new SqlError('dependentObjects', `cannot drop ${principal.kind} ${displayName([principal.name])}`, {
    detail: `A policy on ${displayName(snapshot.nameOf(policy.securableId))} names it.`,
    hint: 'Drop or replace the policy first.',
  });
}

function refuseOwner(snapshot: CatalogSnapshot, principal: Principal): void {
  const owned = [...snapshot.parts.objects.values()].find((object) => object.owner === principal.id);
  const isMetastoreOwner = snapshot.metastore.owner === principal.id;
  if (owned === undefined && !isMetastoreOwner) return;
  const what = owned === undefined ? 'the metastore' : `${owned.kind} ${displayName(snapshot.nameOf(owned.id))}`;
  throw new SqlError('dependentObjects', `cannot drop ${principal.kind} ${displayName([principal.name])}`, {
    detail: `It owns ${what}.`,
    hint: 'Give its objects to another owner first.',
  });
}
