// EXPLAIN ACCESS: what is checked, by what it is decided, and what those who manage nothing learn of it.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type InProcess, startInProcess, type TestSession } from '../support/in-process.ts';
import { rejectionOf } from '../support/thrown.ts';

let server: InProcess;
let admin: TestSession;
let ann: TestSession;
let tess: TestSession;

beforeAll(async () => {
  server = await startInProcess();
  admin = await server.as('admin');
  await admin.run(`CREATE CATALOG c; CREATE SCHEMA c.s; CREATE SCHEMA c.sec; CREATE SCHEMA c.open;
    CREATE USER ann; CREATE USER bob; CREATE USER tess; CREATE USER nobody;
    CREATE GROUP staff; CREATE GROUP interns; CREATE GROUP boss;
    ALTER GROUP interns ADD USER ann; ALTER GROUP staff ADD GROUP interns; ALTER GROUP boss ADD USER bob;
    CREATE TABLE c.sec.mapping_of_regions (who STRING, region STRING); INSERT INTO c.sec.mapping_of_regions VALUES ('ann', 'south');
    CREATE TABLE c.s.sales (id INT, email STRING, region STRING);
    INSERT INTO c.s.sales VALUES (1, 'a@x', 'south'), (2, 'b@x', 'north');
    CREATE FUNCTION c.sec.only_mine(r STRING) RETURNS BOOLEAN
      RETURN is_account_group_member('boss') OR r IN (SELECT region FROM mapping_of_regions WHERE who = current_user());
    CREATE FUNCTION c.sec.hide_mail(v STRING) RETURNS STRING
      RETURN CASE WHEN is_account_group_member('boss') THEN v ELSE 'hidden' END;
    ALTER TABLE c.s.sales SET ROW FILTER c.sec.only_mine ON (region);
    ALTER TABLE c.s.sales ALTER COLUMN email SET MASK c.sec.hide_mail;
    CREATE TABLE c.s.plain (id INT);
    CREATE VIEW c.open.v AS SELECT id, email FROM c.s.sales;
    CREATE FUNCTION c.open.twice(x INT) RETURNS INT RETURN 2 * x;
    GRANT USE CATALOG, USE SCHEMA ON CATALOG c TO staff, bob, nobody, tess;
    GRANT SELECT ON SCHEMA c.s TO staff; GRANT SELECT ON TABLE c.s.sales TO bob;
    GRANT SELECT ON VIEW c.open.v TO ann; GRANT EXECUTE ON FUNCTION c.open.twice TO ann;
    GRANT MANAGE ON TABLE c.s.sales TO tess`);
  ann = await server.as('ann', 'c');
  tess = await server.as('tess', 'c');
});

afterAll(async () => {
  await server.close();
});

/** Rows of one kind, without their step. */
async function rowsOf(session: TestSession, sql: string, what?: string): Promise<readonly (readonly unknown[])[]> {
  const rows = await session.rows(sql);
  return rows.filter((row) => what === undefined || row[1] === what).map((row) => row.slice(1));
}

async function wholeText(session: TestSession, sql: string): Promise<string> {
  return (await session.rows(sql)).map((row) => row.join(' ')).join('\n');
}

test('a check names the grant that decided it, on which ancestor, and the way through groups', async () => {
  const rows = await rowsOf(ann, 'EXPLAIN ACCESS SELECT id FROM c.s.sales');
  expect(rows).toContainEqual([
    'SELECT',
    'table c.s.sales',
    'granted',
    'SELECT on schema c.s to group staff (ann > interns > staff)',
  ]);
  expect(rows).toContainEqual([
    'USE SCHEMA',
    'schema c.s',
    'granted',
    'USE SCHEMA on catalog c to group staff (ann > interns > staff)',
  ]);
  expect(rows.at(-1)).toEqual(['result', '', 'allowed', '']);
});

test('an owner is named as the reason', async () => {
  const rows = await rowsOf(admin, 'EXPLAIN ACCESS SELECT id FROM c.s.plain', 'SELECT');
  expect(rows).toEqual([['SELECT', 'table c.s.plain', 'granted', 'owner is admin']]);
});

test('the columns that are read stand with each use', async () => {
  const rows = await rowsOf(ann, 'EXPLAIN ACCESS SELECT x.id FROM c.s.sales x JOIN c.s.plain y USING (id)', 'columns');
  expect(rows).toEqual([
    ['columns', 'id', 'read', ''],
    ['columns', 'id', 'read', ''],
  ]);
  expect(await rowsOf(ann, 'EXPLAIN ACCESS SELECT * FROM c.s.sales', 'columns')).toEqual([
    ['columns', '*', 'read', ''],
  ]);
});

