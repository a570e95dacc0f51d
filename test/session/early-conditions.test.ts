// Which of a reader's conditions a filtered table tests below the barrier, and when there is a barrier at all: read off the SQL
// that runs.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { identityOf } from '../../src/authorize/identity.ts';
import { planQuery } from '../../src/session/plan-query.ts';
import { type InProcess, startInProcess } from '../support/in-process.ts';

let server: InProcess;

beforeAll(async () => {
  server = await startInProcess();
  const admin = await server.as('admin');
  for (const sql of [
    'CREATE CATALOG c',
    'USE CATALOG c',
    'CREATE SCHEMA s',
    'CREATE TABLE s.t (id INTEGER, b BIGINT, d DATE, n DECIMAL(10,2), name VARCHAR, ssn VARCHAR, f BOOLEAN)',
    'CREATE TABLE s.u (id INTEGER, name VARCHAR)',
    'CREATE TABLE s.open (id INTEGER, name VARCHAR)',
    'CREATE FUNCTION s.mine(x VARCHAR) RETURNS BOOLEAN RETURN x <> current_user()',
    "CREATE FUNCTION s.hide(x VARCHAR) RETURNS VARCHAR RETURN '***'",
    'ALTER TABLE s.t SET ROW FILTER s.mine ON (name)',
    'ALTER TABLE s.u SET ROW FILTER s.mine ON (name)',
    'CREATE TABLE s.masked (id INTEGER, ssn VARCHAR, name VARCHAR)',
    'ALTER TABLE s.masked SET ROW FILTER s.mine ON (name)',
    'ALTER TABLE s.masked ALTER COLUMN ssn SET MASK s.hide',
    'CREATE USER bob',
    'GRANT USE CATALOG, USE SCHEMA, SELECT ON CATALOG c TO bob',
  ]) {
    await admin.run(sql);
  }
});

afterAll(async () => {
  await server.close();
});

async function sqlOf(text: string, parameterTypes: readonly string[] = []): Promise<string> {
  const { services } = server;
  const snapshot = services.catalog.snapshot();
  const plan = await planQuery(services, text, {
    snapshot,
    identity: identityOf(snapshot, snapshot.principalByName('bob')?.id ?? ''),
    path: { catalog: 'c', schemas: [['c', 's']] },
    session: { sessionUser: 'bob', currentCatalog: 'c', currentSchema: 's' },
    outputNames: 'duckdb',
    parameterTypes,
  });
  return plan.rewritten.executable.sql;
}

const barrier = 'LIMIT 9223372036854775807';

/** A query whose outputs are not the last thing to be made: conditions could be made of them. */
function inner(sql: string): string {
  return `WITH q AS (${sql}) SELECT * FROM q`;
}

/** What stands in the guards' WHERE beside the policy, table by table. */
function early(sql: string): readonly string[] {
  return [
    ...sql.matchAll(/WHERE (?:\(((?:(?!WHERE).)*?) AND )?CAST\(\(__pc_\d+\.k\d+ != 'bob'\) AS BOOLEAN\)\)? LIMIT/g),
  ].map(([, copies]) => (copies ?? '').replaceAll(/__pc_\d+\./g, ''));
}

test.each([
  ['a column and a constant of its type', 'id = 5', '(k1 = 5)'],
  ['a wider integer', 'b > 5', '(k2 > 5)'],
  ['a date', "d >= '2024-01-01'", "(k3 >= '2024-01-01')"],
  ['a decimal', 'n BETWEEN 1 AND 2.5', '(k4 BETWEEN 1 AND 2.5)'],
  ['a list', "name IN ('x', 'y')", "(k5 IN ('x', 'y'))"],
  ['a boolean', 'f', 'k7'],
  ['a pattern', "name LIKE 'a%'", "(k5 ~~ 'a%')"],
  ['several, and not the one that may fail', 'id = 5 AND CAST(name AS INTEGER) = 1 AND b = 2', '(k1 = 5) AND (k2 = 2)'],
  ['the session', 'name = session_user()', "(k5 = 'bob')"],
])('copied below the barrier: %s', async (_, condition, copy) => {
  expect(early(await sqlOf(inner(`SELECT 1 / id FROM t WHERE ${condition}`)))).toEqual([copy]);
});

