// Queries that fail when this version of DuckDB evaluates a client's expression on rows that a filter below the barrier hides.
// They run at every start over tables with canary rows (engine/canary.ts): an optimizer may change with any release.
import type { Expression, Modifier, SelectStatement, TableRef } from '../sql/ast.ts';
import { baseTable, columnRef, named, select, subqueryRef } from '../sql/build.ts';
import { type ChildMap, mapChildren, mapStatement } from '../sql/children.ts';
import type { SqlCodec } from '../sql/sql-codec.ts';
import { barrier } from './barrier.ts';
import { type ExecutableQuery, sealQuery } from './executable-query.ts';

/** The canary's tables: `guarded` (id, tenant, x), `allowed` (tenant), `other` (id). */
export const canaryCatalog = 'portcullis_canary';

/** Each shows the hidden rows in another way, and was seen to do so without the barrier. */
const templates: readonly string[] = [
  'SELECT count(*) FROM guarded g WHERE CAST(g.x AS UUID) IS NOT NULL',
  'SELECT count(*) FROM guarded g JOIN other o ON g.id = o.id WHERE CAST(g.x AS UUID) IS NOT NULL',
  "SELECT count(*) FROM guarded g WHERE CASE WHEN g.x LIKE '%SECRET%' THEN chr(-1) ELSE 'x' END = 'x'",
  'SELECT count(*) FROM (SELECT CAST(g.x AS UUID) AS u FROM guarded g) q WHERE q.u IS NOT NULL',
];

export interface BarrierProbe {
  readonly template: string;
  readonly query: ExecutableQuery;
}

/** @param modifiers the barrier; tests leave it out to see that the probes notice */
export async function barrierProbes(
  codec: SqlCodec,
  modifiers: readonly Modifier[] = barrier,
): Promise<readonly BarrierProbe[]> {
  const filter = await codec.parse('SELECT guarded.tenant IN (SELECT tenant FROM allowed) FROM guarded');
  const probes: BarrierProbe[] = [];
  for (const template of templates) {
    const statement = guardEvery(await codec.parse(template), { filter: filterOf(filter), modifiers });
    probes.push({ template, query: sealQuery({ sql: await codec.print(statement), writes: undefined }) });
  }
  return probes;
}

function filterOf(statement: SelectStatement): Expression {
  const [filter] = statement.node.type === 'SELECT_NODE' ? statement.node.select_list : [];
  if (filter === undefined) throw new TypeError('the canary has no filter');
  return physicalTables(filter);
}

interface Guard {
  readonly filter: Expression;
  readonly modifiers: readonly Modifier[];
}

/** The same shape as guard-tables.ts makes. */
function guardEvery(statement: SelectStatement, guard: Guard): SelectStatement {
  const map: ChildMap = {
    expression: (node) => mapChildren(node, map),
    queryNode: (node) => mapChildren(node, map),
    tableRef: (ref) => {
      if (ref.type !== 'BASE_TABLE') return mapChildren(ref, map);
      return ref.table_name === 'guarded' ? guarded(ref.alias, guard) : physical(ref.table_name, ref.alias);
    },
  };
  return mapStatement(statement, map);
}

function guarded(alias: string, { filter, modifiers }: Guard): TableRef {
  const columns = ['id', 'tenant', 'x'].map((name) => named(columnRef('guarded', name), name));
  const node = select({
    select_list: columns,
    from_table: physical('guarded', 'guarded'),
    where_clause: filter,
    modifiers,
  });
  return subqueryRef(node, { alias, sample: null, column_name_alias: [] });
}

function physicalTables(node: Expression): Expression {
  const map: ChildMap = {
    expression: (child) => mapChildren(child, map),
    queryNode: (child) => mapChildren(child, map),
    tableRef: (ref) => (ref.type === 'BASE_TABLE' ? physical(ref.table_name, ref.alias) : mapChildren(ref, map)),
  };
  return map.expression(node);
}

function physical(table: string, alias: string): TableRef {
  return baseTable({ catalog: canaryCatalog, schema: 'main', table }, alias);
}
