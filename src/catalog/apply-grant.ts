// GRANT and REVOKE on the two indexes of grants.
import { SqlError } from '../base/sql-error.ts';
import type { Change } from './change.ts';
import { TieCounter, tieOf } from './inside.ts';
import { PersistentMap } from './persistent-map.ts';
import { type Grant, notInAllPrivileges } from './privilege.ts';
import type { ObjectId } from './securable.ts';
import type { CatalogSnapshot } from './snapshot.ts';

export function applyGrant(snapshot: CatalogSnapshot, grant: Grant): CatalogSnapshot {
  return applyGrants(snapshot, [grant]);
}

/** One after another; the indexes are written once, so that a long run of them in the log is quick to replay. */
export function applyGrants(snapshot: CatalogSnapshot, grants: readonly Grant[]): CatalogSnapshot {
  if (grants.length === 0) return snapshot;
  const edits = new GrantEdits(snapshot);
  for (const grant of grants) {
    if (snapshot.object(grant.securableId) === undefined || snapshot.principal(grant.principalId) === undefined) {
      throw new SqlError('serializationFailure', 'the object or principal of the grant no longer exists');
    }
    edits.edit(grant, (list) => withGrant(list, grant));
  }
  return edits.apply();
}

/**
 * The last GRANT of the same privilege decides how long it holds. Of columns each may have its own end; a grant of the whole
 * that never ends makes those of columns superfluous, one that ends leaves them for afterwards.
 */
function withGrant(list: readonly Grant[], grant: Grant): readonly Grant[] {
  if (list.length === 0) return [grant];
  const others = list.filter((each) => each.privilege !== grant.privilege);
  const same = list.filter((each) => each.privilege === grant.privilege);
  const whole = same.filter((each) => each.columns === undefined);
  const ofColumns = same.filter((each) => each.columns !== undefined);
  const { columns } = grant;
  if (columns === undefined) return [...others, ...(grant.until === undefined ? [] : ofColumns), grant];
  if (whole.some((each) => each.until === undefined)) return list;
  const rest = ofColumns.flatMap((each) => withoutColumns(each, columns));
  const alike = rest.find((each) => each.until === grant.until);
  const merged = alike === undefined ? grant : { ...grant, columns: [...(alike.columns ?? []), ...columns] };
  return [...others, ...whole, ...rest.filter((each) => each !== alike), merged];
}

function withoutColumns(grant: Grant, columns: readonly string[]): readonly Grant[] {
  const left = (grant.columns ?? []).filter((column) => !columns.includes(column));
  return left.length === 0 ? [] : [{ ...grant, columns: left }];
}

export function applyRevoke(snapshot: CatalogSnapshot, change: Extract<Change, { kind: 'revoke' }>): CatalogSnapshot {
  return replaceGrants(snapshot, change, (list) => list.flatMap((grant) => remaining(grant, change)));
}

/** Revoking ALL PRIVILEGES takes away the single ones it stands for too. */
function remaining(grant: Grant, change: Extract<Change, { kind: 'revoke' }>): readonly Grant[] {
  const implied = change.privilege === 'ALL PRIVILEGES' && !notInAllPrivileges.includes(grant.privilege);
  if (grant.privilege !== change.privilege && !implied) return [grant];
  if (change.columns === undefined) return [];
  return grant.columns === undefined ? [grant] : withoutColumns(grant, change.columns);
}

/** Both indexes hold the same list of what one principal was granted on one securable. */
class GrantEdits {
  readonly #snapshot: CatalogSnapshot;
  /** By securable, then by principal. */
  readonly #lists: Map<ObjectId, Map<ObjectId, readonly Grant[]>> = new Map();

  constructor(snapshot: CatalogSnapshot) {
    this.#snapshot = snapshot;
  }

  edit(
    { securableId, principalId }: Pick<Grant, 'securableId' | 'principalId'>,
    change: (list: readonly Grant[]) => readonly Grant[],
  ): void {
    const lists = this.#lists.get(securableId) ?? new Map<ObjectId, readonly Grant[]>();
    this.#lists.set(securableId, lists);
    lists.set(principalId, change(lists.get(principalId) ?? this.#snapshot.grantsOf(principalId, securableId)));
  }

  apply(): CatalogSnapshot {
    const snapshot = this.#snapshot;
    const byPrincipal = new Map<ObjectId, Map<ObjectId, readonly Grant[]>>();
    const ties = new TieCounter(snapshot);
    for (const [securableId, lists] of this.#lists) {
      const owner = snapshot.object(securableId)?.owner;
      for (const [principalId, after] of lists) {
        const own = byPrincipal.get(principalId) ?? new Map<ObjectId, readonly Grant[]>();
        byPrincipal.set(principalId, own.set(securableId, after));
        const isOwner = owner === principalId;
        const from = tieOf(isOwner, snapshot.grantsOf(principalId, securableId));
        ties.count(securableId, { principalId, from, to: tieOf(isOwner, after) });
      }
    }
    const { grants, grantsByPrincipal } = snapshot.parts;
    return snapshot.with({
      grants: written(grants, this.#lists),
      grantsByPrincipal: written(grantsByPrincipal, byPrincipal),
      inside: ties.apply(),
    });
  }
}

type GrantIndex = PersistentMap<PersistentMap<readonly Grant[]>>;

function written(index: GrantIndex, edits: ReadonlyMap<ObjectId, ReadonlyMap<ObjectId, readonly Grant[]>>): GrantIndex {
  const filled: [ObjectId, PersistentMap<readonly Grant[]>][] = [];
  let next = index;
  for (const [outer, lists] of edits) {
    const entries = [...lists];
    let inner = (index.get(outer) ?? PersistentMap.empty<readonly Grant[]>()).withAll(
      entries.filter(([, list]) => list.length > 0),
    );
    for (const [key, list] of entries) if (list.length === 0) inner = inner.without(key);
    if (inner.size === 0) next = next.without(outer);
    else filled.push([outer, inner]);
  }
  return next.withAll(filled);
}

function replaceGrants(
  snapshot: CatalogSnapshot,
  of: Pick<Grant, 'securableId' | 'principalId'>,
  edit: (list: readonly Grant[]) => readonly Grant[],
): CatalogSnapshot {
  const edits = new GrantEdits(snapshot);
  edits.edit(of, edit);
  return edits.apply();
}

/** For an object that goes away. */
export function removeGrantsOn(snapshot: CatalogSnapshot, securableId: ObjectId): CatalogSnapshot {
  return removeAll(snapshot, snapshot.grantsOn(securableId));
}

/** For a principal that goes away. */
export function removeGrantsTo(snapshot: CatalogSnapshot, principalId: ObjectId): CatalogSnapshot {
  return removeAll(snapshot, snapshot.grantsTo(principalId));
}

function removeAll(snapshot: CatalogSnapshot, list: readonly Grant[]): CatalogSnapshot {
  const edits = new GrantEdits(snapshot);
  for (const grant of list) edits.edit(grant, () => []);
  return edits.apply();
}

/** The grants of a replaced table go to the new one; column grants follow the names. */
export function giveGrants(
  snapshot: CatalogSnapshot,
  grants: readonly Grant[],
  { to, columnIds }: { readonly to: ObjectId; readonly columnIds: ReadonlyMap<string, string> },
): CatalogSnapshot {
  return grants.reduce((at, grant) => {
    const columns = grant.columns?.flatMap((id) => columnIds.get(id) ?? []);
    const empty = columns !== undefined && columns.length === 0;
    return empty ? at : applyGrant(at, { ...grant, securableId: to, columns });
  }, snapshot);
}
