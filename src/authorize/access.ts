// What one identity may do with one securable, by its grants. Rules are in rules.ts; here is only the arithmetic.
import { isBuiltIn } from '../catalog/built-in-functions.ts';
import { type Grant, notInAllPrivileges, type Privilege } from '../catalog/privilege.ts';
import type { ObjectId, Securable } from '../catalog/securable.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { Identity } from './identity.ts';

export class Access {
  readonly snapshot: CatalogSnapshot;
  readonly identity: Identity;
  readonly #now: number;
  #validUntil: number | undefined;

  constructor(snapshot: CatalogSnapshot, identity: Identity, now: number) {
    this.snapshot = snapshot;
    this.identity = identity;
    this.#now = now;
  }

  /** Earliest expiry of a grant that answered yes so far; undefined: none expires. */
  get validUntil(): number | undefined {
    return this.#validUntil;
  }

  /** Granted on the securable or on an ancestor, directly, through a group, or by ALL PRIVILEGES. */
  has(privilege: Privilege, securable: Securable): boolean {
    return this.#lineage(securable).some((id) => this.#grantOn(id, privilege, undefined));
  }

  /** Of these columns those with a SELECT of their own. */
  selectable(securable: Securable, columnIds: readonly string[]): readonly string[] {
    return columnIds.filter((column) => this.#grantOn(securable.id, 'SELECT', column));
  }

  /** An answer that depends on every grant, also on those it leaves out: it ends with the first that expires. */
  noteExpiries(): void {
    const next = this.snapshot.nextExpiry(this.#now);
    if (next !== undefined) this.#validUntil = Math.min(this.#validUntil ?? next, next);
  }

  /** A grant that holds, and is the asker's own or its groups'. */
  isOwn(grant: Grant): boolean {
    return this.#holds(grant);
  }

  holds(grant: Grant): boolean {
    return grant.until === undefined || grant.until > this.#now;
  }

  owns(securable: Securable): boolean {
    return this.#is(securable.owner);
  }

  /** May change, drop and grant on it. */
  manages(securable: Securable): boolean {
    // Part of the program: nobody's to change.
    if (isBuiltIn(securable.id)) return false;
    if (this.identity.isMetastoreAdmin) return true;
    return this.#lineage(securable).some((id) => {
      const ancestor = this.snapshot.object(id);
      return ancestor !== undefined && (this.owns(ancestor) || this.#grantOn(id, 'MANAGE', undefined));
    });
  }

  /** May know that it exists. What is in a container tells of the container, not the other way round. */
  knows(securable: Securable): boolean {
    if (isBuiltIn(securable.id) || this.manages(securable) || this.#hasAny(securable)) return true;
    return this.snapshot.childIds(securable.id).some((id) => {
      const child = this.snapshot.object(id);
      return child !== undefined && this.#knowsInside(child);
    });
  }

  /** Known for its own sake or for something in it, without asking its ancestors again. */
  #knowsInside(securable: Securable): boolean {
    if (this.owns(securable) || this.snapshot.grantsOn(securable.id).some((grant) => this.#holds(grant))) return true;
    return this.snapshot.childIds(securable.id).some((id) => {
      const child = this.snapshot.object(id);
      return child !== undefined && this.#knowsInside(child);
    });
  }

  /** Any privilege on it; from ancestors those that say something about what is inside. */
  #hasAny(securable: Securable): boolean {
    return this.#lineage(securable).some((id) =>
      this.snapshot
        .grantsOn(id)
        .some((grant) => this.#holds(grant) && (id === securable.id || !ownOnly.has(grant.privilege))),
    );
  }

  #grantOn(id: ObjectId, privilege: Privilege, column: string | undefined): boolean {
    for (const grant of this.snapshot.grantsOn(id)) {
      if (!this.#holds(grant) || !covers(grant.privilege, privilege)) continue;
      if (grant.columns !== undefined && (column === undefined || !grant.columns.includes(column))) continue;
      if (grant.until !== undefined) this.#validUntil = Math.min(this.#validUntil ?? grant.until, grant.until);
      return true;
    }
    return false;
  }

  #holds(grant: Grant): boolean {
    return this.#is(grant.principalId) && (grant.until === undefined || grant.until > this.#now);
  }

  #is(principalId: ObjectId): boolean {
    const { user, groups } = this.identity;
    return user.id !== '' && (principalId === user.id || groups.has(principalId));
  }

  /** The securable and its ancestors; grants on the metastore do not inherit. */
  #lineage(securable: Securable): readonly ObjectId[] {
    const ids: ObjectId[] = [securable.id];
    for (let id = this.snapshot.parentOf(securable.id); id !== undefined; id = this.snapshot.parentOf(id)) {
      if (this.snapshot.object(id)?.kind === 'metastore') break;
      ids.push(id);
    }
    return ids;
  }
}

function covers(granted: Privilege, wanted: Privilege): boolean {
  if (granted === wanted) return true;
  if (granted === 'MODIFY') return wanted === 'INSERT' || wanted === 'UPDATE' || wanted === 'DELETE';
  return granted === 'ALL PRIVILEGES' && !notInAllPrivileges.includes(wanted);
}

/** On a container these say nothing about what it holds. */
const ownOnly: ReadonlySet<Privilege> = new Set([
  'USE CATALOG',
  'USE SCHEMA',
  'CREATE SCHEMA',
  'CREATE TABLE',
  'CREATE FUNCTION',
  'CREATE CATALOG',
]);
