// Names of outputs are made of the client's own text: never of what a policy, a function or a mask says.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type InProcess, startInProcess, type TestSession } from '../support/in-process.ts';

let server: InProcess;
let bob: TestSession;

beforeAll(async () => {
  server = await startInProcess();
  const admin = await server.as('admin');
  await admin.run(`CREATE CATALOG lab; CREATE SCHEMA lab.hr; CREATE SCHEMA lab.pub; CREATE SCHEMA lab.bobs; CREATE USER bob;
    GRANT USE CATALOG ON CATALOG lab TO bob; GRANT USE SCHEMA, EXECUTE ON SCHEMA lab.pub TO bob;
    GRANT USE SCHEMA ON SCHEMA lab.hr TO bob; GRANT USE SCHEMA, CREATE TABLE, SELECT ON SCHEMA lab.bobs TO bob;
    CREATE TABLE lab.hr.allowed (usr STRING, tenant STRING); INSERT INTO lab.hr.allowed VALUES ('bob', 'a');
    CREATE TABLE lab.hr.people (id INT, tenant STRING, email STRING); INSERT INTO lab.hr.people VALUES (1, 'a', 'x@y'), (2, 'b', 'z@y');
    GRANT SELECT ON TABLE lab.hr.people TO bob;
    CREATE FUNCTION lab.pub.tok(p STRING) RETURNS STRING RETURN md5(p || 'CANARYSALT');
    CREATE FUNCTION lab.hr.f(t STRING) RETURNS BOOLEAN RETURN t IN (SELECT tenant AS allowedtenant FROM lab.hr.allowed WHERE usr = current_user());
    CREATE FUNCTION lab.hr.m(e STRING) RETURNS STRING RETURN 'CANARYMASK';
    ALTER TABLE lab.hr.people SET ROW FILTER lab.hr.f ON (tenant);
    ALTER TABLE lab.hr.people ALTER COLUMN email SET MASK lab.hr.m`);
  bob = await server.as('bob', 'lab');
});

afterAll(async () => {
  await server.close();
});

const leak = /CANARY|__pc_|o_\d|c_\d|allowed|usr|k\d|9223372036854775807/;

const shapes = [
  "SELECT unnest([lab.pub.tok('x')])",
  'SELECT unnest([(SELECT max(tenant) FROM lab.hr.people)])',
  "SELECT [unnest([lab.pub.tok('x')])]",
  "SELECT * FROM (PIVOT (SELECT 'a' a, 'b' l) ON a IN ('a') USING max(lab.pub.tok(l)), max(l))",
  "SELECT * FROM (PIVOT (SELECT 'a' a, 'b' l) ON a IN ('a') USING max(lab.pub.tok(l)))",
  "SELECT to_json(t) FROM (SELECT unnest([lab.pub.tok('k1')]) FROM lab.hr.people) t",
  "SELECT lab.pub.tok(COLUMNS(*)) FROM (SELECT 'k1' z)",
  "SELECT COLUMNS(*) || lab.pub.tok('a') FROM (SELECT 'k1' z)",
  "SELECT * REPLACE (lab.pub.tok(z) AS z) FROM (SELECT 'k1' z)",
  "SELECT unnest({'a': lab.pub.tok('k1')})",
  'SELECT DISTINCT lower(lab.pub.tok(tenant)) FROM lab.hr.people',
  'SELECT (SELECT max(email) FROM lab.hr.people), count(*) FROM lab.hr.people GROUP BY ALL',
  "SELECT q FROM (SELECT lab.pub.tok('x'), current_user()) q",
  "SELECT struct_pack(a := lab.pub.tok('x')), row(lab.pub.tok('x')) IS NULL",
  "WITH w AS (SELECT lab.pub.tok('x')) SELECT * FROM w",
  "SELECT lab.pub.tok('x') UNION ALL BY NAME SELECT lab.pub.tok('y')",
];

test.each(shapes.flatMap((sql) => [['postgres', sql] as const, ['duckdb', sql] as const]))(
  '%s names: %s',
  async (mode, sql) => {
    await bob.run(`SET portcullis.column_names = ${mode}`);
    const seen = await bob.run(sql).then(
      ({ columns, types, rows }) => ({
        columns,
        types,
        rows,
      }),
      (error: unknown) => ({ error: (error as { sqlState: string }).sqlState }),
    );
    if ('error' in seen) {
      expect(['0A000', '42601', '42703']).toContain(seen.error);
      return;
    }
    const text = JSON.stringify([seen.columns, seen.types], (_, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    );
    expect(text).not.toMatch(leak);
    // As data, too: a whole row turned into JSON carries names.
    if (sql.includes('to_json')) expect(JSON.stringify(seen.rows)).not.toMatch(/CANARY|__pc_|\bmd5/);
  },
);

test('names stored in a table are the client’s own', async () => {
  const created = await bob.run("CREATE TABLE lab.bobs.nm AS SELECT unnest([lab.pub.tok('zz')])").then(
    () => 'created',
    (error: unknown) => (error as { sqlState: string }).sqlState,
  );
  expect(['created', '0A000']).toContain(created);
  if (created === 'created') expect(JSON.stringify(await bob.rows('DESCRIBE lab.bobs.nm'))).not.toMatch(leak);
});

test('what a policy changes nothing of keeps DuckDB’s own name', async () => {
  await bob.run('SET portcullis.column_names = duckdb');
  const { columns } = await bob.run("SELECT unnest([1, 2]), upper('a'), unnest({'a': 1, 'b': 2}), lab.pub.tok('x')");
  expect(columns).toEqual(['unnest(main.list_value(1, 2))', "upper('a')", 'a', 'b', "lab.pub.tok('x')"]);
});
