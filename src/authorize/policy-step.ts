// A change of the catalog held against the policies by tags: nobody loosens what another has set, and what is known not to
// work is refused before a query meets it. Asked by each statement, and again at the moment of the commit.
import { displayName } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import { policiesCalling } from '../catalog/apply-tags.ts';
import type { Change } from '../catalog/change.ts';
import { consequencesOf } from '../catalog/policy-consequences.ts';
import { rawInputsOf } from '../catalog/raw-inputs.ts';
import type { ObjectId, SqlFunction, Table } from '../catalog/securable.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { Access } from './access.ts';
import { loosenTagPolicy } from './tag-rules.ts';

export interface PolicyStep {
  readonly changes: readonly Change[];
  readonly after: CatalogSnapshot;
}

/** `access` is that of the asker before the change. @throws SqlError insufficientPrivilege, datatypeMismatch, invalidObjectDefinition */
export function checkPolicyStep(access: Access, { changes, after }: PolicyStep): void {
  const replaced = new Map<ObjectId, ObjectId>();
  for (const change of changes) if (change.kind === 'replaceTable') replaced.set(change.table.id, change.replacedId);
  for (const change of changes) if (change.kind === 'replaceFunction') refuseRewriting(access, change.function);
  const { lost, taken, faults, conflicts } = consequencesOf({ before: access.snapshot, after, replaced });
  for (const { table, policy } of lost) {
    const name = access.knows(table) ? shown(access.snapshot, table) : 'a table';
    loosenTagPolicy(access, policy.securableId, name);
  }
  for (const { table, policy } of taken) loosenTagPolicy(access, policy.securableId, shown(after, table));
  for (const { table, fault } of faults) throw misfit(access, table, { after, fault });
  for (const { table, columnId } of conflicts) throw conflict(access, table, { after, columnId });
}

/** A policy is its function: who writes a new body for it decides what the policy hides. */
function refuseRewriting(access: Access, fn: SqlFunction): void {
  const { snapshot } = access;
  for (const { securableId } of policiesCalling(snapshot, fn.id)) {
    loosenTagPolicy(access, securableId, `function ${displayName(snapshot.nameOf(fn.id))}`);
  }
  // So is one that gets the raw values of a column that another place's policy masks.
  for (const table of snapshot.usersOfFunction(fn.id)) {
    for (const { mask, functionId } of rawInputsOf(snapshot, table)) {
      if (functionId === fn.id) loosenTagPolicy(access, mask.securableId, shown(snapshot, table));
    }
  }
}

/** What exactly is wrong shows to those who manage the table. */
function misfit(access: Access, table: Table, { after, fault }: { after: CatalogSnapshot; fault: string }): SqlError {
  return new SqlError('datatypeMismatch', `a policy does not fit ${shown(after, table)}`, {
    ...(seesPolicies(access, table) ? { detail: `In this table ${fault}.` } : {}),
    hint: 'A policy by tags would apply to the table and could not be evaluated.',
  });
}

function conflict(
  access: Access,
  table: Table,
  { after, columnId }: { readonly after: CatalogSnapshot; readonly columnId: string },
): SqlError {
  const column = table.columns.find((each) => each.id === columnId)?.name ?? '';
  const what = seesPolicies(access, table)
    ? `column ${displayName([column])} of ${shown(after, table)}`
    : `a column of ${shown(after, table)}`;
  return new SqlError('invalidObjectDefinition', `${what} would have two different masks`, {
    hint: 'One user meets one mask on a column; the same function with the same arguments counts once.',
  });
}

/** Asked of the catalog before the change, which may not have the table yet. */
function seesPolicies(access: Access, table: Table): boolean {
  const home = access.snapshot.object(table.id) ?? access.snapshot.object(table.schemaId);
  return access.owns(table) || (home !== undefined && access.manages(home));
}

function shown(snapshot: CatalogSnapshot, table: Table): string {
  return `table ${displayName(snapshot.nameOf(table.id))}`;
}
