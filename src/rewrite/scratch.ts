// Rows of one write, kept in a temporary table of the session's connection until the statement is done: what is to change is
// known before anything changes. No client can name these tables: relations resolve in the catalog alone.
import { quote } from '../base/identifier.ts';
import type { BaseTable, QueryNode } from '../sql/ast.ts';
import { baseTable, statementOf } from '../sql/build.ts';
import type { SqlCodec } from '../sql/sql-codec.ts';
import { type ExecutableQuery, sealQuery } from './executable-query.ts';
import { numberedParameters } from './parameters.ts';
import type { ObjectId } from './physical.ts';
import type { OwnValues } from './system-rows.ts';

/** Which row of the physical table it is. */
export const rowColumn = '__pc_row';

/** Which WHEN clause of a MERGE it falls to. */
export const clauseColumn = '__pc_clause';

export type ScratchTable = '__pc_rows' | '__pc_new' | '__pc_answer' | '__pc_copy' | `__pc_clause${number}`;

export function scratchName(table: string): string {
  return `temp."main".${quote(table)}`;
}

export function scratchRelation(table: string, alias: string): BaseTable {
  return baseTable({ catalog: 'temp', schema: 'main', table }, alias);
}

export interface ScratchRows {
  readonly rows: QueryNode;
  readonly catalogId: ObjectId;
  /** What the product's own parameters in `rows` are bound to. */
  readonly values: OwnValues | undefined;
}

/** Everything a scratch table does belongs to the transaction that writes `catalogId`. */
export async function fillScratch(
  codec: SqlCodec,
  table: ScratchTable,
  { rows, catalogId, values }: ScratchRows,
): Promise<ExecutableQuery> {
  const { statement, parameters } = numberedParameters(statementOf(rows));
  const sql = `CREATE OR REPLACE TEMP TABLE ${scratchName(table)} AS ${await codec.print(statement)}`;
  return sealQuery({ sql, writes: catalogId, parameters, ...(values === undefined ? {} : { values }) });
}

export function dropScratch(table: ScratchTable, catalogId: ObjectId): ExecutableQuery {
  return sealQuery({ sql: `DROP TABLE ${scratchName(table)}`, writes: catalogId });
}
