// The catalog at one moment: immutable, versioned, the only thing other layers read. Every change gives a new one that shares
// almost everything with the old.
import { fold } from '../base/identifier.ts';
import { limits } from '../base/limits.ts';
import type { AccessTest } from './access-test.ts';
import type { AccessToken } from './access-token.ts';
import { builtInObject } from './built-in-functions.ts';
import { type InsideCount, nothingInside } from './inside-count.ts';
import { type NameSpace, nameKey } from './name-key.ts';
import { PersistentMap } from './persistent-map.ts';
import { accountUsers, accountUsersId, accountUsersName, type Group, type Principal, type User } from './principal.ts';
import type { Grant } from './privilege.ts';
import {
  type Catalog,
  type Metastore,
  metastoreId,
  type ObjectId,
  type Schema,
  type SchemaObject,
  type Securable,
  type SqlFunction,
  type Table,
  type View,
} from './securable.ts';
import type { ObjectTags, TableApplications, Tag, TagPolicy } from './tag-policy.ts';

/** The parts a change replaces. Keys of `names`: parent id, kind of name space, folded name. */
export interface SnapshotParts {
  readonly version: number;
  readonly nextId: number;
  readonly metastore: Metastore;
  readonly objects: PersistentMap<Exclude<Securable, Metastore>>;
  readonly names: PersistentMap<ObjectId>;
  /** The direct children of a container, by id. */
  readonly children: PersistentMap<PersistentMap<ObjectId>>;
  readonly principals: PersistentMap<Principal>;
  readonly principalNames: PersistentMap<ObjectId>;
  /** Groups that directly hold a principal. */
  readonly memberships: PersistentMap<readonly ObjectId[]>;
  /** By securable, then by principal. */
  readonly grants: PersistentMap<PersistentMap<readonly Grant[]>>;
  /** The same lists by principal, then by securable. */
  readonly grantsByPrincipal: PersistentMap<PersistentMap<readonly Grant[]>>;
  /** By container: who owns or was granted something in it, at any depth. */
  readonly inside: PersistentMap<PersistentMap<InsideCount>>;
  /** Tables whose masks or filters use a function. */
  readonly policyUses: PersistentMap<readonly ObjectId[]>;
  /** Views and functions whose bodies mention an object. */
  readonly dependents: PersistentMap<readonly ObjectId[]>;
  readonly tags: PersistentMap<ObjectTags>;
  /** Policies by tags, by the catalog, schema or table they are set on. */
  readonly tagPolicies: PersistentMap<readonly TagPolicy[]>;
  readonly accessTests: PersistentMap<readonly AccessTest[]>;
  readonly tokens: PersistentMap<AccessToken>;
  /** By hash. */
  readonly tokenIds: PersistentMap<ObjectId>;
}

const noTags: readonly Tag[] = [];
const noPolicies: readonly TagPolicy[] = [];

export class CatalogSnapshot {
  readonly parts: SnapshotParts;
  readonly #groups: Map<ObjectId, ReadonlySet<ObjectId>> = new Map();
  /** What match-policies.ts found out about tables. */
  readonly applications: WeakMap<Table, TableApplications> = new WeakMap();

  constructor(parts: SnapshotParts) {
    this.parts = parts;
  }

  static empty(): CatalogSnapshot {
    return new CatalogSnapshot({
      version: 0,
      nextId: 2,
      metastore: { kind: 'metastore', id: metastoreId, owner: metastoreId },
      objects: PersistentMap.empty(),
      names: PersistentMap.empty(),
      children: PersistentMap.empty(),
      principals: PersistentMap.empty(),
      principalNames: PersistentMap.empty(),
      memberships: PersistentMap.empty(),
      grants: PersistentMap.empty(),
      grantsByPrincipal: PersistentMap.empty(),
      inside: PersistentMap.empty(),
      policyUses: PersistentMap.empty(),
      dependents: PersistentMap.empty(),
      tags: PersistentMap.empty(),
      tagPolicies: PersistentMap.empty(),
      accessTests: PersistentMap.empty(),
      tokens: PersistentMap.empty(),
      tokenIds: PersistentMap.empty(),
    });
  }

