// The rows of information_schema travel as a parameter of the product's own: no value that a client binds takes its place.

import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningServer, startServer } from '../support/start-server.ts';

let server: RunningServer;
const clients: pg.Client[] = [];

async function as(user: string): Promise<pg.Client> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: server.pgPort,
    user,
    password: user === 'admin' ? 'admin-pw' : 'pw',
    database: 'system',
  });
  await client.connect();
  clients.push(client);
  return client;
}

beforeAll(async () => {
  server = await startServer();
  const admin = await as('admin');
  for (const sql of [
    'CREATE CATALOG c',
    'CREATE SCHEMA c.s',
    'CREATE SCHEMA c.w',
    "CREATE USER bob PASSWORD 'pw'",
    'CREATE TABLE c.s.secret (project STRING, v STRING)',
    "INSERT INTO c.s.secret VALUES ('apollo', 'S1'), ('zeus', 'S2')",
    'CREATE VIEW c.s.gate AS SELECT s.v FROM c.s.secret s WHERE s.project IN (SELECT table_schema FROM c.information_schema.tables)',
    'GRANT USE CATALOG ON CATALOG c TO bob',
    'GRANT USE SCHEMA ON SCHEMA c.s TO bob',
    'GRANT SELECT ON VIEW c.s.gate TO bob',
    'GRANT USE SCHEMA, CREATE TABLE ON SCHEMA c.w TO bob',
  ])
    await admin.query(sql);
});

afterAll(async () => {
  for (const client of clients) await client.end();
  await server.stop();
});

const forged = JSON.stringify([{ table_schema: 'apollo' }, { table_schema: 'zeus' }]);

test.each([
  'SELECT v FROM c.s.gate',
  'DELETE FROM c.w.g USING c.s.gate AS x WHERE x.v = g.v RETURNING g.v',
  'UPDATE c.w.g SET n = 1 FROM c.s.gate AS x WHERE x.v = g.v RETURNING g.v',
  'INSERT INTO c.w.g SELECT v, 9 FROM c.s.gate RETURNING v',
])('%s, with a value more than it has places for', async (sql) => {
  const bob = await as('bob');
  await bob.query('CREATE OR REPLACE TABLE c.w.g (v STRING PRIMARY KEY, n BIGINT)');
  await bob.query("INSERT INTO c.w.g VALUES ('S1', 0), ('S2', 0), ('S3', 0)");
  for (const values of [[], [forged], [forged, forged]]) {
    const seen = await bob.query({ text: sql, values }).then(
      ({ rows }) => rows as readonly unknown[],
      (error: unknown) => (error as { code: string }).code,
    );
    if (typeof seen === 'string') expect(['08P01', '22023']).toContain(seen);
    else expect(seen).toEqual([]);
  }
});
