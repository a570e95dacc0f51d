// When DuckDB closes its instance after an internal error the process ends, and its supervisor starts the next one: same ports,
// everything acknowledged is there, the audit log verifies. (Any reader could otherwise take the service down: seen in DuckDB
// 1.5.6 with an ASOF join.)
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { expect, test } from 'vitest';
import { isEngineFailure } from '../../src/engine/duckdb-error.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';

async function connect(server: RunningServer): Promise<pg.Client> {
  const options = { host: '127.0.0.1', port: server.pgPort, user: 'admin', password: 'admin-pw', database: 'system' };
  const client = new pg.Client(options);
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

function pidsIn(output: string): readonly number[] {
  const ready = output.split('\n').filter((line) => line.includes('"msg":"ready"'));
  return ready.map((line) => (JSON.parse(line) as { pid: number }).pid);
}

test('after a failure of the engine the server is back on the same ports with all that was acknowledged', async () => {
  const preload = resolve('test/support/exit-70-on-usr2.cjs');
  const server = await startServer({ env: { NODE_OPTIONS: `--require ${preload}` } });
  const before = await connect(server);
  for (const sql of [
    'CREATE CATALOG c',
    'CREATE SCHEMA c.s',
    'CREATE TABLE c.s.t (i INT)',
    'INSERT INTO c.s.t VALUES (1), (2)',
  ]) {
    await before.query(sql);
  }
  const [first] = pidsIn(server.output());
  process.kill(first ?? 0, 'SIGUSR2');
  while (pidsIn(server.output()).length < 2) await delay(50);
  const [, second] = pidsIn(server.output());
  expect(second).not.toBe(first);
  await expect(before.query('SELECT 1')).rejects.toThrow();
  const after = await connect(server);
  expect((await after.query('SELECT sum(i)::int AS s FROM c.s.t')).rows).toEqual([{ s: 3 }]);
  await after.end();
  await server.stop();
  const verified = execFileSync(process.execPath, ['dist/main.js', 'audit', 'verify', '--data', server.dataDirectory]);
  expect(JSON.parse(verified.toString())).toMatchObject({ ok: true });
});

test('a crash is answered like that too, and said in the log', async () => {
  const server = await startServer();
  const [first] = pidsIn(server.output());
  process.kill(first ?? 0, 'SIGSEGV');
  while (pidsIn(server.output()).length < 2) await delay(50);
  expect(server.output()).toContain('"signal":"SIGSEGV"');
  expect(server.output()).toContain('starting it again');
  const client = await connect(server);
  expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  await client.end();
  await server.stop();
});

test('a start over a server that still runs says so; the server ends with its supervisor, however busy it is', async () => {
  const preload = resolve('test/support/busy-on-usr2.cjs');
  const server = await startServer({ env: { NODE_OPTIONS: `--require ${preload}` } });
  const second = startServer({ dataDirectory: server.dataDirectory });
  await expect(second).rejects.toThrow(/is in use by process/);
  const [pid = 0] = pidsIn(server.output());
  process.kill(pid, 'SIGUSR2');
  await server.kill9();
  while (isAlive(pid)) await delay(50);
  const next = await startServer({ dataDirectory: server.dataDirectory });
  await next.stop();
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test("the engine's internal errors are told from those of a statement, whatever its values say", () => {
  expect(isEngineFailure(new Error('INTERNAL Error: Attempted to dereference unique_ptr that is NULL!'))).toBe(true);
  expect(isEngineFailure(new Error('FATAL Error: Failed: database has been invalidated'))).toBe(true);
  expect(isEngineFailure(new Error("Conversion Error: Could not convert string 'FATAL Error' to INT32"))).toBe(false);
});
