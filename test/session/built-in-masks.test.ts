// system.masks: masks that every catalog has, part of the program.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { builtInFunctions } from '../../src/catalog/built-in-functions.ts';
import { type InProcess, startInProcess, type TestSession } from '../support/in-process.ts';
import { sealedMaskKey } from '../support/mask-key-probe.ts';

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
    "CREATE USER raw PASSWORD 'pw'",
    'CREATE GROUP exempt',
    'ALTER GROUP exempt ADD USER raw',
    ...['c', 'd'].flatMap((catalog) => [
      `CREATE CATALOG ${catalog}`,
      `CREATE SCHEMA ${catalog}.s`,
      `CREATE TABLE ${catalog}.s.t (id INT, v STRING, w STRING, born DATE, seen TIMESTAMP, n BIGINT)`,
      `INSERT INTO ${catalog}.s.t VALUES (1, '123-45-6789', '123-45-6789', '2001-05-06', '2001-05-06 07:08:09', 42),
        (2, NULL, NULL, NULL, NULL, NULL), (3, 'ada@company.com', 'x', '1999-12-31', '1999-12-31 00:00:00', 7)`,
      `GRANT USE CATALOG, USE SCHEMA, SELECT ON CATALOG ${catalog} TO \`account users\``,
    ]),
  );
  ann = await server.as('ann', 'c');
});

afterAll(async () => {
  await server.close();
});

async function masked(mask: string, column = 'v', session = ann, catalog = 'c'): Promise<readonly unknown[]> {
  await admin.run(`ALTER TABLE ${catalog}.s.t ALTER COLUMN ${column} SET MASK system.masks.${mask}`);
  const rows = await session.rows(`SELECT ${column} FROM ${catalog}.s.t ORDER BY id`);
  await admin.run(`ALTER TABLE ${catalog}.s.t ALTER COLUMN ${column} DROP MASK`);
  return rows.map((row) => row[0]);
}

describe('values', () => {
  test.each([
    ['redact', ['***', '***', '***']],
    ['last4', ['****6789', null, '****.com']],
    ['first4', ['123-****', null, 'ada@****']],
    ['email', ['***', null, 'a***@company.com']],
    ['nullify', [null, null, null]],
    ['partial USING COLUMNS (1, 2)', ['1***89', null, 'a***om']],
    ['partial USING COLUMNS (-1, 2)', ['***', null, '***']],
    ['partial USING COLUMNS (6, 6)', ['***', null, '***']],
    ['partial USING COLUMNS (3, 4)', ['***', null, 'ada***.com']],
    ["redact_unless_member USING COLUMNS ('exempt')", ['***', '***', '***']],
  ])('%s shows %j', async (mask, values) => {
    expect(await masked(mask)).toEqual(values);
  });

  test('dates keep their year', async () => {
    const born = await admin.run("SELECT DATE '2001-01-01', TIMESTAMP '2001-01-01'");
    expect((await masked('year_only', 'born'))[0]).toEqual(born.rows[0]?.[0]);
    expect((await masked('year_only', 'seen'))[0]).toEqual(born.rows[0]?.[1]);
  });

  test('a form for the type of the column is chosen, and none is an error', async () => {
    expect(await masked('nullify', 'n')).toEqual([null, null, null]);
    expect(await stateOf(admin, 'ALTER TABLE c.s.t ALTER COLUMN n SET MASK system.masks.redact')).toBe('42804');
    expect(await stateOf(admin, 'ALTER TABLE c.s.t ALTER COLUMN v SET MASK system.masks.nothing')).toBe('42883');
  });

  test('digits are replaced, the layout stays', async () => {
    const [number, none, address] = await masked('digits');
    expect(number).toMatch(/^\d{3}-\d\d-\d{4}$/);
    expect(number).not.toBe('123-45-6789');
    expect([none, address]).toEqual([null, 'ada@company.com']);
  });
});

