// A view or function means the objects that its author meant: nobody can put another one nearer on the path.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type InProcess, startInProcess, type TestSession } from '../support/in-process.ts';

let server: InProcess;
let admin: TestSession;
let bob: TestSession;

beforeEach(async () => {
  server = await startInProcess();
  admin = await server.as('admin');
  await admin.run(`CREATE CATALOG lab; CREATE SCHEMA lab.maps; CREATE SCHEMA lab.pol; CREATE USER bob; CREATE USER eve;
    CREATE TABLE lab.maps.mapping (usr STRING, tenant STRING); INSERT INTO lab.maps.mapping VALUES ('bob', 'a');
    CREATE TABLE lab.maps.data (tenant STRING, v STRING); INSERT INTO lab.maps.data VALUES ('a', 'own'), ('b', 'CANARYHIJACK');
    USE lab.maps;
    CREATE FUNCTION lab.pol.filt(t STRING) RETURNS BOOLEAN RETURN t IN (SELECT tenant FROM mapping WHERE usr = current_user());
    CREATE VIEW lab.pol.mine AS SELECT * FROM data WHERE tenant IN (SELECT tenant FROM mapping WHERE usr = current_user());
    CREATE FUNCTION lab.pol.tenants() RETURNS TABLE (t STRING) RETURN SELECT tenant FROM mapping WHERE usr = current_user();
    CREATE TABLE lab.maps.filtered AS SELECT * FROM data; ALTER TABLE lab.maps.filtered SET ROW FILTER lab.pol.filt ON (tenant);
    GRANT USE CATALOG, USE SCHEMA ON CATALOG lab TO bob; GRANT CREATE TABLE, CREATE FUNCTION, EXECUTE, SELECT ON SCHEMA lab.pol TO bob;
    GRANT SELECT ON TABLE lab.maps.filtered TO bob`);
  bob = await server.as('bob', 'lab');
});

afterEach(async () => {
  await server.close();
});

const seen = async (sql: string): Promise<unknown> =>
  bob.rows(sql).catch((error: unknown) => (error as { sqlState: string }).sqlState);

test('before, everybody sees their own', async () => {
  expect(await seen('SELECT v FROM lab.pol.mine')).toEqual([['own']]);
  expect(await seen('SELECT v FROM lab.maps.filtered')).toEqual([['own']]);
  expect(await seen('SELECT t FROM lab.pol.tenants()')).toEqual([['a']]);
});

test('a decoy in the schema of the body closes it instead of being read', async () => {
  await bob
    .run(`CREATE TABLE lab.pol.mapping (usr STRING, tenant STRING); INSERT INTO lab.pol.mapping VALUES ('bob', 'a'), ('bob', 'b');
    GRANT SELECT ON TABLE lab.pol.mapping TO admin`)
    .catch(() => undefined);
  for (const sql of [
    'SELECT v FROM lab.pol.mine',
    'SELECT v FROM lab.maps.filtered',
    'SELECT t FROM lab.pol.tenants()',
  ]) {
    const answer = JSON.stringify(await seen(sql));
    expect(answer).not.toContain('CANARY');
    expect(answer).not.toContain('"b"');
  }
});

test('a table that is made again under its full name is meant again by views', async () => {
  await admin.run(`CREATE TABLE lab.maps.plain AS SELECT 1 AS n; CREATE VIEW lab.pol.over AS SELECT n FROM lab.maps.plain;
    DROP TABLE lab.maps.plain; CREATE TABLE lab.maps.plain AS SELECT 2 AS n`);
  expect(await seen('SELECT n FROM lab.pol.over')).toEqual([[2]]);
  await admin.run('CREATE OR REPLACE TABLE lab.maps.plain AS SELECT 3 AS n');
  expect(await seen('SELECT n FROM lab.pol.over')).toEqual([[3]]);
});

test('a name that means another object in the view’s own schema than in the session is an error of CREATE VIEW', async () => {
  await admin.run('CREATE TABLE lab.pol.data AS SELECT 1 AS v');
  await expect(admin.run('CREATE VIEW lab.pol.unclear AS SELECT v FROM data')).rejects.toMatchObject({
    sqlState: '42P17',
  });
  await admin.run('CREATE VIEW lab.pol.clear AS SELECT v FROM lab.maps.data');
});
