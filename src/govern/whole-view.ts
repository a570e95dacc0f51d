// Changes that look at every stored value, whatever policies say: whether they succeed tells of hidden rows and raw values.

import { displayName } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import { applicationsOn } from '../catalog/match-policies.ts';
import type { Column, Table } from '../catalog/securable.ts';
import { columnRef, select, statementOf } from '../sql/build.ts';
import type { GovernEnvironment } from './environment.ts';
import { mentionOf } from './writes/target.ts';

/**
 * Does the asker see every row of the table and the raw values of the column? Without policies nothing is asked.
 *
 * @throws SqlError insufficientPrivilege
 */
export async function mustSeeWhole(
  environment: GovernEnvironment,
  table: Table,
  { column, action }: { readonly column: Column; readonly action: string },
): Promise<void> {
  if (!isPoliced(environment, table)) return;
  const from_table = mentionOf(environment, table, undefined);
  const probe = statementOf(select({ select_list: [columnRef(column.name)], from_table }));
  const authorization = await environment.authorizeStatement(probe);
  const { guards } = await environment.rewriter.effects(authorization, environment.session);
  const hides = guards.some(({ filtered, masked }) => filtered || masked.includes(column.name));
  if (!hides) return;
  throw new SqlError('insufficientPrivilege', `permission denied to ${action} of table ${displayName([table.name])}`, {
    hint: 'A policy hides rows of the table or values of the column from you, and the answer would tell of them.',
  });
}

function isPoliced({ snapshot }: GovernEnvironment, table: Table): boolean {
  return (
    table.rowFilters.length > 0 ||
    table.columns.some(({ mask }) => mask !== undefined) ||
    applicationsOn(snapshot, table).length > 0
  );
}
