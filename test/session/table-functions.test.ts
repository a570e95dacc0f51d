// Functions that return a table: their query runs with the owner's grants, policies see the session's user, and nothing that a
// caller writes reaches its inside but the values of its arguments.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type InProcess, startInProcess, type TestSession } from '../support/in-process.ts';

let server: InProcess;
let admin: TestSession;
let ann: TestSession;

beforeAll(async () => {
  server = await startInProcess();
  admin = await server.as('admin');
  await admin.run(`CREATE CATALOG c; CREATE SCHEMA c.s; CREATE SCHEMA c.open; CREATE USER ann; CREATE USER own;
    CREATE TABLE c.s.orders (id INT, region STRING, amount INT, secret STRING);
    INSERT INTO c.s.orders VALUES (1, 'north', 10, 'S1'), (2, 'south', 20, 'S2'), (3, 'north', 30, 'S3');
    CREATE FUNCTION c.s.only(region STRING) RETURNS BOOLEAN RETURN region = 'north' OR current_user() = 'admin';
    CREATE FUNCTION c.s.cut(s STRING, keep INT) RETURNS STRING RETURN left(s, keep) || '*';
    ALTER TABLE c.s.orders SET ROW FILTER c.s.only ON (region);
    ALTER TABLE c.s.orders ALTER COLUMN secret SET MASK c.s.cut USING COLUMNS (1);
    CREATE FUNCTION c.open.above(least INT) RETURNS TABLE (id INT, region STRING COMMENT 'where')
      RETURN SELECT o.id, o.region FROM c.s.orders AS o WHERE o.amount >= least ORDER BY o.id;
    CREATE FUNCTION c.open.everything() RETURNS TABLE RETURN SELECT id, secret FROM c.s.orders;
    CREATE FUNCTION c.open.echo(p STRING) RETURNS TABLE (p STRING, n BIGINT) RETURN SELECT max(p), count(*) FROM c.s.orders AS o;
    CREATE FUNCTION c.open.recent(least INT DEFAULT 20, most INT DEFAULT 100) RETURNS TABLE (id INT)
      RETURN WITH o AS (SELECT * FROM c.s.orders) SELECT id FROM o WHERE amount BETWEEN least AND most;
    CREATE FUNCTION c.open.scaled(a INT, factor INT DEFAULT 2) RETURNS INT RETURN a * factor;
    CREATE FUNCTION c.s.hidden() RETURNS TABLE (x INT) RETURN SELECT 1;
    CREATE TABLE c.open.mine (id INT, secret STRING, least INT); INSERT INTO c.open.mine VALUES (1, 'own', 15), (2, 'two', 25);
    GRANT USE CATALOG, USE SCHEMA ON CATALOG c TO ann; GRANT SELECT, EXECUTE ON SCHEMA c.open TO ann`);
  ann = await server.as('ann', 'c');
  await ann.run('USE SCHEMA open');
});

afterAll(async () => {
  await server.close();
});

test.each([
  ['SELECT * FROM above(15)', [[3, 'north']]],
  ['SELECT a.region, count(*) FROM c.open.above(0) AS a GROUP BY ALL', [['north', 2n]]],
  [
    'SELECT x, y FROM above(0) AS a(x, y) ORDER BY 1',
    [
      [1, 'north'],
      [3, 'north'],
    ],
  ],
  ['SELECT above.id FROM above(least => 15)', [[3]]],
  [
    'SELECT m.id, a.id FROM mine AS m, above(m.least) AS a ORDER BY ALL',
    [
      [1, 3],
      [2, 3],
    ],
  ],
  ['SELECT m.id, a.id FROM mine AS m, LATERAL above(m.least * 2) AS a ORDER BY ALL', [[1, 3]]],
  [
    'SELECT m.id, a.id FROM mine AS m LEFT JOIN above(m.least * 2) AS a ON true ORDER BY ALL',
    [
      [1, 3],
      [2, null],
    ],
  ],
  ['SELECT (SELECT max(id) FROM above(m.least)) AS top FROM mine AS m', [[3], [3]]],
  ['WITH w AS (SELECT * FROM above(0)) SELECT max(id) AS m FROM w', [[3]]],
  [
    'SELECT * FROM everything() ORDER BY id',
    [
      [1, 'S*'],
      [3, 'S*'],
    ],
  ],
  ['SELECT * FROM recent() ORDER BY 1', [[3]]],
  ['SELECT * FROM recent(1, most => 15)', [[1]]],
  ['SELECT * FROM recent(most => 15, least => 1)', [[1]]],
  ['SELECT scaled(4), scaled(4, 3), scaled(factor => 10, a => 1)', [[8, 12, 10]]],
  ['SELECT p, n FROM mine AS o, echo(o.secret) WHERE o.id = 1', [['own', 2n]]],
  ["SELECT p FROM (SELECT 'x' AS secret) AS o, echo(secret)", [['x']]],
  ["WITH o AS (SELECT 'cte' AS secret) SELECT p FROM echo((SELECT secret FROM o))", [['cte']]],
])('%s', async (sql, rows) => {
  expect(await ann.rows(sql)).toEqual(rows);
});

