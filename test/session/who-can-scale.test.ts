// WHO CAN and PLAN over a thousand users stay bounded.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Change } from '../../src/catalog/change.ts';
import { type InProcess, startInProcess, type TestSession } from '../support/in-process.ts';

const users = 1_000;
let server: InProcess;
let admin: TestSession;

beforeAll(async () => {
  server = await startInProcess();
  admin = await server.as('admin');
  await admin.run(`CREATE CATALOG c; CREATE SCHEMA c.s; CREATE GROUP g; CREATE GROUP boss;
    CREATE TABLE c.s.t (id INT, name STRING); INSERT INTO c.s.t VALUES (1, 'x'), (2, 'y');
    CREATE FUNCTION c.s.stars(v STRING) RETURNS STRING RETURN CASE WHEN is_account_group_member('boss') THEN v ELSE '***' END;
    CREATE FUNCTION c.s.first(i INT) RETURNS BOOLEAN RETURN i = 1 OR is_account_group_member('boss');
    ALTER TABLE c.s.t SET ROW FILTER c.s.first ON (id); ALTER TABLE c.s.t ALTER COLUMN name SET MASK c.s.stars;
    CREATE VIEW c.s.v AS SELECT id, upper(name) FROM c.s.t;
    GRANT USE CATALOG, USE SCHEMA, SELECT ON CATALOG c TO g`);
  const group = server.services.catalog.snapshot().principalByName('g')?.id ?? '';
  const changes = Array.from({ length: users }, (_, index): readonly Change[] => {
    const id = server.services.catalog.newId();
    const user = { kind: 'user' as const, id, name: `user${String(index)}`, scramVerifier: undefined, attributes: {} };
    return [
      { kind: 'createUser', user },
      ...(index % 2 === 0 ? [{ kind: 'addMember' as const, groupId: group, memberId: id }] : []),
    ];
  });
  await server.services.catalog.commit({ changes: changes.flat(), by: '2', statementId: 't', at: 0 });
}, 120_000);

afterAll(async () => {
  await server.close();
});

async function timed(name: string, sql: string): Promise<readonly (readonly unknown[])[]> {
  const start = performance.now();
  const rows = await admin.rows(sql);
  process.stdout.write(`${name}: ${String(Math.round(performance.now() - start))} ms, ${String(rows.length)} rows\n`);
  return rows;
}

test('WHO CAN goes through a thousand users, each decided by itself', async () => {
  const rows = await timed('WHO CAN on a table', 'WHO CAN SELECT ON TABLE c.s.t');
  expect(rows.filter((row) => row[2] === 'masked, filtered')).toHaveLength(users / 2 + 2);
  expect(rows.filter((row) => row[2] === 'nothing')).toHaveLength(users / 2);
  await timed('WHO CAN on a view', 'WHO CAN SELECT ON VIEW c.s.v');
}, 60_000);

test('PLAN compares a thousand users, and counts for as many as its limit', async () => {
  const rows = await timed('PLAN', 'PLAN ALTER TABLE c.s.t DROP ROW FILTER');
  const counted = rows.filter((row) => row[0] === 'rows' && row[7] !== null);
  expect(rows.filter((row) => row[0] === 'rows' && row[2] === 'c.s.t')).toHaveLength(users / 2 + 1);
  expect(counted).toHaveLength(50);
}, 60_000);

test('a cancelled PLAN stops', async () => {
  await admin.run('SET statement_timeout = 20');
  await expect(admin.run('PLAN GRANT SELECT ON TABLE c.s.t TO `account users`; SELECT 1')).rejects.toMatchObject({
    sqlState: '57014',
  });
  await admin.run('RESET statement_timeout');
}, 60_000);
