// What may be a mask or filter, and that it keeps meaning what it meant: through replaced functions, views and mapping tables,
// renames, and other objects that take a name.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type InProcess, startInProcess, type TestSession } from '../support/in-process.ts';

let server: InProcess;
let admin: TestSession;
let ann: TestSession;

interface Failure {
  readonly sqlState?: string;
  readonly message: string;
  readonly detail?: string;
  readonly hint?: string;
}

async function failureOf(session: TestSession, sql: string): Promise<Failure> {
  try {
    await session.run(sql);
    return { sqlState: 'ok', message: '' };
  } catch (error) {
    return error as Failure;
  }
}

async function stateOf(session: TestSession, sql: string): Promise<string> {
  const failure = await failureOf(session, sql);
  return failure.sqlState ?? failure.message;
}

async function runAll(session: TestSession, ...statements: readonly string[]): Promise<void> {
  for (const statement of statements) await session.run(statement);
}

beforeAll(async () => {
  server = await startInProcess();
  admin = await server.as('admin');
  await runAll(
    admin,
    "CREATE USER ann PASSWORD 'pw' ATTRIBUTES (region = 'north')",
    "CREATE USER mallory PASSWORD 'pw'",
    "CREATE USER owner PASSWORD 'pw'",
    'CREATE CATALOG c',
    'GRANT USE CATALOG, USE SCHEMA ON CATALOG c TO ann, mallory, owner',
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
    `GRANT SELECT ON SCHEMA ${s} TO ann`,
    `CREATE TABLE ${s}.t (id INT, name STRING, region STRING, small SMALLINT, price DECIMAL(8,2))`,
    `INSERT INTO ${s}.t VALUES (1, 'Ada', 'north', 1, 1.5), (2, 'Bob', 'south', 2, 2.5), (3, NULL, NULL, NULL, NULL)`,
    `CREATE TABLE ${s}.allowed (who STRING, r STRING)`,
    `INSERT INTO ${s}.allowed VALUES ('ann', 'north')`,
  );
});

async function mask(
  body: string,
  { returns = 'STRING', parameters = 'v STRING', using = '', column = 'name' } = {},
): Promise<string> {
  await admin.run(`CREATE OR REPLACE FUNCTION ${s}.f(${parameters}) RETURNS ${returns} RETURN ${body}`);
  return stateOf(admin, `ALTER TABLE ${s}.t ALTER COLUMN ${column} SET MASK ${s}.f ${using}`);
}

describe('purity', () => {
  test.each([
    ['random()::STRING', '42P17'],
    ['(SELECT max(r) FROM allowed USING SAMPLE 1)', '42P17'],
    ['(SELECT r FROM allowed WHERE random() > 0.5)', '42P17'],
    ['v || uuid()::STRING', '42P17'],
    ['max(v)', '42P17'],
    ["string_agg(v, ',')", '42P17'],
    ['first_value(v) OVER ()', '42P17'],
    ['unnest([v, v])', '42P17'],
    ['now()::STRING', 'ok'],
    ['(SELECT max(r) FROM allowed)', 'ok'],
    ['(SELECT first_value(r) OVER (ORDER BY r) FROM allowed LIMIT 1)', 'ok'],
  ])('a mask that returns %s: %s', async (body, state) => {
    expect(await mask(body)).toBe(state);
  });

  test('a row filter may not aggregate, nor call what does', async () => {
    await runAll(
      admin,
      `CREATE FUNCTION ${s}.many(r STRING) RETURNS BOOLEAN RETURN count(r) > 1`,
      `CREATE FUNCTION ${s}.calls(r STRING) RETURNS BOOLEAN RETURN ${s}.many(r)`,
    );
    expect(await stateOf(admin, `ALTER TABLE ${s}.t SET ROW FILTER ${s}.many ON (region)`)).toBe('42P17');
    expect(await stateOf(admin, `ALTER TABLE ${s}.t SET ROW FILTER ${s}.calls ON (region)`)).toBe('42P17');
  });

  test('a function that a policy calls cannot become impure, and keeps its type', async () => {
    await admin.run(`CREATE FUNCTION ${s}.inner(v STRING) RETURNS STRING RETURN 'x'`);
    expect(await mask(`${s}.inner(v)`)).toBe('ok');
    expect(
      await stateOf(admin, `CREATE OR REPLACE FUNCTION ${s}.inner(v STRING) RETURNS STRING RETURN random()::STRING`),
    ).toBe('42P17');
    expect(
      await stateOf(admin, `CREATE OR REPLACE FUNCTION ${s}.inner(v STRING) RETURNS STRING RETURN ${s}.f(v)`),
    ).toBe('42P17');
    expect(await stateOf(admin, `CREATE OR REPLACE FUNCTION ${s}.inner(v STRING, w INT) RETURNS STRING RETURN v`)).toBe(
      '42P17',
    );
    expect(await stateOf(admin, `CREATE OR REPLACE FUNCTION ${s}.f(v STRING) RETURNS INT RETURN 1`)).toBe('42804');
    expect(await stateOf(admin, `CREATE OR REPLACE FUNCTION ${s}.inner(v STRING) RETURNS STRING RETURN 'y'`)).toBe(
      'ok',
    );
    expect(await ann.rows(`SELECT DISTINCT name FROM ${s}.t`)).toEqual([['y']]);
  });
});