test.each([
  ['SELECT * FROM echo(secret)', '42703'],
  ['SELECT * FROM echo(o.secret)', '42703'],
  ['SELECT p FROM mine AS m, echo(o.secret)', '42703'],
  ['SELECT * FROM above()', '42883'],
  ['SELECT * FROM above(1, 2)', '42883'],
  ['SELECT * FROM above(other => 2)', '42883'],
  ['SELECT * FROM above(least => 2, least => 3)', '42883'],
  ['SELECT * FROM recent(least => 2, 3)', '42883'],
  ["SELECT * FROM above('abc')", '22P02'],
  ['SELECT * FROM above(1) WITH ORDINALITY', '0A000'],
  ['SELECT above(1)', '42809'],
  ['SELECT * FROM scaled(1)', '42809'],
  ['SELECT * FROM c.s.orders', '42P01'],
  ['SELECT amount FROM above(1)', '42703'],
])('%s is refused', async (sql, sqlState) => {
  await expect(ann.rows(sql)).rejects.toMatchObject({ sqlState });
});

test('a hidden table function reads like a missing one', async () => {
  const told = async (sql: string): Promise<string> => String(await ann.rows(sql).catch((error: unknown) => error));
  expect((await told('SELECT * FROM c.s.hidden()')).replace('hidden', 'absent')).toBe(
    await told('SELECT * FROM c.s.absent()'),
  );
  expect(await told('SELECT * FROM c.s.hidden()')).toContain('does not exist');
});

test.each([
  ['CREATE FUNCTION c.open.bad() RETURNS TABLE (a INT) RETURN SELECT 1, 2', '42P17'],
  ['CREATE FUNCTION c.open.bad() RETURNS TABLE (a INT, A INT) RETURN SELECT 1, 2', '42701'],
  ['CREATE FUNCTION c.open.bad() RETURNS TABLE (a INT) RETURN SELECT a FROM c.open.bad()', '42883'],
  [
    'CREATE OR REPLACE FUNCTION c.open.above(least INT) RETURNS TABLE (id INT) RETURN SELECT id FROM c.open.above(1)',
    '42P17',
  ],
  ['CREATE FUNCTION c.open.bad(a INT DEFAULT 1, b INT) RETURNS INT RETURN a', '42P17'],
  ['CREATE FUNCTION c.open.bad(a INT DEFAULT (SELECT max(id) FROM c.s.orders)) RETURNS INT RETURN a', '42601'],
  ['CREATE FUNCTION c.open.above(least STRING) RETURNS INT RETURN 1', '42723'],
  ['CREATE FUNCTION c.open.bad() RETURNS TABLE RETURN DELETE FROM c.s.orders', '0A000'],
  ['CREATE FUNCTION c.open.bad() RETURNS TABLE RETURN SELECT nothing FROM c.s.orders', '42703'],
  ['CREATE FUNCTION c.open.bad() RETURNS TABLE RETURN SELECT $1::INT', '0A000'],
  ['ALTER TABLE c.open.mine SET ROW FILTER c.open.above ON (id)', '42804'],
])('%s is refused', async (sql, sqlState) => {
  await expect(admin.run(sql)).rejects.toMatchObject({ sqlState });
});

test('an owner who lost a grant makes the function unusable, and only its name is told', async () => {
  await admin.run(`GRANT USE CATALOG, USE SCHEMA ON CATALOG c TO own; GRANT SELECT ON TABLE c.s.orders TO own;
    GRANT CREATE FUNCTION ON SCHEMA c.open TO own`);
  const own = await server.as('own', 'c');
  await own.run('CREATE FUNCTION c.open.lent() RETURNS TABLE (id INT) RETURN SELECT id FROM c.s.orders');
  expect(await ann.rows('SELECT count(*) FROM lent()')).toEqual([[2n]]);
  await admin.run('REVOKE SELECT ON TABLE c.s.orders FROM own');
  await expect(ann.rows('SELECT count(*) FROM lent()')).rejects.toMatchObject({
    sqlState: '42501',
    message: 'permission denied for function c.open.lent',
  });
});

test('a literal argument of a mask inside a function’s table is known there', async () => {
  await admin.run(
    'CREATE FUNCTION c.open.one_secret(i INT) RETURNS STRING RETURN (SELECT max(secret) FROM c.s.orders WHERE id = i)',
  );
  expect(await ann.rows('SELECT one_secret(3)')).toEqual([['S*']]);
});

test('bodies that double at each level end in an error, not in a machine without memory', async () => {
  await admin.run(
    'CREATE FUNCTION c.open.f0(p STRING) RETURNS STRING RETURN p || p; CREATE VIEW c.open.v0 AS SELECT 1 AS a',
  );
  for (let level = 1; level <= 24; level += 1) {
    const [now, below] = [String(level), String(level - 1)];
    await admin.run(`CREATE FUNCTION c.open.f${now}(p STRING) RETURNS STRING RETURN c.open.f${below}(p)`);
    if (level < 9)
      await admin.run(`CREATE VIEW c.open.v${now} AS SELECT x.a FROM c.open.v${below} x, c.open.v${below} y`);
  }
  const nested = Array.from({ length: 40 }).reduce<string>((inner) => `f0(${inner})`, "'x'");
  await expect(ann.rows(`SELECT ${nested}`)).rejects.toMatchObject({ sqlState: '54001' });
  await expect(admin.run('CREATE VIEW c.open.v9 AS SELECT x.a FROM c.open.v8 x, c.open.v8 y')).rejects.toMatchObject({
    sqlState: '54001',
  });
  expect(await ann.rows("SELECT f24('ab')")).toEqual([['abab']]);
});
