// DESCRIBE of a query: names and types of its outputs as DuckDB lists them. It is planned like the query and never runs.
import type { GovernanceStatement } from '../parse/statement.ts';
import { textAnswer } from '../sql/answer.ts';
import type { GovernEnvironment, Governed } from './environment.ts';
import { queryParts } from './query-parts.ts';

export const describedColumns: readonly string[] = ['column_name', 'column_type', 'null', 'key', 'default', 'extra'];

export async function describeQuery(
  environment: GovernEnvironment,
  { query }: Extract<GovernanceStatement, { kind: 'describeQuery' }>,
): Promise<Governed> {
  const { columns, touched } = await queryParts(environment, query);
  // Whether a column of the answer may be NULL is not told, since it could be a matter of hidden rows: DuckDB says YES too.
  const rows = columns.map(({ name, type }) => [name, type, 'YES', null, null, null]);
  return { tag: 'DESCRIBE', answer: textAnswer(describedColumns, rows), touched };
}
