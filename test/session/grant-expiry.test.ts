// A grant that ends, ends: for new statements, cached plans, prepared statements, open portals, and what hangs on identity.
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { SqlError } from '../../src/base/sql-error.ts';
import { type InProcess, startInProcess, type TestSession } from '../support/in-process.ts';

let server: InProcess;
let admin: TestSession;
let ann: TestSession;
let time: number;

const end = '2027-01-01 00:00:00';

function setTime(text: string): void {
  time = Date.parse(`${text.replace(' ', 'T')}Z`);
}

beforeEach(async () => {
  setTime('2026-12-31 23:00:00');
  server = await startInProcess();
  Object.assign(server.services, { clock: { now: () => time } });
  admin = await server.as('admin');
  for (const statement of [
    'CREATE CATALOG c',
    'CREATE SCHEMA c.s',
    'CREATE TABLE c.s.t AS SELECT i AS a, i + 1 AS b FROM range(10000) r(i)',
    'CREATE VIEW c.s.v AS SELECT a FROM c.s.t',
    'CREATE USER ann',
    'CREATE USER bob',
    'CREATE GROUP temps',
    'ALTER GROUP temps ADD USER ann',
    'GRANT USE CATALOG, USE SCHEMA ON CATALOG c TO ann, bob',
    'GRANT USE CATALOG, USE SCHEMA, SELECT ON CATALOG c TO admin',
  ])
    await admin.run(statement);
  ann = await server.as('ann', 'c');
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

const count = 'SELECT count(*) FROM c.s.t';

test.each([
  ['to the user, on the table', 'GRANT SELECT ON TABLE c.s.t TO ann UNTIL'],
  ['to a group, on the schema', 'GRANT SELECT ON SCHEMA c.s TO temps UNTIL'],
  ['of columns', 'GRANT SELECT (a, b) ON TABLE c.s.t TO ann UNTIL'],
  ['of everything, to everybody', 'GRANT ALL PRIVILEGES ON CATALOG c TO `account users` UNTIL'],
])('a grant %s ends by itself, for a plan in the cache too', async (_, statement) => {
  await admin.run(`${statement} TIMESTAMP '${end}'`);
  expect(await stateOf(ann.run(count))).toBe('ok');
  setTime('2026-12-31 23:59:59');
  expect(await stateOf(ann.run(count))).toBe('ok');
  setTime(end);
  expect(await stateOf(ann.run(count))).toMatch(/^42(501|P01)$/);
});

test('USE that ends closes the way', async () => {
  await admin.run('GRANT SELECT ON TABLE c.s.t TO bob');
  await admin.run('REVOKE USE SCHEMA ON CATALOG c FROM bob');
  await admin.run(`GRANT USE SCHEMA ON SCHEMA c.s TO bob UNTIL '${end}'`);
  const bob = await server.as('bob', 'c');
  expect(await stateOf(bob.run(count))).toBe('ok');
  setTime(end);
  expect(await stateOf(bob.run(count))).toBe('42501');
});

test('a later grant prolongs, shortens or lifts the end', async () => {
  await admin.run(`GRANT SELECT ON TABLE c.s.t TO ann UNTIL '${end}'`);
  await admin.run("GRANT SELECT ON TABLE c.s.t TO ann UNTIL '2027-02-01'");
  setTime(end);
  expect(await stateOf(ann.run(count))).toBe('ok');
  await admin.run('GRANT SELECT ON TABLE c.s.t TO ann');
  setTime('2027-03-01 00:00:00');
  expect(await stateOf(ann.run(count))).toBe('ok');
});

test('columns granted for good remain when the grant of the whole ends', async () => {
  await admin.run('GRANT SELECT (a) ON TABLE c.s.t TO ann');
  await admin.run(`GRANT SELECT ON TABLE c.s.t TO ann UNTIL '${end}'`);
  expect(await stateOf(ann.run('SELECT b FROM c.s.t'))).toBe('ok');
  setTime(end);
  expect(await stateOf(ann.run('SELECT b FROM c.s.t'))).toBe('42501');
  expect(await stateOf(ann.run('SELECT a FROM c.s.t'))).toBe('ok');
});

test('a prepared statement is refused at its next Execute', async () => {
  await admin.run(`GRANT SELECT ON TABLE c.s.t TO ann UNTIL '${end}'`);
  const { session } = ann;
  await session.parse('p', count, []);
  const execute = async (portal: string): Promise<void> => {
    await session.bind(portal, 'p', []);
    const outcome = await session.execute(portal, 0);
    if (outcome.kind === 'rows') for await (const chunk of outcome.chunks) expect(chunk.rowCount).toBe(1);
  };
  await execute('one');
  await session.sync();
  setTime(end);
  expect(await stateOf(execute('two'))).toMatch(/^42(501|P01)$/);
});

async function fetched(portal: string, rows: number): Promise<number> {
  const outcome = await ann.session.execute(portal, rows);
  let seen = 0;
  if (outcome.kind === 'rows') for await (const chunk of outcome.chunks) seen += chunk.rowCount;
  return seen;
}

test('an open portal stops at its next fetch, and no row leaves any more', async () => {
  await admin.run(`GRANT SELECT ON TABLE c.s.t TO ann UNTIL '${end}'`);
  await ann.run('BEGIN');
  await ann.session.parse('p', 'SELECT a FROM c.s.t', []);
  await ann.session.bind('portal', 'p', []);
  expect(await fetched('portal', 10)).toBe(10);
  setTime('2026-12-31 23:59:59');
  expect(await fetched('portal', 10)).toBe(10);
  setTime(end);
  expect(await stateOf(fetched('portal', 10))).toBe('42501');
});

test('a portal whose rows are already in memory stops as well', async () => {
  await admin.run(`GRANT SELECT ON TABLE c.s.t TO ann UNTIL '${end}'`);
  await ann.run('BEGIN');
  await ann.session.parse('p', 'SELECT a FROM c.s.t LIMIT 100', []);
  await ann.session.bind('portal', 'p', []);
  expect(await fetched('portal', 10)).toBe(10);
  setTime(end);
  expect(await stateOf(fetched('portal', 10))).toBe('42501');
});

test('a portal goes on where another grant still allows what it reads', async () => {
  await admin.run(`GRANT SELECT ON TABLE c.s.t TO ann UNTIL '${end}'`);
  await admin.run('GRANT SELECT ON SCHEMA c.s TO temps');
  await ann.run('BEGIN');
  await ann.session.parse('p', 'SELECT a FROM c.s.t', []);
  await ann.session.bind('portal', 'p', []);
  expect(await fetched('portal', 10)).toBe(10);
  setTime(end);
  expect(await fetched('portal', 10)).toBe(10);
});

test('a view ends with the grant of its owner', async () => {
  await admin.run('ALTER VIEW c.s.v OWNER TO bob');
  await admin.run(`GRANT SELECT ON TABLE c.s.t TO bob UNTIL '${end}'`);
  await admin.run('GRANT SELECT ON VIEW c.s.v TO ann');
  const read = 'SELECT count(*) FROM c.s.v';
  expect(await stateOf(ann.run(read))).toBe('ok');
  setTime(end);
  expect(await stateOf(ann.run(read))).toBe('42501');
});

test('an administrator until then is none any more: not to manage, not to act as another', async () => {
  await admin.run(`GRANT MANAGE ON METASTORE TO ann UNTIL '${end}'`);
  expect(await stateOf(ann.run('CREATE GROUP made_by_ann'))).toBe('ok');
  await ann.run("SET CURRENT USER = 'bob'");
  expect(await stateOf(ann.run('SELECT 1'))).toBe('ok');
  setTime(end);
  expect(await stateOf(ann.run('SELECT 1'))).toBe('42501');
  await ann.run('RESET CURRENT USER');
  expect(await stateOf(ann.run('CREATE GROUP another'))).toBe('42501');
  expect(await stateOf(ann.run('GRANT SELECT ON TABLE c.s.t TO ann'))).toMatch(/^42(501|P01)$/);
});

test('a grant that has ended is not shown, and makes nothing known', async () => {
  await admin.run('CREATE USER eve');
  await admin.run(`GRANT SELECT ON TABLE c.s.t TO eve UNTIL '${end}'`);
  const eve = await server.as('eve');
  expect(await eve.rows('SHOW CATALOGS')).toEqual([['c']]);
  setTime(end);
  expect(await eve.rows('SHOW CATALOGS')).toEqual([]);
  expect(await admin.rows('SHOW GRANTS TO eve')).toEqual([]);
  expect(await admin.rows(`SHOW GRANTS TO eve AS OF TIMESTAMP '2026-12-31 23:30:00'`)).toHaveLength(1);
});

test('SHOW GRANTS as of the past: by time and by version, to those who manage the object now', async () => {
  await admin.run('GRANT SELECT ON TABLE c.s.t TO ann');
  const version = server.services.catalog.snapshot().version;
  setTime('2026-12-31 23:10:00');
  await admin.run('REVOKE SELECT ON TABLE c.s.t FROM ann');
  const rows = [['ann', 'SELECT', 'TABLE', 'c.s.t', null, null]];
  expect(await admin.rows('SHOW GRANTS ann ON TABLE c.s.t')).not.toContainEqual(rows[0]);
  expect(await admin.rows(`SHOW GRANTS ann ON TABLE c.s.t AS OF VERSION ${String(version)}`)).toContainEqual(rows[0]);
  expect(await admin.rows("SHOW GRANTS ann ON TABLE c.s.t AS OF TIMESTAMP '2026-12-31 23:05:00'")).toContainEqual(
    rows[0],
  );
  expect(await stateOf(admin.run("SHOW GRANTS ON TABLE c.s.t AS OF TIMESTAMP '2028-01-01'"))).toBe('22023');
  expect(await stateOf(admin.run('SHOW GRANTS ON TABLE c.s.t AS OF VERSION 100000'))).toBe('22023');
  // Not a manager now: by the rule of now, whatever was the case then.
  expect(await stateOf(ann.run(`SHOW GRANTS ON TABLE c.s.t AS OF VERSION ${String(version)}`))).toMatch(
    /^42(501|P01)$/,
  );
  // One's own grants of today are one's own to see; those of the past are for managers.
  await admin.run('GRANT SELECT ON TABLE c.s.t TO ann');
  expect(await ann.rows(`SHOW GRANTS ann ON TABLE c.s.t AS OF VERSION ${String(version)}`)).toEqual([]);
  // Who manages the table sees its grants of then, and not those of the catalog, which others manage.
  await admin.run('GRANT MANAGE ON TABLE c.s.t TO ann');
  expect(await ann.rows(`SHOW GRANTS ON TABLE c.s.t AS OF VERSION ${String(version)}`)).toEqual(rows);
});

test('a dropped table is still answered for, to administrators', async () => {
  await admin.run('GRANT SELECT ON TABLE c.s.t TO ann');
  const version = server.services.catalog.snapshot().version;
  await admin.run('DROP VIEW c.s.v');
  await admin.run('DROP TABLE c.s.t');
  expect(await stateOf(admin.run('SHOW GRANTS ON TABLE c.s.t'))).toBe('42P01');
  expect(await admin.rows(`SHOW GRANTS ann ON TABLE c.s.t AS OF VERSION ${String(version)}`)).toContainEqual([
    'ann',
    'SELECT',
    'TABLE',
    'c.s.t',
    null,
    null,
  ]);
});
