// CREATE OR REPLACE TABLE: new data under a new id, the old table's owner, comment, grants and policies.

import { fold } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import { giveGrants, removeGrantsOn } from './apply-grant.ts';
import { withLostMasks } from './apply-table.ts';
import { moveTags } from './apply-tags.ts';
import { addObject, removeObject, replaceObject } from './objects.ts';
import type { PolicyArgument } from './policy.ts';
import type { Column, LostMask, ObjectId, Table } from './securable.ts';
import type { CatalogSnapshot } from './snapshot.ts';

/** A column id that no table has: a policy that names it cannot be evaluated, so the table cannot be read. */
const goneColumn = 'gone';

export function replacedTable(snapshot: CatalogSnapshot, replacedId: ObjectId, table: Table): CatalogSnapshot {
  const before = snapshot.object(replacedId);
  if (before?.kind !== 'table') throw new SqlError('serializationFailure', 'the table no longer exists');
  const columnIds = matched(before, table);
  const withPolicies = keepPolicies(before, table, columnIds);
  const followed = moveDependents(snapshot, replacedId, table.id);
  const grants = followed.grantsOn(replacedId);
  const removed = removeObject(removeGrantsOn(followed, replacedId), before);
  const added = addObject(removed, withPolicies, 'duplicateTable');
  return moveTags(giveGrants(added, grants, { to: table.id, columnIds }), before, table);
}

/** Stored bodies that meant the old table mean the new one: who replaces a table could as well rewrite its rows. */
function moveDependents(snapshot: CatalogSnapshot, from: ObjectId, to: ObjectId): CatalogSnapshot {
  const dependents = snapshot.parts.dependents.get(from) ?? [];
  return dependents.reduce((at, id) => {
    const object = at.object(id);
    if (object?.kind !== 'view' && object?.kind !== 'function') return at;
    const dependencies = object.dependencies?.map((each) => (each === from ? to : each)) ?? [];
    return replaceObject(at, { ...object, dependencies });
  }, snapshot);
}

/** Old column ids -> new ones, for columns that keep name and type. */
function matched(before: Table, now: Table): ReadonlyMap<string, string> {
  const ids = new Map<string, string>();
  for (const old of before.columns) {
    const same = now.columns.find((column) => fold(column.name) === fold(old.name) && column.type === old.type);
    if (same !== undefined) ids.set(old.id, same.id);
  }
  return ids;
}

function keepPolicies(before: Table, now: Table, ids: ReadonlyMap<string, string>): Table {
  const masked = before.columns.filter((column) => column.mask !== undefined);
  const columns = now.columns.map((column): Column => {
    const old = masked.find((each) => ids.get(each.id) === column.id);
    if (old?.mask === undefined || column.mask !== undefined) return column;
    return { ...column, mask: { ...old.mask, using: moved(old.mask.using, ids) } };
  });
  const filters = before.rowFilters.map((filter) => ({ ...filter, arguments: moved(filter.arguments, ids) }));
  const kept: Table = {
    ...now,
    owner: before.owner,
    comment: now.comment ?? before.comment,
    columns,
    // All must hold: a new filter does not open what an old one closed.
    rowFilters: [...now.rowFilters, ...filters],
  };
  return withLostMasks(kept, lostMasks(before, kept, ids));
}

/**
 * Masked columns that are gone or retyped, now or by an earlier replacement, unless the new definition masks the column of that
 * name itself: nobody has said what protects their data now.
 */
function lostMasks(before: Table, now: Table, ids: ReadonlyMap<string, string>): readonly LostMask[] {
  const lost = before.columns.flatMap((column): LostMask[] =>
    column.mask === undefined || ids.has(column.id)
      ? []
      : [{ column: column.name, functionId: column.mask.functionId }],
  );
  const masked = new Set(now.columns.filter(({ mask }) => mask !== undefined).map(({ name }) => fold(name)));
  return [...(before.lostMasks ?? []), ...lost].filter(({ column }) => !masked.has(fold(column)));
}

function moved(list: readonly PolicyArgument[], ids: ReadonlyMap<string, string>): readonly PolicyArgument[] {
  return list.map((argument) =>
    argument.kind === 'column' ? { kind: 'column', columnId: ids.get(argument.columnId) ?? goneColumn } : argument,
  );
}
