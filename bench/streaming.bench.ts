// Streaming a million rows to a client that only counts bytes, as a ratio to a reference in the same run:
// DuckDB's chunks fetched and not looked at.
import { DuckDBInstance } from '@duckdb/node-api';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningServer, startServer } from '../test/support/start-server.ts';

const rows = 1_000_000;
const shapes = {
  ints: 'i::INTEGER AS a',
  text: "'row number ' || i AS a",
  mixed: `i::INTEGER AS a, i::BIGINT * 1000003 AS b, i / 7.0::DOUBLE AS c, (i % 100000 / 100.0)::DECIMAL(12,2) AS d,
    DATE '2020-01-01' + (i % 1000)::INTEGER AS e, TIMESTAMP '2020-01-01' + to_seconds(i) AS f, i % 2 = 0 AS g, 's' || i % 100 AS h,
    'a longer text that does not fit inline ' || i AS j, (i % 1000)::SMALLINT AS k`,
} as const;

let server: RunningServer;
let client: pg.Client;
let direct: Awaited<ReturnType<DuckDBInstance['connect']>>;

function sqlOf(shape: keyof typeof shapes): string {
  return `SELECT ${shapes[shape]} FROM range(${String(rows)}) t(i)`;
}

beforeAll(async () => {
  server = await startServer({ adminPassword: 'admin-pw' });
  const login = { host: '127.0.0.1', user: 'admin', password: 'admin-pw', database: 'system' };
  client = new pg.Client({ ...login, port: server.pgPort });
  await client.connect();
  direct = await (await DuckDBInstance.create()).connect();
});

afterAll(async () => {
  await client.end();
  await server.stop();
  direct.closeSync();
});

interface Streamed {
  readonly ms: number;
  readonly firstRowMs: number;
  readonly bytes: number;
}

/** What arrives, without any decoding: the driver's own parser would be the limit. */
async function streamed(shape: keyof typeof shapes, binary: boolean): Promise<Streamed> {
  const { stream } = (client as unknown as { connection: { stream: NodeJS.ReadableStream } }).connection;
  let bytes = 0;
  let firstRowMs = 0;
  const begin = performance.now();
  const count = (chunk: Buffer): void => {
    if (bytes === 0) firstRowMs = performance.now() - begin;
    bytes += chunk.length;
  };
  const parsers = stream.listeners('data') as ((chunk: Buffer) => void)[];
  stream.removeAllListeners('data');
  let tail = Buffer.alloc(0);
  const done = new Promise<void>((resolve) => {
    stream.on('data', (chunk: Buffer) => {
      count(chunk);
      // ReadyForQuery ends the answer; only the tail is handed to the driver.
      tail = Buffer.concat([tail, chunk]).subarray(-64);
      if (tail.subarray(-6, -1).toString('hex') === '5a00000005') resolve();
    });
  });
  const connection = (client as unknown as { connection: Record<string, (...args: unknown[]) => void> }).connection;
  connection['parse']?.({ text: sqlOf(shape), name: '', types: [] });
  connection['bind']?.({ portal: '', statement: '', values: [], binary });
  connection['execute']?.({ portal: '', rows: 0 });
  connection['sync']?.();
  await done;
  const ms = performance.now() - begin;
  stream.removeAllListeners('data');
  for (const parser of parsers) stream.on('data', parser);
  return { ms, firstRowMs, bytes };
}

async function fetched(shape: keyof typeof shapes): Promise<number> {
  const begin = performance.now();
  const result = await direct.stream(sqlOf(shape));
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return performance.now() - begin;
  }
}

for (const shape of Object.keys(shapes) as (keyof typeof shapes)[]) {
  for (const binary of [false, true]) {
    test(`${String(rows)} rows of ${shape} in ${binary ? 'binary' : 'text'}`, async () => {
      await fetched(shape);
      await streamed(shape, binary);
      const reference = await fetched(shape);
      const { ms, firstRowMs, bytes } = await streamed(shape, binary);
      expect(bytes).toBeGreaterThan(rows * 11);
      const speed = `${(rows / ms / 1000).toFixed(2)} M rows/s, ${(bytes / ms / 1000).toFixed(0)} MB/s`;
      const ratio = `${(ms / reference).toFixed(2)}x of fetching alone (${reference.toFixed(0)} ms)`;
      console.log(`${shape} ${binary ? 'binary' : 'text'}: ${speed}, ${ratio}, first bytes after ${firstRowMs.toFixed(1)} ms`);
    });
  }
}
