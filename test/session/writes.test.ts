// Writes as a session sees them: command tags, evidence, transactions and conflicts, and that hidden rows take no part.
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AuditEvent } from '../../src/audit/event.ts';
import { type InProcess, startInProcess, type TestSession } from '../support/in-process.ts';

let server: InProcess;
let admin: TestSession;
let ann: TestSession;

const setup = [
  'CREATE CATALOG c',
  'CREATE SCHEMA c.s',
  'CREATE CATALOG d',
  'CREATE SCHEMA d.s',
  'CREATE TABLE d.s.t (a INT)',
  'CREATE USER ann',
  "CREATE TABLE c.s.t (id INT PRIMARY KEY, tenant STRING DEFAULT 'a', n INT DEFAULT 7, ssn STRING)",
  "INSERT INTO c.s.t VALUES (1, 'a', 10, '111'), (2, 'b', 5, '222'), (3, 'a', 30, '333')",
  'CREATE TABLE c.s.u (id INT, v INT)',
  'INSERT INTO c.s.u VALUES (1, 100), (1, 101), (2, 200), (9, 900)',
  "CREATE FUNCTION c.s.mine(x STRING) RETURNS BOOLEAN RETURN x = 'a'",
  "CREATE FUNCTION c.s.hide(x STRING) RETURNS STRING RETURN '***'",
  'ALTER TABLE c.s.t SET ROW FILTER c.s.mine ON (tenant)',
  'ALTER TABLE c.s.t ALTER COLUMN ssn SET MASK c.s.hide',
  'GRANT USE CATALOG, USE SCHEMA, SELECT, MODIFY ON CATALOG c TO ann',
  'GRANT USE CATALOG, USE SCHEMA, SELECT, MODIFY ON CATALOG d TO ann',
];

beforeEach(async () => {
  server = await startInProcess();
  admin = await server.as('admin');
  for (const statement of setup) await admin.run(statement);
  ann = await server.as('ann', 'c');
  await ann.run('USE SCHEMA s');
});

afterEach(async () => {
  await server.close();
});

async function tagOf(sql: string): Promise<string> {
  return (await ann.run(sql)).tag;
}

async function errorOf(session: TestSession, sql: string): Promise<unknown> {
  try {
    return (await session.run(sql)).tag;
  } catch (error) {
    return (error as { sqlState?: string }).sqlState;
  }
}

test('command tags count the visible rows that were written', async () => {
  expect(await tagOf('UPDATE t SET n = n + 1')).toBe('UPDATE 2');
  expect(await tagOf('UPDATE t SET n = 1 WHERE id = 2')).toBe('UPDATE 0');
  expect(await tagOf('UPDATE t SET n = v FROM u WHERE u.id = t.id RETURNING n')).toBe('UPDATE 1');
  expect(await tagOf('INSERT INTO t (id) VALUES (4), (5)')).toBe('INSERT 0 2');
  expect(await tagOf('INSERT INTO t (id) VALUES (6) RETURNING *')).toBe('INSERT 0 1');
  expect(await errorOf(ann, 'INSERT INTO u VALUES (7, 7) ON CONFLICT DO NOTHING')).toBe('42P10');
  expect(
    await tagOf(
      'MERGE INTO t USING (SELECT DISTINCT id FROM u WHERE id <> 2) u ON t.id = u.id WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT (id) VALUES (u.id)',
    ),
  ).toBe('MERGE 2');
  expect(await tagOf('DELETE FROM t USING u WHERE u.v > 0')).toBe('DELETE 5');
  expect(await tagOf('TRUNCATE TABLE t')).toBe('TRUNCATE TABLE');
});

test('a write leaves durable evidence of what it wrote and read before it commits', async () => {
  const before = server.audit.events.length;
  await ann.run("UPDATE t SET n = u.v, ssn = 'x' FROM u WHERE u.id = t.id AND t.tenant = 'a'");
  const [started, finished] = server.audit.events.slice(before) as readonly AuditEvent[];
  expect(started).toMatchObject({
    kind: 'statementStarted',
    command: 'UPDATE',
    objects: [
      { name: 'c.s.t', action: 'UPDATE', columns: ['n', 'ssn'], masked: ['ssn'], filtered: true },
      { name: 'c.s.u', action: 'SELECT', columns: expect.arrayContaining(['id', 'v']) as unknown },
      { name: 'c.s.t', action: 'SELECT', columns: expect.arrayContaining(['id', 'tenant']) as unknown },
    ],
  });
  expect(finished).toMatchObject({ kind: 'statementFinished', outcome: 'succeeded', rows: 1 });
});

test('a key that collides on a filtered table is marked in the evidence: its row may be hidden', async () => {
  expect(await errorOf(ann, 'INSERT INTO t (id) VALUES (2)')).toBe('23505');
  expect(server.audit.events.at(-1)).toMatchObject({ outcome: 'failed', sqlState: '23505', mayTellOfHiddenRow: true });
  await admin.run('ALTER TABLE c.s.t DROP ROW FILTER');
  expect(await errorOf(ann, 'INSERT INTO t (id) VALUES (2)')).toBe('23505');
  expect(server.audit.events.at(-1)).not.toHaveProperty('mayTellOfHiddenRow');
});

