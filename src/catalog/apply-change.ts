// (snapshot, change) -> snapshot, or SqlError. Pure: what applies once applies again when the log is replayed.
import { displayName } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import { applyAccessTestChange } from './apply-access-test.ts';
import { applyDrop } from './apply-drop.ts';
import { applyGrant, applyRevoke, giveGrants, removeGrantsOn } from './apply-grant.ts';
import { applyPrincipalChange } from './apply-principal.ts';
import { applyTableChange } from './apply-table.ts';
import { applyTagChange } from './apply-tags.ts';
import { applyTokenChange } from './apply-token.ts';
import type { Change, TableChange } from './change.ts';
import { addObject, duplicateOf, renameObject, replaceObject } from './objects.ts';
import { replacedTable } from './replace-table.ts';
import { type Column, columnIdOf, type ObjectId, type SqlFunction, type Table, type View } from './securable.ts';
import type { CatalogSnapshot } from './snapshot.ts';

/** @throws SqlError when the change does not fit the snapshot */
export function applyChange(snapshot: CatalogSnapshot, change: Change): CatalogSnapshot {
  return 'tableId' in change ? applyTableChange(snapshot, change) : applyOther(snapshot, change);
}

function applyOther(snapshot: CatalogSnapshot, change: Exclude<Change, TableChange>): CatalogSnapshot {
  switch (change.kind) {
    case 'createCatalog':
      return addObject(snapshot, change.catalog, 'duplicateCatalog');
    case 'createSchema':
      return addObject(snapshot, change.schema, 'duplicateSchema');
    case 'createTable':
      return addObject(snapshot, change.table, 'duplicateTable');
    case 'createView':
      return addObject(snapshot, change.view, 'duplicateTable');
    case 'createFunction':
      return addObject(snapshot, change.function, 'duplicateFunction');
    case 'replaceTable':
      return replacedTable(snapshot, change.replacedId, change.table);
    case 'replaceView':
      return replacedView(snapshot, kept(snapshot, change.view));
    case 'replaceFunction':
      return replaceObject(snapshot, kept(snapshot, change.function));
    case 'dropObject':
      return applyDrop(snapshot, change.objectId, change.cascade);
    case 'setOwner':
      return setOwner(snapshot, change.objectId, change.owner);
    case 'setComment':
      return setComment(snapshot, change);
    case 'renameObject':
      return rename(snapshot, change.objectId, change.name);
    case 'grant':
      return applyGrant(snapshot, change.grant);
    case 'revoke':
      return applyRevoke(snapshot, change);
    case 'setMetastoreOwner':
      return snapshot.with({ metastore: { ...snapshot.metastore, owner: change.owner } });
    case 'createUser':
    case 'alterUser':
    case 'createGroup':
    case 'addMember':
    case 'removeMember':
    case 'dropPrincipal':
      return applyPrincipalChange(snapshot, change);
    default:
      // All that is left, or it does not compile.
      return applyBeside(snapshot, change);
  }
}

/** What is kept beside the objects. */
function applyBeside(
  snapshot: CatalogSnapshot,
  change:
    | Parameters<typeof applyTagChange>[1]
    | Parameters<typeof applyAccessTestChange>[1]
    | Parameters<typeof applyTokenChange>[1],
): CatalogSnapshot {
  switch (change.kind) {
    case 'createToken':
    case 'dropToken':
      return applyTokenChange(snapshot, change);
    case 'setAccessTest':
    case 'dropAccessTest':
      return applyAccessTestChange(snapshot, change);
    default:
      return applyTagChange(snapshot, change);
  }
}

/**
 * A replaced view or function keeps its owner, with whose grants the new body will run. It was decided who may write that body
 * while this one was the owner: should the object belong to another by now, the body is not theirs.
 */
function kept<T extends View | SqlFunction>(snapshot: CatalogSnapshot, object: T): T {
  const before = snapshot.object(object.id);
  if (before?.kind !== object.kind) throw missing(snapshot, object.id);
  if (before.owner !== object.owner) {
    const name = displayName(snapshot.nameOf(object.id));
    throw new SqlError('serializationFailure', `the owner of ${object.kind} ${name} has changed meanwhile`);
  }
  return { ...object, owner: before.owner, createdAt: before.createdAt, createdBy: before.createdBy };
}

/** Grants of columns that are gone end: a later column of the name is another one. */
function replacedView(snapshot: CatalogSnapshot, view: View): CatalogSnapshot {
  const columnIds = new Map(view.columns.map((column) => [columnIdOf(column), columnIdOf(column)]));
  const grants = snapshot.grantsOn(view.id);
  return replaceObject(giveGrants(removeGrantsOn(snapshot, view.id), grants, { to: view.id, columnIds }), view);
}

function setOwner(snapshot: CatalogSnapshot, id: ObjectId, owner: ObjectId): CatalogSnapshot {
  if (snapshot.principal(owner) === undefined) throw new SqlError('undefinedObject', 'the new owner does not exist');
  const object = snapshot.object(id);
  if (object === undefined) throw missing(snapshot, id);
  if (object.kind === 'metastore') return snapshot.with({ metastore: { ...object, owner } });
  return replaceObject(snapshot, { ...object, owner });
}

function rename(snapshot: CatalogSnapshot, id: ObjectId, name: string): CatalogSnapshot {
  const object = snapshot.object(id);
  if (object === undefined || object.kind === 'metastore') throw missing(snapshot, id);
  return renameObject(snapshot, object, { name, duplicate: duplicateOf(object) });
}

function setComment(snapshot: CatalogSnapshot, change: Extract<Change, { kind: 'setComment' }>): CatalogSnapshot {
  const { columnId, comment } = change;
  const commented = snapshot.object(change.objectId);
  if (columnId !== undefined && commented?.kind === 'view') {
    const columns = commented.columns.map((column) => (column.name === columnId ? { ...column, comment } : column));
    return replaceObject(snapshot, { ...commented, columns });
  }
  if (columnId !== undefined) {
    return setColumn(snapshot, { tableId: change.objectId, columnId }, (column) => ({ ...column, comment }));
  }
  const object = snapshot.object(change.objectId);
  if (object === undefined || object.kind === 'metastore') throw missing(snapshot, change.objectId);
  return replaceObject(snapshot, { ...object, comment });
}

function setColumn(
  snapshot: CatalogSnapshot,
  { tableId, columnId }: { readonly tableId: ObjectId; readonly columnId: string },
  edit: (column: Column) => Column,
): CatalogSnapshot {
  const table = tableOf(snapshot, tableId);
  if (!table.columns.some((column) => column.id === columnId)) {
    throw new SqlError('undefinedColumn', `a column of table ${displayName(snapshot.nameOf(tableId))} does not exist`);
  }
  const columns = table.columns.map((column) => (column.id === columnId ? edit(column) : column));
  return replaceObject(snapshot, { ...table, columns });
}

export function tableOf(snapshot: CatalogSnapshot, id: ObjectId): Table {
  const table = snapshot.object(id);
  if (table?.kind !== 'table') throw missing(snapshot, id);
  return table;
}

/** What a change names was dropped meanwhile by another session. */
function missing(snapshot: CatalogSnapshot, id: ObjectId): SqlError {
  const name = displayName(snapshot.nameOf(id));
  return new SqlError(
    'serializationFailure',
    `object ${name === '' ? 'named by the statement' : name} no longer exists`,
  );
}
