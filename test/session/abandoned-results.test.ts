// A result that its client does not take to the end has a place in the engine, which must come back when the session goes.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RowChunk } from '../../src/sql/sql-type.ts';
import { type InProcess, startInProcess, type TestSession } from '../support/in-process.ts';

let system: InProcess;
let session: TestSession;

beforeEach(async () => {
  system = await startInProcess();
  session = await system.as('admin');
});
afterEach(async () => {
  await system.close();
});

const query = 'SELECT * FROM range(10_000_000)';

async function chunksOf(text: string): Promise<AsyncIterator<RowChunk>> {
  for await (const outcome of session.session.simpleQuery(text)) {
    if (outcome.kind === 'rows') return outcome.chunks[Symbol.asyncIterator]();
  }
  throw new TypeError('no rows');
}

describe('a session that closes gives back the place of', () => {
  test('a result of which nothing was read', async () => {
    await chunksOf(query);
    expect(system.services.admission.running).toBe(1);
    await session.session.close();
    expect(system.services.admission.running).toBe(0);
  });

  test('a result that was read in part', async () => {
    const chunks = await chunksOf(query);
    await chunks.next();
    await session.session.close();
    expect(system.services.admission.running).toBe(0);
  });

  test('a result of which a chunk is on its way', async () => {
    const chunks = await chunksOf(query);
    await chunks.next();
    const pending = chunks.next().catch(() => undefined);
    await session.session.close();
    await pending;
    expect(system.services.admission.running).toBe(0);
  });

  test('a result that begins while the session closes', async () => {
    const started = chunksOf(query).catch(() => undefined);
    const closing = session.session.close();
    await Promise.all([started, closing]);
    await expect.poll(() => system.services.admission.running).toBe(0);
  });

  test('a portal that is suspended', async () => {
    await session.session.parse('', query, []);
    await session.session.bind('', '', []);
    const outcome = await session.session.execute('', 5);
    if (outcome.kind === 'rows') await outcome.chunks[Symbol.asyncIterator]().next();
    await session.session.close();
    expect(system.services.admission.running).toBe(0);
  });
});
