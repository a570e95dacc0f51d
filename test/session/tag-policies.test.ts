// Policies by tags against somebody who wants around them: statements prepared before, views, cycles, transactions, what
// errors and DESCRIBE tell.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type InProcess, startInProcess, type TestSession } from '../support/in-process.ts';

let server: InProcess;
let admin: TestSession;
let reader: TestSession;
let keeper: TestSession;

const setup = [
  'CREATE CATALOG c',
  'CREATE SCHEMA c.s',
  'CREATE SCHEMA c.secret_functions',
  "CREATE USER reader PASSWORD 'x'",
  "CREATE USER keeper PASSWORD 'x'",
  'CREATE GROUP readers',
  'ALTER GROUP readers ADD USER reader',
  "CREATE FUNCTION c.secret_functions.hide(v STRING) RETURNS STRING RETURN 'x'",
  "CREATE FUNCTION c.secret_functions.blank(v STRING) RETURNS STRING RETURN 'blank'",
  "CREATE FUNCTION c.secret_functions.own(v STRING) RETURNS BOOLEAN RETURN v = 'a'",
  'GRANT USE CATALOG, USE SCHEMA, SELECT, MODIFY ON CATALOG c TO readers, keeper',
  'GRANT EXECUTE ON CATALOG c TO keeper',
];
const policy = `CREATE OR REPLACE POLICY secret_policy ON CATALOG c COLUMN MASK c.secret_functions.hide TO readers
  FOR TABLES MATCH COLUMNS has_tag('pii') AS v ON COLUMN v`;

beforeAll(async () => {
  server = await startInProcess();
  admin = await server.as('admin');
  for (const statement of setup) await admin.run(statement);
  reader = await server.as('reader', 'c');
  keeper = await server.as('keeper', 'c');
});

afterAll(async () => {
  await server.close();
});

beforeEach(async () => {
  await admin.run('DROP POLICY IF EXISTS secret_policy ON CATALOG c');
  await admin.run('DROP TABLE IF EXISTS c.s.people');
  await admin.run('CREATE TABLE c.s.people (id INT, name STRING, tenant STRING)');
  await admin.run("INSERT INTO c.s.people VALUES (1, 'ann', 'a'), (2, 'bob', 'b')");
  await admin.run("ALTER TABLE c.s.people ALTER COLUMN name SET TAGS ('pii' = 'name')");
  server.audit.events.length = 0;
});

async function execute(session: TestSession, name: string): Promise<readonly unknown[]> {
  try {
    await session.session.bind('', name, []);
    const outcome = await session.session.execute('', 0);
    const values: unknown[] = [];
    if (outcome.kind === 'rows') for await (const chunk of outcome.chunks) values.push(...(chunk.columns[0] ?? []));
    await session.session.sync();
    return values;
  } catch (error) {
    session.session.failed(error as never);
    await session.session.sync();
    throw error;
  }
}

async function denied(session: TestSession, sql: string): Promise<{ sqlState: string; told: string }> {
  const error: unknown = await session.run(sql).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Error)) throw new Error(`no error: ${sql}`);
  const { sqlState, detail = '', hint = '' } = error as Error & { sqlState: string; detail?: string; hint?: string };
  return { sqlState, told: `${error.message} ${detail} ${hint}` };
}

test('a statement prepared before the policy, the tag and the group meets each of them at its next execution', async () => {
  await reader.session.parse('before', 'SELECT name FROM s.people ORDER BY id', []);
  expect(await execute(reader, 'before')).toEqual(['ann', 'bob']);
  await admin.run(policy);
  expect(await execute(reader, 'before')).toEqual(['x', 'x']);
  await admin.run("ALTER TABLE c.s.people ALTER COLUMN name UNSET TAGS ('pii')");
  expect(await execute(reader, 'before')).toEqual(['ann', 'bob']);
  await admin.run('SET TAG ON COLUMN c.s.people.name pii');
  expect(await execute(reader, 'before')).toEqual(['x', 'x']);
  await admin.run('ALTER GROUP readers DROP USER reader');
  await admin.run('GRANT USE CATALOG, USE SCHEMA, SELECT, MODIFY ON CATALOG c TO reader');
  expect(await execute(reader, 'before')).toEqual(['ann', 'bob']);
  await admin.run('ALTER GROUP readers ADD USER reader');
  expect(await execute(reader, 'before')).toEqual(['x', 'x']);
});