test.each([
  ['a text compared with a number: the text is cast', 'name = 5'],
  ['a text as a condition', 'name'],
  ['a number compared with what is no number', "id = 'x'"],
  ['a date compared with what is no date', "d = 'tomorrow'"],
  ['a date compared with a timestamp', "d = TIMESTAMP '2024-01-01 00:00:00'"],
  ['arithmetic', 'id + 1 = 2'],
  ['a pattern that is not constant', 'name LIKE ssn'],
  ['a case-insensitive pattern', "name ILIKE 'a%'"],
  ['a cast that may fail', 'CAST(name AS INTEGER) = 1'],
  ['a subquery that may give two rows', 'id = (SELECT id FROM open)'],
  ['a regular expression', "regexp_matches(name, 'a')"],
])('behind the barrier, and not copied: %s', async (_, condition) => {
  const sql = await sqlOf(`SELECT id FROM t WHERE ${condition}`);
  expect(sql).toContain(barrier);
  expect(early(sql)).toEqual(['']);
});

test.each([
  'SELECT * FROM t WHERE id = 5 AND b < 3',
  'SELECT count(*), max(name), sum(b) FROM t GROUP BY d ORDER BY d LIMIT 5',
  "SELECT t.id FROM t JOIN u ON t.id = u.id WHERE u.name LIKE 'a%'",
  'SELECT q.id FROM (SELECT * FROM t WHERE f) q WHERE q.id IN (1, 2)',
  "WITH q AS (SELECT id AS i, name FROM t) SELECT i FROM q WHERE i = 1 AND lower(name) = 'x'",
  'SELECT id FROM t UNION ALL SELECT id FROM u',
  'SELECT id FROM t WHERE id IN (SELECT id FROM u)',
  'SELECT * FROM t JOIN u USING (id)',
])('no barrier where nothing may fail: %s', async (sql) => {
  expect(await sqlOf(sql)).not.toContain(barrier);
});

test.each([
  'SELECT id FROM t UNION ALL SELECT name FROM u',
  'SELECT * FROM (SELECT name AS id FROM t) a JOIN open USING (id)',
  'SELECT * FROM (SELECT name AS id FROM t) a NATURAL JOIN (SELECT id FROM open) b',
  'SELECT q.i FROM (SELECT name AS i FROM t) q WHERE q.i = 1',
  'SELECT name AS id FROM t QUALIFY id = 1',
  'SELECT x FROM (VALUES (1)) v(x), t WHERE name = x',
  'WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT name FROM t) SELECT * FROM r',
  'SELECT id FROM t WHERE id = ANY (SELECT name FROM u)',
  'WITH q AS (SELECT COLUMNS(*)::INTEGER FROM t) SELECT * FROM q',
  'WITH q AS (SELECT * REPLACE (CAST(name AS INTEGER) AS name) FROM t) SELECT * FROM q',
  'SELECT * FROM t, unnest([name::INTEGER]) x(y)',
])('a barrier for what fails without saying so: %s', async (sql) => {
  expect(await sqlOf(sql)).toContain(barrier);
});

test.each([
  'SELECT 1 / id FROM t WHERE id > 0',
  'SELECT COLUMNS(*)::INTEGER FROM t',
  'SELECT * REPLACE (CAST(name AS INTEGER) AS name) FROM t',
  'SELECT sum(CAST(t.name AS INTEGER)) FROM t JOIN u USING (id) GROUP BY CAST(u.name AS INTEGER) ORDER BY 1 / t.id LIMIT 3',
  'SELECT row_number() OVER (PARTITION BY CAST(name AS INTEGER)) FROM t',
  'SELECT x, count(*) FROM (SELECT CAST(name AS INTEGER) AS x FROM t WHERE id > 1) q GROUP BY x',
])('no barrier where only the last outputs may fail: %s', async (sql) => {
  expect(await sqlOf(sql)).not.toContain(barrier);
});

