// PLAN and APPLY PLAN: what a change would show to whom, and that only what was shown is applied.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type InProcess, startInProcess, type TestSession } from '../support/in-process.ts';

let server: InProcess;
let admin: TestSession;
let time = Date.parse('2026-01-01T00:00:00Z');

beforeEach(async () => {
  server = await startInProcess();
  time = Date.now();
  Object.assign(server.services, { clock: { now: () => time } });
  admin = await server.as('admin');
  await admin.run(`CREATE CATALOG c; CREATE SCHEMA c.s; CREATE SCHEMA c.other;
    CREATE USER ann; CREATE USER bob; CREATE USER tess; CREATE GROUP g; CREATE GROUP boss; ALTER GROUP boss ADD USER bob;
    CREATE TABLE c.s.t (id INT, name STRING, region STRING);
    INSERT INTO c.s.t VALUES (1, 'x', 'south'), (2, 'y', 'north'), (3, 'z', 'south');
    CREATE TABLE c.other.u (id INT); INSERT INTO c.other.u VALUES (1);
    CREATE FUNCTION c.s.south(r STRING) RETURNS BOOLEAN RETURN r = 'south' OR is_account_group_member('boss');
    CREATE FUNCTION c.s.stars(v STRING) RETURNS STRING RETURN CASE WHEN is_account_group_member('boss') THEN v ELSE '***' END;
    CREATE VIEW c.s.v AS SELECT id, name FROM c.s.t;
    GRANT USE CATALOG, USE SCHEMA ON CATALOG c TO ann, bob, tess;
    GRANT SELECT ON SCHEMA c.s TO ann, bob; GRANT MANAGE ON TABLE c.s.t TO tess`);
});

afterEach(async () => {
  await server.close();
});

async function differences(session: TestSession, sql: string): Promise<readonly string[]> {
  const rows = await session.rows(sql);
  return rows.filter((row) => row[0] !== 'plan').map((row) => row.map((value) => value ?? '-').join(' '));
}

async function hashOf(session: TestSession, sql: string): Promise<string> {
  return String((await session.rows(sql)).find((row) => row[0] === 'plan')?.[2]);
}

test('a row filter and a mask are told per user, with rows before and after, views over the table included', async () => {
  expect(
    await differences(
      admin,
      'PLAN $$ ALTER TABLE c.s.t SET ROW FILTER c.s.south ON (region); ALTER TABLE c.s.t ALTER COLUMN name SET MASK c.s.stars $$',
    ),
  ).toEqual([
    'column admin c.s.t name raw masked less - -',
    'rows admin c.s.t - all rows filtered less 3 2',
    'column ann c.s.t name raw masked less - -',
    'rows ann c.s.t - all rows filtered less 3 2',
    'column admin c.s.v c.s.t.name raw masked less - -',
    'rows admin c.s.v - all rows filtered less 3 2',
    'column ann c.s.v c.s.t.name raw masked less - -',
    'rows ann c.s.v - all rows filtered less 3 2',
  ]);
});

test('a plan publishes nothing and writes nothing', async () => {
  const before = server.services.catalog.snapshot();
  await admin.rows(
    'PLAN $$ REVOKE SELECT ON SCHEMA c.s FROM ann; CREATE GROUP h; CREATE VIEW c.s.w AS SELECT 1 AS a $$',
  );
  expect(server.services.catalog.snapshot()).toBe(before);
  expect(server.audit.of('catalogChanged').every((event) => event.catalogVersion < before.version)).toBe(true);
});

test('statements of a plan see those before them', async () => {
  const plan = `PLAN $$ CREATE GROUP h; ALTER GROUP h ADD USER tess; GRANT SELECT ON TABLE c.other.u TO h $$`;
  expect(await differences(admin, plan)).toEqual([
    'column tess c.other.u * nothing raw more - -',
    'rows tess c.other.u - nothing all rows more 0 1',
  ]);
});

test('membership of a group shows what it opens', async () => {
  await admin.run('ALTER TABLE c.s.t ALTER COLUMN name SET MASK c.s.stars');
  expect(await differences(admin, 'PLAN ALTER GROUP boss ADD USER ann')).toEqual([
    'column ann c.s.t name masked raw more - -',
    'column ann c.s.v c.s.t.name masked raw more - -',
  ]);
});

