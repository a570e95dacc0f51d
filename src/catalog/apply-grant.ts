// GRANT and REVOKE on the two indexes of grants.
import { SqlError } from '../base/sql-error.ts';
import type { Change } from './change.ts';
import type { PersistentMap } from './persistent-map.ts';
import { type Grant, notInAllPrivileges } from './privilege.ts';
import type { ObjectId } from './securable.ts';
import type { CatalogSnapshot } from './snapshot.ts';

export function applyGrant(snapshot: CatalogSnapshot, grant: Grant): CatalogSnapshot {
  if (snapshot.object(grant.securableId) === undefined || snapshot.principal(grant.principalId) === undefined) {
    throw new SqlError('serializationFailure', 'the object or principal of the grant no longer exists');
  }
  const same = (each: Grant): boolean => isSame(each, grant);
  const before = snapshot.grantsOn(grant.securableId).find(same);
  const merged = before === undefined ? grant : mergedColumns(before, grant);
  return replaceGrants(snapshot, grant, (list) => [...list.filter((each) => !same(each)), merged]);
}

function isSame(a: Grant, b: Pick<Grant, 'securableId' | 'principalId' | 'privilege'>): boolean {
  return a.securableId === b.securableId && a.principalId === b.principalId && a.privilege === b.privilege;
}

/** SELECT (a) and SELECT (b) make SELECT (a, b); a grant of the whole swallows those of columns. */
function mergedColumns(before: Grant, grant: Grant): Grant {
  if (before.columns === undefined && grant.columns !== undefined) return before;
  if (grant.columns === undefined || before.columns === undefined) return grant;
  return { ...grant, columns: [...new Set([...before.columns, ...grant.columns])] };
}

export function applyRevoke(snapshot: CatalogSnapshot, change: Extract<Change, { kind: 'revoke' }>): CatalogSnapshot {
  return replaceGrants(snapshot, change, (list) => list.flatMap((grant) => remaining(grant, change)));
}

/** Revoking ALL PRIVILEGES takes away the single ones it stands for too. */
function remaining(grant: Grant, change: Extract<Change, { kind: 'revoke' }>): readonly Grant[] {
  const implied = change.privilege === 'ALL PRIVILEGES' && !notInAllPrivileges.includes(grant.privilege);
  const named = isSame(grant, change) || (implied && isSame(grant, { ...change, privilege: grant.privilege }));
  if (!named) return [grant];
  if (change.columns === undefined || grant.columns === undefined) return change.columns === undefined ? [] : [grant];
  const columns = grant.columns.filter((column) => change.columns?.includes(column) === false);
  return columns.length === 0 ? [] : [{ ...grant, columns }];
}

function replaceGrants(
  snapshot: CatalogSnapshot,
  { securableId, principalId }: Pick<Grant, 'securableId' | 'principalId'>,
  edit: (list: readonly Grant[]) => readonly Grant[],
): CatalogSnapshot {
  const { grants, grantsByPrincipal } = snapshot.parts;
  return snapshot.with({
    grants: put(grants, securableId, edit(snapshot.grantsOn(securableId))),
    grantsByPrincipal: put(grantsByPrincipal, principalId, edit(snapshot.grantsTo(principalId))),
  });
}

function put(
  map: PersistentMap<readonly Grant[]>,
  id: ObjectId,
  list: readonly Grant[],
): PersistentMap<readonly Grant[]> {
  return list.length === 0 ? map.without(id) : map.with(id, list);
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
  return list.reduce(
    (at, grant) => replaceGrants(at, grant, (each) => each.filter((other) => !isSame(other, grant))),
    snapshot,
  );
}

/** The grants of a replaced table go to the new one; column grants follow the names. */
export function moveGrants(
  snapshot: CatalogSnapshot,
  {
    from,
    to,
    columnIds,
  }: { readonly from: ObjectId; readonly to: ObjectId; readonly columnIds: ReadonlyMap<string, string> },
): CatalogSnapshot {
  const grants = snapshot.grantsOn(from);
  return grants.reduce(
    (at, grant) => {
      const columns = grant.columns?.flatMap((id) => columnIds.get(id) ?? []);
      const empty = columns !== undefined && columns.length === 0;
      return empty ? at : applyGrant(at, { ...grant, securableId: to, columns });
    },
    removeAll(snapshot, grants),
  );
}