describe('scope', () => {
  test.each([
    'k2',
    'rowid::STRING',
    'name',
    'k2.k3',
    '(SELECT k2)',
    '(SELECT max(k2) FROM allowed)',
    '#1',
    '(SELECT r AS k2 FROM allowed WHERE k2 IS NOT NULL)',
  ])('a body that names %s cannot reach the row it is written into', async (body) => {
    expect(await stateOf(admin, `CREATE FUNCTION ${s}.reach(v STRING) RETURNS STRING RETURN ${body}`)).not.toBe('ok');
  });

  test('columns by a star are refused', async () => {
    const made = await stateOf(admin, `CREATE FUNCTION ${s}.star(v STRING) RETURNS STRING RETURN COLUMNS(*)`);
    if (made === 'ok')
      expect(await stateOf(admin, `ALTER TABLE ${s}.t ALTER COLUMN name SET MASK ${s}.star`)).toBe('42P17');
    else expect(made).not.toBe('XX000');
  });
});

describe('types', () => {
  test.each<[string, { returns?: string; parameters?: string; using?: string; column?: string }, string]>([
    ['1', { returns: 'INT', parameters: 'v INT', column: 'id' }, 'ok'],
    ['1', { returns: 'BIGINT', parameters: 'v INT', column: 'id' }, '42804'],
    ['1', { returns: 'SMALLINT', parameters: 'v INT', column: 'id' }, 'ok'],
    ['v', { returns: 'BIGINT', parameters: 'v BIGINT', column: 'small' }, '42804'],
    ['0', { returns: 'SMALLINT', parameters: 'v BIGINT', column: 'small' }, 'ok'],
    ['0', { returns: 'SMALLINT', parameters: 'v TINYINT', column: 'small' }, '42804'],
    ['0', { returns: 'DECIMAL(8,2)', parameters: 'v DECIMAL(10,3)', column: 'price' }, 'ok'],
    ["'x'", { parameters: 'v INT', column: 'name' }, '42804'],
    ["'x'", { parameters: 'v STRING, n TINYINT', using: 'USING COLUMNS (100)' }, 'ok'],
    ["'x'", { parameters: 'v STRING, n TINYINT', using: 'USING COLUMNS (-128)' }, 'ok'],
    ["'x'", { parameters: 'v STRING, n TINYINT', using: 'USING COLUMNS (300)' }, '42804'],
    ["'x'", { parameters: 'v STRING, n INT', using: "USING COLUMNS ('a')" }, '42804'],
    ["'x'", { parameters: 'v STRING, n INT', using: 'USING COLUMNS (NULL)' }, 'ok'],
    ["'x'", { parameters: 'v STRING, d DATE', using: "USING COLUMNS (DATE '2024-01-01')" }, 'ok'],
    ["'x'", { parameters: 'v STRING, d INTERVAL', using: "USING COLUMNS (INTERVAL '1' day)" }, 'ok'],
    ["'x'", { parameters: 'v STRING, b BOOLEAN', using: 'USING COLUMNS (TRUE)' }, 'ok'],
    ["'x'", { parameters: 'v STRING, b BOOLEAN', using: "USING COLUMNS ('t')" }, '42804'],
    ["'x'", { parameters: 'v STRING, n DOUBLE', using: 'USING COLUMNS (small)' }, 'ok'],
    ["'x'", { parameters: 'v STRING, n INT', using: 'USING COLUMNS (name)' }, '42P17'],
    ["'x'", { parameters: 'v STRING', using: 'USING COLUMNS (id)' }, '42P17'],
  ])('a mask %s with %j: %s', async (body, options, state) => {
    expect(await mask(body, options)).toBe(state);
    expect(await stateOf(ann, `SELECT * FROM ${s}.t`)).toBe('ok');
  });

  test('an argument arrives in the type of its parameter, the value leaves in the type of the column', async () => {
    await mask('(v / 2)::SMALLINT', { returns: 'SMALLINT', parameters: 'v DOUBLE', column: 'small' }).catch(
      () => undefined,
    );
    expect(
      await mask('CASE WHEN v + 32767 > 0 THEN 7 END', {
        returns: 'SMALLINT',
        parameters: 'v BIGINT',
        column: 'small',
      }),
    ).toBe('ok');
    const { rows, types } = await ann.run(`SELECT small FROM ${s}.t ORDER BY id`);
    expect([rows, types[0]?.id]).toEqual([[[7], [7], [null]], 'SMALLINT']);
  });

  test('a row filter returns BOOLEAN, nothing else', async () => {
    await admin.run(`CREATE FUNCTION ${s}.one(r STRING) RETURNS INT RETURN 1`);
    expect(await stateOf(admin, `ALTER TABLE ${s}.t SET ROW FILTER ${s}.one ON (region)`)).toBe('42804');
  });
});

