import pg from 'pg';
import { expect, test } from 'vitest';
import { startPostgres } from '../support/postgres-server.ts';

test('a real PostgreSQL 15 to compare with starts, answers in UTF-8 and UTC, and is gone afterwards', async () => {
  const server = await startPostgres();
  const client = new pg.Client(server);
  await client.connect();
  const answer = await client.query("SELECT current_setting('TimeZone') AS zone, length('é') AS letters");
  await client.end();
  await server.stop();

  expect(server.version).toBe(15);
  expect(answer.rows).toEqual([{ zone: 'UTC', letters: 1 }]);
  await expect(new pg.Client(server).connect()).rejects.toThrow('ECONNREFUSED');
});
