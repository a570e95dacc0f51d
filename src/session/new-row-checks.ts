// The writer's own row filter over a new row: TRUE or the write fails (44000). Masks do not matter here: the filter sees the
// values that are written.

import { policyFunctionsOf } from '../analyze/policy-functions.ts';
import { authorize } from '../authorize/authorize.ts';
import { mayHideRows } from '../catalog/match-policies.ts';
import type { Column, Table } from '../catalog/securable.ts';
import type { GovernEnvironment } from '../govern/environment.ts';
import { rowChecks } from '../rewrite/row-checks.ts';
import type { Expression, SelectStatement } from '../sql/ast.ts';
import { baseTable, columnRef, select, statementOf } from '../sql/build.ts';
import type { SessionState } from './session-state.ts';

export interface NewRows {
  readonly table: Table;
  /** Columns the statement gives; the others are NULL or their default. */
  readonly columns: readonly Column[];
}

export async function newRowChecks(
  state: SessionState,
  environment: GovernEnvironment,
  { table, columns }: NewRows,
): Promise<readonly Expression[]> {
  const { snapshot, identity, now, analyzer } = environment;
  if (!mayHideRows(snapshot, table)) return [];
  const [catalog = '', schema = '', name = ''] = snapshot.nameOf(table.id);
  // The guard of a read of this very table holds the filter: one place decides what it is.
  const target = baseTable({ catalog, schema, table: name }, '');
  const probe: SelectStatement = statementOf(
    select({ select_list: [columnRef(table.columns[0]?.name ?? '')], from_table: target }),
  );
  const resolved = await analyzer.analyze(snapshot, probe, environment);
  const policies = await policyFunctionsOf(analyzer, snapshot, resolved);
  const authorization = authorize({ snapshot, identity, now, policies, unread: target }, resolved);
  return rowChecks(state.services.rewriter, {
    authorization,
    session: environment.session,
    given: new Set(columns.map((column) => column.id)),
  });
}
