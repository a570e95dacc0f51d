// current_user and its like, written as bare words, are the session's user or an error: never DuckDB's own.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type InProcess, startInProcess, type TestSession } from '../support/in-process.ts';

let server: InProcess;
let admin: TestSession;
let bob: TestSession;

beforeAll(async () => {
  server = await startInProcess();
  admin = await server.as('admin');
  await admin.run(`CREATE CATALOG lab; CREATE SCHEMA lab.hr; CREATE USER bob; USE lab.hr;
    GRANT USE CATALOG, USE SCHEMA, EXECUTE ON CATALOG lab TO bob;
    CREATE TABLE lab.hr.t_deny (t STRING); INSERT INTO lab.hr.t_deny VALUES ('CANARYDENY'); GRANT SELECT ON TABLE lab.hr.t_deny TO bob;
    CREATE TABLE lab.hr.has_user ("user" STRING, n INT); INSERT INTO lab.hr.has_user VALUES ('a column', 1)`);
  bob = await server.as('bob', 'lab');
});

afterAll(async () => {
  await server.close();
});

const froms = [
  'range(1)',
  'range(1) r(i)',
  'generate_series(1, 1)',
  '(VALUES (1)) v(u)',
  '(VALUES (1))',
  'unnest([1])',
  'unnest([1]) n(i)',
  "(PIVOT (SELECT 'x' a, 1 b) ON a IN ('x') USING max(b))",
  "(SELECT upper('a'))",
  "(SELECT unnest({'z': 1}))",
  'range(1) a, range(1) b',
];
const words = ['current_user', 'session_user', 'user', 'current_role', 'current_catalog', 'current_schema'];

test.each(froms.flatMap((from) => words.map((word) => `SELECT ${word} FROM ${from}`)))('%s', async (sql) => {
  const seen = await bob.rows(sql).catch((error: unknown) => (error as { sqlState: string }).sqlState);
  if (typeof seen === 'string') expect(seen).toBe('0A000');
  else expect(['bob', 'lab', null]).toContain(seen[0]?.[0]);
});

test.each([
  "NOT EXISTS (SELECT 1 FROM (VALUES ('bob'), ('eve')) v(u) WHERE v.u = session_user)",
  "NOT EXISTS (SELECT 1 FROM unnest(['bob', 'eve']) v(u) WHERE v.u = current_user)",
  "NOT EXISTS (SELECT 1 FROM range(3) WHERE current_user IN ('bob', 'eve'))",
])('a filter that denies by a bare word denies: %s', async (condition) => {
  const made = await admin
    .run(`CREATE OR REPLACE FUNCTION lab.hr.deny(t STRING) RETURNS BOOLEAN RETURN ${condition}`)
    .then(
      () => 'made',
      (error: unknown) => (error as { sqlState: string }).sqlState,
    );
  if (made !== 'made') {
    expect(made).toBe('0A000');
    return;
  }
  await admin.run('ALTER TABLE lab.hr.t_deny SET ROW FILTER lab.hr.deny ON (t)');
  expect(await bob.rows('SELECT * FROM lab.hr.t_deny')).toEqual([]);
});

test('a column of that name is the column', async () => {
  expect(await admin.rows('SELECT user FROM lab.hr.has_user')).toEqual([['a column']]);
  expect(await admin.rows('SELECT user FROM lab.hr.has_user a JOIN lab.hr.has_user b USING ("user")')).toEqual([
    ['a column'],
  ]);
  expect(await admin.rows('SELECT h.user FROM lab.hr.has_user h, range(1)')).toEqual([['a column']]);
});
