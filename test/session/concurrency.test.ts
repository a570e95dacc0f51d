// Many statements at once, on the built server.
import { readdirSync, readFileSync } from 'node:fs';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningServer, startServer } from '../support/start-server.ts';

let server: RunningServer;

beforeAll(async () => {
  server = await startServer();
});

afterAll(async () => {
  await server.stop();
});

async function connect(): Promise<pg.Client> {
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

const heavy = 'SELECT count(*) FROM range(100000000000) a';

async function cancel(client: pg.Client): Promise<void> {
  const { processID, secretKey } = client as unknown as { processID: number; secretKey: number };
  const helper = new pg.Client({ host: '127.0.0.1', port: server.pgPort, user: 'admin' });
  const { connection } = helper as unknown as {
    connection: {
      cancel(id: number, key: number): void;
      connect(port: number, host: string): void;
      on(name: string, run: () => void): void;
    };
  };
  await new Promise<void>((resolve) => {
    connection.on('connect', () => {
      connection.cancel(processID, secretKey);
    });
    connection.on('end', resolve);
    connection.connect(server.pgPort, '127.0.0.1');
  });
}

test('four long queries do not keep a fifth session from its audited answers, and cancel ends them', async () => {
  const admin = await connect();
  for (const sql of [
    'CREATE CATALOG c',
    'CREATE SCHEMA c.s',
    'CREATE TABLE c.s.t AS SELECT i AS id FROM range(1000) r(i)',
  ]) {
    await admin.query(sql);
  }
  const busy = await Promise.all([connect(), connect(), connect(), connect()]);
  let running = 4;
  const ends = busy.map((client) =>
    client.query(heavy).catch((error: unknown) => {
      running -= 1;
      return (error as pg.DatabaseError).code;
    }),
  );
  for (let round = 0; round < 20; round += 1) {
    const { rows } = await admin.query<{ id: string }>('SELECT id FROM c.s.t WHERE id = $1', [round]);
    expect(rows).toEqual([{ id: String(round) }]);
  }
  // Every one of these answers waited for its event; the long queries are still at it.
  expect(running).toBe(4);
  await Promise.all(busy.map(cancel));
  expect(await Promise.all(ends)).toEqual(['57014', '57014', '57014', '57014']);
  // A cancelled session goes on.
  expect((await busy[0].query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  for (const client of [admin, ...busy]) await client.end();
});

test('a client that hangs up stops its query', async () => {
  const admin = await connect();
  const gone = await connect();
  gone.query(heavy).catch(() => undefined);
  await new Promise((resolve) => setTimeout(resolve, 300));
  (gone as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  // The four of the test above, and this one.
  await expect.poll(() => cancelledStatements(server), { timeout: 10_000 }).toBe(5);
  await admin.end();
});

function cancelledStatements({ dataDirectory }: RunningServer): number {
  const folder = `${dataDirectory}/audit`;
  const text = readdirSync(folder)
    .map((name) => readFileSync(`${folder}/${name}`, 'utf8'))
    .join('');
  return text.split('"outcome":"cancelled"').length - 1;
}

test("libuv's pool has a thread for every running query and some more", () => {
  const pid = Number(readFileSync(`${server.dataDirectory}/portcullis.pid`, 'utf8'));
  const names = readdirSync(`/proc/${String(pid)}/task`).map((id) =>
    readFileSync(`/proc/${String(pid)}/task/${id}/comm`, 'utf8').trim(),
  );
  // libuv names its workers from Node 20 on; where it does not, the total tells: the default pool has 4 threads.
  const workers = names.filter((name) => name.startsWith('libuv-worker')).length;
  expect(workers === 24 || (workers === 0 && names.length >= 24 + 6)).toBe(true);
});
