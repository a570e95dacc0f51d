// What a caller writes as an argument means something in the caller's query or nothing at all: never a name inside the function.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type InProcess, startInProcess, type TestSession } from '../support/in-process.ts';

let server: InProcess;
let bob: TestSession;

beforeAll(async () => {
  server = await startInProcess();
  const admin = await server.as('admin');
  await admin.run(`CREATE CATALOG lab; CREATE SCHEMA lab.hidden; CREATE SCHEMA lab.pub; CREATE USER bob;
    GRANT USE CATALOG ON CATALOG lab TO bob; GRANT USE SCHEMA, EXECUTE ON SCHEMA lab.pub TO bob;
    CREATE TABLE lab.hidden.vault (v STRING, k STRING);
    INSERT INTO lab.hidden.vault VALUES ('CANARYVAULT1', 'k1'), ('CANARYVAULT2', 'k2');
    CREATE FUNCTION lab.pub.lookup(p STRING) RETURNS STRING RETURN (SELECT max(m.k) FROM lab.hidden.vault m WHERE m.k = p);
    CREATE FUNCTION lab.pub.cnt(p STRING) RETURNS BIGINT RETURN (SELECT count(*) FROM lab.hidden.vault WHERE k = p);
    CREATE FUNCTION lab.pub.outer_cnt(q STRING) RETURNS BIGINT RETURN lab.pub.cnt(q) + 0;
    CREATE FUNCTION lab.pub.clip(s STRING) RETURNS STRING
      RETURN (SELECT string_agg(left(s, max_len), ',') FROM (SELECT 40 AS max_len, v FROM lab.hidden.vault));
    CREATE FUNCTION lab.pub.lam(p STRING) RETURNS STRING
      RETURN list_aggregate(list_transform(['CANARYLAM1', 'CANARYLAM2'], x -> CASE WHEN x = p THEN p ELSE '' END), 'max');
    CREATE FUNCTION lab.pub.plain(p STRING) RETURNS STRING RETURN upper(p) || '!'`);
  bob = await server.as('bob', 'lab');
});

afterAll(async () => {
  await server.close();
});

test.each([
  'SELECT lab.pub.lookup(k)',
  'SELECT lab.pub.lookup(m.k)',
  "SELECT lab.pub.cnt(CASE WHEN v LIKE 'CANARYVAULT2%' THEN k ELSE '' END)",
  'SELECT lab.pub.cnt(CASE WHEN vault IS NOT NULL THEN k END)',
  'SELECT lab.pub.outer_cnt(k)',
  'SELECT lab.pub.clip(v)',
  'SELECT lab.pub.lam(x)',
  'SELECT lab.pub.lookup(__pc_1.p1)',
])('%s is an error about a name that the query does not have', async (sql) => {
  const error = await bob.run(sql).then(
    ({ rows }) => ({ sqlState: 'none', message: JSON.stringify(rows, (_, value: unknown) => String(value)) }),
    (caught: unknown) => caught as { sqlState: string; message: string },
  );
  expect(['42703', '42601', '0A000', '42P01']).toContain(error.sqlState);
  expect(error.message).not.toMatch(/CANARY|k2/);
});

test('hidden columns cannot be probed by name', async () => {
  const states: unknown[] = [];
  for (const name of ['v', 'nosuchcol', 'max_len']) {
    states.push(
      await bob.run(`SELECT lab.pub.cnt(${name})`).catch((error: unknown) => (error as { sqlState: string }).sqlState),
    );
  }
  expect(new Set(states).size).toBe(1);
});

test('an argument that is a column of the caller keeps its meaning, whatever the body names its own', async () => {
  const sql = "SELECT k, lab.pub.cnt(k), lab.pub.outer_cnt(k) FROM (VALUES ('k1'), ('nope')) t(k) ORDER BY k";
  expect(await bob.rows(sql)).toEqual([
    ['k1', 1n, 1n],
    ['nope', 0n, 0n],
  ]);
  expect(
    await bob.rows("SELECT vault.v, lab.pub.lookup(vault.v) FROM (VALUES ('k2'), ('zz')) vault(v) ORDER BY 1"),
  ).toEqual([
    ['k2', 'k2'],
    ['zz', null],
  ]);
  expect(await bob.rows("SELECT lab.pub.lam(x) FROM (VALUES ('CANARYLAM1'), ('other')) t(x) ORDER BY x")).toEqual([
    ['CANARYLAM1'],
    [''],
  ]);
});

test('in conditions, joins, subqueries and other functions', async () => {
  const k = "(VALUES ('k1'), ('k2'), ('zz')) t(k)";
  expect(await bob.rows(`SELECT k FROM ${k} WHERE lab.pub.cnt(k) > 0 ORDER BY k`)).toEqual([['k1'], ['k2']]);
  expect(await bob.rows(`SELECT (SELECT lab.pub.plain(lab.pub.lookup(k))) FROM ${k} ORDER BY k`)).toEqual([
    ['K1!'],
    ['K2!'],
    [null],
  ]);
  expect(await bob.rows(`SELECT count(*) FROM ${k} JOIN (VALUES ('k1')) u(j) ON lab.pub.lookup(k) = j`)).toEqual([
    [1n],
  ]);
  expect(await bob.rows(`SELECT sum(lab.pub.cnt(k)) FROM ${k}`)).toEqual([[2n]]);
});

test('aggregates in an argument are refused where they would be taken for the body’s', async () => {
  await expect(bob.run("SELECT lab.pub.cnt(max(k)) FROM (VALUES ('k1')) t(k)")).rejects.toMatchObject({
    sqlState: '0A000',
  });
  expect(await bob.rows("SELECT lab.pub.plain(max(k)) FROM (VALUES ('k1')) t(k)")).toEqual([['K1!']]);
});

test('a parameter and a column of one name in a body are an error of whoever writes it', async () => {
  const admin = await server.as('admin', 'lab');
  await expect(
    admin.run(
      'CREATE FUNCTION lab.pub.trap(k STRING) RETURNS BOOLEAN RETURN EXISTS (SELECT 1 FROM lab.hidden.vault m WHERE m.k = k)',
    ),
  ).rejects.toMatchObject({ sqlState: '42702' });
  // A lambda's own parameter is clear.
  await admin.run('CREATE FUNCTION lab.pub.clear(x INT[]) RETURNS INT[] RETURN list_transform(x, x -> x + 1)');
  expect(await admin.rows('SELECT lab.pub.clear([1, 2])')).toEqual([[[2, 3]]]);
});

test('a parameter reaches places whose columns are known', async () => {
  const admin = await server.as('admin', 'lab');
  await admin.run(
    `CREATE FUNCTION lab.pub.below(p BIGINT) RETURNS BIGINT RETURN (SELECT sum(i)::BIGINT FROM range(10) t(i) WHERE i < p)`,
  );
  expect(await admin.rows('SELECT lab.pub.below(4)')).toEqual([[6n]]);
});