describe('foreign keys', () => {
  test('a key tells of no hidden row and no raw value, whichever came first', async () => {
    await runAll(
      admin,
      `CREATE TABLE ${s}.u (ssn STRING UNIQUE, id INT PRIMARY KEY)`,
      `INSERT INTO ${s}.u VALUES ('111', 1)`,
      `CREATE FUNCTION ${s}.stars(v STRING) RETURNS STRING RETURN '***'`,
      `CREATE FUNCTION ${s}.one(n INT) RETURNS BOOLEAN RETURN n = 1`,
      `GRANT CREATE TABLE ON SCHEMA ${s} TO mallory`,
      `GRANT INSERT ON TABLE ${s}.u TO mallory`,
    );
    const mallory = await server.as('mallory', 'c');
    const guess = `CREATE TABLE ${s}.guess (v STRING REFERENCES ${s}.u (ssn))`;
    expect(await stateOf(mallory, guess)).toBe('42501');
    await admin.run(`GRANT SELECT ON TABLE ${s}.u TO mallory`);
    await admin.run(`ALTER TABLE ${s}.u ALTER COLUMN ssn SET MASK ${s}.stars`);
    expect(await stateOf(mallory, guess)).toBe('0A000');
    await admin.run(`ALTER TABLE ${s}.u ALTER COLUMN ssn DROP MASK`);
    expect(await stateOf(mallory, guess)).toBe('ok');
    expect(await stateOf(admin, `ALTER TABLE ${s}.u ALTER COLUMN ssn SET MASK ${s}.stars`)).toBe('0A000');
    expect(await stateOf(admin, `ALTER TABLE ${s}.u SET ROW FILTER ${s}.one ON (id)`)).toBe('0A000');
    expect(await stateOf(admin, `ALTER TABLE ${s}.u ADD ROW FILTER ${s}.one ON (id)`)).toBe('0A000');
    expect(await stateOf(admin, `ALTER TABLE ${s}.u DROP COLUMN ssn`)).toBe('2BP01');
  });
});

