// The start-up check of the barrier: passes on the pinned DuckDB, and would notice one that leaks.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkBarrier } from '../../src/check-barrier.ts';
import { DuckDbEngine } from '../../src/engine/duckdb-engine.ts';
import { barrierProbes } from '../../src/rewrite/barrier-probes.ts';

let engine: DuckDbEngine;
const directory = mkdtempSync(join(tmpdir(), 'portcullis-barrier-'));

beforeAll(async () => {
  engine = await DuckDbEngine.open({ dataDirectory: directory, memoryLimit: '1GB', threads: 2 });
});

afterAll(() => {
  engine.close();
  rmSync(directory, { recursive: true });
});

test('no probe sees a hidden row through the barrier', async () => {
  await checkBarrier(engine);
});

test('without the barrier each probe sees a hidden row, and the check refuses to go on', async () => {
  const probes = await barrierProbes(engine.codec, []);
  expect(probes.length).toBeGreaterThan(0);
  for (const probe of probes) {
    await expect(checkBarrier(engine, () => Promise.resolve([probe]))).rejects.toMatchObject({
      message: 'this version of DuckDB evaluates expressions on rows that a filter hides',
      detail: expect.stringContaining(probe.template) as string,
    });
  }
});

test('the check can run again: its tables are gone', async () => {
  await checkBarrier(engine);
});