test('another body of a policy function is a difference, though the words stay the same', async () => {
  await admin.run('ALTER TABLE c.s.t SET ROW FILTER c.s.south ON (region)');
  const replaced = "CREATE OR REPLACE FUNCTION c.s.south(r STRING) RETURNS BOOLEAN RETURN r = 'north'";
  expect(await differences(admin, `PLAN ${replaced}`)).toContain('rows ann c.s.t - filtered filtered less 2 1');
});

test('a policy by tags is planned, explained with its place, and applied', async () => {
  const plan = `PLAN $$ ALTER TABLE c.s.t ALTER COLUMN name SET TAGS ('pii');
    CREATE POLICY hide ON CATALOG c COLUMN MASK c.s.stars TO \`account users\` FOR TABLES MATCH COLUMNS has_tag('pii') AS x ON COLUMN x $$`;
  expect(await differences(admin, plan)).toContain('column ann c.s.t name raw masked less - -');
  await admin.run(`APPLY PLAN '${await hashOf(admin, plan)}'`);
  const rows = await admin.rows('EXPLAIN ACCESS AS USER ann SELECT name FROM c.s.t');
  expect(rows.find((row) => row[1] === 'column mask')?.slice(2)).toEqual([
    'name: c.s.stars(name)',
    'applies',
    'policy hide by tags on catalog c',
  ]);
  expect(await differences(admin, "PLAN ALTER TABLE c.s.t ALTER COLUMN name UNSET TAGS ('pii')")).toContain(
    'column ann c.s.t name masked raw more - -',
  );
});

test('a plan that loosens the policy of another is refused', async () => {
  await admin.run(`ALTER TABLE c.s.t ALTER COLUMN name SET TAGS ('pii');
    CREATE POLICY hide ON CATALOG c COLUMN MASK c.s.stars TO \`account users\` FOR TABLES MATCH COLUMNS has_tag('pii') AS x ON COLUMN x`);
  const tess = await server.as('tess', 'c');
  await expect(tess.run("PLAN ALTER TABLE c.s.t ALTER COLUMN name UNSET TAGS ('pii')")).rejects.toMatchObject({
    sqlState: '42501',
  });
});

test('an applied plan does what it said', async () => {
  const hash = await hashOf(
    admin,
    'PLAN $$ REVOKE SELECT ON SCHEMA c.s FROM ann; GRANT SELECT ON VIEW c.s.v TO ann $$',
  );
  expect((await admin.run(`APPLY PLAN '${hash}'`)).tag).toBe('APPLY PLAN 2');
  const ann = await server.as('ann', 'c');
  await expect(ann.run('SELECT id FROM c.s.t')).rejects.toMatchObject({
    sqlState: expect.stringMatching(/42/) as string,
  });
  expect(await ann.rows('SELECT id FROM c.s.v')).toHaveLength(3);
  await expect(admin.run(`APPLY PLAN '${hash}'`)).rejects.toMatchObject({ sqlState: '42704' });
});

test.each([
  ['another grant to the same user', 'GRANT SELECT ON TABLE c.s.t TO ann'],
  ['a membership', 'ALTER GROUP g ADD USER ann; GRANT SELECT ON CATALOG c TO g'],
  ['a mask', 'ALTER TABLE c.s.t ALTER COLUMN name SET MASK c.s.stars'],
  ['the object itself', "COMMENT ON SCHEMA c.s IS 'x'"],
  ['a new view', 'CREATE VIEW c.s.w AS SELECT id FROM c.s.t'],
])('a plan is not applied after a change that matters: %s', async (_, change) => {
  const hash = await hashOf(admin, 'PLAN REVOKE SELECT ON SCHEMA c.s FROM ann');
  await admin.run(change);
  await expect(admin.run(`APPLY PLAN '${hash}'`)).rejects.toMatchObject({
    sqlState: '40001',
    hint: expect.stringContaining('PLAN again') as string,
  });
  const ann = await server.as('ann', 'c');
  expect(await ann.rows('SELECT id FROM c.s.t')).toHaveLength(3);
});

test('a change that does not matter leaves a plan good', async () => {
  const hash = await hashOf(admin, 'PLAN REVOKE SELECT ON SCHEMA c.s FROM ann');
  await admin.run("CREATE USER late; COMMENT ON TABLE c.other.u IS 'x'; INSERT INTO c.s.t VALUES (4, 'a', 'b')");
  expect((await admin.run(`APPLY PLAN '${hash}'`)).tag).toBe('APPLY PLAN 1');
});

