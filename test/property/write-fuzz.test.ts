// Random writes of restricted users; as long as asked with WRITE_FUZZ_CASES, always with a fresh, printed seed.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type InProcess, startInProcess } from '../support/in-process.ts';
import { fuzzUsers } from './fuzz.ts';
import { fuzzWrites, newWriteCounts } from './write-fuzz.ts';

const seed = Number(process.env['WRITE_FUZZ_SEED'] ?? Date.now() % 2_147_483_647);
const cases = Number(process.env['WRITE_FUZZ_CASES'] ?? 400);
const writesPerWorld = 20;

let server: InProcess;

beforeAll(async () => {
  server = await startInProcess();
  const admin = await server.as('admin');
  for (const statement of fuzzUsers) await admin.run(statement);
});

afterAll(async () => {
  await server.close();
});

test('a write changes exactly what the same write by hand changes, and hidden rows and raw values stay as they are', {
  timeout: 86_400_000,
}, async () => {
  const counts = newWriteCounts();
  const start = performance.now();
  console.info(`writes: seed ${String(seed)}, ${String(cases)} cases`);
  await fuzzWrites(server, { seed, worlds: Math.ceil(cases / writesPerWorld), writesPerWorld, counts });
  const seconds = ((performance.now() - start) / 1_000).toFixed(0);
  console.info(`writes: seed ${String(seed)}: ${JSON.stringify(counts)} in ${seconds} s`);
  // A generator whose writes are all refused proves nothing.
  expect(counts.changed).toBeGreaterThan(counts.cases / 5);
  expect(counts.ungranted).toBeGreaterThan(0);
  expect(counts.laundering).toBeGreaterThan(0);
  expect(counts.foreign).toBeGreaterThan(0);
});
