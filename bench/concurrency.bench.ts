// A heavy statement of one session and the point queries of another: how long the latter wait, and how soon a cancel works.
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningServer, startServer } from '../test/support/start-server.ts';

/** With more long statements than cores everything waits for its turn. */
const limits = { pointQueryP99Ms: new Map([[1, 50], [4, 250]]), cancelMs: 1_000 };
const seconds = Number(process.env['BENCH_SECONDS'] ?? 10);

let server: RunningServer;

beforeAll(async () => {
  server = await startServer({ adminPassword: 'demo', arguments: ['--demo'] });
});

afterAll(async () => {
  await server.stop();
});

async function connect(user: string, database: string): Promise<pg.Client> {
  const client = new pg.Client({ host: '127.0.0.1', port: server.pgPort, user, password: 'demo', database });
  await client.connect();
  return client;
}

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

async function pointQueries(client: pg.Client): Promise<readonly number[]> {
  const times: number[] = [];
  const end = performance.now() + seconds * 1_000;
  while (performance.now() < end) {
    const start = performance.now();
    await client.query({ name: 'point', text: 'SELECT * FROM silver.customers WHERE customer_id = $1', values: [1 + (times.length % 5)] });
    times.push(performance.now() - start);
  }
  return times.toSorted((a, b) => a - b);
}

function told(name: string, times: readonly number[]): string {
  const [p50, p99, max] = [percentile(times, 0.5), percentile(times, 0.99), times.at(-1) ?? Number.NaN];
  return `${name.padEnd(40)} ${String(times.length)} queries, p50 ${p50.toFixed(1)}, p99 ${p99.toFixed(1)}, max ${max.toFixed(1)} ms`;
}

test.each([1, 4])('point queries beside %i heavy statements', async (heavyCount) => {
  const client = await connect('analyst@company.com', 'prod');
  console.info(told('point queries alone', await pointQueries(client)));
  const heavy = await Promise.all(Array.from({ length: heavyCount }, () => connect('engineer@company.com', 'prod')));
  const running = heavy.map((each) =>
    each.query('SELECT count(*) FROM range(100000000000)').then(
      () => 'ended',
      (error: unknown) => (error as { code: string }).code,
    ),
  );
  await new Promise((resolve) => setTimeout(resolve, 500));
  const beside = await pointQueries(client);
  console.info(told(`beside ${String(heavyCount)} heavy`, beside));
  const start = performance.now();
  for (const each of heavy) await cancel(each);
  expect(await Promise.all(running)).toEqual(heavy.map(() => '57014'));
  const cancelled = performance.now() - start;
  console.info(`cancelled after ${cancelled.toFixed(0)} ms`);
  for (const each of [client, ...heavy]) await each.end();
  expect(percentile(beside, 0.99)).toBeLessThan(limits.pointQueryP99Ms.get(heavyCount) ?? 0);
  expect(cancelled).toBeLessThan(limits.cancelMs);
});

/** A CancelRequest on a connection of its own. */
async function cancel(client: pg.Client): Promise<void> {
  const { processID, secretKey } = client as unknown as { processID: number; secretKey: number };
  const { connect: open } = await import('node:net');
  await new Promise<void>((resolve, reject) => {
    const socket = open(server.pgPort, '127.0.0.1', () => {
      const message = Buffer.alloc(16);
      for (const [index, value] of [16, 80_877_102, processID, secretKey].entries()) message.writeInt32BE(value, index * 4);
      socket.end(message);
    });
    socket.on('close', () => {
      resolve();
    });
    socket.on('error', reject);
  });
}
