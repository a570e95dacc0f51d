// Queries that fail when this version of DuckDB evaluates a client's expression on rows that a filter below the barrier hides.
// They run at every start over tables with canary rows (engine/canary.ts): an optimizer may change with any release.
import type { BaseTable, Expression, Modifier, SelectStatement, TableRef } from '../sql/ast.ts';
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

/**
 * Outputs of the outermost SELECT, which have no barrier (analyze/late-expressions.ts): over the filter alone they must not meet
 * what it hides, whatever is joined, grouped, ordered or cut off.
 */
const lateTemplates: readonly string[] = [
  'SELECT CAST(g.x AS UUID) AS u FROM guarded g',
  'SELECT CAST(g.x AS UUID) AS u, count(*) AS n FROM guarded g JOIN other o ON g.id = o.id GROUP BY ALL ORDER BY u LIMIT 5',
  'SELECT max(CAST(g.x AS UUID)) AS u FROM other o LEFT JOIN guarded g ON g.id = o.id WHERE o.id < 40000',
  'SELECT DISTINCT CAST(g.x AS UUID) AS u FROM guarded g, other o WHERE g.id = o.id AND o.id > 100',
  'SELECT row_number() OVER (PARTITION BY CAST(g.x AS UUID) ORDER BY g.id) AS r FROM guarded g SEMI JOIN other o ON g.id = o.id',
  'SELECT g.id FROM guarded g ORDER BY CAST(g.x AS UUID), g.id LIMIT 3',
  'SELECT CAST(g.x AS UUID) AS u FROM guarded g ORDER BY g.id LIMIT 3',
  'SELECT count(DISTINCT CAST(g.x AS UUID)) AS n FROM guarded g JOIN guarded h ON g.id = h.id WHERE h.id IN (SELECT o.id FROM other o)',
];

/** Over `viewed`: the guarded rows as a view has them, whose own conditions hide rows, with the barrier above its body. */
const viewTemplates: readonly string[] = [
  'SELECT count(*) FROM viewed v WHERE CAST(v.x AS UUID) IS NOT NULL',
  'SELECT count(*) FROM viewed v JOIN other o ON v.id = o.id WHERE CAST(v.x AS UUID) IS NOT NULL',
  "SELECT count(*) FROM viewed v WHERE CASE WHEN v.x LIKE '%SECRET%' THEN chr(-1) ELSE 'x' END = 'x'",
];

export interface BarrierProbe {
  readonly template: string;
  /** Or does the filter alone do? */
  readonly needsBarrier: boolean;
  readonly query: ExecutableQuery;
}

/** What tests leave out to see that the probes notice. */
export interface ProbedParts {
  readonly barrier?: false;
  readonly filter?: false;
}

export async function barrierProbes(codec: SqlCodec, without: ProbedParts = {}): Promise<readonly BarrierProbe[]> {
  const filter = await codec.parse('SELECT guarded.tenant IN (SELECT tenant FROM allowed) FROM guarded');
  const all = [
    ...[...templates, ...viewTemplates].map((template) => ({
      template,
      modifiers: without.barrier === false ? [] : barrier,
    })),
    ...lateTemplates.map((template) => ({ template, modifiers: [] })),
  ];
  const probes: BarrierProbe[] = [];
  for (const { template, modifiers } of all) {
    const guard = { filter: without.filter === false ? null : filterOf(filter), modifiers };
    const sql = await codec.print(guardEvery(await codec.parse(template), guard));
    probes.push({
      template,
      needsBarrier: !lateTemplates.includes(template),
      query: sealQuery({ sql, writes: undefined }),
    });
  }
  return probes;
}

function filterOf(statement: SelectStatement): Expression {
  const [filter] = statement.node.type === 'SELECT_NODE' ? statement.node.select_list : [];
  if (filter === undefined) throw new TypeError('the canary has no filter');
  return physicalTables(filter);
}

interface Guard {
  readonly filter: Expression | null;
  readonly modifiers: readonly Modifier[];
}

/** The same shape as guard-tables.ts makes. */
function guardEvery(statement: SelectStatement, guard: Guard): SelectStatement {
  const map: ChildMap = {
    expression: (node) => mapChildren(node, map),
    queryNode: (node) => mapChildren(node, map),
    tableRef: (ref) => {
      if (ref.type !== 'BASE_TABLE') return mapChildren(ref, map);
      return guardedRelation(ref, guard);
    },
  };
  return mapStatement(statement, map);
}

function guardedRelation({ table_name, alias }: BaseTable, guard: Guard): TableRef {
  if (table_name === 'guarded') return guarded(alias, guard);
  return table_name === 'viewed' ? viewed(alias, guard) : physical(table_name, alias);
}

/** The same shape as inline-views.ts makes of a body with conditions over a table without policies. */
function viewed(alias: string, { filter, modifiers }: Guard): TableRef {
  const body = guarded('body', { filter, modifiers: [] });
  const columns = guardedColumns.map((name) => columnRef('body', name));
  return subqueryRef(select({ select_list: columns, from_table: body, modifiers }), unsampled(alias));
}

const guardedColumns: readonly string[] = ['id', 'tenant', 'x'];

function guarded(alias: string, { filter, modifiers }: Guard): TableRef {
  const columns = guardedColumns.map((name) => named(columnRef('guarded', name), name));
  const node = select({
    select_list: columns,
    from_table: physical('guarded', 'guarded'),
    where_clause: filter,
    modifiers,
  });
  return subqueryRef(node, unsampled(alias));
}

function unsampled(alias: string): Parameters<typeof subqueryRef>[1] {
  return { alias, sample: null, column_name_alias: [] };
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
