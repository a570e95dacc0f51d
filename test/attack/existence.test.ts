// A hidden relation or function and a missing one give the same error, whatever else is wrong with the statement.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type InProcess, startInProcess, type TestSession } from '../support/in-process.ts';

let server: InProcess;
let bob: TestSession;

beforeAll(async () => {
  server = await startInProcess();
  const admin = await server.as('admin');
  await admin.run(`CREATE CATALOG lab; CREATE SCHEMA lab.hidden; CREATE SCHEMA lab.bobs; CREATE USER bob;
    CREATE TABLE lab.hidden.real (v STRING, k STRING); CREATE VIEW lab.hidden.realview AS SELECT v FROM lab.hidden.real;
    CREATE FUNCTION lab.hidden.realf(p STRING) RETURNS STRING RETURN p;
    GRANT USE CATALOG ON CATALOG lab TO bob; GRANT USE SCHEMA, CREATE TABLE, CREATE FUNCTION ON SCHEMA lab.bobs TO bob`);
  bob = await server.as('bob', 'lab');
});

afterAll(async () => {
  await server.close();
});

async function told(sql: string): Promise<string> {
  try {
    return JSON.stringify((await bob.run(sql)).rows);
  } catch (error) {
    const { sqlState, message, detail, hint, position } = error as Record<string, unknown>;
    return JSON.stringify([sqlState, message, detail, hint, position]);
  }
}

const same = (text: string): string => text.replaceAll(/real|nope/g, 'X');

test.each([
  'SELECT zzz.* FROM lab.hidden.@',
  "SELECT getenv('a') FROM lab.hidden.@",
  'SELECT nosuchfn(1) FROM lab.hidden.@',
  'SELECT __pc_x FROM lab.hidden.@',
  'SELECT @.v FROM lab.hidden.@',
  'SELECT v::NOSUCHTYPE FROM lab.hidden.@',
  'SELECT * FROM lab.hidden.@ TABLESAMPLE 10%',
  'SELECT count(*) FROM range(1), lab.hidden.@ WHERE v = 1',
  'SELECT * FROM lab.hidden.@view',
  "SELECT lab.hidden.@f('a'), getenv('x')",
  "SELECT lab.hidden.@f('a', 'b')",
  'CREATE FUNCTION lab.bobs.f(v STRUCT(g STRING)) RETURNS STRING RETURN (SELECT v.g FROM lab.hidden.@)',
  'CREATE FUNCTION lab.bobs.f(zz STRUCT(g STRING)) RETURNS STRING RETURN (SELECT zz.g FROM lab.hidden.@)',
  'CREATE VIEW lab.bobs.w AS SELECT zzz.* FROM lab.hidden.@',
  'CREATE TABLE lab.bobs.w AS SELECT getenv(v) FROM lab.hidden.@',
  'WITH w AS (SELECT nosuchfn(v) FROM lab.hidden.@) SELECT 1 FROM w',
])('%s', async (sql) => {
  expect(same(await told(sql.replaceAll('@', 'real')))).toBe(same(await told(sql.replaceAll('@', 'nope'))));
});
