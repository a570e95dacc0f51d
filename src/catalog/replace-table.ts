// CREATE OR REPLACE TABLE: new data under a new id, the old table's owner, comment, grants and policies.

import { fold } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import { moveGrants } from './apply-grant.ts';
import { moveTags } from './apply-tags.ts';
import { addObject, removeObject } from './objects.ts';
import type { PolicyArgument, RowFilter } from './policy.ts';
import type { Column, ObjectId, Table } from './securable.ts';
import type { CatalogSnapshot } from './snapshot.ts';

/** A column id that no table has: a policy that names it cannot be evaluated, so the table cannot be read. */
const goneColumn = 'gone';

export function replacedTable(snapshot: CatalogSnapshot, replacedId: ObjectId, table: Table): CatalogSnapshot {
  const before = snapshot.object(replacedId);
  if (before?.kind !== 'table') throw new SqlError('serializationFailure', 'the table no longer exists');
  const columnIds = matched(before, table);
  const withPolicies = keepPolicies(before, table, columnIds);
  const moved = addObject(removeObject(snapshot, before), withPolicies, 'duplicateTable');
  return moveTags(moveGrants(moved, { from: replacedId, to: table.id, columnIds }), before, table);
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
  const lost = masked.filter((column) => !ids.has(column.id));
  const columns = now.columns.map((column): Column => {
    const old = masked.find((each) => ids.get(each.id) === column.id);
    if (old?.mask === undefined || column.mask !== undefined) return column;
    return { ...column, mask: { ...old.mask, using: moved(old.mask.using, ids) } };
  });
  const filters = before.rowFilters.map((filter) => ({ ...filter, arguments: moved(filter.arguments, ids) }));
  // A masked column that is gone or retyped: nobody has said what protects its data now.
  const closing = lost.flatMap((column): RowFilter[] =>
    column.mask === undefined
      ? []
      : [{ functionId: column.mask.functionId, arguments: [{ kind: 'column', columnId: goneColumn }] }],
  );
  return {
    ...now,
    owner: before.owner,
    comment: now.comment ?? before.comment,
    columns,
    // All must hold: a new filter does not open what an old one closed.
    rowFilters: [...now.rowFilters, ...filters, ...closing],
  };
}

function moved(list: readonly PolicyArgument[], ids: ReadonlyMap<string, string>): readonly PolicyArgument[] {
  return list.map((argument) =>
    argument.kind === 'column' ? { kind: 'column', columnId: ids.get(argument.columnId) ?? goneColumn } : argument,
  );
}
