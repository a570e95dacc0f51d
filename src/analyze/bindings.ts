// What the names of a stored body mean. They are looked up anew for each use, so that a table may be dropped and made again;
// but another object that merely stands nearer on the path must not be taken for the one that was meant.
import { displayName, fold } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import type { ObjectId, SqlFunction, View } from '../catalog/securable.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import { dependenciesOf } from './policy-body.ts';
import type { ResolvedQuery } from './resolved-query.ts';

/** What a body keeps of the objects that its names mean when it is made. */
export function bindingsOf(
  snapshot: CatalogSnapshot,
  facts: ResolvedQuery,
): Required<Pick<View, 'dependencies' | 'dependencyNames'>> {
  const dependencies = dependenciesOf(facts);
  return { dependencies, dependencyNames: dependencies.map((id) => fullNameOf(snapshot, id)) };
}

function fullNameOf(snapshot: CatalogSnapshot, id: ObjectId): string {
  return fold(displayName(snapshot.nameOf(id)));
}

/** The very objects, or others that took their full names. @throws SqlError invalidObjectDefinition */
export function checkBindings(snapshot: CatalogSnapshot, body: View | SqlFunction, facts: ResolvedQuery): void {
  const { dependencies, dependencyNames } = body;
  if (dependencies === undefined || dependencyNames === undefined) return;
  const other = dependenciesOf(facts).find(
    (id) => !dependencies.includes(id) && !dependencyNames.includes(fullNameOf(snapshot, id)),
  );
  if (other === undefined) return;
  const name = displayName([body.name]);
  throw new SqlError('invalidObjectDefinition', `a name in ${body.kind} ${name} now means another object`, {
    hint: 'Write the names in it with catalog and schema.',
  });
}
