// ALTER TABLE and renames: what changes, what stays, and that no policy is lost on the way.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type InProcess, startInProcess, type TestSession } from '../support/in-process.ts';

let server: InProcess;
let admin: TestSession;
let ann: TestSession;

async function stateOf(session: TestSession, sql: string): Promise<string> {
  try {
    await session.run(sql);
    return 'ok';
  } catch (error) {
    return (error as { readonly sqlState?: string }).sqlState ?? String(error);
  }
}

async function runAll(session: TestSession, ...statements: readonly string[]): Promise<void> {
  for (const statement of statements) await session.run(statement);
}

beforeAll(async () => {
  server = await startInProcess();
  admin = await server.as('admin');
  await runAll(
    admin,
    "CREATE USER ann PASSWORD 'pw'",
    "CREATE USER bob PASSWORD 'pw'",
    'CREATE CATALOG c',
    'GRANT USE CATALOG, USE SCHEMA, SELECT ON CATALOG c TO ann',
  );
  ann = await server.as('ann', 'c');
});

afterAll(async () => {
  await server.close();
});

let round = 0;
let s = '';

beforeEach(async () => {
  round += 1;
  s = `c.s${String(round)}`;
  await runAll(
    admin,
    `CREATE SCHEMA ${s}`,
    `CREATE TABLE ${s}.t (id INT, name STRING, region STRING)`,
    `INSERT INTO ${s}.t VALUES (1, 'Ada', 'north'), (2, 'Bob', 'south')`,
    `CREATE FUNCTION ${s}.stars(v STRING) RETURNS STRING RETURN '***'`,
    `CREATE FUNCTION ${s}.north(r STRING) RETURNS BOOLEAN RETURN r = 'north'`,
  );
});

