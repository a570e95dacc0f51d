// Rows that a client copies, as text in a scratch table until all have come. Names are column ids; the rows travel as one value.
import { quote } from '../base/identifier.ts';
import { limits } from '../base/limits.ts';
import type { Column, ObjectId } from '../catalog/securable.ts';
import type { SelectNode } from '../sql/ast.ts';
import { columnRef, select } from '../sql/build.ts';
import { type ExecutableQuery, sealQuery } from './executable-query.ts';
import { scratchName, scratchRelation } from './scratch.ts';

const table = '__pc_copy';
const line = '__pc_line';
const batch = '__pc_batch';

export function createCopied(catalogId: ObjectId, columns: readonly Column[]): ExecutableQuery {
  const list = columns.map(({ id }) => `${quote(id)} VARCHAR`);
  const sql = `CREATE OR REPLACE TEMP TABLE ${scratchName(table)} (${[`${quote(line)} BIGINT`, ...list].join(', ')})`;
  return sealQuery({ sql, writes: catalogId });
}

/** @param json an array of rows, each an array of the line's number and the cells, all as text or null */
export function addCopied(catalogId: ObjectId, columns: readonly Column[], json: string): ExecutableQuery {
  const cells = columns.map((_, index) => `${quote(batch)}.c[${String(index + 2)}]`);
  const rows = `SELECT unnest(from_json($1::VARCHAR, '[["VARCHAR"]]')) AS c`;
  const list = [`${quote(batch)}.c[1]::BIGINT`, ...cells].join(', ');
  const sql = `INSERT INTO ${scratchName(table)} SELECT ${list} FROM (${rows}) AS ${quote(batch)}`;
  // A number that no client's parameter has: the value is ours to bind.
  const first = limits.parametersMax + 1;
  return sealQuery({ sql, writes: catalogId, parameters: [first], values: { first, texts: [json] } });
}

/** The first cell from a line on that its column's type does not take: its line, and its place among `columns`. */
export function firstMisfit(
  columns: readonly (Column & { readonly place: number })[],
  fromLine: number,
): ExecutableQuery {
  const cases = columns.map(({ id, type, place }) => {
    const cell = quote(id);
    return `WHEN ${cell} IS NOT NULL AND TRY_CAST(${cell} AS ${type}) IS NULL THEN ${String(place)}`;
  });
  const found = `SELECT ${quote(line)} AS l, CASE ${cases.join(' ')} END AS c FROM ${scratchName(table)} WHERE ${quote(line)} >= ${String(fromLine)}`;
  return sealQuery({ sql: `SELECT l, c FROM (${found}) WHERE c IS NOT NULL ORDER BY l LIMIT 1`, writes: undefined });
}

/** In the order they came. */
export function copiedRows(columns: readonly Column[]): SelectNode {
  return select({
    select_list: columns.map(({ id }) => columnRef(table, id)),
    from_table: scratchRelation(table, table),
  });
}