describe('keys', () => {
  test.each(['hash', 'digits'])(
    '%s of equal values is equal inside a catalog and differs between catalogs',
    async (mask) => {
      const [v] = await masked(mask);
      expect(v).not.toBe('123-45-6789');
      expect((await masked(mask, 'w'))[0]).toBe(v);
      expect((await masked(mask, 'v', ann, 'd'))[0]).not.toBe(v);
      expect((await masked(mask))[0]).toBe(v);
    },
  );

  test('a query gives a key of its own, never that of the catalog', async () => {
    const [v] = await masked('hash');
    expect(await stateOf(ann, "SELECT system.masks.hash('123-45-6789')")).toBe('42883');
    expect(
      await ann.rows("SELECT system.masks.hash('123-45-6789', 'k') = system.masks.hash('123-45-6789', 'k')"),
    ).toEqual([[true]]);
    expect((await ann.rows("SELECT system.masks.hash('123-45-6789', '')"))[0]?.[0]).not.toBe(v);
  });

  test('a policy cannot be given the key either', async () => {
    await admin.run('CREATE FUNCTION c.s.leak(v STRING, key STRING) RETURNS STRING RETURN key');
    expect(await stateOf(admin, 'ALTER TABLE c.s.t ALTER COLUMN v SET MASK c.s.leak')).toBe('42P17');
    expect(
      await stateOf(admin, "ALTER TABLE c.s.t ALTER COLUMN v SET MASK system.masks.hash USING COLUMNS ('k')"),
    ).toBe('42P17');
    expect(await stateOf(ann, 'SELECT * FROM c._portcullis.mask_key')).toBe('42P01');
  });

  test('the key is in no statement, event or answer', async () => {
    const key = await keyOf('c');
    expect(key).toMatch(/^[\w-]{43}$/);
    await masked('hash');
    await stateOf(ann, 'SELECT v::INT FROM c.s.t');
    const seen = JSON.stringify([server.audit.events, await admin.rows('DESCRIBE EXTENDED c.s.t')]);
    expect(seen).not.toContain(key);
    expect(seen).toContain('system.masks.hash');
  });
});

/** Read as no client can: with a statement of the engine's own. */
async function keyOf(catalog: string): Promise<string> {
  const { engine, catalog: live } = server.services;
  const id = live.snapshot().catalogByName(catalog)?.id ?? '';
  const connection = await engine.connect();
  const prepared = await connection.prepare(await sealedMaskKey(id, engine.codec));
  const chunk = await (await prepared.execute([])).next();
  await connection.close();
  return String(chunk?.columns[0]?.[0]);
}

describe('part of the program', () => {
  test.each(builtInFunctions.map((fn) => fn.name))('%s is made of functions that resolve', async (name) => {
    const fn = builtInFunctions.find((each) => each.name === name);
    if (fn === undefined) throw new Error(name);
    const resolved = await server.services.analyzer.function(server.services.catalog.snapshot(), fn);
    expect(resolved.facts.relations).toEqual([]);
  });

  test.each([
    ['DROP FUNCTION system.masks.redact', '42501'],
    ['ALTER FUNCTION system.masks.redact RENAME TO other', '42501'],
    ['ALTER FUNCTION system.masks.redact OWNER TO ann', '42501'],
    ["COMMENT ON FUNCTION system.masks.redact IS 'x'", '42501'],
    ['GRANT EXECUTE ON FUNCTION system.masks.redact TO ann', '42501'],
    ['CREATE OR REPLACE FUNCTION system.masks.redact(v STRING) RETURNS STRING RETURN v', '3F000'],
    ['CREATE FUNCTION system.masks.mine(v STRING) RETURNS STRING RETURN v', '3F000'],
    ['CREATE TABLE system.masks.t (a INT)', '3F000'],
    ['DROP SCHEMA system.masks', '3F000'],
    ['DROP CATALOG system', '3D000'],
    ['CREATE CATALOG system', '22023'],
  ])('%s is refused to administrators too', async (sql, state) => {
    expect(await stateOf(admin, sql)).toBe(state);
  });

  test('they are listed and described to everybody', async () => {
    expect((await ann.rows('SHOW FUNCTIONS IN system.masks')).map((row) => row[0])).toContain('system.masks.last4');
    expect(await stateOf(ann, 'DESCRIBE FUNCTION system.masks.last4')).toBe('ok');
  });

  test('an exempt reader has the raw column', async () => {
    const raw = await server.as('raw', 'c');
    expect((await masked("hash_unless_member USING COLUMNS ('exempt')", 'v', raw))[0]).toBe('123-45-6789');
    expect((await masked("year_only_unless_member USING COLUMNS ('exempt')", 'born', raw))[0]).toEqual(
      (await admin.rows("SELECT DATE '2001-05-06'"))[0]?.[0],
    );
    expect((await masked("nullify_unless_member USING COLUMNS ('exempt')", 'n', raw))[0]).toEqual(42n);
  });

  test('a catalog may have a schema and functions of the same names', async () => {
    await runAll(
      admin,
      'CREATE SCHEMA c.masks',
      "CREATE FUNCTION c.masks.redact(v STRING) RETURNS STRING RETURN 'mine'",
      'ALTER TABLE c.s.t ALTER COLUMN v SET MASK c.masks.redact',
    );
    expect((await ann.rows('SELECT v FROM c.s.t WHERE id = 1'))[0]?.[0]).toBe('mine');
    await admin.run('ALTER TABLE c.s.t ALTER COLUMN v DROP MASK');
  });
});
