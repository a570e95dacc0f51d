// `id = ANY($1)` from a client that names no types: the parameter is a list of what it is compared with.
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningServer, startServer } from '../support/start-server.ts';

let server: RunningServer;
let client: pg.Client;

beforeAll(async () => {
  server = await startServer();
  client = new pg.Client({
    host: '127.0.0.1',
    port: server.pgPort,
    user: 'admin',
    password: 'admin-pw',
    database: 'system',
  });
  await client.connect();
  for (const statement of [
    'CREATE CATALOG c',
    'CREATE SCHEMA c.s',
    'CREATE TABLE c.s.t (id BIGINT, small SMALLINT, name STRING, price DECIMAL(10,2))',
    "INSERT INTO c.s.t VALUES (1, 1, 'one', 1.5), (2, 2, 'two, \"2\"', 2.5), (3, 3, NULL, 3.5)",
    'CREATE VIEW c.s.v AS SELECT id, name FROM c.s.t',
  ])
    await client.query(statement);
});

afterAll(async () => {
  await client.end();
  await server.stop();
});

async function ids(condition: string, ...values: readonly unknown[]): Promise<readonly unknown[]> {
  const { rows } = await client.query<{ id: string }>({
    text: `SELECT id FROM ${condition} ORDER BY id`,
    values: [...values],
  });
  return rows.map(({ id }) => id);
}

test('a list is of the type of the column beside it', async () => {
  expect(await ids('c.s.t WHERE id = ANY($1)', [1, 3, 7])).toEqual(['1', '3']);
  expect(await ids('c.s.t WHERE small = ANY($1)', [2])).toEqual(['2']);
  expect(await ids('c.s.t WHERE name = ANY($1)', ['two, "2"', 'x', null])).toEqual(['2']);
  expect(await ids('c.s.t WHERE id <> ALL($1)', [1, 2])).toEqual(['3']);
  expect(await ids('c.s.t WHERE id = ANY($1)', [])).toEqual([]);
  expect(await ids('c.s.t AS a WHERE a.id = ANY($2) AND a.name = $1', 'one', [1, 2])).toEqual(['1']);
});

test('a column of a view, and one that is written', async () => {
  expect(await ids('c.s.v WHERE id = ANY($1)', [2, 3])).toEqual(['2', '3']);
  const { rowCount } = await client.query({ text: 'UPDATE c.s.t SET small = 9 WHERE id = ANY($1)', values: [[2, 3]] });
  expect(rowCount).toBe(2);
});

test('an element that is none of the type is 22P02', async () => {
  await expect(ids('c.s.t WHERE id = ANY($1)', ['x'])).rejects.toMatchObject({ code: '22P02' });
});

test('a type that the statement names is kept: nothing is rounded to the column', async () => {
  expect(await ids('c.s.t WHERE id = ANY($1::DOUBLE[])', [1.4, 2])).toEqual(['2']);
  expect(await ids('c.s.t WHERE price = ANY($1::DOUBLE[])', [1.5])).toEqual(['1']);
});