describe('several row filters', () => {
  beforeEach(async () => {
    await runAll(
      admin,
      `CREATE FUNCTION ${s}.north(r STRING) RETURNS BOOLEAN RETURN r = 'north'`,
      `CREATE FUNCTION ${s}.over(n INT, least INT) RETURNS BOOLEAN RETURN n >= least`,
      `CREATE FUNCTION ${s}.only_ann() RETURNS BOOLEAN RETURN current_user() = 'ann'`,
    );
  });

  test('all must hold; SET replaces, DROP takes one or all', async () => {
    await runAll(
      admin,
      `ALTER TABLE ${s}.t ADD ROW FILTER ${s}.over ON (id, 1)`,
      `ALTER TABLE ${s}.t ADD ROW FILTER ${s}.only_ann ON ()`,
    );
    expect(await ann.rows(`SELECT count(*) FROM ${s}.t`)).toEqual([[3n]]);
    expect(await admin.rows(`SELECT count(*) FROM ${s}.t`)).toEqual([[0n]]);
    await admin.run(`ALTER TABLE ${s}.t ADD ROW FILTER ${s}.north ON (region)`);
    expect(await ann.rows(`SELECT id FROM ${s}.t`)).toEqual([[1]]);
    expect(await stateOf(admin, `ALTER TABLE ${s}.t ADD ROW FILTER ${s}.north ON (region)`)).toBe('42710');
    await admin.run(`ALTER TABLE ${s}.t ADD ROW FILTER ${s}.over ON (id, 2)`);
    expect(await ann.rows(`SELECT id FROM ${s}.t`)).toEqual([]);
    await admin.run(`ALTER TABLE ${s}.t DROP ROW FILTER ${s}.over`);
    expect(await ann.rows(`SELECT id FROM ${s}.t`)).toEqual([[1]]);
    expect(await stateOf(admin, `ALTER TABLE ${s}.t DROP ROW FILTER ${s}.over`)).toBe('42704');
    await admin.run(`ALTER TABLE ${s}.t SET ROW FILTER ${s}.over ON (id, 2)`);
    expect(await ann.rows(`SELECT id FROM ${s}.t ORDER BY id`)).toEqual([[2], [3]]);
    await admin.run(`ALTER TABLE ${s}.t DROP ROW FILTER`);
    expect(await admin.rows(`SELECT count(*) FROM ${s}.t`)).toEqual([[3n]]);
  });

  test('filters that two transactions add at the same time both stay', async () => {
    const other = await server.as('admin');
    await admin.run('BEGIN');
    await admin.run(`ALTER TABLE ${s}.t ADD ROW FILTER ${s}.north ON (region)`);
    await other.run(`ALTER TABLE ${s}.t ADD ROW FILTER ${s}.only_ann ON ()`);
    await admin.run('COMMIT');
    expect(await admin.rows(`SELECT count(*) FROM ${s}.t`)).toEqual([[0n]]);
    expect(await ann.rows(`SELECT id FROM ${s}.t`)).toEqual([[1]]);
  });

  test('there is a limit', async () => {
    for (let n = 0; n < 16; n += 1)
      await admin.run(`ALTER TABLE ${s}.t ADD ROW FILTER ${s}.over ON (id, ${String(n)})`);
    expect(await stateOf(admin, `ALTER TABLE ${s}.t ADD ROW FILTER ${s}.over ON (id, 99)`)).toBe('54000');
  });

  test('policies given in CREATE TABLE hold from the first moment, for an owner who is no administrator too', async () => {
    await runAll(
      admin,
      `GRANT CREATE TABLE ON SCHEMA ${s} TO ann`,
      `GRANT EXECUTE ON SCHEMA ${s} TO ann`,
      `CREATE FUNCTION ${s}.both(v STRING, r STRING, k STRING) RETURNS STRING RETURN k || r`,
    );
    await runAll(
      ann,
      `CREATE TABLE ${s}.u (v STRING MASK ${s}.both USING COLUMNS (r, 'k'), r STRING) WITH ROW FILTER ${s}.north ON (r)`,
      `INSERT INTO ${s}.u VALUES ('raw', 'north')`,
    );
    expect(await ann.rows(`SELECT * FROM ${s}.u`)).toEqual([['knorth', 'north']]);
  });
});

