// Why somebody may: the grant or ownership in words, with the way through groups that leads to it.
import type { Ground } from '../authorize/access-record.ts';
import { display, displayName } from '../base/identifier.ts';
import { accountUsersId } from '../catalog/principal.ts';
import type { ObjectId, Securable } from '../catalog/securable.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';

export function groundText(snapshot: CatalogSnapshot, principalId: ObjectId, ground: Ground): string {
  if (ground.kind === 'owner') return `owner is ${holderText(snapshot, principalId, ground.principalId)}`;
  const { grant } = ground;
  const on = snapshot.object(grant.securableId);
  const until = grant.until === undefined ? '' : ` until ${new Date(grant.until).toISOString()}`;
  const to = holderText(snapshot, principalId, grant.principalId);
  return `${grant.privilege} on ${on === undefined ? '' : objectText(snapshot, on)} to ${to}${until}`;
}

/** `ann`, or `group staff (ann > interns > staff)`. */
function holderText(snapshot: CatalogSnapshot, principalId: ObjectId, holderId: ObjectId): string {
  const name = nameOf(snapshot, holderId);
  const kind = snapshot.principal(holderId)?.kind ?? '';
  if (holderId === principalId) return kind === 'group' ? `group ${name}` : name;
  const chain = chainTo(snapshot, principalId, holderId).map((id) => nameOf(snapshot, id));
  return `group ${name} (${chain.join(' > ')})`;
}

function nameOf(snapshot: CatalogSnapshot, principalId: ObjectId): string {
  return display(snapshot.principal(principalId)?.name ?? '');
}

/** A shortest way from a principal up to a group that holds it. */
function chainTo(snapshot: CatalogSnapshot, from: ObjectId, to: ObjectId): readonly ObjectId[] {
  const cameFrom = new Map<ObjectId, ObjectId>();
  const pending: ObjectId[] = [from];
  // The list grows while it is read; a group is put on it once.
  for (const next of pending) {
    for (const group of snapshot.parts.memberships.get(next) ?? []) {
      if (cameFrom.has(group) || group === from) continue;
      cameFrom.set(group, next);
      pending.push(group);
    }
  }
  if (to === accountUsersId) return [from, to];
  const chain: ObjectId[] = [to];
  for (let at = cameFrom.get(to); at !== undefined; at = cameFrom.get(at)) chain.unshift(at);
  return chain;
}

/** `table c.s.t`. */
export function objectText(snapshot: CatalogSnapshot, object: Securable): string {
  const name = displayName(snapshot.nameOf(object.id));
  return name === '' ? object.kind : `${object.kind} ${name}`;
}
