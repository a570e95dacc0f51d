// The writer's own row filter over a new row: TRUE or the write fails (44000). Masks do not matter here: the filter sees the
// values that are written.
import { policyFunctionsOf } from '../analyze/policy-functions.ts';
import { authorize } from '../authorize/authorize.ts';
import { mayHideRows } from '../catalog/match-policies.ts';
import type { Table } from '../catalog/securable.ts';
import { type RowCheck, rowChecks } from '../rewrite/row-checks.ts';
import { columnRef, select, statementOf } from '../sql/build.ts';
import type { GovernEnvironment } from './environment.ts';
import { mentionOf } from './writes/target.ts';

export async function newRowChecks(environment: GovernEnvironment, table: Table): Promise<readonly RowCheck[]> {
  const { snapshot, identity, now, analyzer, rewriter, session } = environment;
  if (!mayHideRows(snapshot, table)) return [];
  // The guard of a read of this very table holds the filter: one place decides what it is.
  const target = mentionOf(environment, table, undefined);
  const probe = statementOf(select({ select_list: [columnRef(table.columns[0]?.name ?? '')], from_table: target }));
  const resolved = await analyzer.analyze(snapshot, probe, environment);
  const policies = await policyFunctionsOf(analyzer, snapshot, resolved);
  const authorization = authorize({ snapshot, identity, now, policies, unread: target }, resolved);
  return rowChecks(rewriter, { authorization, session });
}
