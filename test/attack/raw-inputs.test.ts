// Who owns a table cannot get at what a catalog's policy masks in it by a policy of his own that takes the column raw.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type InProcess, startInProcess, type TestSession } from '../support/in-process.ts';

let server: InProcess;
let admin: TestSession;
let ann: TestSession;

beforeAll(async () => {
  server = await startInProcess();
  admin = await server.as('admin');
  await admin.run(`CREATE CATALOG c; CREATE SCHEMA c.sec; CREATE SCHEMA c.a; CREATE USER ann; CREATE GROUP pii;
    GRANT USE CATALOG, USE SCHEMA ON CATALOG c TO ann; GRANT CREATE FUNCTION, CREATE TABLE ON SCHEMA c.a TO ann;
    CREATE FUNCTION c.sec.stars(v STRING) RETURNS STRING RETURN '***';
    CREATE POLICY pm ON CATALOG c COLUMN MASK c.sec.stars TO \`account users\` EXCEPT pii FOR TABLES MATCH COLUMNS has_tag('pii') AS v ON COLUMN v`);
  ann = await server.as('ann', 'c');
  await ann.run(`CREATE FUNCTION c.a.reveal(v BIGINT, s STRING) RETURNS BIGINT RETURN s::BIGINT;
    CREATE FUNCTION c.a.rs(v STRING, s STRING) RETURNS STRING RETURN s;
    CREATE FUNCTION c.a.starts(s STRING) RETURNS BOOLEAN RETURN s LIKE '1%'`);
});

afterAll(async () => {
  await server.close();
});

beforeEach(async () => {
  await ann.run(`CREATE OR REPLACE TABLE c.a.t AS SELECT 1 AS id, '111' AS ssn, 0::BIGINT AS n, 'x' AS m`);
  await admin.run("ALTER TABLE c.a.t ALTER COLUMN ssn SET TAGS ('pii')");
});

test.each([
  'ALTER TABLE c.a.t ALTER COLUMN n SET MASK c.a.reveal USING COLUMNS (ssn)',
  'ALTER TABLE c.a.t ADD COLUMN peek STRING MASK c.a.rs USING COLUMNS (ssn)',
  'ALTER TABLE c.a.t ADD ROW FILTER c.a.starts ON (ssn)',
  `ALTER TABLE c.a.t ALTER COLUMN m SET TAGS ('mine');
   CREATE POLICY leak ON TABLE c.a.t COLUMN MASK c.a.rs TO ann FOR TABLES MATCH COLUMNS has_tag('mine') AS a, has_tag('pii') AS b ON COLUMN a USING COLUMNS (b)`,
])('%s', async (sql) => {
  await expect(ann.run(sql)).rejects.toMatchObject({ sqlState: '42501' });
  expect((await ann.rows('SELECT ssn, n::VARCHAR, m FROM c.a.t')).flat()).not.toContain('111');
});

test('nor by a new body for a function that got the column with consent', async () => {
  await ann.run('CREATE OR REPLACE FUNCTION c.a.rs(v STRING, s STRING) RETURNS STRING RETURN v');
  await admin.run('ALTER TABLE c.a.t ALTER COLUMN m SET MASK c.a.rs USING COLUMNS (ssn)');
  await expect(
    ann.run('CREATE OR REPLACE FUNCTION c.a.rs(v STRING, s STRING) RETURNS STRING RETURN s'),
  ).rejects.toMatchObject({
    sqlState: '42501',
  });
  expect(await ann.rows('SELECT ssn, m FROM c.a.t')).toEqual([['***', 'x']]);
});

test('whoever manages the place of the mask may', async () => {
  await admin.run('ALTER TABLE c.a.t ADD ROW FILTER c.a.starts ON (ssn)');
  expect(await ann.rows('SELECT ssn FROM c.a.t')).toEqual([['***']]);
});
