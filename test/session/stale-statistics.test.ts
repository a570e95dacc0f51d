// DuckDB plans by statistics of the data it sees when a statement is prepared: a filter that every row meets is left out of the
// plan. Such a plan must not run over rows that came later.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type InProcess, startInProcess, type TestSession } from '../support/in-process.ts';

let server: InProcess;
let admin: TestSession;
let reader: TestSession;

beforeEach(async () => {
  server = await startInProcess();
  admin = await server.as('admin');
  await admin.run(`CREATE CATALOG c; CREATE SCHEMA c.s; CREATE USER ann;
    GRANT USE CATALOG, USE SCHEMA, SELECT, MODIFY ON CATALOG c TO ann;
    CREATE TABLE c.s.t AS SELECT i AS id, 5 AS n FROM range(10) r(i);
    CREATE FUNCTION c.s.small(n INT) RETURNS BOOLEAN RETURN n < 10;
    ALTER TABLE c.s.t SET ROW FILTER c.s.small ON (n)`);
  reader = await server.as('ann', 'c');
});

afterEach(async () => {
  await server.close();
});

const count = 'SELECT count(*) FROM c.s.t';

/** Past the writer's own row filter: it is off for the moment of the write. */
async function insertHidden(): Promise<void> {
  await admin.run(`ALTER TABLE c.s.t DROP ROW FILTER; INSERT INTO c.s.t VALUES (100, 99);
    ALTER TABLE c.s.t SET ROW FILTER c.s.small ON (n)`);
}

test('a row that is written after a statement was kept prepared is filtered', async () => {
  for (let round = 0; round < 3; round += 1) expect(await reader.rows(count)).toEqual([[10n]]);
  await insertHidden();
  expect(await reader.rows(count)).toEqual([[10n]]);
});

test('in a transaction too, before and after its own write', async () => {
  await reader.rows(count);
  await insertHidden();
  await reader.run('BEGIN');
  expect(await reader.rows(count)).toEqual([[10n]]);
  await reader.run('INSERT INTO c.s.t VALUES (11, NULL + 1), (12, 7)').catch(() => undefined);
  await reader.run('ROLLBACK; BEGIN; INSERT INTO c.s.t VALUES (12, 7)');
  expect(await reader.rows(count)).toEqual([[11n]]);
  await reader.run('COMMIT');
  expect(await reader.rows(count)).toEqual([[11n]]);
});

test('what a mask or an expression takes for sure is asked again: NULLs that came later', async () => {
  const sql = 'SELECT count(*) FROM c.s.u WHERE n IS NULL';
  await admin.run('CREATE TABLE c.s.u AS SELECT i AS n FROM range(3) r(i)');
  for (let round = 0; round < 3; round += 1) expect(await reader.rows(sql)).toEqual([[0n]]);
  await admin.run('INSERT INTO c.s.u VALUES (NULL)');
  expect(await reader.rows(sql)).toEqual([[1n]]);
});

test('between preparing and executing, other sessions commit: no hidden row shows', async () => {
  await admin.run(`CREATE TABLE c.s.busy (id INT, n INT); CREATE SCHEMA c.w; CREATE USER writer; GRANT USE CATALOG, USE SCHEMA ON CATALOG c TO writer;
    CREATE FUNCTION c.s.mine(n INT) RETURNS BOOLEAN RETURN n < 10 OR current_user() = 'writer';
    ALTER TABLE c.s.busy SET ROW FILTER c.s.mine ON (n)`);
  await admin.run('GRANT SELECT, MODIFY ON CATALOG c TO writer');
  const writer = await server.as('writer', 'c');
  const seen = new Set<string>();
  for (let round = 0; round < 40; round += 1) {
    await admin.run('CREATE OR REPLACE TABLE c.s.busy (id INT, n INT)');
    await writer.run('INSERT INTO c.s.busy SELECT i, 1 FROM range(100) r(i)');
    const reads = async (): Promise<void> => {
      for (let read = 0; read < 5; read += 1) {
        const [row] = await reader.rows(`SELECT count(*), max(n) FROM c.s.busy WHERE id >= -${String(read)}`);
        seen.add(String(row?.[1]));
      }
    };
    await Promise.all([reads(), writer.run('INSERT INTO c.s.busy VALUES (1, 99)')]);
  }
  expect([...seen]).toEqual(['1']);
});
