// What one identity may do with one securable, by its grants. Rules are in rules.ts; here is only the arithmetic.
import { isBuiltIn } from '../catalog/built-in-functions.ts';
import { nextExpiry } from '../catalog/grant-expiry.ts';
import { covers, type Grant, hasEnded, type Privilege, tellsOf } from '../catalog/privilege.ts';
import type { ObjectId, Securable } from '../catalog/securable.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { Identity } from './identity.ts';

/** The end of a grant that has none. */
const never = Number.POSITIVE_INFINITY;

export class Access {
  readonly snapshot: CatalogSnapshot;
  readonly identity: Identity;
  readonly #now: number;
  /** The principal and every group that holds it; empty for one that is gone. */
  readonly #holders: ReadonlySet<ObjectId>;
  readonly #grants: Map<ObjectId, readonly Grant[]> = new Map();
  #validUntil: number | undefined;

  constructor(snapshot: CatalogSnapshot, identity: Identity, now: number) {
    this.snapshot = snapshot;
    this.identity = identity;
    this.#now = now;
    const { user, groups } = identity;
    this.#holders = new Set(user.id === '' ? [] : [user.id, ...groups]);
  }

  /** The same asker, with the same rights over the metastore, in another state of the catalog. */
  in(snapshot: CatalogSnapshot): Access {
    return new Access(snapshot, this.identity, this.#now);
  }

  /** The first moment at which one of the answers given so far may become no; undefined: none does. */
  get validUntil(): number | undefined {
    return this.#validUntil;
  }

  /** Granted on the securable or on an ancestor, directly, through a group, or by ALL PRIVILEGES. */
  has(privilege: Privilege, securable: Securable): boolean {
    return this.#noted(this.#endOf(privilege, securable));
  }

  /** Of these columns those with a SELECT of their own. The answer is relied on for the `wanted` ones alone. */
  selectable(
    securable: Securable,
    columnIds: readonly string[],
    wanted: ReadonlySet<string> = new Set(columnIds),
  ): readonly string[] {
    const ends = columnIds.map((column) => ({ column, end: this.#columnEnd(securable, column) }));
    const selectable = ends.filter(({ end }) => end > this.#now);
    for (const { column, end } of selectable) if (wanted.has(column)) this.#noted(end);
    return selectable.map(({ column }) => column);
  }

  /** An answer that depends on every grant, also on those it leaves out: it ends with the first that expires. */
  noteExpiries(): void {
    const next = nextExpiry(this.snapshot, this.#now);
    if (next !== undefined) this.#validUntil = Math.min(this.#validUntil ?? next, next);
  }

  /** A grant that holds, and is the asker's own or its groups'. */
  isOwn(grant: Grant): boolean {
    return this.#holders.has(grant.principalId) && this.holds(grant);
  }

  holds(grant: Grant): boolean {
    return grant.until === undefined || grant.until > this.#now;
  }

  owns(securable: Securable): boolean {
    return this.#holders.has(securable.owner);
  }

  /** May change, drop and grant on it: MANAGE or ownership, of it or of an ancestor, and the way there. */
  manages(securable: Securable): boolean {
    // Part of the program: nobody's to change.
    if (isBuiltIn(securable.id)) return false;
    if (this.identity.isMetastoreAdmin) return true;
    return this.holdsManage(securable) && this.closedGate(securable) === undefined;
  }

  /** MANAGE or ownership, of it or of an ancestor. Without the USE privileges on the way it is of no use yet. */
  holdsManage(securable: Securable): boolean {
    if (this.identity.isMetastoreAdmin) return true;
    return this.#lineage(securable).some((each) => this.owns(each)) || this.has('MANAGE', securable);
  }

  /** Of the containers above it the first whose USE privilege is missing. The owner of what is around a container needs none. */
  closedGate(securable: Securable): Securable | undefined {
    return this.#lineage(securable)
      .slice(1)
      .toReversed()
      .find((container) => {
        if (this.#lineage(container).some((each) => this.owns(each))) return false;
        return !this.has(container.kind === 'catalog' ? 'USE CATALOG' : 'USE SCHEMA', container);
      });
  }

  /** May know that it exists. What is in a container tells of the container, not the other way round. */
  knows(securable: Securable): boolean {
    if (this.#holders.size === 0) return false;
    if (isBuiltIn(securable.id)) return true;
    if (securable.kind === 'metastore' || this.holdsManage(securable)) return true;
    return this.#wasToldOf(securable) || [...this.#holders].some((id) => this.#isInside(id, securable.id));
  }

  /** May know all its columns; who was granted single columns knows those alone. */
  knowsWhole(securable: Securable): boolean {
    if (this.holdsManage(securable)) return true;
    return this.#lineage(securable).some((each) =>
      this.#held(each.id).some((grant) => grant.columns === undefined && this.#tells(grant, securable)),
    );
  }

  /** One column, by its id: granted by itself, or known with the whole relation. */
  knowsColumn(relation: Securable, columnId: string): boolean {
    return this.knowsWhole(relation) || this.#columnEnd(relation, columnId) > this.#now;
  }

  /** By any privilege on it, or one on an ancestor that says something about what is inside. */
  #wasToldOf(securable: Securable): boolean {
    return this.#lineage(securable).some((each) => this.#held(each.id).some((grant) => this.#tells(grant, securable)));
  }

  #tells(grant: Grant, securable: Securable): boolean {
    return grant.securableId === securable.id || tellsOf(grant.privilege, securable.kind);
  }

  #isInside(principalId: ObjectId, containerId: ObjectId): boolean {
    const { permanent, expiring } = this.snapshot.insideCount(containerId, principalId);
    if (permanent > 0) return true;
    return expiring > 0 && this.snapshot.grantsTo(principalId).some((grant) => this.#isGrantIn(grant, containerId));
  }

  #isGrantIn(grant: Grant, containerId: ObjectId): boolean {
    if (grant.securableId === containerId || hasEnded(grant, this.#now)) return false;
    const object = this.snapshot.object(grant.securableId);
    return object !== undefined && this.#lineage(object).some((each) => each.id === containerId);
  }

  /** When the last of the grants that cover it ends; in the past: there is none. */
  #endOf(privilege: Privilege, securable: Securable): number {
    return Math.max(0, ...this.#lineage(securable).map((each) => this.#endOn(each.id, privilege, undefined)));
  }

  #columnEnd(securable: Securable, column: string): number {
    return this.#endOn(securable.id, 'SELECT', column);
  }

  #endOn(id: ObjectId, privilege: Privilege, column: string | undefined): number {
    let end = 0;
    for (const grant of this.#granted(id)) {
      if (!covers(grant.privilege, privilege)) continue;
      if (grant.columns !== undefined && (column === undefined || !grant.columns.includes(column))) continue;
      end = Math.max(end, grant.until ?? never);
    }
    return end;
  }

  #held(id: ObjectId): readonly Grant[] {
    return this.#granted(id).filter((grant) => !hasEnded(grant, this.#now));
  }

  /** Kept, because every decision asks its containers several times. */
  #granted(id: ObjectId): readonly Grant[] {
    const known = this.#grants.get(id);
    if (known !== undefined) return known;
    const granted = this.snapshot.grantsToAny(this.#holders, id);
    this.#grants.set(id, granted);
    return granted;
  }

  /** Remembers until when the answer holds. */
  #noted(end: number): boolean {
    if (end <= this.#now) return false;
    if (end !== never) this.#validUntil = Math.min(this.#validUntil ?? end, end);
    return true;
  }

  /** The securable and its ancestors; grants on the metastore do not inherit. */
  #lineage(securable: Securable): readonly Securable[] {
    const found: Securable[] = [securable];
    for (let id = this.snapshot.parentOf(securable.id); id !== undefined; id = this.snapshot.parentOf(id)) {
      const ancestor = this.snapshot.object(id);
      if (ancestor === undefined || ancestor.kind === 'metastore') break;
      found.push(ancestor);
    }
    return found;
  }
}
