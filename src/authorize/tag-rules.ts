// Who may tag, and who may set, see and loosen the policies that follow tags.
import { displayName } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import type { Catalog, ObjectId, Schema, SqlFunction, Table, View } from '../catalog/securable.ts';
import type { Access } from './access.ts';
import { type DenialReason, demand, demandGates, demandManage, executeFunction } from './rules.ts';

export function applyTag(access: Access, object: Catalog | Schema | Table | View): void {
  if (access.manages(object)) return;
  demand(access, object, { privilege: 'APPLY TAG' });
  demandGates(access, object);
}

/** As for masks and filters: the place is managed, the function may be executed by whoever sets it. */
export function setTagPolicy(access: Access, place: Catalog | Schema | Table, fn?: SqlFunction): void {
  demandManage(access, place);
  if (fn !== undefined && !access.manages(fn)) executeFunction(access, fn);
}

/** Policies tell what is hidden and from whom: they show to those who manage the object. */
export function showTagPolicies(access: Access, object: Catalog | Schema | Table): void {
  demandManage(access, object);
}

/**
 * Whatever makes a policy stop protecting something (a tag taken away or changed, a column dropped, another body of its
 * function) is a change of that policy: it is for those who manage the place where it was set. The denial names what was to
 * be changed, not the policy.
 */
export function loosenTagPolicy(access: Access, placeId: ObjectId, what: string): void {
  const { snapshot } = access;
  const place = snapshot.object(placeId);
  if (place !== undefined && access.manages(place)) return;
  const where = place === undefined ? 'its place' : `${place.kind} ${displayName(snapshot.nameOf(placeId))}`;
  const cause: DenialReason = { kind: 'denied', missing: `${access.identity.user.name} lacks MANAGE on ${where}` };
  throw new SqlError('insufficientPrivilege', `permission denied to loosen the policies of ${what}`, {
    hint: 'A policy protects by what would change. This needs MANAGE where the policy is set.',
    cause,
  });
}
