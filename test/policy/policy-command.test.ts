// portcullis policy export|plan|apply against the built server.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type RunningServer, startServer } from '../support/start-server.ts';

let server: RunningServer;
let admin: pg.Client;
let directory: string;

beforeAll(async () => {
  server = await startServer();
  admin = new pg.Client({
    host: '127.0.0.1',
    port: server.pgPort,
    user: 'admin',
    password: 'admin-pw',
    database: 'system',
  });
  await admin.connect();
  await admin.query(`CREATE CATALOG c; CREATE SCHEMA c.s; CREATE USER ann PASSWORD 'pw'; CREATE GROUP "The Boss"; CREATE GROUP g;
    ALTER GROUP g ADD USER ann;
    CREATE TABLE c.s.t (id INT, name STRING, "odd ""name" STRING, region STRING); INSERT INTO c.s.t VALUES (1, 'x', 'o', 'south'), (2, 'y', 'o', 'north');
    CREATE FUNCTION c.s.south(r STRING, also STRING) RETURNS BOOLEAN RETURN r = 'south' OR r = also OR is_account_group_member('The Boss');
    CREATE FUNCTION c.s.stars(v STRING, n STRING) RETURNS STRING COMMENT 'it''s' RETURN CASE WHEN is_account_group_member('The Boss') THEN v ELSE '***' || left(n, 0) END;
    ALTER TABLE c.s.t SET ROW FILTER c.s.south ON (region, 'it''s'); ALTER TABLE c.s.t ALTER COLUMN "odd ""name" SET MASK c.s.stars USING COLUMNS (name);
    GRANT USE CATALOG, USE SCHEMA ON CATALOG c TO g, "The Boss"; GRANT SELECT (id, region) ON TABLE c.s.t TO ann; GRANT SELECT ON TABLE c.s.t TO g;
    CREATE VIEW c.s.v AS SELECT id FROM c.s.t; GRANT SELECT ON VIEW c.s.v TO "account users";
    CREATE ACCESS TEST c.s.sees AS USER ann EXPECT ROWS 1 FOR SELECT * FROM t`);
  await admin.query(
    'CREATE CATALOG d; CREATE SCHEMA d.s; CREATE TABLE d.s.u (a INT); GRANT SELECT ON TABLE d.s.u TO ann',
  );
});

afterAll(async () => {
  await admin.end();
  await server.stop();
});

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'portcullis-policy-'));
  return () => rmSync(directory, { recursive: true, force: true });
});

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function portcullis(
  action: string,
  { user = 'admin', password = 'admin-pw' } = {},
  ...more: readonly string[]
): Promise<Ended> {
  const url = `postgresql://${user}@127.0.0.1:${String(server.pgPort)}/system`;
  const args = ['dist/main.js', 'policy', action, directory, '--url', url, ...more];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env: { ...process.env, PGPASSWORD: password } }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

