// The oracle: a governed query answers what the plain query answers over tables that were physically filtered and masked.
// It needs no knowledge of the rewriter.
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type InProcess, startInProcess, type TestSession } from '../support/in-process.ts';
import { queryArbitrary } from './query-arbitrary.ts';

const users = ['ann', 'bob', 'cyd'] as const;

/** Two tables with NULLs, duplicates and hidden rows, a mapping table, and policies of several shapes. */
const setup = [
  'CREATE CATALOG c',
  'CREATE SCHEMA c.g',
  'CREATE SCHEMA c.p',
  'CREATE GROUP readers',
  'CREATE GROUP raw',
  ...users.map((user) => `CREATE USER ${user}`),
  'ALTER GROUP readers ADD USER ann, bob, cyd',
  'ALTER GROUP raw ADD USER cyd',
  'CREATE TABLE c.p.tenants (who STRING, tenant STRING)',
  "INSERT INTO c.p.tenants VALUES ('ann', 'a'), ('bob', 'b'), ('bob', 'c'), ('cyd', 'a'), ('cyd', NULL)",
  'CREATE TABLE c.g.t (id INT, tenant STRING, name STRING, n INT, d DATE)',
  `INSERT INTO c.g.t VALUES (1,'a','one',10,'2024-01-01'),(2,'b','two',20,'2024-02-01'),(3,NULL,'three',NULL,NULL),
   (4,'a','four',10,'2024-03-01'),(5,'c','five',-5,'2023-01-01'),(6,'b',NULL,20,'2024-02-01'),(7,'a','one',0,'2024-01-01')`,
  'CREATE TABLE c.g.u (id INT, t_id INT, tenant STRING, v DECIMAL(8,2), tag STRING)',
  `INSERT INTO c.g.u VALUES (1,1,'a',1.50,'x'),(2,1,'b',2.25,'y'),(3,4,'a',-1.00,'x'),(4,2,'b',NULL,NULL),(5,9,'c',7.75,'z'),
   (6,7,'a',3.00,'y'),(7,NULL,NULL,0.00,'x')`,
  `CREATE FUNCTION c.p.mapped(x STRING) RETURNS BOOLEAN
   RETURN x IN (SELECT tenant FROM c.p.tenants WHERE who = current_user())`,
  "CREATE FUNCTION c.p.grouped(x STRING, i INT) RETURNS BOOLEAN RETURN is_account_group_member('raw') OR (x <> 'c' AND i < 6)",
  "CREATE FUNCTION c.p.hide(x STRING) RETURNS STRING RETURN CASE WHEN is_account_group_member('raw') THEN x ELSE left(x, 1) || '*' END",
  'CREATE FUNCTION c.p.coarse(x INT, y STRING) RETURNS INT RETURN CASE WHEN y = current_user() THEN x ELSE x // 10 END',
  'ALTER TABLE c.g.t SET ROW FILTER c.p.mapped ON (tenant)',
  'ALTER TABLE c.g.t ALTER COLUMN name SET MASK c.p.hide',
  'ALTER TABLE c.g.t ALTER COLUMN n SET MASK c.p.coarse USING COLUMNS (tenant)',
  'ALTER TABLE c.g.u SET ROW FILTER c.p.grouped ON (tenant, id)',
  'GRANT USE CATALOG, USE SCHEMA, SELECT ON CATALOG c TO readers',
];

/** The same rows without policies. */
const raw = setup
  .filter((statement) => /^(CREATE TABLE|INSERT INTO) c\.g\./.test(statement))
  .map((statement) => statement.replace('c.g.', 'c.raw.'));

const maskedName = "left(name, 1) || '*'";
const visibleT = {
  ann: `SELECT id, tenant, ${maskedName} AS name, n // 10 AS n, d FROM c.raw.t WHERE tenant = 'a'`,
  bob: `SELECT id, tenant, ${maskedName} AS name, n // 10 AS n, d FROM c.raw.t WHERE tenant = 'b' OR tenant = 'c'`,
  cyd: "SELECT id, tenant, name, n // 10 AS n, d FROM c.raw.t WHERE tenant = 'a'",
};
const limitedU = "SELECT * FROM c.raw.u WHERE tenant <> 'c' AND id < 6";
const visibleU = { ann: limitedU, bob: limitedU, cyd: 'SELECT * FROM c.raw.u' };

let server: InProcess;
const governed = new Map<string, TestSession>();
const plain = new Map<string, TestSession>();

beforeAll(async () => {
  server = await startInProcess();
  const admin = await server.as('admin');
  for (const statement of [...setup, 'CREATE SCHEMA c.raw', ...raw]) await admin.run(statement);
  for (const user of users) {
    // What the policies mean for this user, written out by hand, over tables that never had a policy.
    await admin.run(`CREATE SCHEMA c.copy_${user}`);
    await admin.run(`CREATE TABLE c.copy_${user}.t AS ${visibleT[user]}`);
    await admin.run(`CREATE TABLE c.copy_${user}.u AS ${visibleU[user]}`);
    const session = await server.as(user, 'c');
    await session.run('USE SCHEMA c.g');
    governed.set(user, session);
    const reference = await server.as(user, 'c');
    await reference.run(`USE SCHEMA c.copy_${user}`);
    plain.set(user, reference);
  }
});

afterAll(async () => {
  await server.close();
});

interface Answer {
  readonly columns: readonly string[];
  readonly rows: readonly string[];
}

async function answer(session: TestSession | undefined, sql: string): Promise<Answer | { readonly error: string }> {
  try {
    const { columns, rows } = (await session?.run(sql)) ?? { columns: [], rows: [] };
    const text = (value: unknown): string =>
      JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? `${inner.toString()}n` : inner));
    return { columns, rows: rows.map(text).toSorted() };
  } catch (error) {
    return { error: (error as { sqlState?: string }).sqlState ?? String(error) };
  }
}

/** A fresh seed each run, printed; ORACLE_SEED and ORACLE_RUNS for more. */
const seed = Number(process.env['ORACLE_SEED'] ?? Date.now() % 2_147_483_647);
const numRuns = Number(process.env['ORACLE_RUNS'] ?? 2_000);

test('a governed query answers what the plain one answers over filtered and masked copies', {
  timeout: 3_600_000,
}, async () => {
  console.info(`oracle: seed ${String(seed)}, ${String(numRuns)} cases`);
  let answered = 0;
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...users), queryArbitrary, async (user, sql) => {
      const expected = await answer(plain.get(user), sql);
      const actual = await answer(governed.get(user), sql);
      if ('rows' in expected && expected.rows.length > 0) answered += 1;
      expect(actual, `${user}: ${sql}`).toEqual(expected);
    }),
    { numRuns, seed, interruptAfterTimeLimit: 3_500_000 },
  );
  // A generator that only makes errors and empty answers proves nothing.
  expect(answered).toBeGreaterThan(numRuns / 3);
});
