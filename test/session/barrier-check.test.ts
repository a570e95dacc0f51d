// The start-up check of the barrier: passes on the pinned DuckDB, and would notice one that leaks.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkBarrier } from '../../src/check-barrier.ts';
import { DuckDbEngine } from '../../src/engine/duckdb-engine.ts';
import { type BarrierProbe, barrierProbes } from '../../src/rewrite/barrier-probes.ts';

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

/** The check refuses to go on at each of them. */
async function expectNoticed(probes: readonly BarrierProbe[]): Promise<void> {
  expect(probes.length).toBeGreaterThan(3);
  for (const probe of probes) {
    await expect(
      checkBarrier(engine, () => Promise.resolve([probe])),
      probe.template,
    ).rejects.toMatchObject({
      message: 'this version of DuckDB evaluates expressions on rows that a filter hides',
      detail: expect.stringContaining(probe.template) as string,
    });
  }
}

test('without the barrier each probe of what needs it sees a hidden row', async () => {
  const probes = await barrierProbes(engine.codec, { barrier: false });
  await expectNoticed(probes.filter(({ needsBarrier }) => needsBarrier));
});

test('without a filter each of the others would see what it hides', async () => {
  const probes = await barrierProbes(engine.codec, { filter: false });
  await expectNoticed(probes.filter(({ needsBarrier }) => !needsBarrier));
});

test('the check can run again: its tables are gone', async () => {
  await checkBarrier(engine);
});