describe('what a policy is made of', () => {
  beforeEach(async () => {
    await runAll(
      admin,
      `CREATE VIEW ${s}.grants AS SELECT who, r FROM ${s}.allowed`,
      `CREATE FUNCTION ${s}.inner(x STRING) RETURNS BOOLEAN RETURN x IN (SELECT r FROM ${s}.grants WHERE who = current_user())`,
      `CREATE FUNCTION ${s}.outer(x STRING) RETURNS BOOLEAN RETURN ${s}.inner(x)`,
      `ALTER TABLE ${s}.t SET ROW FILTER ${s}.outer ON (region)`,
    );
  });

  const visible = (): Promise<readonly (readonly unknown[])[]> => ann.rows(`SELECT id FROM ${s}.t`);

  test('it reads its mapping tables through functions and views, as its owner, for the asker', async () => {
    expect(await visible()).toEqual([[1]]);
    expect(await admin.rows(`SELECT id FROM ${s}.t`)).toEqual([]);
  });

  test.each(['FUNCTION inner', 'FUNCTION outer', 'VIEW grants', 'TABLE allowed'])(
    'DROP %s is refused while it is in use',
    async (what) => {
      const [kind = '', name = ''] = what.split(' ');
      expect(await stateOf(admin, `DROP ${kind} ${s}.${name}`)).toBe('2BP01');
      expect(await stateOf(admin, `ALTER ${kind} ${s}.${name} RENAME TO other`)).toBe(
        name === 'outer' ? 'ok' : '2BP01',
      );
      expect(await visible()).toEqual([[1]]);
      await admin.run(`ALTER TABLE ${s}.t DROP ROW FILTER`);
      expect(await stateOf(admin, `DROP ${kind} ${s}.${name === 'outer' ? 'other' : name}`)).toBe('ok');
    },
  );

  test('the schema goes with its policed table, not without it', async () => {
    await runAll(admin, `CREATE SCHEMA ${s}x`, `CREATE TABLE ${s}x.t (r STRING) WITH ROW FILTER ${s}.outer ON (r)`);
    expect(await stateOf(admin, `DROP SCHEMA ${s} CASCADE`)).toBe('2BP01');
    await admin.run(`DROP TABLE ${s}x.t`);
    expect(await stateOf(admin, `DROP SCHEMA ${s} CASCADE`)).toBe('ok');
  });

  test.each(['DROP COLUMN r', 'RENAME COLUMN r TO q', 'ALTER COLUMN r TYPE INT', 'ADD COLUMN region STRING'])(
    'ALTER TABLE allowed %s does not break or change the policy',
    async (action) => {
      const state = await stateOf(admin, `ALTER TABLE ${s}.allowed ${action}`);
      expect(state).toBe(action.startsWith('ADD') ? 'ok' : action.includes('TYPE') ? '22P02' : '2BP01');
      expect(await visible()).toEqual([[1]]);
    },
  );

  test('a mapping table may not get policies of its own', async () => {
    expect(await stateOf(admin, `ALTER TABLE ${s}.allowed SET ROW FILTER ${s}.outer ON (r)`)).toBe('42P17');
    await admin.run(`CREATE FUNCTION ${s}.x(v STRING) RETURNS STRING RETURN 'x'`);
    expect(await stateOf(admin, `ALTER TABLE ${s}.allowed ALTER COLUMN r SET MASK ${s}.x`)).toBe('42P17');
    expect(
      await stateOf(admin, `CREATE OR REPLACE VIEW ${s}.grants AS SELECT name AS who, region AS r FROM ${s}.t`),
    ).toBe('42P17');
    expect(await visible()).toEqual([[1]]);
  });

  test('a replaced mapping table is followed, by who manages it', async () => {
    await admin.run(`CREATE OR REPLACE TABLE ${s}.allowed AS SELECT 'ann' AS who, 'south' AS r`);
    expect(await visible()).toEqual([[2]]);
    expect(await stateOf(admin, `CREATE OR REPLACE TABLE ${s}.allowed AS SELECT 'ann' AS who`)).toBe('2BP01');
    expect(await visible()).toEqual([[2]]);
  });

  test('who owns a part of a policy learns nothing of the table behind it', async () => {
    await runAll(admin, `ALTER TABLE ${s}.allowed OWNER TO mallory`);
    const mallory = await server.as('mallory', 'c');
    const failure = await failureOf(mallory, `DROP TABLE ${s}.allowed`);
    expect(failure.sqlState).toBe('2BP01');
    expect(JSON.stringify([failure.message, failure.detail, failure.hint])).not.toMatch(/\.t\b|outer|inner|grants/);
    expect((await failureOf(admin, `DROP TABLE ${s}.allowed`)).detail).toContain(`${s}.t`);
  });

  test('an owner that lost a grant closes the table', async () => {
    await runAll(admin, `ALTER FUNCTION ${s}.inner OWNER TO owner`);
    expect(await stateOf(ann, `SELECT id FROM ${s}.t`)).toBe('42501');
    await admin.run(`GRANT SELECT ON VIEW ${s}.grants TO owner`);
    await admin.run(`GRANT SELECT ON TABLE ${s}.allowed TO owner`);
    await admin.run(`ALTER FUNCTION ${s}.outer OWNER TO owner`);
    await admin.run(`ALTER VIEW ${s}.grants OWNER TO owner`);
    expect(await visible()).toEqual([[1]]);
    await admin.run(`REVOKE SELECT ON TABLE ${s}.allowed FROM owner`);
    expect(await stateOf(ann, `SELECT id FROM ${s}.t`)).toBe('42501');
  });
});

