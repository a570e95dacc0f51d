// `a.b.c` may be schema.table.column, table.column.field or column.field.field: what DuckDB takes it for is what is answered.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type InProcess, startInProcess, type TestSession } from '../support/in-process.ts';

let server: InProcess;
let admin: TestSession;

beforeAll(async () => {
  server = await startInProcess();
  admin = await server.as('admin');
  await admin.run(`CREATE CATALOG c; CREATE SCHEMA c.t; USE c.t;
    CREATE TABLE c.t.t AS SELECT {'t': {'t': 42}, 'x': 1} AS t, 7 AS n;
    CREATE TABLE c.t.o AS SELECT 'outer' AS n, 5 AS k;
    CREATE TABLE c.t.u AS SELECT {'n': 'inner'} AS o`);
});

afterAll(async () => {
  await server.close();
});

test.each([
  ['schema.table.column before table.column.field', 'SELECT t.t.t FROM t.t', [[[[42], 1]]]],
  ['schema.table.column.field', 'SELECT t.t.t.t FROM t.t', [[[42]]]],
  ['schema.table.column.field.field', 'SELECT t.t.t.t.t FROM t.t', [[42]]],
  ['catalog.schema.table.column', 'SELECT c.t.t.n FROM c.t.t', [[7]]],
  ['table.column', 'SELECT t.n FROM t.t', [[7]]],
  ['with an alias the schema means nothing', 'SELECT a.t.t FROM t.t AS a', [[[42]]]],
  ['a column of the nearer scope before an alias of the outer', 'SELECT (SELECT o.n FROM t.u) FROM t.o', [['inner']]],
])('%s', async (_, sql, rows) => {
  expect(await admin.rows(sql)).toEqual(rows);
});

test('a reference that may be a field of a nearer column has no type that conditions could be built on', async () => {
  await admin.run(`CREATE TABLE c.t.secret AS SELECT i AS id, CASE WHEN i % 2 = 0 THEN '5' ELSE 'SECRET' END AS v FROM range(200000) r(i);
    CREATE TABLE c.t.allowed AS SELECT i * 2 AS id FROM range(100000) r(i);
    CREATE FUNCTION c.t.even(i BIGINT) RETURNS BOOLEAN RETURN i IN (SELECT id FROM c.t.allowed);
    ALTER TABLE c.t.secret SET ROW FILTER c.t.even ON (id);
    CREATE TABLE c.t.h AS SELECT 5 AS v`);
  // `s.v` is the field, a VARCHAR, not the outer INTEGER: compared with 5 it is cast, and may fail.
  const sql = `SELECT count(*) FROM t.h AS s WHERE EXISTS (SELECT 1 FROM (SELECT {'v': v} AS s FROM t.secret) AS q WHERE s.v = 5)`;
  expect(await admin.rows(sql)).toEqual([[1n]]);
});
