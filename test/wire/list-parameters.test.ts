// `id = ANY($1)` from a client that names no types: the parameter is a list of what it is compared with.
import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectedAdmin, type RunningServer, startServer } from '../support/start-server.ts';
import { bind, cstring, framed, int32, parse } from './client-messages.ts';
import { loggedIn } from './raw-client.ts';

let server: RunningServer;
let client: pg.Client;

beforeAll(async () => {
  server = await startServer();
  client = await connectedAdmin(server);
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

const oids = { float8s: 1022, int2s: 1005 } as const;

/** A statement whose client says of what type its parameter is, as binary drivers do. @returns the command tag */
async function typed(sql: string, oid: number, value: string): Promise<string> {
  const raw = await loggedIn(server.pgPort, 'admin', 'admin-pw', { settings: { database: 'system' } });
  const execute = Buffer.concat([cstring(''), int32(0)]);
  raw.send(
    framed('P', parse('', sql, [oid])),
    framed('B', bind({ values: [value] })),
    framed('E', execute),
    framed('S'),
  );
  for (;;) {
    const frame = await raw.next();
    if (frame !== undefined && frame.code !== 'C' && frame.code !== 'E' && frame.code !== 'Z') continue;
    raw.end();
    return frame?.body.toString('utf8').replaceAll('\0', ' ').trimEnd() ?? 'hung up';
  }
}

test('a type that the client declares is kept, in what it reads and in what it writes', async () => {
  const condition = 'c.s.t WHERE id = ANY($1)';
  expect(await typed(`SELECT id FROM ${condition}`, oids.float8s, '{1.6,3}')).toBe('SELECT 1');
  expect(await typed(`SELECT id FROM ${condition}`, oids.int2s, '{1,3}')).toBe('SELECT 2');
  expect(await typed(`DELETE FROM ${condition}`, oids.float8s, '{1.6,9}')).toBe('DELETE 0');
  expect(await typed(`DELETE FROM ${condition}`, oids.int2s, '{3}')).toBe('DELETE 1');
});

test('a type that the statement names is kept: nothing is rounded to the column', async () => {
  expect(await ids('c.s.t WHERE id = ANY($1::DOUBLE[])', [1.4, 2])).toEqual(['2']);
  expect(await ids('c.s.t WHERE price = ANY($1::DOUBLE[])', [1.5])).toEqual(['1']);
});