describe('a name that another object takes', () => {
  test('a table that is put before the mapping table on the path closes the policed table', async () => {
    await runAll(
      admin,
      `CREATE SCHEMA ${s}fn`,
      `USE SCHEMA ${s}`,
      `CREATE FUNCTION ${s}fn.mine(x STRING) RETURNS BOOLEAN RETURN x IN (SELECT r FROM allowed WHERE who = current_user())`,
      `ALTER TABLE ${s}.t SET ROW FILTER ${s}fn.mine ON (region)`,
      `GRANT CREATE TABLE ON SCHEMA ${s}fn TO mallory`,
    );
    expect(await ann.rows(`SELECT id FROM ${s}.t`)).toEqual([[1]]);
    const mallory = await server.as('mallory', 'c');
    await runAll(
      mallory,
      `CREATE TABLE ${s}fn.allowed AS SELECT 'ann' AS who, unnest(['north', 'south']) AS r`,
      `GRANT SELECT ON TABLE ${s}fn.allowed TO admin`,
    );
    expect(await stateOf(ann, `SELECT id FROM ${s}.t`)).toBe('42P17');
    await admin.run(`DROP TABLE ${s}fn.allowed`);
    expect(await ann.rows(`SELECT id FROM ${s}.t`)).toEqual([[1]]);
  });

  test('a renamed table that is no longer what a function meant cannot become its policy', async () => {
    await runAll(
      admin,
      `CREATE FUNCTION ${s}.mine(x STRING) RETURNS BOOLEAN RETURN x IN (SELECT r FROM ${s}.allowed)`,
      `ALTER TABLE ${s}.allowed RENAME TO old`,
      `CREATE TABLE ${s}.allowed AS SELECT 'south' AS r`,
    );
    expect(await stateOf(admin, `ALTER TABLE ${s}.t SET ROW FILTER ${s}.mine ON (region)`)).toBe('42P17');
    await admin.run(
      `CREATE OR REPLACE FUNCTION ${s}.mine(x STRING) RETURNS BOOLEAN RETURN x IN (SELECT r FROM ${s}.allowed)`,
    );
    expect(await stateOf(admin, `ALTER TABLE ${s}.t SET ROW FILTER ${s}.mine ON (region)`)).toBe('ok');
    expect(await ann.rows(`SELECT id FROM ${s}.t`)).toEqual([[2]]);
  });

  test('outside of policies a view reads what has the name now', async () => {
    await runAll(admin, `CREATE VIEW ${s}.v AS SELECT r FROM ${s}.allowed`, `ALTER TABLE ${s}.allowed RENAME TO old`);
    expect(await stateOf(ann, `SELECT r FROM ${s}.v`)).not.toBe('ok');
    await admin.run(`CREATE TABLE ${s}.allowed AS SELECT 'new' AS r`);
    expect(await ann.rows(`SELECT r FROM ${s}.v`)).toEqual([['new']]);
  });
});

