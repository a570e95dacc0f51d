// Portals of the extended protocol end with their transaction, whether it commits, rolls back or is broken.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Session } from '../../src/session/door.ts';
import { type InProcess, startInProcess, type TestSession } from '../support/in-process.ts';

let server: InProcess;
let admin: TestSession;

beforeAll(async () => {
  server = await startInProcess();
  admin = await server.as('admin');
  for (const statement of [
    'CREATE CATALOG c',
    'CREATE SCHEMA c.s',
    'CREATE USER ann',
    'CREATE TABLE c.s.big AS SELECT i AS id FROM range(20000) r(i)',
    'GRANT USE CATALOG, USE SCHEMA, SELECT ON CATALOG c TO ann',
  ])
    await admin.run(statement);
});

afterAll(async () => {
  await server.close();
});

/** Reads one row and leaves the others. */
async function halfRead(session: Session): Promise<void> {
  await session.parse('', 'SELECT id FROM c.s.big ORDER BY id', []);
  await session.bind('half', '', []);
  const outcome = await session.execute('half', 1);
  if (outcome.kind !== 'rows') throw new TypeError('no rows');
  for await (const chunk of outcome.chunks) expect(chunk.rowCount).toBe(1);
  await session.sync();
}

test.each(['COMMIT', 'ROLLBACK'])('after %s a portal is gone, and its name is free', async (end) => {
  const ann = await server.as('ann');
  await ann.run('BEGIN');
  await halfRead(ann.session);
  // Still there within the transaction.
  await expect(ann.session.execute('half', 1)).resolves.toMatchObject({ kind: 'rows' });
  await ann.run(end);
  await admin.run('REVOKE SELECT ON CATALOG c FROM ann');
  await expect(ann.session.execute('half', 1)).rejects.toMatchObject({ sqlState: '34000' });
  await admin.run('GRANT SELECT ON CATALOG c TO ann');
  await ann.run('BEGIN');
  await halfRead(ann.session);
  await ann.run('ROLLBACK');
});

test('a transaction that cannot commit takes its portals along', async () => {
  const ann = await server.as('ann');
  await ann.run('BEGIN');
  await halfRead(ann.session);
  await expect(ann.run('SELECT nothing')).rejects.toMatchObject({ sqlState: '42703' });
  await ann.run('COMMIT');
  await expect(ann.session.execute('half', 1)).rejects.toMatchObject({ sqlState: '34000' });
});