test('hidden rows decide nothing: not which error a write ends with, nor how many rows it tells of', async () => {
  const probes = [
    'UPDATE t SET n = 1 WHERE 1 / (n - 5) = 99',
    "UPDATE t SET n = 1 WHERE chr(CASE WHEN n = 5 THEN -1 ELSE 65 END) = 'B'",
    "UPDATE t SET n = CAST(CASE WHEN id = 2 THEN 'x' ELSE '1' END AS INT)",
    "DELETE FROM t WHERE CAST(CASE WHEN tenant = 'b' THEN 'x' ELSE '0' END AS INT) = 1",
    "DELETE FROM t WHERE ssn = '222'",
    "MERGE INTO t USING u ON t.id = u.id AND t.ssn = '222' WHEN MATCHED THEN DELETE",
    'UPDATE t SET n = 3 WHERE id IN (SELECT id FROM t WHERE n = 5)',
  ];
  const tags: unknown[] = [];
  for (const sql of probes) tags.push(await errorOf(ann, `BEGIN; ${sql}`), await errorOf(ann, 'ROLLBACK'));
  // The same with other hidden rows.
  await admin.run('ALTER TABLE c.s.t DROP ROW FILTER');
  await admin.run("UPDATE c.s.t SET n = 6, ssn = 'other' WHERE id = 2");
  await admin.run("INSERT INTO c.s.t VALUES (77, 'b', 5, '222'), (78, NULL, 0, NULL)");
  await admin.run('ALTER TABLE c.s.t SET ROW FILTER c.s.mine ON (tenant)');
  const again: unknown[] = [];
  for (const sql of probes) again.push(await errorOf(ann, `BEGIN; ${sql}`), await errorOf(ann, 'ROLLBACK'));
  expect(again).toEqual(tags);
  expect(tags.filter((tag) => tag !== 'ROLLBACK')).toEqual([
    'UPDATE 0',
    'UPDATE 0',
    'UPDATE 2',
    'DELETE 0',
    'DELETE 0',
    'MERGE 0',
    'UPDATE 0',
  ]);
});

test('a second catalog in one transaction is refused before anything runs', async () => {
  await ann.run('BEGIN');
  await ann.run('UPDATE t SET n = 0');
  expect(await errorOf(ann, 'DELETE FROM d.s.t')).toBe('0A000');
  expect(await errorOf(ann, 'SELECT 1')).toBe('25P02');
  expect(await errorOf(ann, 'SAVEPOINT x')).toBe('25P02');
  await ann.run('ROLLBACK');
  expect(await ann.rows('SELECT n FROM t ORDER BY id')).toEqual([[10], [30]]);
});

test('a write that fails changes nothing, in a transaction and alone', async () => {
  expect(await errorOf(ann, "UPDATE t SET tenant = CASE WHEN id = 3 THEN 'b' ELSE 'a' END, n = 0")).toBe('44000');
  expect(await errorOf(ann, 'INSERT INTO t (id) VALUES (50), (1)')).toBe('23505');
  expect(await ann.rows('SELECT id, n FROM t ORDER BY id')).toEqual([
    [1, 10],
    [3, 30],
  ]);
});

test('two writers of one row: the second is told to try again', async () => {
  const other = await server.as('ann', 'c');
  await other.run('USE SCHEMA s');
  await ann.run('BEGIN');
  await ann.run('UPDATE t SET n = 1 WHERE id = 1');
  expect(await errorOf(other, 'UPDATE t SET n = 2 WHERE id = 1')).toBe('40001');
  await ann.run('COMMIT');
  expect(await errorOf(other, 'UPDATE t SET n = 2 WHERE id = 1')).toBe('UPDATE 1');
  await ann.run('BEGIN');
  await ann.run('INSERT INTO t (id) VALUES (40)');
  await other.run('INSERT INTO t (id) VALUES (40)');
  expect(await errorOf(ann, 'COMMIT')).toBe('40001');
});

test('tables, grants and rows of a transaction appear together at COMMIT and vanish at ROLLBACK', async () => {
  await admin.run('BEGIN');
  await admin.run('CREATE TABLE c.s.x AS SELECT 1 AS a');
  await admin.run('UPDATE c.s.x SET a = 2');
  await admin.run('INSERT INTO c.s.x VALUES (3)');
  expect(await admin.rows('DELETE FROM c.s.x WHERE a = 3 RETURNING a')).toEqual([[3]]);
  expect(await errorOf(ann, 'SELECT a FROM x')).toBe('42P01');
  await admin.run('ROLLBACK');
  expect(await errorOf(admin, 'UPDATE c.s.x SET a = 3')).toBe('42P01');
  await admin.run('BEGIN');
  await admin.run('CREATE TABLE c.s.x AS SELECT 1 AS a');
  await admin.run('UPDATE c.s.x SET a = 2');
  await admin.run('COMMIT');
  expect(await ann.rows('SELECT a FROM x')).toEqual([[2]]);
});

test('a plan of a write is made for the grants of its moment', async () => {
  await ann.session.parse('w', 'UPDATE t SET n = $1 WHERE id = $2 RETURNING n', []);
  const described = await ann.session.describeStatement('w');
  expect(described.parameterTypes.map((type) => type?.id)).toEqual(['INTEGER', 'INTEGER']);
  expect(described.columns?.map(({ name }) => name)).toEqual(['n']);
  await admin.run('REVOKE MODIFY ON CATALOG c FROM ann');
  await ann.session.bind('', 'w', [
    { type: { id: 'INTEGER' }, value: 1 },
    { type: { id: 'INTEGER' }, value: 1 },
  ]);
  await expect(ann.session.execute('', 0)).rejects.toMatchObject({ sqlState: '42501' });
});
