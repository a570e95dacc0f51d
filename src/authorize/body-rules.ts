// Rules about mentions before they are read: hidden objects, information_schema, views and functions that no longer fit.
import type { Mention } from '../analyze/resolved-query.ts';
import { displayName } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import type { Catalog, SqlFunction, Table, View } from '../catalog/securable.ts';
import type { Access } from './access.ts';
import { type DenialReason, executeFunction, missingRelation, selectRelation } from './rules.ts';

/** Who may know the catalog may ask what is in it; which rows that gives is a matter of each object. */
export function readInformationSchema(access: Access, catalog: Catalog, mention: Mention): void {
  if (access.knows(catalog)) return;
  const error = missingRelation(mention.written);
  const cause: DenialReason = { kind: 'denied', missing: `${access.identity.user.name} may not know the catalog` };
  throw new SqlError(error.condition, error.message, {
    cause,
    ...(mention.position === undefined ? {} : { position: mention.position }),
  });
}

/** A view or function whose body no longer fits: an error to those who may use it, with the reason to those who manage it. */
export function brokenObject(
  access: Access,
  object: View | SqlFunction,
  { mention, reason }: { readonly mention: Mention; readonly reason: SqlError },
): never {
  if (object.kind === 'view') selectRelation(access, object, { columns: new Set(), mention });
  else executeFunction(access, object, mention);
  // A table function where a value is expected, or the other way round: it is the statement that is wrong.
  if (reason.condition === 'wrongObjectType') throw reason;
  throw new SqlError(
    'invalidObjectDefinition',
    `${object.kind} ${displayName(access.snapshot.nameOf(object.id))} cannot be used: its definition is no longer valid`,
    {
      ...(access.manages(object) ? { detail: `It fails with: ${reason.message}.` } : {}),
      hint: `Ask the owner of the ${object.kind} to replace it.`,
      cause: reason,
      ...(mention.position === undefined ? {} : { position: mention.position }),
    },
  );
}

/** What the asker may not know is as if it did not exist: asked before anything is said about a statement that names it. */
export function hiddenFrom(access: Access): (object: Table | View | SqlFunction) => DenialReason | undefined {
  return (object) => {
    if (access.knows(object)) return undefined;
    return {
      kind: 'denied',
      missing: `${access.identity.user.name} may not know ${object.kind} ${displayName(access.snapshot.nameOf(object.id))}`,
    };
  };
}