  get version(): number {
    return this.parts.version;
  }

  get nextId(): number {
    return this.parts.nextId;
  }

  get metastore(): Metastore {
    return this.parts.metastore;
  }

  with(parts: Partial<SnapshotParts>): CatalogSnapshot {
    return new CatalogSnapshot({ ...this.parts, ...parts });
  }

  object(id: ObjectId): Securable | undefined {
    return id === metastoreId ? this.parts.metastore : (this.parts.objects.get(id) ?? builtInObject(id));
  }

  catalogByName(name: string): Catalog | undefined {
    return this.#named(metastoreId, 'catalog', name) as Catalog | undefined;
  }

  schemaByName(catalogId: ObjectId, name: string): Schema | undefined {
    return this.#named(catalogId, 'schema', name) as Schema | undefined;
  }

  relationByName(schemaId: ObjectId, name: string): Table | View | undefined {
    return this.#named(schemaId, 'relation', name) as Table | View | undefined;
  }

  functionByName(schemaId: ObjectId, name: string): SqlFunction | undefined {
    return this.#named(schemaId, 'function', name) as SqlFunction | undefined;
  }

  catalogs(): readonly Catalog[] {
    return this.#childrenOf(metastoreId) as readonly Catalog[];
  }

  schemasOf(catalogId: ObjectId): readonly Schema[] {
    return this.#childrenOf(catalogId) as readonly Schema[];
  }

  relationsOf(schemaId: ObjectId): readonly (Table | View)[] {
    return this.#childrenOf(schemaId).filter((each): each is Table | View => each.kind !== 'function');
  }

  functionsOf(schemaId: ObjectId): readonly SqlFunction[] {
    return this.#childrenOf(schemaId).filter((each): each is SqlFunction => each.kind === 'function');
  }

  /** In no particular order. */
  childIds(id: ObjectId): readonly ObjectId[] {
    return this.parts.children.get(id)?.values() ?? [];
  }

  principal(id: ObjectId): Principal | undefined {
    return id === accountUsersId ? accountUsers : this.parts.principals.get(id);
  }

  /** Users and groups share one name space. */
  principalByName(name: string): Principal | undefined {
    if (fold(name) === accountUsersName) return accountUsers;
    const id = this.parts.principalNames.get(fold(name));
    return id === undefined ? undefined : this.parts.principals.get(id);
  }

  users(): readonly User[] {
    return sorted(this.parts.principals.values().filter((each): each is User => each.kind === 'user'));
  }

  groups(): readonly Group[] {
    return sorted(this.parts.principals.values().filter((each): each is Group => each.kind === 'group'));
  }

  /** Every group that holds the principal, directly or through groups; for users also `account users`. */
  groupsOf(principalId: ObjectId): ReadonlySet<ObjectId> {
    const known = this.#groups.get(principalId);
    if (known !== undefined) return known;
    const found = new Set<ObjectId>();
    const pending: ObjectId[] = [principalId];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      for (const group of this.parts.memberships.get(next) ?? []) {
        if (found.has(group)) continue;
        found.add(group);
        pending.push(group);
      }
    }
    if (this.principal(principalId)?.kind === 'user') found.add(accountUsersId);
    if (this.#groups.size < limits.groupCacheEntriesMax) this.#groups.set(principalId, found);
    return found;
  }

  parentOf(id: ObjectId): ObjectId | undefined {
    const object = this.object(id);
    if (object === undefined || object.kind === 'metastore') return undefined;
    if (object.kind === 'catalog') return metastoreId;
    return object.kind === 'schema' ? object.catalogId : object.schemaId;
  }

  /** Name parts from the catalog down; empty for the metastore. */
  nameOf(id: ObjectId): readonly string[] {
    const object = this.object(id);
    if (object === undefined || object.kind === 'metastore') return [];
    const parent = this.parentOf(id);
    return [...(parent === undefined ? [] : this.nameOf(parent)), object.name];
  }