describe('columns', () => {
  test('an added column has its default in the rows that there are, and its mask from the first moment', async () => {
    await admin.run(
      `ALTER TABLE ${s}.t ADD COLUMN mail STRING DEFAULT 'a@b.c' NOT NULL MASK ${s}.stars COMMENT 'told'`,
    );
    expect(await ann.rows(`SELECT id, mail FROM ${s}.t ORDER BY id`)).toEqual([
      [1, '***'],
      [2, '***'],
    ]);
    await admin.run(`ALTER TABLE ${s}.t ALTER COLUMN mail DROP MASK`);
    await admin.run(`INSERT INTO ${s}.t (id) VALUES (3)`);
    expect(await ann.rows(`SELECT DISTINCT mail FROM ${s}.t`)).toEqual([['a@b.c']]);
    expect(await stateOf(admin, `INSERT INTO ${s}.t (id, mail) VALUES (4, NULL)`)).toBe('23502');
    expect(await stateOf(admin, `ALTER TABLE ${s}.t ADD COLUMN mail INT`)).toBe('42701');
    expect(await stateOf(admin, `ALTER TABLE ${s}.t ADD COLUMN IF NOT EXISTS mail INT`)).toBe('ok');
  });

  test('a default cannot read anything', async () => {
    for (const value of [`(SELECT max(name) FROM ${s}.t)`, 'current_user()', 'name', `${s}.stars('x')`]) {
      expect(['0A000', '42703']).toContain(
        await stateOf(admin, `ALTER TABLE ${s}.t ADD COLUMN x STRING DEFAULT ${value}`),
      );
      expect(['0A000', '42703']).toContain(
        await stateOf(admin, `ALTER TABLE ${s}.t ALTER COLUMN name SET DEFAULT ${value}`),
      );
    }
  });

  test('a column that a mask, a filter or a key needs is not dropped; its own mask goes with it', async () => {
    await runAll(
      admin,
      `CREATE FUNCTION ${s}.two(v STRING, r STRING) RETURNS STRING RETURN r`,
      `ALTER TABLE ${s}.t ALTER COLUMN name SET MASK ${s}.two USING COLUMNS (region)`,
    );
    expect(await stateOf(admin, `ALTER TABLE ${s}.t DROP COLUMN region`)).toBe('2BP01');
    await admin.run(`ALTER TABLE ${s}.t DROP COLUMN name`);
    await admin.run(`ALTER TABLE ${s}.t SET ROW FILTER ${s}.north ON (region)`);
    expect(await stateOf(admin, `ALTER TABLE ${s}.t DROP COLUMN region`)).toBe('2BP01');
    expect(await ann.rows(`SELECT * FROM ${s}.t`)).toEqual([[1, 'north']]);
    await admin.run(`CREATE TABLE ${s}.k (a INT PRIMARY KEY, b INT UNIQUE, d INT CHECK (d > 0), e INT)`);
    for (const column of ['a', 'b', 'd'])
      expect(await stateOf(admin, `ALTER TABLE ${s}.k DROP COLUMN ${column}`)).toBe('2BP01');
    expect(await stateOf(admin, `ALTER TABLE ${s}.k DROP COLUMN e`)).toBe('ok');
    expect(await stateOf(admin, `ALTER TABLE ${s}.k DROP COLUMN zz`)).toBe('42703');
    expect(await stateOf(admin, `ALTER TABLE ${s}.k DROP COLUMN IF EXISTS zz`)).toBe('ok');
  });

  test('a column added under the name of a dropped one is another column', async () => {
    await runAll(
      admin,
      `GRANT USE CATALOG ON CATALOG c TO bob`,
      `GRANT USE SCHEMA ON SCHEMA ${s} TO bob`,
      `GRANT SELECT (name) ON TABLE ${s}.t TO bob`,
      `ALTER TABLE ${s}.t DROP COLUMN name`,
      `ALTER TABLE ${s}.t ADD COLUMN name STRING DEFAULT 'secret'`,
    );
    const bob = await server.as('bob', 'c');
    expect(['42501', '42P01']).toContain(await stateOf(bob, `SELECT name FROM ${s}.t`));
  });

  test('before a key a dropped column is emptied, and rows need it no more', async () => {
    await runAll(
      admin,
      `CREATE TABLE ${s}.k (a INT NOT NULL DEFAULT 5, b INT PRIMARY KEY)`,
      `INSERT INTO ${s}.k VALUES (1, 1)`,
      `ALTER TABLE ${s}.k DROP COLUMN a`,
      `INSERT INTO ${s}.k VALUES (2)`,
    );
    expect(await ann.rows(`SELECT * FROM ${s}.k ORDER BY b`)).toEqual([[1], [2]]);
  });

  test('masks, filters and column grants follow a renamed column, not its name', async () => {
    await runAll(
      admin,
      `ALTER TABLE ${s}.t ALTER COLUMN name SET MASK ${s}.stars`,
      `ALTER TABLE ${s}.t SET ROW FILTER ${s}.north ON (region)`,
      `ALTER TABLE ${s}.t RENAME COLUMN name TO old`,
      `ALTER TABLE ${s}.t RENAME region TO name`,
      `ALTER TABLE ${s}.t RENAME COLUMN old TO region`,
    );
    expect(await ann.rows(`SELECT id, name, region FROM ${s}.t`)).toEqual([[1, 'north', '***']]);
    expect(await stateOf(admin, `ALTER TABLE ${s}.t RENAME COLUMN name TO REGION`)).toBe('42701');
  });

  test('a new type keeps values, default, NOT NULL and grants; open plans meet the new column', async () => {
    await runAll(
      admin,
      `ALTER TABLE ${s}.t ADD COLUMN n STRING DEFAULT '7' NOT NULL`,
      `GRANT USE CATALOG ON CATALOG c TO bob`,
      `GRANT USE SCHEMA ON SCHEMA ${s} TO bob`,
      `GRANT SELECT (n) ON TABLE ${s}.t TO bob`,
    );
    const bob = await server.as('bob', 'c');
    const query = `SELECT n FROM ${s}.t LIMIT 1`;
    expect(await bob.rows(query)).toEqual([['7']]);
    await admin.run(`ALTER TABLE ${s}.t ALTER COLUMN n SET DATA TYPE INT`);
    expect(await bob.rows(query)).toEqual([[7]]);
    await admin.run(`INSERT INTO ${s}.t (id) VALUES (9)`);
    expect(await admin.rows(`SELECT n FROM ${s}.t WHERE id = 9`)).toEqual([[7]]);
    expect(await stateOf(admin, `INSERT INTO ${s}.t (id, n) VALUES (9, NULL)`)).toBe('23502');
    expect(await stateOf(admin, `ALTER TABLE ${s}.t ALTER COLUMN name TYPE INT`)).toBe('22P02');
    expect(await ann.rows(`SELECT name FROM ${s}.t WHERE id = 1`)).toEqual([['Ada']]);
  });

  test('a new type that a mask or filter does not fit is refused', async () => {
    await runAll(
      admin,
      `ALTER TABLE ${s}.t ADD COLUMN n STRING DEFAULT '7'`,
      // Who does not see every value may not try: conformance/alter/hidden-values.slt.
      `CREATE FUNCTION ${s}.stars_for_others(p STRING) RETURNS STRING
       RETURN CASE WHEN current_user() = 'admin' THEN p ELSE '*' END`,
      `CREATE FUNCTION ${s}.north_for_others(p STRING) RETURNS BOOLEAN RETURN current_user() = 'admin' OR p = 'north'`,
      `ALTER TABLE ${s}.t ALTER COLUMN n SET MASK ${s}.stars_for_others`,
    );
    expect(await stateOf(admin, `ALTER TABLE ${s}.t ALTER COLUMN n TYPE INT`)).toBe('42804');
    await runAll(
      admin,
      `ALTER TABLE ${s}.t ALTER COLUMN n DROP MASK`,
      `ALTER TABLE ${s}.t SET ROW FILTER ${s}.north_for_others ON (n)`,
    );
    expect(await stateOf(admin, `ALTER TABLE ${s}.t ALTER COLUMN n TYPE INT`)).toBe('42804');
    await runAll(admin, `ALTER TABLE ${s}.t DROP ROW FILTER`, `ALTER TABLE ${s}.t ALTER COLUMN n TYPE INT`);
  });

  test('NOT NULL and defaults come and go', async () => {
    await admin.run(`ALTER TABLE ${s}.t ALTER COLUMN name SET NOT NULL`);
    expect(await stateOf(admin, `INSERT INTO ${s}.t (id) VALUES (3)`)).toBe('23502');
    await admin.run(`ALTER TABLE ${s}.t ALTER COLUMN name SET DEFAULT 'x'`);
    await admin.run(`INSERT INTO ${s}.t (id) VALUES (3)`);
    await admin.run(`ALTER TABLE ${s}.t ALTER COLUMN name DROP DEFAULT`);
    await admin.run(`ALTER TABLE ${s}.t ALTER COLUMN name DROP NOT NULL`);
    await admin.run(`INSERT INTO ${s}.t (id) VALUES (4)`);
    expect(await ann.rows(`SELECT name FROM ${s}.t WHERE id > 2 ORDER BY id`)).toEqual([['x'], [null]]);
    expect(await stateOf(admin, `ALTER TABLE ${s}.t ALTER COLUMN name SET NOT NULL`)).toBe('23502');
  });

  test('in a transaction columns change with the data and vanish at ROLLBACK', async () => {
    await runAll(
      admin,
      'BEGIN',
      `INSERT INTO ${s}.t VALUES (3, 'Eve', 'east')`,
      `ALTER TABLE ${s}.t ADD COLUMN n INT DEFAULT 1`,
      `INSERT INTO ${s}.t VALUES (4, 'Dan', 'east', 2)`,
      `ALTER TABLE ${s}.t DROP COLUMN region`,
    );
    expect(await admin.rows(`SELECT * FROM ${s}.t ORDER BY id`)).toEqual([
      [1, 'Ada', 1],
      [2, 'Bob', 1],
      [3, 'Eve', 1],
      [4, 'Dan', 2],
    ]);
    await admin.run('ROLLBACK');
    expect(await ann.rows(`SELECT * FROM ${s}.t ORDER BY id`)).toEqual([
      [1, 'Ada', 'north'],
      [2, 'Bob', 'south'],
    ]);
  });

  test('altering needs the right to manage the table, and hidden tables read as missing', async () => {
    const bob = await server.as('bob', 'system');
    expect(await stateOf(ann, `ALTER TABLE ${s}.t ADD COLUMN x INT`)).toBe('42501');
    expect(await stateOf(ann, `ALTER TABLE ${s}.t RENAME TO u`)).toBe('42501');
    await admin.run('REVOKE USE CATALOG ON CATALOG c FROM bob');
    expect(await stateOf(bob, `ALTER TABLE ${s}.t ADD COLUMN x INT`)).toBe(
      await stateOf(bob, `ALTER TABLE ${s}.nothing ADD COLUMN x INT`),
    );
  });

  test('properties are set and unset', async () => {
    await admin.run(`ALTER TABLE ${s}.t SET TBLPROPERTIES ('a.b' = '1', quality = 'gold')`);
    await admin.run(`ALTER TABLE ${s}.t UNSET TBLPROPERTIES ('a.b')`);
    const rows = await admin.rows(`DESCRIBE EXTENDED ${s}.t`);
    expect(rows.find((row) => row[0] === 'quality')?.[1]).toBe('gold');
    expect(rows.some((row) => row[0] === 'a.b')).toBe(false);
  });
});

