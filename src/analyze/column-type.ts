// The type that a reader of a table's column meets, mask or not.
import type { Column } from '../catalog/securable.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import { followedType, unknownType, type ValueType } from './value-types.ts';

/** A mask that gives another type than its column's may widen it: nothing is built on that. */
export function columnTypeOf(snapshot: CatalogSnapshot, column: Column): ValueType {
  if (column.mask === undefined) return followedType(column.type);
  const mask = snapshot.object(column.mask.functionId);
  return mask?.kind === 'function' && mask.returns === column.type ? followedType(column.type) : unknownType;
}
