// GRANT SELECT (a, b) ON VIEW v: the other columns cannot be named or reached, as of a table.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type InProcess, startInProcess, type TestSession } from '../support/in-process.ts';

let server: InProcess;
let admin: TestSession;
let ann: TestSession;

beforeAll(async () => {
  server = await startInProcess();
  admin = await server.as('admin');
  await admin.run(`CREATE CATALOG c; CREATE SCHEMA c.s; CREATE USER ann; CREATE USER owner;
    CREATE TABLE c.s.t (id INT, name VARCHAR, salary INT); INSERT INTO c.s.t VALUES (1, 'x', 10), (2, 'y', 20);
    CREATE VIEW c.s.v AS SELECT id, name, salary FROM c.s.t; CREATE VIEW c.s.w AS SELECT id, salary FROM c.s.v;
    GRANT USE CATALOG, USE SCHEMA ON CATALOG c TO ann, owner; GRANT CREATE TABLE ON SCHEMA c.s TO owner;
    GRANT SELECT (ID, name) ON VIEW c.s.v TO ann; GRANT SELECT (id, name) ON TABLE c.s.t TO owner`);
  ann = await server.as('ann', 'c');
  await ann.run('USE SCHEMA s');
});

afterAll(async () => {
  await server.close();
});

test.each([
  [
    'SELECT id, name FROM v ORDER BY 1',
    [
      [1, 'x'],
      [2, 'y'],
    ],
  ],
  ['SELECT count(*) FROM v', [[2n]]],
  ['SELECT max(q.name) FROM v AS q WHERE q.id = 1', [['x']]],
])('%s is answered', async (sql, rows) => {
  expect(await ann.rows(sql)).toEqual(rows);
});

test.each([
  'SELECT * FROM v',
  'SELECT v FROM v',
  'SELECT v.* FROM v',
  'SELECT COLUMNS(*) FROM v',
  'SELECT salary FROM v',
  'SELECT id FROM v WHERE salary > 1',
  'SELECT id FROM v ORDER BY salary',
  'SELECT id FROM v AS x(a, b, c)',
  'SELECT (SELECT max(salary) FROM v) AS m',
  'SELECT count(*) FROM v JOIN (SELECT 10 AS salary) AS q USING (salary)',
  'SELECT count(*) FROM v NATURAL JOIN (SELECT 10 AS salary) AS q',
])('%s is denied, and the readable columns are named', async (sql) => {
  await expect(ann.rows(sql)).rejects.toMatchObject({ sqlState: '42501', hint: 'You may read id, name only.' });
});

test('a column grant on a view is none on what is behind it, nor on views over it', async () => {
  await expect(ann.rows('SELECT id FROM t')).rejects.toMatchObject({ sqlState: '42P01' });
  await expect(ann.rows('SELECT id FROM w')).rejects.toMatchObject({ sqlState: '42P01' });
});

test('a view over granted columns may read these alone', async () => {
  const owner = await server.as('owner', 'c');
  await owner.run('CREATE VIEW c.s.narrow AS SELECT id, name FROM c.s.t');
  expect(await owner.rows('SELECT count(*) FROM c.s.narrow')).toEqual([[2n]]);
  await expect(owner.run('CREATE VIEW c.s.wide AS SELECT * FROM c.s.t')).rejects.toMatchObject({ sqlState: '42501' });
  await admin.run('REVOKE SELECT (name) ON TABLE c.s.t FROM owner');
  await expect(owner.rows('SELECT id FROM c.s.narrow')).rejects.toMatchObject({
    sqlState: '42501',
    message: 'permission denied for view c.s.narrow',
  });
});

test('the grants end with the column: a later one of the name is another', async () => {
  await admin.run('CREATE OR REPLACE VIEW c.s.v AS SELECT id, salary FROM c.s.t');
  expect(await ann.rows('SELECT id FROM v ORDER BY 1')).toEqual([[1], [2]]);
  await admin.run('CREATE OR REPLACE VIEW c.s.v AS SELECT id, salary AS name FROM c.s.t');
  await expect(ann.rows('SELECT name FROM v')).rejects.toMatchObject({ sqlState: '42501' });
  expect(
    await admin.rows("SELECT grantee, column_name FROM c.information_schema.column_privileges WHERE table_name = 'v'"),
  ).toEqual([['ann', 'id']]);
});
