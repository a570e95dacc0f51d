// Rules about who owns, who grants, and who may know of whom; the rest of rules.ts is about the objects themselves.
import { fold } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import type { AccessToken } from '../catalog/access-token.ts';
import { accountUsersId, type Principal, type User } from '../catalog/principal.ts';
import type { Securable } from '../catalog/securable.ts';
import type { Access } from './access.ts';
import { type DenialReason, demandManage, missingPrincipal } from './rules.ts';

export function demandAdmin(access: Access, action: string): void {
  if (access.identity.isMetastoreAdmin) return;
  throw new SqlError('insufficientPrivilege', `permission denied to ${action}`, {
    hint: 'This needs a metastore administrator.',
    cause: {
      kind: 'denied',
      missing: `${access.identity.user.name} is not a metastore administrator`,
    } satisfies DenialReason,
  });
}

/** Oneself or a group that holds one: what may be named, given to and asked about without being an administrator. */
function isOwn(access: Access, principal: Principal | undefined): boolean {
  const { user, groups } = access.identity;
  return principal !== undefined && (principal.id === user.id || groups.has(principal.id));
}

export function grantOn(access: Access, securable: Securable): void {
  demandManage(access, securable);
}

/**
 * Bodies of views and functions run with their owner's grants: who could make somebody else the owner could read with that
 * one's grants. So an object may be given to oneself or a group of one's own; administrators give it to anybody.
 * @param owner undefined: nobody has the name, which only administrators are told
 */
export function setOwner(access: Access, securable: Securable, owner: Principal | undefined): void {
  demandManage(access, securable);
  if (access.identity.isMetastoreAdmin || isOwn(access, owner)) return;
  throw new SqlError('insufficientPrivilege', 'permission denied to give an object to another owner', {
    hint: 'You must be the new owner, a member of it, or a metastore administrator.',
    cause: {
      kind: 'denied',
      missing: `${access.identity.user.name} is not a member of the new owner`,
    } satisfies DenialReason,
  });
}

/** One object of those that REASSIGN OWNED or ALTER … OWNER TO give away. */
export function setOwnerOrReassign(access: Access, securable: Securable, owner: Principal | undefined): void {
  const from = access.snapshot.principal(securable.owner);
  if (!isOwn(access, from) || !isOwn(access, owner)) setOwner(access, securable, owner);
}

/** As in PostgreSQL: administrators, and whoever is or belongs to both. */
export function reassignOwned(access: Access, from: Principal | undefined, to: Principal | undefined): void {
  if (isOwn(access, from) && isOwn(access, to)) return;
  demandAdmin(access, 'reassign objects');
}

/** Those who manage the object see all its grants, everybody those to oneself and to groups of one's own. */
export function showGrantsOn(access: Access, securable: Securable | undefined, principal: Principal | undefined): void {
  if (isOwn(access, principal)) return;
  if (securable === undefined) demandAdmin(access, 'show grants of others');
  else demandManage(access, securable);
}

/** Users and groups are known to administrators; to others themselves, the groups that hold them, and everybody's group. */
export function knowsPrincipal(access: Access, principal: Principal): boolean {
  return access.identity.isMetastoreAdmin || isOwn(access, principal) || principal.id === accountUsersId;
}

export function describePrincipal(access: Access, principal: Principal | undefined, name: string): Principal {
  if (principal === undefined || !knowsPrincipal(access, principal)) throw missingPrincipal(name);
  return principal;
}

export function managePrincipals(access: Access): void {
  demandAdmin(access, 'manage users and groups');
}

/** Everybody may change the own password, nobody the own attributes: policies read them. */
export function alterUser(access: Access, name: string, changes: { readonly attributes: boolean }): void {
  if (fold(name) === fold(access.identity.user.name) && !changes.attributes) return;
  demandAdmin(access, 'alter users');
}

/** One's own, and all of them for administrators. */
export function manageToken(access: Access, token: AccessToken): boolean {
  return token.userId === access.identity.user.id || access.identity.isMetastoreAdmin;
}

/** `access` is that of the login user, whoever the session acts as. */
export function setCurrentUser(access: Access, name: string): User {
  demandAdmin(access, 'act as another user');
  const principal: Principal | undefined = access.snapshot.principalByName(name);
  if (principal?.kind !== 'user' || fold(principal.name) !== fold(name)) throw missingPrincipal(name);
  return principal;
}
