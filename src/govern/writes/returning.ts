// RETURNING: a query over the written rows, guarded like any read of the table. The rows come from a scratch table that holds
// them raw; masks and column grants are put over it as over the table itself.
import type { Table } from '../../catalog/securable.ts';
import type { ScratchTable } from '../../rewrite/scratch.ts';
import type { BaseTable, CteMap } from '../../sql/ast.ts';
import { select, statementOf } from '../../sql/build.ts';
import { type Piece, readList } from '../../sql/read-parts.ts';
import type { GovernEnvironment } from '../environment.ts';
import { mentionOf } from './target.ts';
import type { Returning } from './write-plan.ts';

export interface ReturningWanted {
  readonly table: Table;
  readonly alias: string | undefined;
  readonly list: Piece | undefined;
  readonly ctes: CteMap;
  readonly scratch: ScratchTable;
}

export async function returningOf(
  environment: GovernEnvironment,
  { table, alias, list, ctes, scratch }: ReturningWanted,
): Promise<Returning | undefined> {
  if (list === undefined) return undefined;
  const { codec, rewriter, session, outputNames } = environment;
  const mention: BaseTable = mentionOf(environment, table, alias);
  const items = await readList(codec, list);
  const statement = statementOf(select({ select_list: items, from_table: mention, cte_map: ctes }));
  const authorization = await environment.authorizeStatement(statement);
  const request = { authorization, session, outputNames };
  const query = await rewriter.query({ ...request, target: { node: mention, as: { scratch } } });
  return { query, described: (await rewriter.query(request)).executable, authorization };
}