test('a manager sees each policy, whether it applies to the user, and where it was set', async () => {
  const asked = (user: string) => `EXPLAIN ACCESS AS USER ${user} SELECT * FROM c.s.sales`;
  expect(await rowsOf(tess, asked('ann'), 'row filter')).toEqual([
    ['row filter', 'c.sec.only_mine(region)', 'applies', 'set on the table itself'],
  ]);
  expect(await rowsOf(tess, asked('ann'), 'column mask')).toEqual([
    ['column mask', 'email: c.sec.hide_mail(email)', 'applies', 'set on the table itself'],
  ]);
  expect(await rowsOf(tess, asked('bob'), 'row filter')).toEqual([
    ['row filter', 'c.sec.only_mine(region)', 'exempt', 'set on the table itself'],
  ]);
  expect(await rowsOf(tess, asked('bob'), 'barrier')).toEqual([['barrier', '', 'no', 'no row is hidden']]);
});

test('the barrier is told with its reason', async () => {
  const barrier = async (sql: string) => (await rowsOf(admin, `EXPLAIN ACCESS ${sql}`, 'barrier')).map((row) => row[2]);
  expect(await barrier('SELECT id FROM c.s.plain')).toEqual(['no']);
  expect(await barrier('SELECT 1 / id FROM c.s.sales')).toEqual(['yes']);
});

test('a denied query gives the whole tree of checks, with the first failure marked', async () => {
  const rows = await admin.rows('EXPLAIN ACCESS AS USER nobody SELECT 1 FROM c.s.sales, c.s.plain');
  const failing = rows.filter((row) => String(row[3]).startsWith('missing'));
  expect(failing.map((row) => row.slice(1, 4))).toEqual([
    ['SELECT', 'table c.s.sales', 'missing (first failure)'],
    ['SELECT', 'table c.s.plain', 'missing'],
  ]);
  expect(rows.at(-1)?.slice(1, 4)).toEqual(['result', '', 'denied']);
  expect(rows.filter((row) => row[1] === 'USE CATALOG')).toHaveLength(2);
});

test('what is explained as denied is denied, and what is explained as allowed is allowed', async () => {
  const queries = [
    'SELECT id FROM c.s.sales',
    'SELECT id FROM c.open.v',
    'SELECT c.open.twice(1)',
    'SELECT who FROM c.sec.mapping_of_regions',
    'SELECT id FROM c.s.plain',
  ];
  for (const user of ['ann', 'bob', 'nobody', 'tess', 'admin']) {
    const session = await server.as(user, 'c');
    for (const query of queries) {
      const told = (await admin.rows(`EXPLAIN ACCESS AS USER ${user} ${query}`)).find(
        (row) => row[1] === 'result',
      )?.[3];
      const happened = await session.run(query).then(
        () => 'allowed',
        () => 'denied',
      );
      expect([user, query, told]).toEqual([user, query, happened]);
    }
  }
});

test('the body of a view is checked with its owner, below the view', async () => {
  const rows = await admin.rows('EXPLAIN ACCESS AS USER ann SELECT id FROM c.open.v');
  expect(rows.map((row) => row.slice(0, 4))).toContainEqual(['1.5', 'table', 'c.s.sales', 'allowed']);
  expect(rows.map((row) => row.slice(0, 4))).toContainEqual([
    '1.5.5',
    'row filter',
    'c.sec.only_mine(region)',
    'applies',
  ]);
  expect(rows.find((row) => row[0] === '1.5.2')?.[4]).toBe('owner is admin');
});

test('a grant with an end says when', async () => {
  const snapshot = server.services.catalog.snapshot();
  const bob = snapshot.principalByName('bob')?.id ?? '';
  const table = snapshot.relationByName(
    snapshot.schemaByName(snapshot.catalogByName('c')?.id ?? '', 's')?.id ?? '',
    'plain',
  );
  const until = Date.now() + 3_600_000;
  const grant = { securableId: table?.id ?? '', principalId: bob, privilege: 'SELECT' as const, columns: undefined };
  await server.services.catalog.commit({
    changes: [{ kind: 'grant', grant: { ...grant, grantedBy: bob, grantedAt: 0, until } }],
    by: bob,
    statementId: 't',
    at: 0,
  });
  const [row] = await rowsOf(admin, 'EXPLAIN ACCESS AS USER bob SELECT id FROM c.s.plain', 'SELECT');
  expect(row?.[3]).toBe(`SELECT on table c.s.plain to bob until ${new Date(until).toISOString()}`);
});

// What those who manage nothing learn.

const secrets = /only_mine|hide_mail|mapping_of_regions|boss|hidden/;

test.each([
  'SELECT * FROM c.s.sales',
  'SELECT * FROM c.open.v',
  'SELECT email FROM c.s.sales WHERE region = $$north$$',
])('whoever explains %s for himself learns no policy, no mapping table and no text of either', async (query) => {
  const text = await wholeText(ann, `EXPLAIN ACCESS ${query}`);
  expect(text).not.toMatch(secrets);
  expect(text).not.toContain('governed sql');
});

test('whoever explains for himself learns that rows are filtered and which columns are masked', async () => {
  expect(await rowsOf(ann, 'EXPLAIN ACCESS SELECT email FROM c.s.sales', 'row filter')).toEqual([
    ['row filter', '', 'applies', ''],
  ]);
  expect(await rowsOf(ann, 'EXPLAIN ACCESS SELECT email FROM c.s.sales', 'column mask')).toEqual([
    ['column mask', 'email', 'applies', ''],
  ]);
});

