// What a policy's function reads: mapping tables, which carry no policies themselves.
import { partsOf, policyProblem } from '../analyze/policy-body.ts';
import { displayName } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import { applyChange } from '../catalog/apply-change.ts';
import type { Change } from '../catalog/change.ts';
import { applicationsOn } from '../catalog/match-policies.ts';
import { hasPolicies } from '../catalog/objects.ts';
import type { SqlFunction, Table } from '../catalog/securable.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { GovernEnvironment } from './environment.ts';

/** @throws SqlError invalidObjectDefinition when, with the change, a table that the function reads has policies */
export async function checkTagPolicyBody(
  environment: GovernEnvironment,
  fn: SqlFunction,
  change: Change,
): Promise<void> {
  const { analyzer, snapshot } = environment;
  const after = applyChange(snapshot, change);
  const resolved = await analyzer.function(snapshot, fn);
  const problem = policyProblem(resolved);
  if (problem !== undefined) throw problem;
  for (const use of partsOf(resolved).tables) refusePoliced(after, fn, use.table);
}

function refusePoliced(snapshot: CatalogSnapshot, fn: SqlFunction, read: Table): void {
  if (!isPoliced(snapshot, read)) return;
  const name = displayName(snapshot.nameOf(read.id));
  throw new SqlError('invalidObjectDefinition', `function ${displayName([fn.name])} reads table ${name}`, {
    detail: 'A policy may read mapping tables only: none that has policies itself, of its own or by its tags.',
  });
}

export function isPoliced(snapshot: CatalogSnapshot, table: Table): boolean {
  return hasPolicies(table) || applicationsOn(snapshot, table).length > 0;
}
