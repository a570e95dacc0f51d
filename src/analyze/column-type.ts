// The type that a reader of a table's column meets, mask or not.

import { applicationsOn } from '../catalog/match-policies.ts';
import type { Column, ObjectId, Table } from '../catalog/securable.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import { followedType, unknownType, type ValueType } from './value-types.ts';

/** A mask that gives another type than its column's may widen it: nothing is built on that. */
export function columnTypeOf(snapshot: CatalogSnapshot, table: Table, column: Column): ValueType {
  const keepsType = masksOf(snapshot, table, column).every((id) => {
    const mask = snapshot.object(id);
    return mask?.kind === 'function' && mask.returns === column.type;
  });
  return keepsType ? followedType(column.type) : unknownType;
}

/** Functions that may mask the column, whoever reads. */
function masksOf(snapshot: CatalogSnapshot, table: Table, column: Column): readonly ObjectId[] {
  const byTags = applicationsOn(snapshot, table).filter((each) => each.columnId === column.id);
  const own = column.mask === undefined ? [] : [column.mask.functionId];
  return [...own, ...byTags.map((each) => each.policy.functionId)];
}
