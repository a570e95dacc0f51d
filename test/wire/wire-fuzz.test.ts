// Random frames into the whole product; as many as asked with WIRE_FUZZ_FRAMES (npm run fuzz:wire), always with a printed seed.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Door } from '../../src/session/door.ts';
import { CatalogDoor } from '../../src/session/login.ts';
import { startWireServer, type WireServer } from '../../src/wire/server.ts';
import { type InProcess, startInProcess } from '../support/in-process.ts';
import { type WireFuzzCounts, wireFuzz } from './wire-fuzz.ts';

const seed = Number(process.env['WIRE_FUZZ_SEED'] ?? Date.now() % 2_147_483_647);
const frames = Number(process.env['WIRE_FUZZ_FRAMES'] ?? 5_000);

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

let system: InProcess;
let server: WireServer;
const failures: unknown[] = [];

beforeAll(async () => {
  system = await startInProcess();
  const real = new CatalogDoor(system.services);
  // Whoever knocks is let in: SCRAM costs milliseconds, and its messages are drawn in scram.test.ts.
  const door: Door = {
    userOfToken: () => Promise.resolve(undefined),
    challenge: () => Promise.resolve({ kind: 'secret' }),
    login: (request) => real.login(request, { kind: 'scram', holds: true }),
  };
  const log = {
    info: () => undefined,
    warn: (facts: object) => failures.push(facts),
    error: (facts: object) => failures.push(facts),
  };
  server = await startWireServer({ door, host: '127.0.0.1', port: 0, log });
});
afterAll(async () => {
  await server.close();
  await system.close();
});

interface Memory {
  readonly heapMiB: number;
  readonly residentMiB: number;
}

function memory(): Memory {
  collect();
  const { heapUsed, external, rss } = process.memoryUsage();
  const miB = (bytes: number): number => Math.round(bytes / 2 ** 20);
  return { heapMiB: miB(heapUsed + external), residentMiB: miB(rss) };
}

test('nothing that a client sends crashes, hangs or stays behind', { timeout: 86_400_000 }, async () => {
  const counts: WireFuzzCounts = { frames: 0, connections: 0, bytes: 0, answers: 0, ready: 0 };
  const start = performance.now();
  const samples: Memory[] = [];
  let nextSample = frames / 10;
  await wireFuzz({
    port: server.port,
    seed,
    frames,
    clients: 8,
    hangMs: 60_000,
    counts,
    onProgress: () => {
      if (counts.frames < nextSample) return;
      nextSample += frames / 10;
      // The audit of this test remembers every event; the product's writes them to disk.
      system.audit.events.length = 0;
      samples.push(memory());
    },
  });
  const admin = system.services.catalog.snapshot().principalByName('admin')?.id ?? '';
  await expect.poll(() => system.services.sessions.countOf(admin), { timeout: 10_000 }).toBe(0);
  system.audit.events.length = 0;
  samples.push(memory());
  const seconds = (performance.now() - start) / 1_000;
  const shown = samples.map(({ heapMiB, residentMiB }) => `${String(heapMiB)}/${String(residentMiB)}`).join(' ');
  console.info(
    `fuzz:wire: seed ${String(seed)}: ${String(counts.frames)} frames, ${String(counts.bytes)} bytes, ${String(counts.connections)} connections, ${String(counts.answers)} answers (${String(counts.ready)} ReadyForQuery), ${String(failures.length)} crashes, 0 hangs, ${seconds.toFixed(0)} s; heap/resident MiB by tenths: ${shown}`,
  );
  expect(failures).toEqual([]);
  expect(system.services.admission.running).toBe(0);
  const [first, last] = [samples[0], samples.at(-1)];
  expect((last?.heapMiB ?? 0) - (first?.heapMiB ?? 0)).toBeLessThan(48);
});
