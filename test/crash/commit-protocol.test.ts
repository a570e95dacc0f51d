// kill -9 at every step of the commit protocol: what was acknowledged is there after a restart, and nothing else by halves.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { expect, test } from 'vitest';
import { type RunningServer, startServer } from '../support/start-server.ts';

async function connect(server: RunningServer): Promise<pg.Client> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: server.pgPort,
    user: 'admin',
    password: 'admin-pw',
    database: 'system',
  });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

const setup = [
  'CREATE CATALOG c',
  'CREATE SCHEMA c.s',
  'CREATE TABLE c.s.t (a INT, b STRING)',
  "INSERT INTO c.s.t VALUES (1, 'one')",
  'CREATE GROUP g',
  "CREATE FUNCTION c.s.m(b STRING) RETURNS STRING RETURN 'masked'",
];

/** Statements whose commit is cut, and how to see whether they happened. */
const cut = [
  { sql: 'CREATE TABLE c.s.u AS SELECT a FROM c.s.t', seen: 'SELECT count(*) AS n FROM c.s.u', there: '1' },
  { sql: 'GRANT SELECT ON TABLE c.s.t TO g', seen: 'SHOW GRANTS g ON TABLE c.s.t', there: 'g' },
  { sql: 'ALTER TABLE c.s.t ALTER COLUMN b SET MASK c.s.m', seen: 'SELECT b FROM c.s.t', there: 'masked' },
];

async function firstValue(client: pg.Client, sql: string): Promise<string | undefined> {
  const answer = await client.query({ text: sql, rowMode: 'array' }).catch(() => undefined);
  const value = (answer?.rows[0] as readonly unknown[] | undefined)?.[0];
  return value === undefined ? undefined : String(value);
}

test.each(['appended', 'dataCommitted', 'settled', 'published'])(
  'killed at the step %s, the server keeps what it acknowledged and no half of the rest',
  async (step) => {
    for (const { sql, seen, there } of cut) {
      const dataDirectory = mkdtempSync(join(tmpdir(), 'portcullis-crash-'));
      const server = await startServer({
        dataDirectory,
        script: 'test/support/stop-at-step.mjs',
        env: { STOP_STEP: step },
      });
      const client = await connect(server);
      for (const statement of setup) await client.query(statement);
      writeFileSync(join(dataDirectory, 'armed'), '');
      const acknowledged = await client.query(sql).then(
        () => true,
        () => false,
      );
      await client.end().catch(() => undefined);
      await server.kill9();
      rmSync(join(dataDirectory, 'armed'));

      const again = await startServer({ dataDirectory });
      const after = await connect(again);
      const value = await firstValue(after, seen);
      const happened = value === there;
      // A statement without data has no marker: it is committed as soon as it is appended.
      if (acknowledged) expect(happened, `${sql} was acknowledged`).toBe(true);
      if (step !== 'appended') expect(happened || !sql.startsWith('CREATE TABLE') || value === undefined).toBe(true);
      // Whatever became of it, it can be done now or has been done whole, and earlier data are there.
      if (!happened) await after.query(sql);
      expect(await firstValue(after, seen)).toBe(there);
      expect(await firstValue(after, 'SELECT count(*) FROM c.s.t')).toBe('1');
      await after.end();
      await again.stop();
      rmSync(dataDirectory, { recursive: true });
    }
  },
);

test('acknowledged writes survive kill -9, those of an open transaction do not', async () => {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'portcullis-crash-'));
  const server = await startServer({ dataDirectory });
  const client = await connect(server);
  for (const statement of setup) await client.query(statement);
  await client.query("INSERT INTO c.s.t VALUES (2, 'two'), (4, 'four'), (5, 'five')");
  await client.query("UPDATE c.s.t SET b = 'TWO' WHERE a = 2");
  await client.query('DELETE FROM c.s.t WHERE a = 4');
  const other = await connect(server);
  await other.query('BEGIN');
  await other.query("INSERT INTO c.s.t VALUES (3, 'three')");
  await other.query("UPDATE c.s.t SET b = 'lost' WHERE a = 1");
  await other.query('DELETE FROM c.s.t WHERE a = 5');
  await server.kill9();
  const again = await startServer({ dataDirectory });
  const after = await connect(again);
  const rows = "SELECT string_agg(a::text || b, ',' ORDER BY a) FROM c.s.t";
  expect(await firstValue(after, rows)).toBe('1one,2TWO,5five');
  await after.end();
  await again.stop();
  rmSync(dataDirectory, { recursive: true });
});

test('a second server on the same data directory says so and exits with 1', async () => {
  const server = await startServer();
  await expect(startServer({ dataDirectory: server.dataDirectory })).rejects.toThrow(/is in use by process/);
  await server.stop();
});
