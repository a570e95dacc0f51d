// DROP: an object, with CASCADE everything below it, and the grants on all of that.
import { displayName } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import { removeGrantsOn } from './apply-grant.ts';
import { policiesCalling, removeTags } from './apply-tags.ts';
import { type AnyObject, removeObject } from './objects.ts';
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
  const dropped = new Set(snapshot.subtree(id));
  refuseInPolicy(snapshot, object, dropped);
  return [...dropped].toReversed().reduce(remove, snapshot);
}

function remove(snapshot: CatalogSnapshot, id: ObjectId): CatalogSnapshot {
  const object = snapshot.object(id);
  if (object === undefined || object.kind === 'metastore') return snapshot;
  const { accessTests } = snapshot.parts;
  const left = removeTags(removeGrantsOn(snapshot, id), id);
  return removeObject(left, object).with({ accessTests: accessTests.without(id) });
}

/** What a policy of a table that stays is made of cannot go: the table would be unreadable. */
function refuseInPolicy(snapshot: CatalogSnapshot, object: AnyObject, dropped: ReadonlySet<ObjectId>): void {
  const needed = snapshot
    .policyFunctionsOver(dropped)
    .some(
      ({ id }) =>
        snapshot.usersOfFunction(id).some((table) => !dropped.has(table.id)) ||
        policiesCalling(snapshot, id).some((policy) => !dropped.has(policy.securableId)),
    );
  if (!needed) return;
  // Whose policy it is shows to those who manage that table, not to whoever owns a part of it.
  throw new SqlError(
    'dependentObjects',
    `cannot drop ${object.kind} ${displayName(snapshot.nameOf(object.id))} because a policy uses it`,
    {
      detail: 'A mask or row filter of a table is made of it, directly or through other functions and views.',
      hint: 'Drop the mask, row filter or policy first.',
    },
  );
}
