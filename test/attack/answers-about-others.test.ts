// Managers of a table whom a catalog's policy binds learn nothing of what it hides by asking as somebody who is exempt.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type InProcess, startInProcess, type TestSession } from '../support/in-process.ts';

let server: InProcess;
let admin: TestSession;
let ann: TestSession;
let bob: TestSession;

beforeAll(async () => {
  server = await startInProcess();
  admin = await server.as('admin');
  await admin.run(`CREATE CATALOG c; CREATE SCHEMA c.sec; CREATE SCHEMA c.a; CREATE USER ann; CREATE USER bob; CREATE USER priv ATTRIBUTES (region = 'north');
    CREATE GROUP pii; ALTER GROUP pii ADD USER priv; GRANT USE CATALOG, USE SCHEMA ON CATALOG c TO ann, bob, priv;
    GRANT MANAGE, CREATE TABLE, SELECT ON SCHEMA c.a TO ann; GRANT SELECT ON SCHEMA c.a TO priv;
    CREATE FUNCTION c.sec.stars(v STRING) RETURNS STRING RETURN '***';
    CREATE POLICY pm ON CATALOG c COLUMN MASK c.sec.stars TO \`account users\` EXCEPT pii FOR TABLES MATCH COLUMNS has_tag('pii') AS v ON COLUMN v`);
  ann = await server.as('ann', 'c');
  bob = await server.as('bob', 'c');
  await ann.run("CREATE TABLE c.a.t AS SELECT 1 AS id, '222' AS ssn; CREATE TABLE c.a.plain AS SELECT 1 AS id");
  await admin.run("ALTER TABLE c.a.t ALTER COLUMN ssn SET TAGS ('pii')");
});

afterAll(async () => {
  await server.close();
});

test('an access test as an exempt user needs MANAGE where the policy is set', async () => {
  const sql = "CREATE ACCESS TEST c.a.x AS USER priv EXPECT ROWS 1 FOR SELECT 1 FROM c.a.t WHERE ssn LIKE '2%'";
  await expect(ann.run(sql)).rejects.toMatchObject({ sqlState: '42501' });
  await ann.run('CREATE ACCESS TEST c.a.y AS USER priv EXPECT ROWS 1 FOR SELECT 1 FROM c.a.plain');
  await admin.run(sql);
});

test('PLAN counts no rows of it', async () => {
  await ann.run("CREATE VIEW c.a.peek AS SELECT id FROM c.a.t WHERE ssn LIKE '2%'");
  const { columns, rows } = await ann.run('PLAN GRANT SELECT ON VIEW c.a.peek TO bob');
  const counts = rows.flatMap((row) => [row[columns.indexOf('rows_before')], row[columns.indexOf('rows_after')]]);
  expect(counts.filter((count) => count !== null && count !== '')).toEqual([]);
});

test('EXPLAIN ACCESS AS USER tells no identity of another', async () => {
  const sql = "EXPLAIN ACCESS AS USER priv SELECT current_user_attribute('region'), is_account_group_member('pii')";
  await expect(bob.run(sql)).rejects.toMatchObject({ sqlState: '42501' });
  await expect(ann.run(`${sql} FROM c.a.t`)).rejects.toMatchObject({ sqlState: '42501' });
  expect(JSON.stringify(await ann.rows(`${sql} FROM c.a.plain`))).not.toMatch(/north/);
});
