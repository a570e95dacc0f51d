// Prepared statements of the engine are used again: a second use must not show anything of the first.
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningServer, startServer } from '../support/start-server.ts';

let server: RunningServer;
let client: pg.Client;

beforeAll(async () => {
  server = await startServer();
  const { pgPort: port } = server;
  client = new pg.Client({ host: '127.0.0.1', port, user: 'admin', password: 'admin-pw', database: 'system' });
  await client.connect();
  for (const sql of ['CREATE CATALOG c', 'CREATE SCHEMA c.s', 'CREATE TABLE c.s.t (id INT, name STRING)']) {
    await client.query(sql);
  }
  await client.query("INSERT INTO c.s.t VALUES (1, 'one'), (2, 'two'), (12, 'twelve')");
});

afterAll(async () => {
  await client.end();
  await server.stop();
});

const named = async (text: string, values: unknown[]): Promise<unknown[]> =>
  (await client.query({ text, values, rowMode: 'array' })).rows;

test('the same text with values of other types, one after another', async () => {
  const sql = 'SELECT coalesce($1, name) AS value, id FROM c.s.t WHERE id = $2';
  expect(await named(sql, ['x', 1])).toEqual([['x', 1]]);
  expect(await named(sql, ['7', '2'])).toEqual([['7', 2]]);
  expect(await named(sql, [null, 12])).toEqual([['twelve', 12]]);
  expect(await named(sql, ['y', 1])).toEqual([['y', 1]]);
});

test('after an error the same text answers again', async () => {
  const sql = 'SELECT CAST(name AS INTEGER) AS n FROM c.s.t WHERE id = $1';
  await expect(named(sql, [1])).rejects.toMatchObject({ code: '22P02' });
  expect(await named('SELECT length(name) AS n FROM c.s.t WHERE id = $1', [1])).toEqual([['3']]);
  await expect(named(sql, [2])).rejects.toMatchObject({ code: '22P02' });
});

test('rows written in between are seen, and a table dropped in between is gone', async () => {
  const sql = 'SELECT count(*) AS c FROM c.s.t';
  expect(await named(sql, [])).toEqual([['3']]);
  await client.query("INSERT INTO c.s.t VALUES (3, 'three')");
  expect(await named(sql, [])).toEqual([['4']]);
  await client.query('DROP TABLE c.s.t');
  await expect(named(sql, [])).rejects.toMatchObject({ code: '42P01' });
  await client.query('CREATE TABLE c.s.t (other DATE)');
  expect(await named(sql, [])).toEqual([['0']]);
});

test('a parameter whose type nothing tells is an error that says how to tell it', async () => {
  await expect(named('SELECT $1 AS value', ['x'])).rejects.toMatchObject({
    code: '42P02',
    hint: 'Add a cast, for example $1::text.',
  });
});

test('so is a parameter in a statement that comes without values', async () => {
  for (const sql of ['SELECT ?', 'SELECT $1 + 1'])
    await expect(client.query(sql)).rejects.toMatchObject({ code: '42P02' });
});

test('what DuckDB cannot run twice is prepared each time: an ASOF join would close the whole instance', async () => {
  await client.query("CREATE TABLE c.s.a AS SELECT i AS id, 'k' || (i % 3)::VARCHAR AS k FROM range(3000) r(i)");
  const sql = 'SELECT count(*) AS c FROM c.s.a x ASOF JOIN c.s.a y ON x.k = y.k AND x.id >= y.id';
  for (let round = 0; round < 3; round += 1) expect(await named(sql, [])).toEqual([['3000']]);
});