test('a view over a protected table, and a view over that view, show what its reader may see', async () => {
  await admin.run('CREATE OR REPLACE VIEW c.s.inner_view AS SELECT id, name FROM c.s.people');
  await admin.run(
    "CREATE OR REPLACE VIEW c.s.outer_view AS SELECT upper(name) AS n FROM c.s.inner_view WHERE name <> 'zed'",
  );
  await admin.run(policy);
  expect(await reader.rows('SELECT n FROM s.outer_view ORDER BY n')).toEqual([['X'], ['X']]);
  expect(await admin.rows('SELECT n FROM c.s.outer_view ORDER BY n')).toEqual([['ANN'], ['BOB']]);
  await admin.run('DROP VIEW c.s.outer_view');
  await admin.run('DROP VIEW c.s.inner_view');
});

test('an alias means matched columns only, whatever the table calls its own', async () => {
  await admin.run("ALTER TABLE c.s.people ALTER COLUMN tenant SET TAGS ('tenant')");
  // The alias is the name of another column of the table.
  await admin.run(`CREATE POLICY rows ON SCHEMA c.s ROW FILTER c.secret_functions.own TO readers FOR TABLES
    MATCH COLUMNS has_tag('tenant') AS name USING COLUMNS (name)`);
  expect(await reader.rows('SELECT id FROM s.people')).toEqual([[1]]);
  await admin.run('DROP POLICY rows ON SCHEMA c.s');
});

test('the audit event of a read says what tags have masked and filtered', async () => {
  await admin.run(policy);
  server.audit.events.length = 0;
  await reader.rows('SELECT name FROM s.people');
  expect(server.audit.events[0]).toMatchObject({
    objects: [{ name: 'c.s.people', masked: ['name'], filtered: false }],
  });
});

test('an error about a table that cannot be read names no policy, function or tag', async () => {
  await admin.run(policy);
  await admin.run('CREATE GROUP late');
  await admin.run(`CREATE POLICY other ON SCHEMA c.s COLUMN MASK c.secret_functions.blank TO late FOR TABLES
    MATCH COLUMNS has_tag('pii') AS v ON COLUMN v`);
  await admin.run('ALTER GROUP late ADD USER reader');
  const { sqlState, told } = await denied(reader, 'SELECT id FROM s.people');
  expect(sqlState).toBe('42P17');
  expect(told).not.toMatch(/secret|hide|blank|other|pii|late/);
  // Writing meets the same closed door.
  expect((await denied(reader, 'INSERT INTO s.people SELECT id, name, tenant FROM s.people')).sqlState).toBe('42P17');
  await admin.run('DROP POLICY other ON SCHEMA c.s');
  await admin.run('DROP GROUP late');
});

test('a refused change of tags names no policy', async () => {
  await admin.run(policy);
  await admin.run('GRANT APPLY TAG ON CATALOG c TO keeper');
  const { sqlState, told } = await denied(keeper, 'UNSET TAG ON COLUMN c.s.people.name pii');
  expect(sqlState).toBe('42501');
  expect(told).not.toMatch(/secret|hide/);
  await admin.run('CREATE TABLE c.s.numbers (n BIGINT)');
  const misfit = await denied(keeper, 'SET TAG ON COLUMN c.s.numbers.n pii');
  expect(misfit.sqlState).toBe('42804');
  expect(misfit.told).not.toMatch(/secret|hide|VARCHAR/);
  expect((await denied(admin, 'SET TAG ON COLUMN c.s.numbers.n pii')).told).toContain(
    'column n is BIGINT, not VARCHAR',
  );
  await admin.run('DROP TABLE c.s.numbers');
  await admin.run('REVOKE APPLY TAG ON CATALOG c FROM keeper');
});

