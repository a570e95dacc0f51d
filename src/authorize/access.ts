// What one identity may do with one securable, by its grants. Rules are in rules.ts; here is only the arithmetic.

import type { SqlError } from '../base/sql-error.ts';
import { isBuiltIn } from '../catalog/built-in-functions.ts';
import { nextExpiry } from '../catalog/grant-expiry.ts';
import { applicationsOn } from '../catalog/match-policies.ts';
import { covers, type Grant, hasEnded, type Privilege, tellsOf } from '../catalog/privilege.ts';
import type { ObjectId, Securable } from '../catalog/securable.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { AccessRecord, Ground } from './access-record.ts';
import type { Identity } from './identity.ts';

/** The end of a grant that has none. */
const never = Number.POSITIVE_INFINITY;

export class Access {
  readonly snapshot: CatalogSnapshot;
  readonly identity: Identity;
  /** Where checks are written down, for a statement that is explained and does not run. */
  record: AccessRecord | undefined;
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

  /** Owned, or granted as `has` says. */
  may(privilege: Privilege, securable: Securable): boolean {
    const owned = this.owns(securable);
    const allowed = owned || this.has(privilege, securable);
    if (this.record === undefined) return allowed;
    const ground: Ground | undefined = owned
      ? { kind: 'owner', principalId: securable.owner }
      : this.#groundOf(privilege, securable, undefined);
    this.record.check({ privilege, securable, columns: undefined, ground });
    return allowed;
  }

  /** A denial: thrown, unless the statement is only explained. */
  refuse(denial: SqlError): void {
    if (this.record === undefined) throw denial;
    this.record.denials.push(denial);
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
    for (const { column } of this.record === undefined ? [] : selectable) {
      const ground = this.#groundOf('SELECT', securable, column);
      this.record?.check({ privilege: 'SELECT', securable, columns: [column], ground });
    }
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

  /**
   * May be told what others see of it: manages it, and every place whose policies by tags reach it. Those hide rows and values from
   * the managers of a table too.
   */
  answersFor(securable: Securable): boolean {
    if (!this.manages(securable)) return false;
    if (securable.kind !== 'table') return true;
    return applicationsOn(this.snapshot, securable).every(({ policy }) => {
      const place = this.snapshot.object(policy.securableId);
      return place !== undefined && this.manages(place);
    });
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

  /** Of these columns those that it may know: all, or those granted one by one. */
  knownColumns(securable: Securable, columnIds: readonly string[]): ReadonlySet<string> {
    return new Set(this.knowsWhole(securable) ? columnIds : this.selectable(securable, columnIds, new Set()));
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

  /** Of the grants that give it the one that lasts longest, the nearest of several. Only to be written down. */
  #groundOf(privilege: Privilege, securable: Securable, column: string | undefined): Ground | undefined {
    const places = column === undefined ? this.#lineage(securable) : [securable];
    const grants = places.flatMap((each) => this.#held(each.id).filter((grant) => gives(grant, privilege, column)));
    const [first, ...others] = grants;
    if (first === undefined) return undefined;
    const grant = others.reduce((best, each) => ((each.until ?? never) > (best.until ?? never) ? each : best), first);
    return { kind: 'grant', grant };
  }

  #columnEnd(securable: Securable, column: string): number {
    return this.#endOn(securable.id, 'SELECT', column);
  }

  #endOn(id: ObjectId, privilege: Privilege, column: string | undefined): number {
    let end = 0;
    for (const grant of this.#granted(id)) {
      if (!gives(grant, privilege, column)) continue;
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

/** The privilege, and of single columns this one. */
function gives(grant: Grant, privilege: Privilege, column: string | undefined): boolean {
  if (!covers(grant.privilege, privilege)) return false;
  return grant.columns === undefined || (column !== undefined && grant.columns.includes(column));
}
