// Scalar subqueries: which are known to give one row, so that no barrier is needed for them, and that DuckDB agrees.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type InProcess, startInProcess, type TestSession } from '../support/in-process.ts';

let server: InProcess;
let admin: TestSession;
let ann: TestSession;

beforeAll(async () => {
  server = await startInProcess();
  admin = await server.as('admin');
  for (const statement of [
    'CREATE CATALOG c',
    'USE CATALOG c',
    'CREATE SCHEMA s',
    'USE SCHEMA s',
    'CREATE USER ann',
    'GRANT USE CATALOG, USE SCHEMA, SELECT ON CATALOG c TO ann',
    'CREATE TABLE t (id BIGINT, x DOUBLE, d DECIMAL(15,2), tenant STRING)',
    "INSERT INTO t VALUES (1, 1.5, 2.00, 'a'), (2, 2.5, 3.00, 'a'), (3, 3.5, 4.00, 'b')",
    'CREATE TABLE u (k BIGINT)',
    'INSERT INTO u VALUES (1), (2)',
    "CREATE FUNCTION mine(x STRING) RETURNS BOOLEAN RETURN x = 'a'",
    'ALTER TABLE t SET ROW FILTER mine ON (tenant)',
  ]) {
    await admin.run(statement);
  }
  ann = await server.as('ann', 'c');
  await ann.run('USE SCHEMA c.s');
});

afterAll(async () => {
  await server.close();
});

async function barred(condition: string): Promise<boolean> {
  const rows = await admin.rows(`EXPLAIN ACCESS AS USER ann SELECT count(*) FROM t WHERE ${condition}`);
  const found = rows.filter((row) => row[1] === 'barrier' && row[3] !== 'no');
  expect(rows.some((row) => row[1] === 'barrier')).toBe(true);
  return found.length > 0;
}

test.each([
  ['id = (SELECT max(k) FROM u)', 1n],
  ['id <= (SELECT count(*) FROM u)', 2n],
  ['id <= (SELECT count(*) FROM u WHERE u.k = t.id)', 1n],
  ['x < (SELECT 0.2 * avg(k) FROM u)', 0n],
  ['x < (SELECT avg(d) - 0.1 FROM t)', 1n],
  ['id = (SELECT max(q.n) FROM (SELECT k + 0.5::DOUBLE AS n FROM u) q)', 0n],
  ['d <= 1 + 2', 2n],
])('%s needs no barrier', async (condition, count) => {
  expect(await barred(condition)).toBe(false);
  expect(await ann.rows(`SELECT count(*) FROM t WHERE ${condition}`)).toEqual([[count]]);
});

test.each([
  // A second row makes them fail.
  'id = (SELECT k FROM u)',
  'id = (SELECT max(k) FROM u GROUP BY k)',
  'id = (SELECT max(k) FROM u GROUP BY GROUPING SETS ((), (k)))',
  'id = (SELECT k FROM u LIMIT 1)',
  'id = (SELECT unnest(list(k)) FROM u)',
  'id = (SELECT max(k) OVER () FROM u)',
  'id = (SELECT max(k) FROM u UNION ALL SELECT 1)',
  // What they hold may fail.
  'id = (SELECT max(k) + 9223372036854775807 FROM u)',
  'id = (SELECT max(k // 0) FROM u)',
  'id = (SELECT max(CAST(tenant AS BIGINT)) FROM t)',
  'd <= 9999 * 99999',
])('%s needs it', async (condition) => {
  expect(await barred(condition)).toBe(true);
});

test('an aggregate of outer columns alone belongs to the query around it: there may be many rows', async () => {
  const rows = await admin.rows(
    'EXPLAIN ACCESS AS USER ann SELECT count(*) AS n FROM t HAVING (SELECT max(t.id) FROM u) = 1',
  );
  expect(rows.filter((row) => row[1] === 'barrier').map((row) => row[3])).toEqual(['yes', 'no']);
  await expect(ann.rows('SELECT count(*) AS n FROM t HAVING (SELECT max(t.id) FROM u) = 1')).rejects.toThrow(
    'more than one row returned by a subquery used as an expression',
  );
});