  catalogOf(id: ObjectId): Catalog | undefined {
    const object = this.object(id);
    if (object === undefined || object.kind === 'metastore') return undefined;
    if (object.kind === 'catalog') return object;
    const parent = this.parentOf(id);
    return parent === undefined ? undefined : this.catalogOf(parent);
  }

  /** The object and everything in it, containers first. */
  subtree(id: ObjectId): readonly ObjectId[] {
    return [id, ...this.childIds(id).flatMap((child) => this.subtree(child))];
  }

  grantsOn(securableId: ObjectId): readonly Grant[] {
    return (this.parts.grants.get(securableId)?.values() ?? []).flat();
  }

  grantsTo(principalId: ObjectId): readonly Grant[] {
    return (this.parts.grantsByPrincipal.get(principalId)?.values() ?? []).flat();
  }

  /** What one principal itself was granted on one securable. */
  grantsOf(principalId: ObjectId, securableId: ObjectId): readonly Grant[] {
    return this.parts.grants.get(securableId)?.get(principalId) ?? [];
  }

  /** Grants on a securable to any of these principals: looked up from whichever side is smaller. */
  grantsToAny(principalIds: ReadonlySet<ObjectId>, securableId: ObjectId): readonly Grant[] {
    const lists = this.parts.grants.get(securableId);
    if (lists === undefined) return [];
    const found: Grant[] = [];
    if (lists.size > principalIds.size) {
      for (const id of principalIds) found.push(...(lists.get(id) ?? []));
      return found;
    }
    for (const list of lists.values())
      if (list[0] !== undefined && principalIds.has(list[0].principalId)) found.push(...list);
    return found;
  }

  insideCount(containerId: ObjectId, principalId: ObjectId): InsideCount {
    return this.parts.inside.get(containerId)?.get(principalId) ?? nothingInside;
  }

  usersOfFunction(functionId: ObjectId): readonly Table[] {
    const ids = this.parts.policyUses.get(functionId) ?? [];
    return ids.map((id) => this.object(id)).filter((each): each is Table => each?.kind === 'table');
  }

  /** Functions that mask or filter some table, also by tags, and whose body, or what that is made of, mentions one of the objects. */
  policyFunctionsOver(objectIds: Iterable<ObjectId>): readonly SqlFunction[] {
    const seen = new Set<ObjectId>(objectIds);
    const pending = [...seen];
    const found: SqlFunction[] = [];
    const byTags = new Set([...this.parts.tagPolicies.values()].flatMap((list) => list.map((each) => each.functionId)));
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const object = this.object(next);
      const serves = byTags.has(next) || this.usersOfFunction(next).length > 0;
      if (object?.kind === 'function' && serves) found.push(object);
      for (const dependent of this.parts.dependents.get(next) ?? []) {
        if (seen.has(dependent)) continue;
        seen.add(dependent);
        pending.push(dependent);
      }
    }
    return found;
  }

  /** Its own tags, not those it inherits. */
  tagsOf(id: ObjectId): readonly Tag[] {
    return this.parts.tags.get(id)?.own ?? noTags;
  }

  columnTagsOf(tableId: ObjectId, columnId: string): readonly Tag[] {
    return this.parts.tags.get(tableId)?.columns.get(columnId) ?? noTags;
  }

  tagPoliciesOn(id: ObjectId): readonly TagPolicy[] {
    return this.parts.tagPolicies.get(id) ?? noPolicies;
  }

  #named(parentId: ObjectId, space: NameSpace, name: string): Exclude<Securable, Metastore> | undefined {
    const id = this.parts.names.get(nameKey(parentId, space, name));
    return id === undefined ? undefined : this.parts.objects.get(id);
  }

  #childrenOf(id: ObjectId): readonly (Catalog | Schema | SchemaObject)[] {
    const found = this.childIds(id).map((child) => this.parts.objects.get(child));
    return sorted(found.filter((each) => each !== undefined));
  }
}

function sorted<T extends { readonly name: string }>(list: readonly T[]): readonly T[] {
  return list.toSorted((a, b) => (fold(a.name) < fold(b.name) ? -1 : 1));
}