test('a plan that makes objects can be applied, though their ids are new each time', async () => {
  const hash = await hashOf(
    admin,
    'PLAN $$ CREATE VIEW c.s.w AS SELECT id FROM c.s.t; GRANT SELECT ON VIEW c.s.w TO tess $$',
  );
  expect((await admin.run(`APPLY PLAN '${hash}'`)).tag).toBe('APPLY PLAN 2');
  expect(await (await server.as('tess', 'c')).rows('SELECT id FROM c.s.w')).toHaveLength(3);
});

test('a plan is its maker’s: others cannot apply it, an administrator can', async () => {
  const tess = await server.as('tess', 'c');
  const hash = await hashOf(tess, 'PLAN GRANT SELECT ON TABLE c.s.t TO g');
  const ann = await server.as('ann', 'c');
  await expect(ann.run(`APPLY PLAN '${hash}'`)).rejects.toMatchObject({ sqlState: '42704' });
  expect((await admin.run(`APPLY PLAN '${hash}'`)).tag).toBe('APPLY PLAN 1');
});

test('whoever lost the right to a statement cannot apply it any more', async () => {
  const tess = await server.as('tess', 'c');
  const hash = await hashOf(tess, 'PLAN GRANT SELECT ON TABLE c.s.t TO g');
  await admin.run('REVOKE MANAGE ON TABLE c.s.t FROM tess');
  await expect(tess.run(`APPLY PLAN '${hash}'`)).rejects.toMatchObject({ sqlState: '42P01' });
});

test('a plan is gone after its time', async () => {
  const hash = await hashOf(admin, 'PLAN GRANT SELECT ON TABLE c.s.t TO g');
  time += 3_600_001;
  await expect(admin.run(`APPLY PLAN '${hash}'`)).rejects.toMatchObject({ sqlState: '42704' });
});

test('a plan tells of managed relations alone, and counts no others', async () => {
  const tess = await server.as('tess', 'c');
  const rows = await differences(tess, 'PLAN REVOKE SELECT ON TABLE c.s.t FROM tess');
  expect(rows).toEqual([]);
  const told = await differences(tess, 'PLAN ALTER TABLE c.s.t DROP ROW FILTER');
  expect(told).toEqual([]);
  await admin.run('ALTER TABLE c.s.t SET ROW FILTER c.s.south ON (region)');
  const opened = await differences(tess, 'PLAN ALTER TABLE c.s.t DROP ROW FILTER');
  expect(opened.every((row) => row.includes(' c.s.t '))).toBe(true);
  expect(opened).toContain('rows ann c.s.t - filtered all rows more 2 3');
});

test('of a view over tables of others its manager learns who may read it, and nothing of how these are protected', async () => {
  await admin.run(`ALTER TABLE c.s.t SET ROW FILTER c.s.south ON (region); ALTER TABLE c.s.t ALTER COLUMN name SET MASK c.s.stars;
    REVOKE MANAGE ON TABLE c.s.t FROM tess; GRANT SELECT ON TABLE c.s.t TO tess; GRANT CREATE TABLE ON SCHEMA c.other TO tess`);
  const tess = await server.as('tess', 'c');
  await tess.run('CREATE VIEW c.other.hers AS SELECT id, name FROM c.s.t; GRANT SELECT ON VIEW c.other.hers TO bob');
  expect(await differences(tess, 'PLAN REVOKE SELECT ON VIEW c.other.hers FROM bob')).toEqual([
    'column bob c.other.hers * readable nothing less - -',
    'rows bob c.other.hers - readable nothing less - -',
  ]);
  const rows = await tess.rows('WHO CAN SELECT ON VIEW c.other.hers');
  expect(rows.filter((row) => row[1] === 'user').map((row) => [row[0], row[2], row[4]])).toEqual([
    ['admin', 'nothing', ''],
    ['ann', 'nothing', ''],
    ['bob', 'readable', ''],
    ['tess', 'readable', ''],
  ]);
  expect(rows.map((row) => row.join(' ')).join(' ')).not.toContain('c.s.t');
});

