// CREATE ACCESS TEST and RUN ACCESS TESTS: what they check, and that they show nobody what they read.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { allAccessTests } from '../../src/catalog/access-test.ts';
import { type InProcess, startInProcess, type TestSession } from '../support/in-process.ts';

let server: InProcess;
let admin: TestSession;
let tess: TestSession;

beforeAll(async () => {
  server = await startInProcess();
  admin = await server.as('admin');
  await admin.run(`CREATE CATALOG c; CREATE SCHEMA c.s; CREATE SCHEMA c.hers; CREATE SCHEMA c.secret;
    CREATE USER ann; CREATE USER bob; CREATE USER tess; CREATE GROUP boss; ALTER GROUP boss ADD USER bob;
    CREATE TABLE c.s.t (id INT, name STRING, region STRING);
    INSERT INTO c.s.t VALUES (1, 'x', 'south'), (2, 'y', 'north'), (3, 'z', 'south');
    CREATE TABLE c.secret.hidden_table (id INT);
    CREATE FUNCTION c.s.south(r STRING) RETURNS BOOLEAN RETURN r = 'south' OR is_account_group_member('boss');
    CREATE FUNCTION c.s.stars(v STRING) RETURNS STRING RETURN CASE WHEN is_account_group_member('boss') THEN v ELSE '***' END;
    ALTER TABLE c.s.t SET ROW FILTER c.s.south ON (region); ALTER TABLE c.s.t ALTER COLUMN name SET MASK c.s.stars;
    CREATE VIEW c.hers.v AS SELECT id, name FROM c.s.t; CREATE TABLE c.hers.own (id INT);
    GRANT USE CATALOG, USE SCHEMA ON CATALOG c TO ann, bob, tess; GRANT SELECT ON TABLE c.s.t TO ann, bob;
    GRANT SELECT ON VIEW c.hers.v TO ann; GRANT MANAGE ON SCHEMA c.hers TO tess`);
  tess = await server.as('tess', 'c');
});

afterAll(async () => {
  await server.close();
});

async function outcome(test: string): Promise<readonly unknown[]> {
  await admin.run(`CREATE OR REPLACE ACCESS TEST c.s.one AS USER ${test}`);
  const rows = await admin.rows('RUN ACCESS TESTS IN SCHEMA c.s');
  await admin.run('DROP ACCESS TEST c.s.one');
  return rows[0]?.slice(2) ?? [];
}

test.each([
  ['ann EXPECT ROWS 2 FOR SELECT * FROM t', ['true', 'ROWS 2', 'ROWS 2']],
  ['ann EXPECT ROWS 3 FOR SELECT * FROM t', ['false', 'ROWS 3', 'ROWS 2']],
  ['bob EXPECT ROWS 3 FOR SELECT * FROM c.s.t', ['true', 'ROWS 3', 'ROWS 3']],
  ['tess EXPECT NO ACCESS FOR SELECT * FROM t', ['true', 'NO ACCESS', 'no access']],
  ['ann EXPECT NO ACCESS FOR SELECT * FROM t', ['false', 'NO ACCESS', 'access']],
  ['tess EXPECT ROWS 0 FOR SELECT * FROM t', ['false', 'ROWS 0', 'no access']],
  ['ann EXPECT MASKED (name) FOR SELECT id FROM t', ['true', 'MASKED (name)', 'name masked']],
  ['bob EXPECT MASKED (name) FOR SELECT id FROM t', ['false', 'MASKED (name)', 'name visible']],
  [
    'bob EXPECT VISIBLE (name, region) FOR SELECT id FROM t',
    ['true', 'VISIBLE (name, region)', 'name visible, region visible'],
  ],
  ['ann EXPECT VISIBLE (id) FOR SELECT id FROM c.hers.v', ['true', 'VISIBLE (id)', 'id visible']],
  ['ann EXPECT VISIBLE (name) FOR SELECT id FROM c.hers.v', ['false', 'VISIBLE (name)', 'name masked']],
  [
    'ann EXPECT ROWS 1 FOR SELECT (id / 0)::INT FROM t WHERE CAST(region AS INT) = 1',
    ['false', 'ROWS 1', 'error 22P02'],
  ],
])('a test as %s comes out as it is', async (sql, expected) => {
  expect(await outcome(sql)).toEqual(expected);
});

test('a test needs MANAGE on its schema and on all that it reads, behind views too', async () => {
  const create = (query: string) => tess.run(`CREATE ACCESS TEST c.hers.x AS USER ann EXPECT ROWS 2 FOR ${query}`);
  await expect(create('SELECT * FROM c.s.t')).rejects.toMatchObject({ sqlState: '42P01' });
  // She manages the view, but could not see the rows that ann sees through it.
  await expect(create('SELECT * FROM c.hers.v')).rejects.toMatchObject({ sqlState: '42501' });
  await expect(create('SELECT * FROM c.hers.own, c.secret.hidden_table')).rejects.toMatchObject({
    sqlState: '42P01',
    message: 'table c.secret.hidden_table does not exist',
  });
  await expect(
    tess.run('CREATE ACCESS TEST c.s.x AS USER ann EXPECT ROWS 0 FOR SELECT * FROM c.hers.own'),
  ).rejects.toMatchObject({ sqlState: '3F000' });
  await create('SELECT * FROM c.hers.own');
  await tess.run('DROP ACCESS TEST c.hers.x');
});