test('policies whose functions read the tables of each other end in an error, for reading and for making them', async () => {
  await admin.run('CREATE TABLE c.s.other (tenant STRING)');
  await admin.run("INSERT INTO c.s.other VALUES ('a')");
  await admin.run(
    'CREATE FUNCTION c.s.in_other(v STRING) RETURNS BOOLEAN RETURN v IN (SELECT o.tenant FROM c.s.other o)',
  );
  await admin.run(
    'CREATE FUNCTION c.s.in_people(v STRING) RETURNS BOOLEAN RETURN v IN (SELECT p.tenant FROM c.s.people p)',
  );
  await admin.run("ALTER TABLE c.s.people ALTER COLUMN tenant SET TAGS ('one')");
  const policyWith = (fn: string, tag: string): string =>
    `CREATE POLICY by_${tag} ON SCHEMA c.s ROW FILTER c.s.${fn} TO readers FOR TABLES MATCH COLUMNS has_tag('${tag}') AS v USING COLUMNS (v)`;
  await admin.run(policyWith('in_other', 'one'));
  expect(await reader.rows('SELECT id FROM s.people')).toEqual([[1]]);
  // Made while nothing matches, then matched by a tag: each reads the other's table.
  await admin.run(policyWith('in_people', 'two')).then(
    () => expect.unreachable(),
    (error: unknown) => expect(error).toMatchObject({ sqlState: '42P17' }),
  );
  await admin.run("ALTER TABLE c.s.people ALTER COLUMN tenant UNSET TAGS ('one')");
  await admin.run(policyWith('in_people', 'two'));
  await admin.run("ALTER TABLE c.s.other ALTER COLUMN tenant SET TAGS ('two')");
  expect(await reader.rows('SELECT * FROM s.other')).toEqual([['a']]);
  await admin.run("ALTER TABLE c.s.people ALTER COLUMN tenant SET TAGS ('one')");
  expect((await denied(reader, 'SELECT id FROM s.people')).sqlState).toBe('42501');
  expect((await denied(reader, 'SELECT * FROM s.other')).sqlState).toBe('42501');
  for (const name of ['by_one', 'by_two']) await admin.run(`DROP POLICY ${name} ON SCHEMA c.s`);
  await admin.run('DROP FUNCTION c.s.in_other');
  await admin.run('DROP FUNCTION c.s.in_people');
  await admin.run('DROP TABLE c.s.other');
});

test('tags and policies made in a transaction hold in it at once, for others from COMMIT, and vanish with ROLLBACK', async () => {
  await admin.run('BEGIN');
  await admin.run(policy);
  expect(await reader.rows('SELECT name FROM s.people WHERE id = 1')).toEqual([['ann']]);
  await admin.run('ROLLBACK');
  expect(await admin.rows('SHOW POLICIES ON CATALOG c')).toEqual([]);
  await admin.run('BEGIN');
  await admin.run(policy);
  await admin.run('COMMIT');
  expect(await reader.rows('SELECT name FROM s.people WHERE id = 1')).toEqual([['x']]);
  // A transaction of the reader that began before the policy sees the policy: policies are the newest.
  await admin.run('DROP POLICY secret_policy ON CATALOG c');
  await reader.run('BEGIN');
  expect(await reader.rows('SELECT name FROM s.people WHERE id = 1')).toEqual([['ann']]);
  await admin.run(policy);
  expect(await reader.rows('SELECT name FROM s.people WHERE id = 1')).toEqual([['x']]);
  await reader.run('COMMIT');
});

test('two changes that together give a column two masks: the second to commit is refused', async () => {
  const second = await server.as('admin');
  await admin.run('BEGIN');
  await admin.run(policy);
  await second.run(`CREATE POLICY blank ON CATALOG c COLUMN MASK c.secret_functions.blank TO readers FOR TABLES
    MATCH COLUMNS has_tag_value('pii', 'name') AS v ON COLUMN v`);
  expect((await denied(admin, 'COMMIT')).sqlState).toBe('42P17');
  expect(await reader.rows('SELECT name FROM s.people WHERE id = 1')).toEqual([['blank']]);
  await admin.run('DROP POLICY blank ON CATALOG c');
});

test('DESCRIBE EXTENDED shows tags, inherited ones too, to those who know the object; never a policy', async () => {
  await admin.run(policy);
  await admin.run("ALTER CATALOG c SET TAGS ('zone' = 'red', 'level' = '1')");
  await admin.run("ALTER TABLE c.s.people SET TAGS ('level' = '2', 'flag')");
  const rows = await reader.rows('DESCRIBE TABLE EXTENDED s.people');
  expect(rows).toContainEqual(['tags', 'flag, level = 2, zone = red', null]);
  expect(rows).toContainEqual(['tags of name', 'pii = name', null]);
  expect(JSON.stringify(rows)).not.toMatch(/secret/);
  expect(await reader.rows('DESCRIBE CATALOG EXTENDED c')).toContainEqual(['tags', 'level = 1, zone = red']);
  expect(JSON.stringify(await reader.rows('DESCRIBE CATALOG c'))).not.toContain('zone');
  await admin.run("ALTER CATALOG c UNSET TAGS ('zone', 'level')");
});