test.each([
  'SELECT CAST(name AS INTEGER) AS x FROM t GROUP BY x HAVING x > 1',
  'SELECT CAST(name AS INTEGER) AS x, row_number() OVER (PARTITION BY x) AS r FROM t QUALIFY r = 1',
  'SELECT count(*) FILTER (WHERE CAST(name AS INTEGER) > 1) FROM t',
  'SELECT CAST(name AS INTEGER) IN (SELECT id FROM open) FROM t',
  'SELECT CAST(name AS INTEGER), (SELECT max(id) FROM open) FROM t',
  'SELECT CAST(name AS INTEGER) FROM t UNION ALL SELECT id FROM u',
  'SELECT x FROM (SELECT CAST(name AS INTEGER) AS x FROM t) q WHERE x > 1',
  'SELECT q.x FROM (SELECT CAST(name AS INTEGER) AS x FROM t) q JOIN open ON q.x = open.id',
  'SELECT q.x FROM (SELECT CAST(name AS INTEGER) AS x FROM t) q, open',
])('a barrier where a condition could be made of an output that may fail: %s', async (sql) => {
  expect(await sqlOf(sql)).toContain(barrier);
});

test.each([
  ['LEFT JOIN', ['(k1 = 1)', '']],
  ['RIGHT JOIN', ['', '(k1 = 2)']],
  ['FULL JOIN', ['', '']],
  ['JOIN', ['(k1 = 1)', '(k1 = 2)']],
  ['ASOF JOIN', ['', '']],
])('the side that a %s fills with NULLs, or matches by nearness, keeps its rows', async (join, expected) => {
  const on = join === 'ASOF JOIN' ? 't.name = u.name AND t.id >= u.id' : 't.name = u.name';
  const sql = await sqlOf(inner(`SELECT 1 / t.id FROM t ${join} u ON ${on} WHERE t.id = 1 AND u.id = 2`));
  expect(early(sql)).toEqual(expected);
});

test('conditions of an inner join are copied, those of an outer one are not', async () => {
  expect(early(await sqlOf(inner('SELECT 1 / t.id FROM t JOIN u ON t.id = u.id AND t.b = 7')))).toEqual([
    '(k2 = 7)',
    '',
  ]);
  expect(early(await sqlOf(inner('SELECT 1 / t.id FROM t LEFT JOIN u ON t.id = u.id AND t.b = 7')))).toEqual(['', '']);
});

test('a sample is of the rows before WHERE: nothing is copied below it', async () => {
  expect(early(await sqlOf(inner('SELECT 1 / id FROM t TABLESAMPLE 50% WHERE id = 5')))).toEqual(['']);
  expect(early(await sqlOf(inner('SELECT 1 / id FROM t WHERE id = 5 USING SAMPLE 50%')))).toEqual(['']);
});

test('a condition on a masked column is not copied, and masks alone ask for the barrier', async () => {
  const sql = await sqlOf("SELECT id FROM masked WHERE ssn = 'x' AND id = 5");
  expect(sql).toContain(barrier);
  expect(sql).toContain('.k1 = 5) AND');
  expect(sql).not.toContain(".k2 = 'x'");
});

test('a parameter counts by the type of the value that is bound', async () => {
  expect(early(await sqlOf(inner('SELECT 1 / id FROM t WHERE id = $1'), ['INTEGER']))).toEqual(['(k1 = $1)']);
  expect(early(await sqlOf(inner('SELECT 1 / id FROM t WHERE id = $1'), ['VARCHAR']))).toEqual(['']);
  expect(early(await sqlOf(inner('SELECT 1 / id FROM t WHERE name = $1'), ['BIGINT']))).toEqual(['']);
  expect(early(await sqlOf(inner('SELECT 1 / id FROM t WHERE id = $1')))).toEqual(['']);
});