test('behind a view that he does not manage the asker sees nothing', async () => {
  const text = await wholeText(ann, 'EXPLAIN ACCESS SELECT id FROM c.open.v');
  expect(text).not.toContain('sales');
});

test('a manager of the table alone gets no governed SQL: it would hold a mapping table of others', async () => {
  const text = await wholeText(tess, 'EXPLAIN ACCESS SELECT id FROM c.s.sales');
  expect(text).not.toMatch(/mapping_of_regions|governed sql/);
  expect(await wholeText(admin, 'EXPLAIN ACCESS SELECT id FROM c.s.sales')).toContain('governed sql');
});

test('the governed SQL has names of the catalog, not physical ones', async () => {
  const text = await wholeText(admin, 'EXPLAIN ACCESS SELECT id FROM c.s.sales');
  expect(text).toContain('FROM c.s.sales');
  expect(text).not.toMatch(/\bo_\d+\b|\bc_\d+\b|\bk\d+\b/);
});

test.each([
  ['SELECT * FROM c.sec.mapping_of_regions', 'SELECT * FROM c.sec.mapping_of_regionz'],
  ['SELECT * FROM C.Sec.Mapping_Of_Regions x', 'SELECT * FROM C.Sec.Mapping_Of_Regionz x'],
  ['SELECT * FROM c.s.sales, c.sec.mapping_of_regions', 'SELECT * FROM c.s.sales, c.sec.mapping_of_regionz'],
  ['SELECT c.sec.hide_mail(email) FROM c.s.sales', 'SELECT c.sec.hide_mailz(email) FROM c.s.sales'],
])(
  '%s, explained or as another user, says of a hidden object what is said of a missing one',
  async (hidden, missing) => {
    for (const prefix of ['EXPLAIN ACCESS ', 'EXPLAIN ACCESS AS USER bob ', 'EXPLAIN ACCESS AS USER ann ']) {
      const [a, b] = [await rejectionOf(ann.run(prefix + hidden)), await rejectionOf(ann.run(prefix + missing))];
      const told = ({ condition, message, detail, hint, position }: typeof a) =>
        JSON.stringify({ condition, message, detail, hint, position }).replaceAll('onz', 'ons').replaceAll('ilz', 'il');
      expect(told(a)).toBe(told(b));
    }
  },
);

test('explaining for another user needs MANAGE on every object that is named, or an administrator', async () => {
  await expect(ann.run('EXPLAIN ACCESS AS USER bob SELECT id FROM c.s.sales')).rejects.toMatchObject({
    sqlState: '42501',
  });
  await expect(tess.run('EXPLAIN ACCESS AS USER bob SELECT 1 FROM c.s.sales, c.open.v')).rejects.toMatchObject({
    sqlState: '42P01',
  });
  expect(await rowsOf(tess, 'EXPLAIN ACCESS AS USER bob SELECT id FROM c.s.sales', 'result')).toHaveLength(1);
});

test('explaining runs nothing and leaves its event', async () => {
  server.audit.events.length = 0;
  await ann.run('EXPLAIN ACCESS SELECT error_that_is_none / 0 FROM (SELECT id AS error_that_is_none FROM c.s.sales)');
  expect(server.audit.events.filter((event) => event.kind === 'statementStarted')).toMatchObject([
    { command: 'EXPLAIN ACCESS', objects: [{ name: 'c.s.sales', action: 'EXPLAIN ACCESS' }] },
  ]);
});

test('a failure behind a view says no more than the query would', async () => {
  await admin.run(`CREATE USER olga; GRANT USE CATALOG, USE SCHEMA ON CATALOG c TO olga; GRANT SELECT ON TABLE c.s.plain TO olga;
    GRANT CREATE TABLE ON SCHEMA c.open TO olga`);
  const olga = await server.as('olga', 'c');
  await olga.run('CREATE VIEW c.open.olgas AS SELECT id FROM c.s.plain; GRANT SELECT ON VIEW c.open.olgas TO bob');
  await admin.run('REVOKE SELECT ON TABLE c.s.plain FROM olga');
  const bob = await server.as('bob', 'c');
  const rows = await bob.rows('EXPLAIN ACCESS SELECT id FROM c.open.olgas');
  expect(rows.at(-1)).toEqual([
    '',
    'result',
    '',
    'denied',
    'permission denied for view c.open.olgas; The owner of this view may not read what it needs.',
  ]);
  expect(rows.map((row) => row.join(' ')).join('\n')).not.toContain('plain');
});

test('EXPLAIN with figures is refused', async () => {
  await expect(admin.run('EXPLAIN ANALYZE SELECT 1')).rejects.toMatchObject({ sqlState: '0A000' });
  await expect(admin.run('EXPLAIN ACCESS DELETE FROM c.s.plain')).rejects.toMatchObject({ sqlState: '0A000' });
});
