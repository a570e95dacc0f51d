// Whose rights hold for a statement, and whom its identity functions mean.
import type { Principal } from '../catalog/principal.ts';
import { hasEnded } from '../catalog/privilege.ts';
import type { ObjectId } from '../catalog/securable.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';

export interface Identity {
  /** A user; for the body of a view or function the owner, which may be a group. */
  readonly user: Principal;
  /** Every group that holds it. */
  readonly groups: ReadonlySet<ObjectId>;
  /** Attributes of the user; none for a group. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly isMetastoreAdmin: boolean;
}

const nobody: Principal = { kind: 'group', id: '', name: '', members: [] };

/**
 * A principal that is gone has no rights: its id matches nothing.
 * @param now milliseconds since the epoch; without it grants that end do not count
 */
export function identityOf(
  snapshot: CatalogSnapshot,
  principalId: ObjectId,
  now: number = Number.POSITIVE_INFINITY,
): Identity {
  const user = snapshot.principal(principalId) ?? nobody;
  const groups = snapshot.groupsOf(principalId);
  const holders = user === nobody ? new Set<ObjectId>() : new Set([principalId, ...groups]);
  const { metastore } = snapshot;
  const granted = snapshot.grantsToAny(holders, metastore.id);
  const manages = granted.some((grant) => grant.privilege === 'MANAGE' && !hasEnded(grant, now));
  return {
    user,
    groups,
    attributes: user.kind === 'user' ? user.attributes : {},
    isMetastoreAdmin: holders.has(metastore.owner) || manages,
  };
}
