// INSERT, UPDATE and DELETE as they reach the engine: names are object and column ids, rows come from a scratch table or from
// a printed tree. Nothing of the client's text is spliced in.
import { quote } from '../base/identifier.ts';
import type { ObjectId } from '../catalog/securable.ts';
import type { QueryNode } from '../sql/ast.ts';
import { statementOf } from '../sql/build.ts';
import type { SqlCodec } from '../sql/sql-codec.ts';
import { type ExecutableQuery, sealQuery } from './executable-query.ts';
import { numberedParameters } from './parameters.ts';
import { physicalName } from './physical.ts';
import { rowColumn, type ScratchTable, scratchName } from './scratch.ts';
import type { OwnValues } from './system-rows.ts';

export interface PhysicalTarget {
  readonly catalogId: ObjectId;
  readonly tableId: ObjectId;
}

const target = '"__pc_target"';
const rows = '"__pc_rows"';

/** @param ids of the columns, in the order of what `source` gives */
export async function insertQuery(
  codec: SqlCodec,
  into: PhysicalTarget,
  {
    source,
    ids,
    values,
  }: { readonly source: QueryNode; readonly ids: readonly string[]; readonly values?: OwnValues | undefined },
): Promise<ExecutableQuery> {
  const { statement, parameters } = numberedParameters(statementOf(source));
  const sql = `INSERT INTO ${nameOf(into)} (${listed(ids)}) ${await codec.print(statement)}`;
  return sealQuery({ sql, writes: into.catalogId, parameters, ...(values === undefined ? {} : { values }) });
}

/** Never run, only bound: fails when no key of the table has these columns. */
export function keyProbe(into: PhysicalTarget, ids: readonly string[]): ExecutableQuery {
  const columns = listed(ids);
  const name = nameOf(into);
  return sealed(
    into,
    `INSERT INTO ${name} (${columns}) SELECT ${columns} FROM ${name} ON CONFLICT (${columns}) DO NOTHING`,
  );
}

export interface ScratchInsert {
  readonly from: ScratchTable;
  readonly ids: readonly string[];
  /** Columns of ON CONFLICT … DO NOTHING: [] for any key; undefined: a collision is an error. */
  readonly onConflict?: readonly string[] | undefined;
}

export function insertFromScratch(into: PhysicalTarget, { from, ids, onConflict }: ScratchInsert): ExecutableQuery {
  const clause = onConflict === undefined ? '' : ` ON CONFLICT ${keyOf(onConflict)}DO NOTHING`;
  return sealed(
    into,
    `INSERT INTO ${nameOf(into)} (${listed(ids)}) SELECT ${listed(ids)} FROM ${scratchName(from)}${clause}`,
  );
}

function keyOf(columns: readonly string[]): string {
  return columns.length === 0 ? '' : `(${listed(columns)}) `;
}

export function updateFromScratch(of: PhysicalTarget, from: ScratchTable, ids: readonly string[]): ExecutableQuery {
  const assigned = ids.map((id) => `${quote(id)} = ${rows}.${quote(id)}`).join(', ');
  return sealed(
    of,
    `UPDATE ${nameOf(of)} AS ${target} SET ${assigned} FROM ${scratchName(from)} AS ${rows} WHERE ${sameRow}`,
  );
}

export function deleteByScratch(from: PhysicalTarget, by: ScratchTable): ExecutableQuery {
  return sealed(from, `DELETE FROM ${nameOf(from)} AS ${target} USING ${scratchName(by)} AS ${rows} WHERE ${sameRow}`);
}

const sameRow = `${target}.rowid = ${rows}.${quote(rowColumn)}`;

function nameOf({ catalogId, tableId }: PhysicalTarget): string {
  return physicalName(catalogId, tableId);
}

function listed(ids: readonly string[]): string {
  return ids.map(quote).join(', ');
}

function sealed({ catalogId }: PhysicalTarget, sql: string): ExecutableQuery {
  return sealQuery({ sql, writes: catalogId });
}
