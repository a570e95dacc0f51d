// SQLSTATE and text of the engine's errors depend on the kind of error alone: not on values, names or the SQL it repeats.
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SqlError } from '../../src/base/sql-error.ts';
import { sqlErrorOf } from '../../src/engine/duckdb-error.ts';

let instance: DuckDBInstance;
let errorOf: (sql: string) => Promise<SqlError>;

beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run('CREATE TABLE t (n INTEGER PRIMARY KEY, v VARCHAR NOT NULL, d DECIMAL(4,1) CHECK (d < 100))');
  await connection.run("INSERT INTO t VALUES (1, 'x', 1)");
  errorOf = async (sql) =>
    connection.runAndReadAll(sql).then(
      () => expect.fail(`${sql} is no error`),
      (error: unknown) => sqlErrorOf(error),
    );
});
afterAll(() => {
  instance.closeSync();
});

test.each([
  ["SELECT CAST('x' AS INTEGER)", '22P02'],
  ["SELECT CAST('x' AS DATE)", '22007'],
  ["SELECT CAST('x' AS TIMESTAMP)", '22007'],
  ["SELECT CAST('2024-13-01' AS DATE)", '22008'],
  ['SELECT CAST(300 AS TINYINT)', '22003'],
  ['SELECT CAST(1e300 AS INTEGER)', '22003'],
  ['SELECT CAST(12345.6 AS DECIMAL(4,1))', '22003'],
  ["SELECT CAST('12345.6' AS DECIMAL(4,1))", '22P02'],
  ['SELECT 2147483647::INTEGER + 1::INTEGER', '22003'],
  ["SELECT CAST('x' AS UUID)", '22P02'],
  ["INSERT INTO t VALUES (1, 'y', 2)", '23505'],
  ['INSERT INTO t VALUES (2, NULL, 2)', '23502'],
  ["INSERT INTO t VALUES (3, 'y', 200)", '23514'],
  ['SELECT missing FROM t', '42703'],
  ['SELECT x.n FROM t', '42703'],
  ['SELECT a.n, n FROM t a, t b', '42702'],
  ['SELECT v, count(*) FROM t', '42803'],
  ['SELECT upper(1, 2, 3)', '42883'],
])('%s is %s', async (sql, sqlState) => {
  expect((await errorOf(sql)).sqlState).toBe(sqlState);
});

test.each(['date', 'update', 'a timestamp\n', "it's a date", '"time" out of range', 'overflow', 'division by zero'])(
  'the value %j does not change what a failed cast is',
  async (value) => {
    const plain = await errorOf("SELECT CAST('x' AS INTEGER)");
    const told = await errorOf(`SELECT CAST('${value.replaceAll("'", "''")}' AS INTEGER)`);
    expect([told.sqlState, told.message]).toEqual([plain.sqlState, plain.message]);
  },
);

test('the statement that DuckDB repeats does not change it either', async () => {
  const told = await errorOf(
    "SELECT CAST('x' AS INTEGER) AS date, 'timestamp out of range' AS aggregate, 1 AS interval",
  );
  expect(told.sqlState).toBe('22P02');
});