test('the refusal of a view’s test names nothing behind the view', async () => {
  await expect(
    tess.run('CREATE ACCESS TEST c.hers.x AS USER ann EXPECT ROWS 2 FOR SELECT * FROM c.hers.v'),
  ).rejects.toSatisfy(
    (error: Error) => !JSON.stringify({ ...error, message: error.message, cause: undefined }).includes('c.s.t'),
  );
});

test('another manager of the schema sees pass or fail of a test, neither its query nor what was found', async () => {
  await admin.run('CREATE ACCESS TEST c.hers.of_admin AS USER ann EXPECT ROWS 2 FOR SELECT * FROM c.s.t');
  expect(await tess.rows('SHOW ACCESS TESTS IN SCHEMA c.hers')).toEqual([
    ['c.hers', 'of_admin', 'ann', 'ROWS 2', 'admin', null],
  ]);
  expect(await tess.rows('RUN ACCESS TESTS')).toEqual([['c.hers', 'of_admin', 'true', 'ROWS 2', null]]);
  await admin.run('DROP ACCESS TEST c.hers.of_admin');
});

test('a test whose owner has lost MANAGE fails and reads nothing', async () => {
  await admin.run('GRANT MANAGE ON TABLE c.s.t TO tess');
  await tess.run('CREATE ACCESS TEST c.hers.later AS USER ann EXPECT ROWS 2 FOR SELECT * FROM c.s.t');
  expect((await tess.rows('RUN ACCESS TESTS'))[0]?.slice(2)).toEqual(['true', 'ROWS 2', 'ROWS 2']);
  await admin.run('REVOKE MANAGE ON TABLE c.s.t FROM tess');
  expect((await tess.rows('RUN ACCESS TESTS'))[0]?.slice(2)).toEqual(['false', 'ROWS 2', null]);
  await admin.run('DROP ACCESS TEST c.hers.later');
});

test('who manages no schema has no tests to run', async () => {
  await admin.run('CREATE ACCESS TEST c.s.one AS USER ann EXPECT ROWS 2 FOR SELECT * FROM t');
  const ann = await server.as('ann', 'c');
  expect(await ann.rows('RUN ACCESS TESTS')).toEqual([]);
  expect(await ann.rows('SHOW ACCESS TESTS')).toEqual([]);
  await expect(ann.run('RUN ACCESS TESTS IN SCHEMA c.s')).rejects.toMatchObject({ sqlState: '42501' });
  await expect(ann.run('DROP ACCESS TEST c.s.one')).rejects.toMatchObject({ sqlState: '42501' });
  await admin.run('DROP ACCESS TEST c.s.one');
});

test('a failing test blocks APPLY PLAN by name, and nothing is changed', async () => {
  await admin.run('CREATE ACCESS TEST c.s.masked AS USER ann EXPECT MASKED (name) FOR SELECT * FROM t');
  const [plan] = await admin.rows('PLAN ALTER TABLE c.s.t ALTER COLUMN name DROP MASK');
  const version = server.services.catalog.snapshot().version;
  await expect(admin.run(`APPLY PLAN '${String(plan?.[2])}'`)).rejects.toMatchObject({
    sqlState: '55000',
    detail: 'Failing: c.s.masked (expected MASKED (name), found name visible).',
  });
  expect(server.services.catalog.snapshot().version).toBe(version);
  await admin.run('DROP ACCESS TEST c.s.masked');
  await admin.run(`APPLY PLAN '${String(plan?.[2])}'; ALTER TABLE c.s.t ALTER COLUMN name SET MASK c.s.stars`);
});

test('a hidden test blocks a plan without its name', async () => {
  await admin.run(`GRANT MANAGE ON TABLE c.s.t TO tess;
    CREATE ACCESS TEST c.secret.hidden_test AS USER ann EXPECT MASKED (name) FOR SELECT * FROM c.s.t`);
  const [plan] = await tess.rows('PLAN ALTER TABLE c.s.t ALTER COLUMN name DROP MASK');
  await expect(tess.run(`APPLY PLAN '${String(plan?.[2])}'`)).rejects.toMatchObject({
    detail: 'Failing: 1 of schemas that you do not manage.',
  });
  await admin.run('DROP ACCESS TEST c.secret.hidden_test; REVOKE MANAGE ON TABLE c.s.t FROM tess');
});

test('tests go with their schema, and their names are their schema’s', async () => {
  await admin.run(
    `CREATE SCHEMA c.gone; CREATE ACCESS TEST c.gone.a AS USER ann EXPECT NO ACCESS FOR SELECT * FROM c.secret.hidden_table`,
  );
  await expect(
    admin.run('CREATE ACCESS TEST c.gone.A AS USER ann EXPECT NO ACCESS FOR SELECT * FROM c.secret.hidden_table'),
  ).rejects.toMatchObject({ sqlState: '42710' });
  await admin.run('DROP SCHEMA c.gone');
  expect(allAccessTests(server.services.catalog.snapshot())).toEqual([]);
  await admin.run('CREATE SCHEMA c.gone');
  expect(await admin.rows('SHOW ACCESS TESTS IN SCHEMA c.gone')).toEqual([]);
});

test('a test of a column that is not read is refused, and so is one of nobody', async () => {
  await expect(
    admin.run('CREATE ACCESS TEST c.s.x AS USER ann EXPECT MASKED (nope) FOR SELECT * FROM t'),
  ).rejects.toMatchObject({ sqlState: '42703' });
  await expect(admin.run('CREATE ACCESS TEST c.s.x AS USER nope EXPECT ROWS 1 FOR SELECT 1')).rejects.toMatchObject({
    sqlState: '42704',
  });
});
