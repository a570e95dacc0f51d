// GRANT SELECT (a, b): the other columns cannot be named, counted in a star, or reached in any other way.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type InProcess, startInProcess, type TestSession } from '../support/in-process.ts';

let server: InProcess;
let ann: TestSession;
let admin: TestSession;

beforeAll(async () => {
  server = await startInProcess();
  admin = await server.as('admin');
  await admin.run(`CREATE CATALOG c; CREATE SCHEMA c.s; CREATE USER ann; CREATE USER bob;
    CREATE TABLE c.s.t (id INT, name VARCHAR, salary INT, info STRUCT(a INT));
    INSERT INTO c.s.t VALUES (1, 'x', 10, {'a': 1}), (2, 'y', 20, {'a': 2});
    CREATE TABLE c.s.u (id INT, salary INT); INSERT INTO c.s.u VALUES (1, 10);
    CREATE VIEW c.s.v AS SELECT id, salary FROM c.s.t;
    GRANT USE CATALOG, USE SCHEMA ON CATALOG c TO ann, bob;
    GRANT SELECT (id, name) ON TABLE c.s.t TO ann; GRANT SELECT ON TABLE c.s.u TO ann; GRANT SELECT ON VIEW c.s.v TO ann`);
  ann = await server.as('ann', 'c');
  await ann.run('USE SCHEMA s');
});

afterAll(async () => {
  await server.close();
});

test.each([
  [
    'SELECT id, name FROM t ORDER BY 1',
    [
      [1, 'x'],
      [2, 'y'],
    ],
  ],
  ['SELECT count(*) FROM t', [[2n]]],
  ['SELECT s.t.id FROM s.t WHERE t.id = 1', [[1]]],
  ['SELECT x.name FROM t AS x JOIN u USING (id)', [['x']]],
  ['WITH w AS (SELECT id FROM t) SELECT * FROM w ORDER BY 1', [[1], [2]]],
  ['SELECT (SELECT max(id) FROM t) AS m', [[2]]],
  ['SELECT salary FROM v ORDER BY 1', [[10], [20]]],
  ['SELECT u.salary FROM t JOIN u ON t.id = u.id', [[10]]],
])('%s is answered', async (sql, rows) => {
  expect(await ann.rows(sql)).toEqual(rows);
});

test.each([
  'SELECT * FROM t',
  'FROM t',
  'TABLE t',
  'SELECT t FROM t',
  'SELECT t.* FROM t',
  'SELECT t.* EXCLUDE (salary) FROM t',
  'SELECT COLUMNS(*) FROM t',
  "SELECT COLUMNS('id') FROM t",
  'SELECT salary FROM t',
  'SELECT t.salary FROM t',
  'SELECT c.s.t.salary FROM t',
  'SELECT info.a FROM t',
  'SELECT t.info.a FROM t',
  'SELECT id FROM t WHERE salary > 1',
  'SELECT id FROM t ORDER BY salary',
  'SELECT id FROM t GROUP BY id, salary',
  'SELECT count(*) OVER (PARTITION BY salary) FROM t',
  'SELECT x.c FROM t AS x(a, b, c, d)',
  'SELECT id FROM t JOIN u USING (id, salary)',
  'SELECT u.id FROM t NATURAL JOIN u',
  'SELECT (SELECT max(salary) FROM u WHERE t.salary = u.salary) FROM t',
  'SELECT u.id FROM u, LATERAL (SELECT t.salary FROM t) z',
  'SELECT id FROM t QUALIFY row_number() OVER (ORDER BY salary) = 1',
  'SELECT #1 FROM t',
  'SELECT to_json(t) FROM t',
  'SELECT [e -> t.salary FOR e IN [1]] FROM t',
  'SELECT list_transform([1], e -> e + salary) FROM t',
  'PIVOT t ON name USING sum(id)',
  'UNPIVOT t ON id INTO NAME n VALUE v',
  'SELECT struct_pack(s := salary) FROM t',
])('%s is refused', async (sql) => {
  await expect(ann.run(sql)).rejects.toMatchObject({
    sqlState: expect.stringMatching(/^(42501|0A000|42601|42703)$/) as string,
  });
});

test('the hint names the columns that may be read', async () => {
  await expect(ann.run('SELECT * FROM t')).rejects.toMatchObject({
    sqlState: '42501',
    hint: 'You may read id, name only.',
  });
});

test('who has no column at all cannot count the rows', async () => {
  const bob = await server.as('bob', 'c');
  await expect(bob.run('SELECT count(*) FROM s.t')).rejects.toMatchObject({ sqlState: '42P01' });
});

test('a column grant ends with its revoke, also for what was prepared', async () => {
  await admin.run('GRANT SELECT (salary) ON TABLE c.s.t TO ann');
  expect(await ann.rows('SELECT max(salary) FROM t')).toEqual([[20]]);
  await admin.run('REVOKE SELECT (salary) ON TABLE c.s.t FROM ann');
  await expect(ann.run('SELECT max(salary) FROM t')).rejects.toMatchObject({ sqlState: '42501' });
});

test('masks and filters may read columns that were not granted', async () => {
  await admin.run(`CREATE FUNCTION c.s.own(s INT) RETURNS BOOLEAN RETURN s > 15;
    ALTER TABLE c.s.t SET ROW FILTER c.s.own ON (salary)`);
  expect(await ann.rows('SELECT id FROM t')).toEqual([[2]]);
  await admin.run('ALTER TABLE c.s.t DROP ROW FILTER');
});

test('a view whose owner has column grants reads those columns', async () => {
  await admin.run('GRANT CREATE TABLE ON SCHEMA c.s TO ann');
  await ann.run('CREATE VIEW mine AS SELECT name FROM t');
  expect(await ann.rows('SELECT * FROM mine ORDER BY 1')).toEqual([['x'], ['y']]);
  await expect(ann.run('CREATE VIEW more AS SELECT salary FROM t')).rejects.toMatchObject({ sqlState: '42501' });
});
