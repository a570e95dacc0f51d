// What a caller gives to a SQL function means the same inside it as outside: names in an argument are the caller's, whatever the
// body calls its own tables, columns, WITH queries and lambda parameters.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type InProcess, startInProcess, type TestSession } from '../support/in-process.ts';

let server: InProcess;
let ann: TestSession;

beforeAll(async () => {
  server = await startInProcess();
  const admin = await server.as('admin');
  await admin.run(`CREATE CATALOG c; CREATE SCHEMA c.s; CREATE SCHEMA c.open; CREATE USER ann;
    CREATE TABLE c.s.secrets (id INT, pin VARCHAR, hint VARCHAR);
    INSERT INTO c.s.secrets VALUES (1, 'SECRET1', 'x'), (2, 'SECRET2', 'y');
    CREATE TABLE c.open.mine (id INT, pin VARCHAR, l INT[]); INSERT INTO c.open.mine VALUES (1, 'mine', [1, 2]), (7, 'other', []);
    CREATE FUNCTION c.open.echo(p VARCHAR) RETURNS VARCHAR RETURN (SELECT max(p) FROM c.s.secrets s);
    CREATE FUNCTION c.open.known(p VARCHAR) RETURNS BIGINT RETURN (SELECT count(*) FROM c.s.secrets s WHERE s.pin = p);
    CREATE FUNCTION c.open.via_cte(p VARCHAR) RETURNS VARCHAR
      RETURN (WITH w AS (SELECT pin, hint FROM c.s.secrets) SELECT max(p) FROM w);
    CREATE FUNCTION c.open.outer_fn(q VARCHAR) RETURNS VARCHAR RETURN c.open.echo(q || '!');
    CREATE FUNCTION c.open.plus(l INT[], p INT) RETURNS INT[] RETURN list_transform(l, x -> x + p);
    CREATE FUNCTION c.open.twice(p DOUBLE) RETURNS BOOLEAN RETURN p = p;
    CREATE FUNCTION c.open.twice_read(p DOUBLE) RETURNS BOOLEAN RETURN (SELECT bool_and(p = p) FROM c.s.secrets);
    GRANT USE CATALOG, USE SCHEMA ON CATALOG c TO ann; GRANT SELECT, EXECUTE ON SCHEMA c.open TO ann`);
  ann = await server.as('ann', 'c');
  await ann.run('USE SCHEMA open');
});

afterAll(async () => {
  await server.close();
});

test.each([
  ['a column named like one of the table inside', 'SELECT echo(pin) FROM mine WHERE id = 1', [['mine']]],
  ['a column qualified by the alias of the table inside', 'SELECT echo(s.pin) FROM mine AS s WHERE id = 1', [['mine']]],
  [
    'a column qualified by the name of the table inside',
    'SELECT echo(secrets.pin) FROM mine AS secrets WHERE id = 1',
    [['mine']],
  ],
  ['a comparison with itself', 'SELECT known(s.pin) FROM mine AS s WHERE id = 1', [[0n]]],
  ['a column named like one of a WITH query inside', 'SELECT via_cte(w.pin) FROM mine AS w WHERE id = 1', [['mine']]],
  [
    'a WITH query named like the one inside',
    "WITH w AS (SELECT 'own' AS pin) SELECT via_cte((SELECT pin FROM w))",
    [['own']],
  ],
  ['an argument that goes through two functions', 'SELECT outer_fn(s.pin) FROM mine AS s WHERE id = 1', [['mine!']]],
  ['a correlated subquery', 'SELECT echo((SELECT s.pin)) FROM mine AS s WHERE id = 1', [['mine']]],
  ['a lambda parameter of the body', 'SELECT plus([10], x.id) FROM mine AS x WHERE id = 7', [[[17]]]],
  [
    'a column named like a lambda parameter',
    'SELECT plus([10], x) FROM (SELECT id AS x FROM mine WHERE id = 7) q',
    [[[17]]],
  ],
  ['a field', "SELECT echo(s.pin) FROM (SELECT {'pin': 'field'} AS s) q", [['field']]],
])('%s is the caller’s own', async (_, sql, rows) => {
  expect(await ann.rows(sql)).toEqual(rows);
});

test.each([
  ['SELECT echo((SELECT hint)) FROM mine', '42703'],
  ['SELECT echo(hint) FROM mine', '42703'],
  ['SELECT echo(s.hint) FROM mine AS s', '42703'],
  ['SELECT echo(secrets.hint) FROM mine AS s', '42703'],
  ['SELECT echo((SELECT max(hint) FROM mine))', '42703'],
  ['SELECT echo(COLUMNS(*)) FROM mine', '0A000'],
  ['SELECT echo(max(pin)) FROM mine', '0A000'],
  ['SELECT echo(max(pin) OVER ()) FROM mine', '0A000'],
])('%s reaches nothing of the body', async (sql, sqlState) => {
  await expect(ann.rows(sql)).rejects.toMatchObject({ sqlState });
});

test('a volatile argument is refused: it would be drawn several times, or once for all rows', async () => {
  for (const sql of ['SELECT twice(random())', 'SELECT twice_read(random()) FROM mine']) {
    await expect(ann.rows(sql)).rejects.toMatchObject({ sqlState: '0A000' });
  }
  expect(
    await ann.rows('SELECT bool_and(twice(r)), bool_and(twice_read(r)) FROM (SELECT random() AS r FROM range(50)) q'),
  ).toEqual([[true, true]]);
});