test('what others may know cannot be counted by a view over information_schema', async () => {
  await admin.run('GRANT CREATE TABLE ON SCHEMA c.other TO tess; GRANT MANAGE ON SCHEMA c.other TO tess');
  const tess = await server.as('tess', 'c');
  await tess.run(
    'CREATE VIEW c.other.spy AS SELECT table_name FROM system.information_schema.tables; GRANT SELECT ON VIEW c.other.spy TO bob',
  );
  expect(await differences(tess, 'PLAN REVOKE SELECT ON VIEW c.other.spy FROM bob')).toEqual([
    'column bob c.other.spy * readable nothing less - -',
    'rows bob c.other.spy - readable nothing less - -',
  ]);
  await expect(
    tess.run('CREATE ACCESS TEST c.other.x AS USER bob EXPECT ROWS 1 FOR SELECT * FROM c.other.spy'),
  ).rejects.toMatchObject({ sqlState: '0A000' });
  await expect(
    tess.run('EXPLAIN ACCESS AS USER bob SELECT * FROM system.information_schema.tables'),
  ).rejects.toMatchObject({ sqlState: '42501' });
});

test('planning needs the privileges of the statements', async () => {
  const ann = await server.as('ann', 'c');
  await expect(ann.run('PLAN GRANT SELECT ON TABLE c.s.t TO g')).rejects.toMatchObject({ sqlState: '42501' });
  await expect(ann.run('PLAN GRANT SELECT ON TABLE c.other.u TO g')).rejects.toMatchObject({ sqlState: '42P01' });
});

test.each([
  ['INSERT INTO c.s.t VALUES (1)', '0A000'],
  ['DROP TABLE c.s.t', '0A000'],
  ['DROP SCHEMA c.s CASCADE', '0A000'],
  ['CREATE TABLE c.s.n (a INT)', '0A000'],
  ['CREATE CATALOG d', '0A000'],
  ['SELECT 1', '0A000'],
  ["CREATE USER eve PASSWORD 'hunter2'", '0A000'],
  ["SET CURRENT USER = 'ann'", '0A000'],
  ["APPLY PLAN 'x'", '0A000'],
  ['COMMIT', '0A000'],
  ['PLAN GRANT SELECT ON TABLE c.s.t TO g', '42601'],
])('%s cannot be planned', async (sql, sqlState) => {
  await expect(admin.run(`PLAN ${sql}`)).rejects.toMatchObject({ sqlState });
  await expect(admin.run(`PLAN $$ GRANT SELECT ON TABLE c.s.t TO g; ${sql} $$`)).rejects.toMatchObject({ sqlState });
});

test('an error in a plan has its place in the message', async () => {
  await expect(
    admin.run('PLAN $$ GRANT SELECT ON TABLE c.s.t TO g; GRANT FLY ON TABLE c.s.t TO g $$'),
  ).rejects.toMatchObject({
    sqlState: '42601',
    position: 48,
  });
});

test('plans are refused inside a transaction block', async () => {
  await admin.run('BEGIN');
  await expect(admin.run('PLAN GRANT SELECT ON TABLE c.s.t TO g')).rejects.toMatchObject({ sqlState: '25001' });
  await admin.run('ROLLBACK');
});

test('passwords in a refused plan stay out of the audit log', async () => {
  await expect(admin.run("PLAN $$ CREATE USER eve PASSWORD 'hunter2' $$")).rejects.toMatchObject({ sqlState: '0A000' });
  expect(JSON.stringify(server.audit.events)).not.toContain('hunter2');
});

test('the evidence of an applied plan is durable before it holds', async () => {
  const hash = await hashOf(admin, 'PLAN GRANT SELECT ON TABLE c.other.u TO ann');
  server.audit.isFull = true;
  await expect(admin.run(`APPLY PLAN '${hash}'`)).rejects.toMatchObject({ sqlState: '53100' });
  server.audit.isFull = false;
  const ann = await server.as('ann', 'c');
  await expect(ann.run('SELECT * FROM c.other.u')).rejects.toMatchObject({ sqlState: '42P01' });
});

test('describing a plan tries nothing', async () => {
  const next = server.services.catalog.newId();
  await admin.session.parse('p', 'PLAN CREATE GROUP h', []);
  expect((await admin.session.describeStatement('p')).columns).toHaveLength(9);
  expect(Number(server.services.catalog.newId())).toBe(Number(next) + 1);
});