describe('CREATE OR REPLACE TABLE', () => {
  beforeEach(async () => {
    await runAll(
      admin,
      `CREATE FUNCTION ${s}.stars(v STRING) RETURNS STRING RETURN '***'`,
      `CREATE FUNCTION ${s}.picks(v STRING, r STRING) RETURNS STRING RETURN r`,
    );
  });

  const read = (): Promise<string> => stateOf(ann, `SELECT * FROM ${s}.t`);

  test('a type that changed and changed back leaves the table closed until somebody answers for the mask', async () => {
    await runAll(
      admin,
      `ALTER TABLE ${s}.t ALTER COLUMN name SET MASK ${s}.stars`,
      `CREATE OR REPLACE TABLE ${s}.t AS SELECT 1 AS id, 5 AS name`,
    );
    expect(await read()).toBe('42P17');
    await admin.run(`CREATE OR REPLACE TABLE ${s}.t AS SELECT 1 AS id, 'raw' AS name`);
    expect(await read()).toBe('42P17');
    await admin.run(`CREATE FUNCTION ${s}.yes() RETURNS BOOLEAN RETURN true`);
    await admin.run(`ALTER TABLE ${s}.t SET ROW FILTER ${s}.yes ON ()`);
    expect(await read()).toBe('42P17');
    await admin.run(`ALTER TABLE ${s}.t ALTER COLUMN name SET MASK ${s}.stars`);
    expect(await ann.rows(`SELECT name FROM ${s}.t`)).toEqual([['***']]);
  });

  test('a masked column that was renamed by a replacement leaves it closed; DROP MASK of the old name opens it', async () => {
    await runAll(
      admin,
      `ALTER TABLE ${s}.t ALTER COLUMN name SET MASK ${s}.stars`,
      `CREATE OR REPLACE TABLE ${s}.t AS SELECT 1 AS id, 'raw' AS title`,
    );
    expect(await read()).toBe('42P17');
    expect(await stateOf(admin, `ALTER TABLE ${s}.t ALTER COLUMN other DROP MASK`)).toBe('42703');
    expect(await stateOf(admin, `INSERT INTO ${s}.t SELECT * FROM ${s}.t`)).toBe('42P17');
    await admin.run(`ALTER TABLE ${s}.t ALTER COLUMN name DROP MASK`);
    expect(await read()).toBe('ok');
  });

  test('a mask whose USING column is gone closes the table, through several replacements', async () => {
    await runAll(
      admin,
      `ALTER TABLE ${s}.t ALTER COLUMN name SET MASK ${s}.picks USING COLUMNS (region)`,
      `CREATE OR REPLACE TABLE ${s}.t AS SELECT 'raw' AS name, 1 AS region`,
    );
    expect(await read()).toBe('42P17');
    await admin.run(`CREATE OR REPLACE TABLE ${s}.t AS SELECT 'raw' AS name, 'north' AS region`);
    expect(await read()).toBe('42P17');
    await admin.run(`ALTER TABLE ${s}.t ALTER COLUMN name SET MASK ${s}.picks USING COLUMNS (region)`);
    expect(await ann.rows(`SELECT name FROM ${s}.t`)).toEqual([['north']]);
  });

  test('a policy in the new definition answers for the old one', async () => {
    await runAll(
      admin,
      `ALTER TABLE ${s}.t ALTER COLUMN name SET MASK ${s}.stars`,
      `CREATE FUNCTION ${s}.zero(v INT) RETURNS INT RETURN 0`,
      `CREATE OR REPLACE TABLE ${s}.t (name INT MASK ${s}.zero)`,
      `INSERT INTO ${s}.t VALUES (5)`,
    );
    expect(await ann.rows(`SELECT name FROM ${s}.t`)).toEqual([[0]]);
  });
});

describe('tags', () => {
  test('tags follow a column to its new type, and a dropped mapping table is looked for in policies by tags too', async () => {
    await runAll(
      admin,
      `CREATE FUNCTION ${s}.zero(v STRING) RETURNS STRING RETURN (SELECT max(who) FROM ${s}.allowed)`,
      `ALTER TABLE ${s}.t ALTER COLUMN region SET TAGS ('pii' = 'yes')`,
      `CREATE POLICY p ON SCHEMA ${s} COLUMN MASK ${s}.zero TO \`account users\` FOR TABLES MATCH COLUMNS has_tag('pii') AS c ON COLUMN c`,
    );
    expect(await ann.rows(`SELECT DISTINCT region FROM ${s}.t`)).toEqual([['ann']]);
    expect(await stateOf(admin, `DROP TABLE ${s}.allowed`)).toBe('2BP01');
    expect(await stateOf(admin, `ALTER TABLE ${s}.allowed RENAME COLUMN who TO whom`)).toBe('2BP01');
    expect(await stateOf(admin, `ALTER TABLE ${s}.t ALTER COLUMN region TYPE BLOB`)).not.toBe('ok');
    await admin.run(`ALTER TABLE ${s}.t RENAME COLUMN region TO place`);
    expect(await ann.rows(`SELECT DISTINCT place FROM ${s}.t`)).toEqual([['ann']]);
  });

  test('a policy by tags may use a mask of system.masks, with its key', async () => {
    await runAll(
      admin,
      `ALTER TABLE ${s}.t ALTER COLUMN name SET TAGS ('pii' = 'hash')`,
      `CREATE POLICY p ON SCHEMA ${s} COLUMN MASK system.masks.hash TO \`account users\` FOR TABLES MATCH COLUMNS has_tag_value('pii', 'hash') AS c ON COLUMN c`,
    );
    const rows = await ann.rows(`SELECT name FROM ${s}.t WHERE id = 1`);
    expect(rows[0]?.[0]).toMatch(/^[0-9a-f]{64}$/);
  });
});