test('DESCRIBE POLICY spells the policy as it may be written again', async () => {
  await admin.run(`CREATE OR REPLACE POLICY secret_policy ON CATALOG c COMMENT 'why' COLUMN MASK c.secret_functions.hide
    TO readers, keeper EXCEPT admin FOR TABLES WHEN has_tag('it''s') OR NOT (has_tag('b') AND has_tag_value('c', 'd'))
    MATCH COLUMNS has_tag('pii') v, NOT NOT has_tag('x') ON COLUMN v`);
  const rows = new Map(
    (await admin.rows('DESCRIBE POLICY SECRET_policy ON CATALOG c')).map(([name, value]) => [name, value]),
  );
  expect(rows.get('when')).toBe("(has_tag('it''s') OR NOT (has_tag('b') AND has_tag_value('c', 'd')))");
  expect(rows.get('match columns')).toBe("has_tag('pii') AS v, NOT NOT has_tag('x')");
  expect(Object.fromEntries(rows)).toMatchObject({
    to: 'readers, keeper',
    except: 'admin',
    'on column': 'v',
    comment: 'why',
  });
});

test('a condition has a bound on its length and depth, and a policy on its parts', async () => {
  const withCondition = (condition: string): string =>
    `CREATE POLICY p ON CATALOG c COLUMN MASK c.secret_functions.hide TO readers FOR TABLES WHEN ${condition} MATCH COLUMNS has_tag('x') AS v ON COLUMN v`;
  const deep = `${'('.repeat(60)}has_tag('x')${')'.repeat(60)}`;
  const huge = `${'('.repeat(40_000)}has_tag('x')${')'.repeat(40_000)}`;
  const long = Array.from({ length: 150 }, () => "has_tag('x')").join(' OR ');
  for (const condition of [deep, huge, `${'NOT '.repeat(60)}has_tag('x')`, long]) {
    expect((await denied(admin, withCondition(condition))).sqlState).toBe('54001');
  }
  const names = Array.from({ length: 21 }, () => 'readers').join(', ');
  expect((await denied(admin, withCondition("has_tag('x')").replace('TO readers', `TO ${names}`))).sqlState).toBe(
    '54000',
  );
  const tags = Array.from({ length: 51 }, (_, index) => `'k${String(index)}'`).join(', ');
  expect((await denied(admin, `ALTER TABLE c.s.people SET TAGS (${tags})`)).sqlState).toBe('54000');
  expect((await denied(admin, `ALTER TABLE c.s.people SET TAGS ('${'k'.repeat(256)}')`)).sqlState).toBe('54000');
  expect((await denied(admin, `ALTER TABLE c.s.people SET TAGS ('k' = '${'v'.repeat(1_001)}')`)).sqlState).toBe(
    '54000',
  );
});

test('one policy masks every column of a wide table', async () => {
  const names = Array.from({ length: 300 }, (_, index) => `c${String(index)}`);
  await admin.run(`CREATE TABLE c.s.wide (${names.map((name) => `${name} STRING`).join(', ')})`);
  await admin.run(`INSERT INTO c.s.wide (c0, c299) VALUES ('first', 'last')`);
  await admin.run(`CREATE POLICY everything ON TABLE c.s.wide COLUMN MASK c.secret_functions.hide TO readers FOR TABLES
    MATCH COLUMNS NOT has_tag('free') AS v ON COLUMN v`);
  const [row = []] = await reader.rows('SELECT * FROM s.wide');
  expect(new Set(row)).toEqual(new Set(['x']));
  await admin.run('DROP TABLE c.s.wide');
});

test('the example of the reference runs as it stands', async () => {
  const [, section = ''] = readFileSync('docs/sql-reference.md', 'utf8').split('## Tags and policies by tags');
  const example = section.split('```sql')[2]?.split('```')[0] ?? '';
  await admin.run(example);
  expect(await admin.rows('SHOW EFFECTIVE POLICIES ON TABLE shop.sales.customers')).toHaveLength(1);
  await admin.run('DROP CATALOG shop CASCADE');
});

test('a condition of the query is tested below the barrier beside several filters', async () => {
  await admin.run("ALTER TABLE c.s.people ALTER COLUMN tenant SET TAGS ('tenant')");
  await admin.run("CREATE FUNCTION c.s.some(v STRING) RETURNS BOOLEAN RETURN v <> 'none' AND v <> ''");
  for (const fn of ['c.s.some', 'c.secret_functions.own']) {
    await admin.run(`CREATE POLICY "${fn}" ON SCHEMA c.s ROW FILTER ${fn} TO readers FOR TABLES
      MATCH COLUMNS has_tag('tenant') AS v USING COLUMNS (v)`);
  }
  expect(await reader.rows('SELECT id, id + 1 AS n FROM s.people WHERE id >= 1')).toEqual([[1, 2]]);
  for (const fn of ['c.s.some', 'c.secret_functions.own']) await admin.run(`DROP POLICY "${fn}" ON SCHEMA c.s`);
  await admin.run('DROP FUNCTION c.s.some');
});
