// Attacks with time: rights that were lost between a statement and its COMMIT, and bodies whose owner changed meanwhile.
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { SqlError } from '../../src/base/sql-error.ts';
import { type InProcess, startInProcess, type TestSession } from '../support/in-process.ts';

let server: InProcess;
let admin: TestSession;
let mel: TestSession;

beforeEach(async () => {
  server = await startInProcess();
  admin = await server.as('admin');
  for (const statement of [
    'CREATE CATALOG c',
    'CREATE SCHEMA c.s',
    "CREATE TABLE c.s.secrets AS SELECT 'boss' AS who",
    'CREATE TABLE c.s.t AS SELECT 1 AS a',
    'CREATE VIEW c.s.v AS SELECT a FROM c.s.t',
    'CREATE FUNCTION c.s.f() RETURNS INT RETURN 1',
    'CREATE USER mel',
    'CREATE USER eve',
    'GRANT USE CATALOG, USE SCHEMA ON CATALOG c TO mel, eve',
    'GRANT CREATE TABLE, CREATE FUNCTION ON SCHEMA c.s TO mel',
    'GRANT MANAGE ON TABLE c.s.t TO mel',
    'GRANT USE CATALOG, USE SCHEMA, SELECT ON CATALOG c TO admin',
  ])
    await admin.run(statement);
  mel = await server.as('mel', 'c');
});

afterEach(async () => {
  await server.close();
});

async function stateOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'ok';
  } catch (error) {
    return (error as SqlError).sqlState;
  }
}

test.each([
  ['GRANT SELECT ON TABLE c.s.t TO eve'],
  ['REVOKE SELECT ON TABLE c.s.t FROM admin'],
  ['ALTER TABLE c.s.t OWNER TO mel'],
  ['DROP TABLE c.s.t'],
  ["COMMENT ON TABLE c.s.t IS 'mine'"],
])('%s waits in a transaction, MANAGE is revoked: COMMIT is refused and changes nothing', async (statement) => {
  await mel.run('BEGIN');
  await mel.run(statement);
  await admin.run('REVOKE MANAGE ON TABLE c.s.t FROM mel');
  const before = server.services.catalog.snapshot();
  expect(await stateOf(mel.run('COMMIT'))).toMatch(/^42(501|P01)$/);
  expect(server.services.catalog.snapshot()).toBe(before);
});

test('an unrelated change of the catalog does not stand in the way of COMMIT', async () => {
  await mel.run('BEGIN');
  await mel.run('GRANT SELECT ON TABLE c.s.t TO eve');
  await admin.run('CREATE SCHEMA c.unrelated');
  expect(await stateOf(mel.run('COMMIT'))).toBe('ok');
  expect(await (await server.as('eve', 'c')).rows('SELECT a FROM c.s.t')).toEqual([[1]]);
});

test('what a transaction makes itself it may also grant on', async () => {
  await mel.run('BEGIN');
  await mel.run('CREATE TABLE c.s.own (a INT)');
  await mel.run('GRANT SELECT ON TABLE c.s.own TO eve');
  await admin.run('CREATE SCHEMA c.unrelated');
  expect(await stateOf(mel.run('COMMIT'))).toBe('ok');
});

test('a right that a transaction gives to itself does not confirm what came before it', async () => {
  await admin.run('GRANT MANAGE ON SCHEMA c.s TO mel');
  await mel.run('BEGIN');
  await mel.run('GRANT SELECT ON TABLE c.s.secrets TO eve');
  await mel.run('GRANT MANAGE ON TABLE c.s.secrets TO mel');
  await admin.run('REVOKE MANAGE ON SCHEMA c.s FROM mel');
  expect(await stateOf(mel.run('COMMIT'))).toMatch(/^42(501|P01)$/);
});

test('users made in a transaction of one who is no administrator any more do not come to be', async () => {
  await admin.run('GRANT MANAGE ON METASTORE TO mel');
  await mel.run('BEGIN');
  await mel.run('CREATE GROUP backdoor');
  await mel.run('ALTER GROUP backdoor ADD USER eve');
  await admin.run('REVOKE MANAGE ON METASTORE FROM mel');
  expect(await stateOf(mel.run('COMMIT'))).toBe('42501');
  expect(await admin.rows("SHOW GROUPS LIKE 'backdoor'")).toEqual([]);
});

test.each([
  ['view', 'ALTER VIEW c.s.mine OWNER TO admin', 'SELECT * FROM c.s.mine'],
  ['function', 'ALTER FUNCTION c.s.mine OWNER TO admin', 'SELECT c.s.mine()'],
])('a body that waits in a transaction does not run as the %s’s new owner', async (kind, takeOver, read) => {
  const bodies = {
    view: (text: string) => `CREATE OR REPLACE VIEW c.s.mine AS SELECT ${text} AS x`,
    function: (text: string) => `CREATE OR REPLACE FUNCTION c.s.mine() RETURNS STRING RETURN ${text}`,
  };
  const body = bodies[kind as 'view' | 'function'];
  await mel.run(body("'harmless'"));
  await mel.run('BEGIN');
  await mel.run(body("'written by mel'"));
  await admin.run(takeOver);
  expect(await stateOf(mel.run('COMMIT'))).toBe('40001');
  expect(await admin.rows(read)).toEqual([['harmless']]);
});
