// Names in the body of a view or function are the body's own for ever: when a column that one means is gone, the query around it
// cannot put its own in place.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type InProcess, startInProcess, type TestSession } from '../support/in-process.ts';

let server: InProcess;
let admin: TestSession;
let ann: TestSession;

beforeAll(async () => {
  server = await startInProcess();
  admin = await server.as('admin');
  await admin.run(`CREATE CATALOG c; CREATE SCHEMA c.s; CREATE SCHEMA c.open; CREATE USER ann;
    CREATE TABLE c.s.t (id INT, secret VARCHAR, public BOOLEAN, st STRUCT(a INT));
    INSERT INTO c.s.t VALUES (1, 'SECRET', false, {'a': 1}), (2, 'open', true, {'a': 2});
    CREATE VIEW c.open.plain AS SELECT id, secret FROM c.s.t WHERE public;
    CREATE VIEW c.open.qualified AS SELECT id, secret FROM c.s.t AS x WHERE x.public;
    CREATE VIEW c.open.in_full AS SELECT id, secret FROM c.s.t WHERE c.s.t.public;
    CREATE VIEW c.open.grouped AS SELECT public AS p, max(secret) AS m FROM c.s.t GROUP BY public HAVING p ORDER BY ALL;
    CREATE VIEW c.open.fields AS SELECT st.a AS a, x.st.a AS b, current_date AS d FROM c.s.t AS x WHERE public;
    CREATE VIEW c.open.nested AS SELECT * FROM c.open.plain;
    CREATE FUNCTION c.open.reveal() RETURNS VARCHAR RETURN (SELECT max(secret) FROM c.s.t WHERE public);
    CREATE TABLE c.open.mine (public BOOLEAN); INSERT INTO c.open.mine VALUES (true);
    GRANT USE CATALOG, USE SCHEMA ON CATALOG c TO ann; GRANT SELECT, EXECUTE ON SCHEMA c.open TO ann`);
  ann = await server.as('ann', 'c');
  await ann.run('USE SCHEMA open');
  expect(await ann.rows('SELECT id FROM plain')).toEqual([[2]]);
  expect(await ann.rows('SELECT id FROM qualified')).toEqual([[2]]);
  expect(await ann.rows('SELECT id FROM in_full')).toEqual([[2]]);
  expect(await ann.rows('SELECT m FROM grouped')).toEqual([['open']]);
  expect(await ann.rows('SELECT a, b FROM fields')).toEqual([[2, 2]]);
  expect(await ann.rows('SELECT reveal()')).toEqual([['open']]);
  // The column by which the bodies filter goes.
  await admin.run('CREATE OR REPLACE TABLE c.s.t (id INT, secret VARCHAR, st STRUCT(a INT))');
  await admin.run("INSERT INTO c.s.t VALUES (1, 'SECRET', {'a': 1})");
});

afterAll(async () => {
  await server.close();
});

test.each([
  'SELECT * FROM (SELECT true AS public) AS x, plain',
  'SELECT (SELECT max(secret) FROM plain) FROM (SELECT true AS public) AS x',
  'SELECT * FROM mine, plain',
  'SELECT * FROM mine, LATERAL (SELECT * FROM plain)',
  'SELECT * FROM (SELECT true AS public) AS x, qualified',
  'SELECT * FROM (SELECT true AS public) AS t, in_full',
  'SELECT * FROM mine, grouped',
  'SELECT * FROM mine, fields',
  'SELECT reveal() FROM mine',
])('%s does not lend its columns to the body', async (sql) => {
  await expect(ann.rows(sql)).rejects.toMatchObject({ sqlState: '42P17', detail: undefined });
});

test('a view over a broken one is denied and names only itself', async () => {
  await expect(ann.rows('SELECT * FROM mine, nested')).rejects.toMatchObject({
    sqlState: '42501',
    message: 'permission denied for view c.open.nested',
  });
});

test('who manages a broken view is told what is wrong with it', async () => {
  await expect(admin.rows('SELECT * FROM c.open.plain')).rejects.toMatchObject({
    sqlState: '42P17',
    message: 'view c.open.plain cannot be used: its definition is no longer valid',
    detail: 'It fails with: column public does not exist.',
  });
});

test('a broken view that the asker may not know reads like a missing one', async () => {
  await admin.run('CREATE USER bob; GRANT USE CATALOG ON CATALOG c TO bob');
  const bob = await server.as('bob', 'c');
  const told = async (sql: string): Promise<unknown> => bob.rows(sql).catch((error: unknown) => String(error));
  expect(String(await told('SELECT * FROM open.plain')).replaceAll('plain', 'absent')).toBe(
    await told('SELECT * FROM open.absent'),
  );
  expect(String(await told('SELECT open.reveal()')).replaceAll('reveal', 'absent')).toBe(
    await told('SELECT open.absent()'),
  );
});

test('a body with a name that nothing in it has is refused when it is made', async () => {
  await expect(admin.run('CREATE VIEW c.open.bad AS SELECT nothing FROM c.s.t')).rejects.toMatchObject({
    sqlState: '42703',
  });
  await expect(admin.run('CREATE FUNCTION c.open.bad(p INT) RETURNS INT RETURN p + nothing')).rejects.toMatchObject({
    sqlState: '42703',
  });
});
