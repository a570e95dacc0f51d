// What enforcement costs: the same questions asked by a filtered reader of governed tables, and by hand with the filter written
// out, over copies without policies. Same process, same engine, same session code.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type InProcess, startInProcess, type TestSession } from '../test/support/in-process.ts';
import { compare } from './measure.ts';
import { type BenchQuery, tpchData, tpchTables } from './tpch-like.ts';
import { failingQueries, tpchQueries } from './tpch-queries.ts';

/** The guard against getting slower. Of joins the geometric mean is held: single ones differ by several percent a run. */
const limits = { pointQueryRatioMax: 1.5, joinCpuRatioMax: 1.05, joinCpuInWhereRatioMax: 1.3 };

const rows = Number(process.env['BENCH_ROWS'] ?? 1_000_000);
const rounds = Number(process.env['BENCH_ROUNDS'] ?? 15);

/** Where somebody writes the filter who has no governance: into each table, as a view does, or all into WHERE. */
const forms = [
  { form: 'in each table', written: 'inEachTable', ratioMax: limits.joinCpuRatioMax },
  { form: 'in WHERE', written: 'inWhere', ratioMax: limits.joinCpuInWhereRatioMax },
] as const;

let server: InProcess;
let admin: TestSession;
let governed: TestSession;
let plain: TestSession;

beforeAll(async () => {
  server = await startInProcess();
  admin = await server.as('admin');
  for (const statement of setup) await admin.run(statement);
  governed = await server.as('ann', 'c');
  await governed.run('USE SCHEMA c.g');
  plain = await server.as('ann', 'c');
  await plain.run('USE SCHEMA c.plain');
});

afterAll(async () => {
  await server.close();
});

const byMapping = "%.tenant IN (SELECT tenant FROM c.p.tenants WHERE who = 'ann')";
const byHand = byMapping.replace('%.', '');

/** How a filter decides, with its condition as it is written by hand. */
const kinds = [
  { name: 'by value', schema: 'by_value', fn: 'early', filter: "%.tenant < 'tenant5'" },
  { name: 'by mapping', schema: 'by_mapping', fn: 'mapped', filter: byMapping },
] as const;

const setup = [
  'CREATE CATALOG c',
  'CREATE SCHEMA c.g',
  'CREATE SCHEMA c.p',
  'CREATE SCHEMA c.plain',
  'CREATE USER ann',
  'CREATE GROUP readers',
  'ALTER GROUP readers ADD USER ann',
  'GRANT USE CATALOG, USE SCHEMA, SELECT ON CATALOG c TO readers',
  'CREATE TABLE c.p.tenants (who STRING, tenant STRING)',
  "INSERT INTO c.p.tenants SELECT 'ann', 'tenant' || i::VARCHAR FROM range(50) r(i)",
  `CREATE FUNCTION c.p.mapped(x STRING) RETURNS BOOLEAN
   RETURN x IN (SELECT tenant FROM c.p.tenants WHERE who = current_user())`,
  `CREATE TABLE c.g.t AS SELECT i AS id, 'tenant' || (i % 100)::VARCHAR AS tenant, 'name ' || i::VARCHAR AS name,
   (i * 7 % 1000)::INTEGER AS n FROM range(${String(rows)}) r(i)`,
  'CREATE TABLE c.plain.t AS SELECT * FROM c.g.t',
  'ALTER TABLE c.g.t SET ROW FILTER c.p.mapped ON (tenant)',
  ...tpchData('c.plain'),
  // One schema a kind of filter, over the same rows.
  "CREATE FUNCTION c.p.early(x STRING) RETURNS BOOLEAN RETURN x < 'tenant5'",
  ...kinds.flatMap(({ schema, fn }) => [
    `CREATE SCHEMA IF NOT EXISTS c.${schema}`,
    ...['nation', 'region'].map((table) => `CREATE TABLE c.${schema}.${table} AS SELECT * FROM c.plain.${table}`),
    ...tpchTables.flatMap((table) => [
      `CREATE TABLE c.${schema}.${table} AS SELECT * FROM c.plain.${table}`,
      `ALTER TABLE c.${schema}.${table} SET ROW FILTER c.p.${fn} ON (tenant)`,
    ]),
  ]),
];

function asking(session: TestSession, sql: string): () => Promise<void> {
  return async () => {
    await session.run(sql);
  };
}

/** The uses of tables that have the barrier, by EXPLAIN ACCESS. */
async function barred(sql: string): Promise<string> {
  const { rows: found } = await admin.run(`EXPLAIN ACCESS AS USER ann ${sql}`);
  return `${String(found.filter((row) => row[1] === 'barrier' && row[3] === 'yes').length)} uses`;
}

async function checksum(session: TestSession, sql: string): Promise<string> {
  const { rows: found } = await session.run(sql);
  return JSON.stringify(found, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
}

async function cpuRatio(query: BenchQuery, form: string, hand: string): Promise<number> {
  expect(await checksum(governed, query.governed)).toBe(await checksum(plain, hand));
  const result = await compare(
    { name: `${query.name} governed`, run: asking(governed, query.governed) },
    { name: form, run: asking(plain, hand) },
    rounds,
  );
  console.info([...result.lines, `${query.name} barrier: ${await barred(query.governed)}`].join('\n'));
  return result.cpuRatio;
}

test('a point query on a filtered table', async () => {
  const of = (where: string, id: number): string =>
    `SELECT id, upper(name) AS name, n + 1 AS n FROM t WHERE id = ${String(id)}${where}`;
  const ids = Array.from({ length: 50 }, (_, index) => (index * 2 * 7919) % rows);
  for (const id of ids) expect(await checksum(governed, of('', id))).toBe(await checksum(plain, of(` AND ${byHand}`, id)));
  const all = (session: TestSession, where: string) => async (): Promise<void> => {
    for (const id of ids) await session.run(of(where, id));
  };
  const result = await compare(
    { name: 'governed point query', run: all(governed, '') },
    { name: 'by hand', run: all(plain, ` AND ${byHand}`) },
    rounds,
  );
  console.info(result.lines.join('\n'));
  expect(result.wallRatio).toBeLessThan(limits.pointQueryRatioMax);
});

describe.each(kinds)('joins over tables filtered $name', ({ schema, filter }) => {
  test.each(forms)('against the filters $form', async ({ form, written, ratioMax }) => {
    for (const session of [governed, admin]) await session.run(`USE SCHEMA c.${schema}`);
    const ratios: number[] = [];
    for (const query of tpchQueries) ratios.push(await cpuRatio(query, form, query[written](filter)));
    for (const query of failingQueries) await cpuRatio(query, form, query[written](filter));
    const mean = Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
    console.info(`${schema}, CPU, governed / ${form}: mean ${mean.toFixed(3)}, worst ${Math.max(...ratios).toFixed(3)}`);
    expect(mean).toBeLessThan(ratioMax);
  });
});
