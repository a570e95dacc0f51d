// Both properties over drawn worlds; as long as asked with FUZZ_CASES (npm run fuzz), always with a fresh, printed seed.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type InProcess, startInProcess } from '../support/in-process.ts';
import { fuzz, fuzzUsers, newCounts } from './fuzz.ts';

const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2_147_483_647);
/** Comparisons of two answers: one of each property a query. */
const cases = Number(process.env['FUZZ_CASES'] ?? 2_500);
/** More of them for a world when there are many: making one takes as long as forty queries. */
const queriesPerWorld = cases > 10_000 ? 180 : 60;

let server: InProcess;

beforeAll(async () => {
  server = await startInProcess();
  const admin = await server.as('admin');
  for (const statement of fuzzUsers) await admin.run(statement);
});

afterAll(async () => {
  await server.close();
});

test('over random worlds governed answers equal those over copies, and nothing hidden matters', {
  timeout: 86_400_000,
}, async () => {
  const worlds = Math.ceil(cases / queriesPerWorld / 2);
  const counts = newCounts();
  const start = performance.now();
  let told = start;
  const summary = (): string => {
    const seconds = (performance.now() - start) / 1_000;
    const { oracle, interference, later, answered, refused, orderDependent } = counts;
    return `fuzz: seed ${String(seed)}: ${String(oracle)} oracle and ${String(interference)} non-interference cases, ${String(later)} of them again after hidden rows came in, in ${String(counts.worlds)} worlds, ${String(answered)} with rows, ${String(refused)} refused for a star over granted columns, ${String(orderDependent)} by order of evaluation, ${seconds.toFixed(0)} s`;
  };
  console.info(`fuzz: seed ${String(seed)}, ${String(cases)} cases`);
  await fuzz(server, {
    seed,
    worlds,
    queriesPerWorld,
    counts,
    onWorld: () => {
      if (performance.now() - told < 10_000) return;
      told = performance.now();
      console.info(summary());
    },
  });
  console.info(summary());
  expect(counts.answered).toBeGreaterThan(counts.oracle / 4);
  expect(counts.refused).toBeLessThan(counts.oracle / 8);
  expect(counts.orderDependent).toBeLessThan(counts.oracle / 20);
});