function filesIn(folder: string): ReadonlyMap<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.sql'));
  return new Map(names.toSorted().map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

function put(name: string, text: string): void {
  mkdirSync(dirname(join(directory, name)), { recursive: true });
  writeFileSync(join(directory, name), text);
}

test('what is exported differs in nothing from the server, and two exports are the same bytes', async () => {
  expect(await portcullis('export')).toMatchObject({ code: 0 });
  const files = filesIn(directory);
  expect([...files.keys()]).toEqual([
    'c/_catalog.sql',
    'c/s/_tests.sql',
    'c/s/functions/south.sql',
    'c/s/functions/stars.sql',
    'c/s/t.sql',
    'c/s/v.sql',
    'd/s/u.sql',
    'principals.sql',
  ]);
  expect(await portcullis('plan')).toMatchObject({ code: 0, stdout: 'no difference\n' });
  expect(await portcullis('export')).toMatchObject({ code: 0 });
  expect(filesIn(directory)).toEqual(files);
});

test('the end of a grant is kept, and another end is a difference', async () => {
  await admin.query("GRANT MODIFY ON TABLE d.s.u TO ann UNTIL TIMESTAMP '2100-01-01 00:00:00+00'");
  await portcullis('export');
  expect(filesIn(directory).get('d/s/u.sql')).toContain(
    "GRANT MODIFY ON TABLE d.s.u TO ann UNTIL TIMESTAMP '2100-01-01T00:00:00.000Z'",
  );
  expect(await portcullis('plan')).toMatchObject({ code: 0 });
  put('d/s/u.sql', 'GRANT SELECT ON TABLE d.s.u TO ann; GRANT MODIFY ON TABLE d.s.u TO ann');
  expect(await portcullis('plan')).toMatchObject({ code: 2 });
  await admin.query('REVOKE MODIFY ON TABLE d.s.u FROM ann');
});

test('no secret is exported', async () => {
  await portcullis('export');
  expect([...filesIn(directory).values()].join('\n')).not.toMatch(/SCRAM|PASSWORD|pw/i);
});

test('another spelling of the same is no difference', async () => {
  await portcullis('export');
  put(
    'c/s/t.sql',
    `alter table C.s.T add row filter c.s.SOUTH on (Region, 'it''s');
    ALTER TABLE c.s.t ALTER COLUMN "odd ""NAME" SET MASK c.s.stars USING COLUMNS (name); -- a comment; with a semicolon
    GRANT SELECT ON c.s.t TO GROUP g; GRANT SELECT (region, ID) ON TABLE c.s.t TO ann`,
  );
  expect(await portcullis('plan')).toMatchObject({ code: 0 });
});

test('a difference is shown with what it makes visible, ends with 2, and changes nothing', async () => {
  await portcullis('export');
  put(
    'c/s/t.sql',
    filesIn(directory)
      .get('c/s/t.sql')!
      .replace(/ALTER TABLE .*ROW FILTER.*;\n/, ''),
  );
  const { code, stdout } = await portcullis('plan');
  expect(code).toBe(2);
  expect(stdout).toContain('- ALTER TABLE c.s.t ADD ROW FILTER');
  expect(stdout).toContain('more: ann on c.s.t, rows: filtered -> all rows (1 -> 2 rows)');
  expect((await portcullis('plan')).stdout).toBe(stdout);
});

test('apply is refused while an access test fails, and does its work without it', async () => {
  await portcullis('export');
  put(
    'c/s/t.sql',
    filesIn(directory)
      .get('c/s/t.sql')!
      .replace(/ALTER TABLE .*ROW FILTER.*;\n/, ''),
  );
  const refused = await portcullis('apply');
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('c.s.sees (expected ROWS 1, found ROWS 2)');
  put('c/s/_tests.sql', 'CREATE OR REPLACE ACCESS TEST c.s.sees AS USER ann EXPECT ROWS 2 FOR SELECT * FROM t');
  expect(await portcullis('apply')).toMatchObject({ code: 0 });
  expect(await portcullis('plan')).toMatchObject({ code: 0 });
});

test('definitions, groups and grants are made, replaced and undone in an order that works', async () => {
  await portcullis('export');
  put(
    'principals.sql',
    'CREATE GROUP "The Boss"; CREATE GROUP fresh; ALTER GROUP fresh ADD USER ann; ALTER GROUP fresh ADD GROUP "The Boss"',
  );
  put('c/_catalog.sql', 'GRANT USE CATALOG, USE SCHEMA ON CATALOG c TO fresh');
  put(
    'c/s/functions/stars.sql',
    "CREATE OR REPLACE FUNCTION c.s.stars(v STRING, n STRING) RETURNS STRING RETURN 'new'",
  );
  put('c/s/functions/extra.sql', "CREATE OR REPLACE FUNCTION c.s.extra(v STRING) RETURNS STRING RETURN 'extra'");
  put('c/s/t.sql', 'ALTER TABLE c.s.t ALTER COLUMN name SET MASK c.s.extra; GRANT SELECT (id) ON TABLE c.s.t TO ann');
  put('c/s/_tests.sql', '');
  const { code, stderr } = await portcullis('apply');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(await portcullis('plan')).toMatchObject({ code: 0 });
  const { rows } = await admin.query('SHOW GRANTS ON TABLE c.s.t');
  const granted = { principal: 'ann', actionType: 'SELECT (id)', objectType: 'TABLE', objectKey: 'c.s.t' };
  expect(rows).toContainEqual(expect.objectContaining(granted));
  expect(rows.map((row: { principal: string }) => row.principal)).not.toContain('g');
});

test('what the directory does not speak of is left alone', async () => {
  put('c/s/t.sql', '');
  await portcullis('apply');
  const { rows } = await admin.query('SHOW GRANTS ON TABLE d.s.u');
  expect(rows).toHaveLength(1);
  expect((await admin.query('SHOW GROUPS')).rows.length).toBeGreaterThan(1);
});

test('a login sees and changes only what it manages', async () => {
  const ann = { user: 'ann', password: 'pw' };
  expect(await portcullis('export', ann)).toMatchObject({ code: 0, stdout: '0 file(s) written\n' });
  put('d/s/u.sql', 'GRANT SELECT ON TABLE d.s.u TO g');
  const { code, stderr } = await portcullis('apply', ann);
  expect(code).toBe(1);
  expect(stderr).toMatch(/permission denied|does not exist/);
});

test.each([
  ['a statement that is no policy', 'DROP TABLE c.s.t', /holds no such statement/],
  ['text that is no SQL', 'GRANT SELECT ON', /syntax error/],
  ['a statement that the server refuses', 'GRANT SELECT ON TABLE c.s.nope TO ann', /does not exist/],
])('%s ends with 1', async (_, text, message) => {
  put('c/s/x.sql', text);
  const { code, stderr } = await portcullis('plan');
  expect({ code, told: message.test(stderr) }).toEqual({ code: 1, told: true });
});

test('a wrong password and a missing directory end with 1', async () => {
  expect(await portcullis('plan', { user: 'ann', password: 'wrong' })).toMatchObject({ code: 1 });
  rmSync(directory, { recursive: true });
  expect(await portcullis('plan')).toMatchObject({ code: 1 });
});

test('for programs the same is JSON', async () => {
  put('d/s/u.sql', 'GRANT SELECT ON TABLE d.s.u TO ann; GRANT MODIFY ON TABLE d.s.u TO ann');
  const { code, stdout } = await portcullis('plan', {}, '--json');
  expect(code).toBe(2);
  expect(JSON.parse(stdout)).toMatchObject({
    add: ['GRANT MODIFY ON TABLE d.s.u TO ann'],
    remove: [],
    plan: [{ kind: 'plan' }],
  });
});

test('a file that an export did not write is not overwritten', async () => {
  put('d/s/u.sql', 'GRANT SELECT ON TABLE d.s.u TO ann');
  expect(await portcullis('export')).toMatchObject({ code: 1 });
});

test('tags, policies by tags, views and functions of every kind are in files, and come back from them', async () => {
  await admin.query(`CREATE CATALOG e; CREATE SCHEMA e.s; CREATE TABLE e.s.people (id INT, "e-mail" STRING, region STRING);
    CREATE FUNCTION e.s.hide(v STRING, n INT DEFAULT 2) RETURNS STRING RETURN left(v, n) || '…';
    CREATE FUNCTION e.s.a_twice(v STRING) RETURNS STRING RETURN e.s.hide(e.s.hide(v));
    CREATE FUNCTION e.s.here(r STRING) RETURNS BOOLEAN RETURN r = 'south';
    CREATE FUNCTION e.s.of_region(r STRING) RETURNS TABLE (id INT, mail STRING COMMENT 'it''s') RETURN SELECT id, "e-mail" FROM e.s.people WHERE region = r;
    CREATE VIEW e.s.a_mails (mail COMMENT 'shown') COMMENT 'of the south' AS SELECT mail FROM e.s.of_region('south');
    CREATE VIEW e.s.b_mails AS SELECT mail FROM e.s.a_mails;
    ALTER CATALOG e SET TAGS ('owner' = 'it''s'); ALTER SCHEMA e.s SET TAGS ('pii'); ALTER TABLE e.s.people SET TAGS ('kind' = 'people');
    ALTER TABLE e.s.people ALTER COLUMN "e-mail" SET TAGS ('pii' = 'mail'); ALTER TABLE e.s.people ALTER COLUMN region SET TAGS ('region');
    ALTER VIEW e.s.b_mails SET TAGS ('kind' = 'view');
    CREATE POLICY mails ON CATALOG e COMMENT 'all mails' COLUMN MASK e.s.hide TO \`account users\` EXCEPT ann FOR TABLES
      WHEN has_tag('pii') AND (has_tag_value('kind', 'people') OR NOT has_tag('kind')) MATCH COLUMNS has_tag_value('pii', 'mail') AS m ON COLUMN m USING COLUMNS (3);
    CREATE POLICY "of here" ON TABLE e.s.people ROW FILTER e.s.here TO ann FOR TABLES MATCH COLUMNS has_tag('region') AS r USING COLUMNS (r)`);
  await portcullis('export');
  expect(await portcullis('plan')).toMatchObject({ code: 0, stdout: 'no difference\n' });
  const files = filesIn(directory);
  // The same from nothing but the tables: what mentions something comes after it, whatever the files are called.
  await admin.query(`DROP POLICY mails ON CATALOG e; DROP POLICY "of here" ON TABLE e.s.people; DROP VIEW e.s.b_mails; DROP VIEW e.s.a_mails;
    DROP FUNCTION e.s.of_region; DROP FUNCTION e.s.a_twice; DROP FUNCTION e.s.hide; DROP FUNCTION e.s.here;
    ALTER CATALOG e UNSET TAGS ('owner'); ALTER TABLE e.s.people ALTER COLUMN "e-mail" SET TAGS ('pii' = 'phone')`);
  expect(await portcullis('plan')).toMatchObject({ code: 2 });
  expect(await portcullis('apply')).toMatchObject({ code: 0 });
  expect(await portcullis('plan')).toMatchObject({ code: 0, stdout: 'no difference\n' });
  // Comments of columns are not in files.
  rmSync(directory, { recursive: true });
  await portcullis('export');
  expect(filesIn(directory)).toEqual(files);
  const { rows } = await admin.query('SELECT mail FROM e.s.b_mails');
  expect(rows).toEqual([]);
});

test('a tag or policy that no file holds is taken away, a changed one is replaced', async () => {
  await portcullis('export');
  const file = filesIn(directory).get('e/s/people.sql') ?? '';
  put(
    'e/s/people.sql',
    file
      .replace("SET TAGS ('kind' = 'people')", "SET TAGS ('kind' = 'persons')")
      .replace(/CREATE OR REPLACE POLICY[^;]*;/, ''),
  );
  const { code, stdout } = await portcullis('apply');
  expect(code).toBe(0);
  expect(stdout).toContain("+ ALTER TABLE e.s.people SET TAGS ('kind' = 'persons')");
  expect(stdout).toContain('- CREATE OR REPLACE POLICY "of here" ON TABLE e.s.people');
  expect((await admin.query('SHOW POLICIES ON TABLE e.s.people')).rows).toEqual([]);
  expect(await portcullis('plan')).toMatchObject({ code: 0 });
});
