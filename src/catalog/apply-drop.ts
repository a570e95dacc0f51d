// DROP: an object, with CASCADE everything below it, and the grants on all of that.
import { displayName } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import { removeGrantsOn } from './apply-grant.ts';
import { policiesCalling, removeTags } from './apply-tags.ts';
import { removeObject } from './objects.ts';
import type { ObjectId } from './securable.ts';
import type { CatalogSnapshot } from './snapshot.ts';

export function applyDrop(snapshot: CatalogSnapshot, id: ObjectId, cascade: boolean): CatalogSnapshot {
  const object = snapshot.object(id);
  if (object === undefined || object.kind === 'metastore') {
    throw new SqlError('serializationFailure', 'the object no longer exists');
  }
  const name = displayName(snapshot.nameOf(id));
  const children = snapshot.childIds(id);
  if (children.length > 0 && !cascade) {
    throw new SqlError('dependentObjects', `cannot drop ${object.kind} ${name} because it is not empty`, {
      hint: 'Use DROP … CASCADE to drop the objects in it too.',
    });
  }
  const dropped = new Set(subtree(snapshot, id));
  for (const each of dropped) refusePolicyFunction(snapshot, each, dropped);
  return [...dropped].toReversed().reduce(remove, snapshot);
}

/** Parents before children. */
function subtree(snapshot: CatalogSnapshot, id: ObjectId): readonly ObjectId[] {
  return [id, ...snapshot.childIds(id).flatMap((child) => subtree(snapshot, child))];
}

function remove(snapshot: CatalogSnapshot, id: ObjectId): CatalogSnapshot {
  const object = snapshot.object(id);
  if (object === undefined || object.kind === 'metastore') return snapshot;
  return removeObject(removeTags(removeGrantsOn(snapshot, id), id), object);
}

/** A function that protects a table which stays cannot go: the table would be open or unreadable. */
function refusePolicyFunction(snapshot: CatalogSnapshot, id: ObjectId, dropped: ReadonlySet<ObjectId>): void {
  const name = displayName(snapshot.nameOf(id));
  if (policiesCalling(snapshot, id).some((policy) => !dropped.has(policy.securableId))) {
    throw new SqlError('dependentObjects', `cannot drop function ${name} because a policy uses it`, {
      hint: 'Drop the policy first.',
    });
  }
  const [table] = snapshot.usersOfFunction(id).filter((each) => !dropped.has(each.id));
  if (table === undefined) return;
  throw new SqlError('dependentObjects', `cannot drop function ${name} because a policy uses it`, {
    detail: `Table ${displayName(snapshot.nameOf(table.id))} uses it as mask or row filter.`,
    hint: 'Drop the mask or row filter first.',
  });
}
