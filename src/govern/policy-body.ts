// What a policy's function reads: mapping tables, which carry no policies themselves.
import { policyFunctionsOf } from '../analyze/policy-functions.ts';
import { displayName } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import { applyChange } from '../catalog/apply-change.ts';
import type { Change } from '../catalog/change.ts';
import { applicationsOn } from '../catalog/match-policies.ts';
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
  const policies = await policyFunctionsOf(analyzer, snapshot, resolved.facts);
  const pending = [resolved.facts, ...[...policies.values()].flatMap((each) => ('facts' in each ? [each.facts] : []))];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const use of next.relations) {
      if (use.kind === 'view') pending.push(use.body);
      else refusePoliced(after, fn, use.table);
    }
    pending.push(...next.functions.map((use) => use.resolved.facts));
  }
}

function refusePoliced(snapshot: CatalogSnapshot, fn: SqlFunction, read: Table): void {
  if (!isPoliced(snapshot, read)) return;
  const name = displayName(snapshot.nameOf(read.id));
  throw new SqlError('invalidObjectDefinition', `function ${displayName([fn.name])} reads table ${name}`, {
    detail: 'A policy may read mapping tables only: none that has policies itself, of its own or by its tags.',
  });
}

export function isPoliced(snapshot: CatalogSnapshot, table: Table): boolean {
  const own = table.rowFilters.length > 0 || table.columns.some((column) => column.mask !== undefined);
  return own || applicationsOn(snapshot, table).length > 0;
}
