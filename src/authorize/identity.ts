// Whose rights hold for a statement, and whom its identity functions mean.
import type { Principal } from '../catalog/principal.ts';
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

/** A principal that is gone has no rights: its id matches nothing. */
export function identityOf(snapshot: CatalogSnapshot, principalId: ObjectId): Identity {
  const user = snapshot.principal(principalId) ?? nobody;
  const groups = snapshot.groupsOf(principalId);
  const holds = (id: ObjectId): boolean => user !== nobody && (id === principalId || groups.has(id));
  const { metastore } = snapshot;
  const manages = snapshot
    .grantsOn(metastore.id)
    .some((grant) => grant.privilege === 'MANAGE' && holds(grant.principalId));
  return {
    user,
    groups,
    attributes: user.kind === 'user' ? user.attributes : {},
    isMetastoreAdmin: holds(metastore.owner) || manages,
  };
}