describe('names', () => {
  test('data, grants and policies stay with a renamed table', async () => {
    await runAll(
      admin,
      `ALTER TABLE ${s}.t ALTER COLUMN name SET MASK ${s}.stars`,
      `ALTER TABLE ${s}.t RENAME TO u`,
      `CREATE TABLE ${s}.t (name STRING)`,
    );
    expect(await ann.rows(`SELECT name FROM ${s}.u WHERE id = 1`)).toEqual([['***']]);
    expect(await ann.rows(`SELECT name FROM ${s}.t`)).toEqual([]);
    expect(await stateOf(admin, `ALTER TABLE ${s}.u RENAME TO T`)).toBe('42P07');
    expect(await stateOf(admin, `ALTER TABLE ${s}.u RENAME TO c.elsewhere.t`)).toBe('0A000');
  });

  test('schemas, catalogs, views and functions get new names too', async () => {
    await runAll(
      admin,
      `CREATE VIEW ${s}.v AS SELECT id FROM ${s}.t`,
      `ALTER VIEW ${s}.v RENAME TO w`,
      `ALTER FUNCTION ${s}.stars RENAME TO dots`,
      `CREATE CATALOG renamed${String(round)}`,
      `ALTER CATALOG renamed${String(round)} RENAME TO again${String(round)}`,
    );
    expect(await ann.rows(`SELECT id FROM ${s}.w ORDER BY id`)).toEqual([[1], [2]]);
    await admin.run(`ALTER SCHEMA ${s} RENAME TO renamed`);
    expect(await ann.rows('SELECT id FROM c.renamed.t WHERE id = 1')).toEqual([[1]]);
    expect(await stateOf(admin, 'ALTER SCHEMA c.renamed RENAME TO information_schema')).toBe('22023');
    expect(await stateOf(admin, 'ALTER CATALOG c RENAME TO system')).toBe('22023');
    await admin.run(`ALTER SCHEMA c.renamed RENAME TO s${String(round)}`);
  });

  test('the exchange of two tables in a transaction keeps each one its policies', async () => {
    await runAll(
      admin,
      `ALTER TABLE ${s}.t ALTER COLUMN name SET MASK ${s}.stars`,
      `CREATE TABLE ${s}.t_new AS SELECT 9 AS id, 'new' AS name`,
      'BEGIN',
      `ALTER TABLE ${s}.t RENAME TO t_old`,
      `ALTER TABLE ${s}.t_new RENAME TO t`,
      `DROP TABLE ${s}.t_old`,
      'COMMIT',
    );
    expect(await ann.rows(`SELECT id, name FROM ${s}.t`)).toEqual([[9, 'new']]);
    expect(['42P01']).toContain(await stateOf(ann, `SELECT 1 FROM ${s}.t_old`));
  });

  test('a name is taken only by who may create there', async () => {
    await runAll(admin, `ALTER TABLE ${s}.t OWNER TO ann`);
    expect(await stateOf(ann, `ALTER TABLE ${s}.t RENAME TO u`)).toBe('42501');
    await admin.run(`GRANT CREATE TABLE ON SCHEMA ${s} TO ann`);
    expect(await stateOf(ann, `ALTER TABLE ${s}.t RENAME TO u`)).toBe('ok');
  });
});

test('the examples of the documentation run', async () => {
  const text = readFileSync('docs/sql-reference.md', 'utf8');
  const example = text.split('```sql').find((block) => block.includes('CREATE TABLE c.s.people (id INT'));
  const statements = example
    ?.split('```')[0]
    ?.split(';')
    .map((statement) => statement.trim());
  await admin.run('CREATE SCHEMA c.s');
  await runAll(admin, ...(statements ?? []).filter((statement) => statement !== ''));
  expect(await ann.rows('SELECT id, full_name, city FROM c.s.persons')).toEqual([]);
});
