// COPY … TO STDOUT byte by byte against a real PostgreSQL 15, through psql.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { textArrays, typedQuery, typedValues } from '../support/typed-values.ts';

const run = promisify(execFile);

let postgres: PostgresServer;
let server: RunningServer;

const table = `CREATE TABLE SCHEMA.odd (id INT, word TEXT, note TEXT, amount NUMERIC(12,2), day DATE);
INSERT INTO SCHEMA.odd VALUES
  (1, 'plain', 'a,b', 1.50, DATE '2024-02-29'),
  (2, '', NULL, NULL, NULL),
  (3, 'say "hi"', 'back\\slash', -0.01, DATE '0001-01-01'),
  (4, E'line\\nbreak', E'tab\\there', 9999999999.99, DATE '9999-12-31'),
  (5, E'cr\\rlf\\r\\n', E'\\b\\f\\v', 0, DATE '2000-01-01'),
  (6, '\\N', '\\.', 7, NULL),
  (7, 'é😀', 'NULL', 8, NULL),
  (8, ' edges ', ';|''~', 9, NULL)`;

beforeAll(async () => {
  postgres = await startPostgres();
  server = await startServer({ adminPassword: 'admin-pw' });
  const theirs = new pg.Client({ ...postgresLogin() });
  await theirs.connect();
  await theirs.query('CREATE SCHEMA s');
  await theirs.query(table.replaceAll('SCHEMA', 's'));
  await theirs.end();
  const ours = new pg.Client({
    host: '127.0.0.1',
    port: server.pgPort,
    user: 'admin',
    password: 'admin-pw',
    database: 'system',
  });
  await ours.connect();
  await ours.query(`CREATE CATALOG c; CREATE SCHEMA c.s; ${table.replaceAll('SCHEMA', 'c.s')}`);
  await ours.end();
});

afterAll(async () => {
  await server.stop();
  await postgres.stop();
});

function postgresLogin(): { host: string; port: number; user: string; password: string; database: string } {
  const { host, port, user, password, database } = postgres;
  return { host, port, user, password, database };
}

interface Printed {
  readonly bytes: string;
  readonly errors: string;
}

/** What psql gets, as hexadecimal digits. */
async function psql(whose: 'theirs' | 'ours', commands: readonly string[], by = 'admin'): Promise<Printed> {
  const own = { host: '127.0.0.1', port: server.pgPort, user: by, password: `${by}-pw`, database: 'c' };
  const login = whose === 'theirs' ? postgresLogin() : own;
  const { host, port, user, password, database } = login;
  const args = ['-h', host, '-p', String(port), '-U', user, '-d', database, '-X', '-q', '-v', 'VERBOSITY=verbose'];
  const env = { ...process.env, PGPASSWORD: password };
  const words = [...args, ...commands.flatMap((command) => ['-c', command])];
  try {
    const { stdout } = await run('psql', words, { env, encoding: 'buffer', maxBuffer: 64 * 1024 * 1024 });
    return { bytes: stdout.toString('hex'), errors: '' };
  } catch (error) {
    const { stdout, stderr } = error as { stdout: Buffer; stderr: Buffer };
    // The C function that raised it is PostgreSQL's own.
    const told = stderr
      .toString()
      .split('\n')
      .filter((line) => line.startsWith('ERROR'));
    return { bytes: stdout.toString('hex'), errors: told.join('\n') };
  }
}

async function expectSame(theirs: string, ours = theirs): Promise<void> {
  const wanted = await psql('theirs', [theirs]);
  expect(wanted.errors).toBe('');
  expect(wanted.bytes).not.toBe('');
  expect(await psql('ours', [ours])).toEqual(wanted);
}

const optionLists = [
  '',
  'CSV',
  'WITH CSV HEADER',
  "DELIMITER '|' NULL ''",
  "DELIMITER AS '|' NULL AS 'nix'",
  "CSV QUOTE '''' ESCAPE '\\'",
  'CSV FORCE QUOTE word, note',
  'CSV FORCE QUOTE *',
  'WITH BINARY',
  '(FORMAT text)',
  '(FORMAT text, HEADER)',
  '(FORMAT csv, HEADER true)',
  '(FORMAT csv, HEADER off)',
  "(FORMAT csv, DELIMITER ';', NULL 'NULL')",
  "(FORMAT csv, DELIMITER E'\\t')",
  "(FORMAT csv, QUOTE '~', ESCAPE '|')",
  '(FORMAT csv, FORCE_QUOTE (word, day))',
  '(FORMAT csv, FORCE_QUOTE *)',
  "(DELIMITER ',', NULL '')",
  '(FORMAT binary)',
  "(FORMAT CSV, ENCODING 'UTF8')",
];

describe.each(optionLists)('with the options "%s"', (options) => {
  test('a query', async () => {
    await expectSame(`COPY (SELECT * FROM s.odd ORDER BY id) TO STDOUT ${options}`);
  });

  test('a table', async () => {
    await expectSame(`COPY s.odd TO STDOUT ${options}`);
  });

  test('a column list', async () => {
    const fits = options.includes('word, day') || options.includes('word, note');
    await expectSame(`COPY s.odd (${fits ? 'note, day, word' : 'note, id'}) TO STDOUT ${options}`);
  });

  test('one column', async () => {
    const shown = options.includes('word') ? options.replace(/,? ?(day|note)/, '') : options;
    await expectSame(`COPY (SELECT note AS word FROM s.odd ORDER BY id) TO STDOUT ${shown}`);
  });

  test(String.raw`psql's \copy`, async () => {
    await expectSame(String.raw`\copy (SELECT * FROM s.odd ORDER BY id) TO STDOUT ${options}`);
  });
});

const refusals = [
  "(FORMAT binary, DELIMITER ',')",
  "(FORMAT binary, NULL '')",
  '(FORMAT binary, HEADER)',
  "(FORMAT csv, DELIMITER ',,')",
  "(DELIMITER 'a')",
  "(DELIMITER E'\\n')",
  "(NULL E'a\\nb')",
  "(DELIMITER '|', NULL 'a|b')",
  "(QUOTE '|')",
  "(ESCAPE '|')",
  '(FORCE_QUOTE (id))',
  '(FORCE_QUOTE *)',
  '(FORMAT csv, FORCE_NOT_NULL (id))',
  '(FORMAT csv, FORCE_NULL (id))',
  "(FORMAT csv, QUOTE ',')",
  "(FORMAT csv, QUOTE '||')",
  "(FORMAT csv, ESCAPE '||')",
  "(FORMAT csv, NULL 'a\"')",
  '(FORMAT csv, FORMAT text)',
  '(FORMAT json)',
  '(FORMAT csv, HEADER match)',
  '(FORMAT csv, HEADER perhaps)',
  '(SPEED 9)',
];

test.each(refusals)('the options %s are refused with the words of PostgreSQL', async (options) => {
  const sql = `COPY s.odd TO STDOUT ${options}`;
  const wanted = await psql('theirs', [sql]);
  expect(wanted.errors).toMatch(/^ERROR/);
  expect(await psql('ours', [sql])).toEqual(wanted);
});

describe.each(['text', 'csv', 'binary'])('as %s', (format) => {
  test.each(typedValues.map((each) => [String(each.type), each] as const))('values of type %s', async (_, each) => {
    const { postgres: theirs, portcullis } = typedQuery(each);
    await expectSame(
      `COPY (${theirs}) TO STDOUT (FORMAT ${format})`,
      `COPY (${portcullis}) TO STDOUT (FORMAT ${format})`,
    );
  });

  test.each(textArrays)('%s', async (theirs, ours) => {
    await expectSame(
      `COPY (SELECT ${theirs}) TO STDOUT (FORMAT ${format})`,
      `COPY (SELECT ${ours}) TO STDOUT (FORMAT ${format})`,
    );
  });
});

test('many rows, in the settings of the session', async () => {
  const rows = (series: string): string =>
    `SELECT i, repeat('x', (i % 50)::INT) AS word, DATE '2020-01-01' + (i % 400)::INT AS day FROM ${series} ORDER BY i`;
  const theirs = `COPY (${rows('generate_series(1, 100000) AS g(i)')}) TO STDOUT CSV HEADER`;
  const ours = `COPY (${rows('range(1, 100001) AS g(i)')}) TO STDOUT CSV HEADER`;
  const style = "SET DateStyle = 'German, DMY'";
  expect(await psql('ours', [style, ours])).toEqual(await psql('theirs', [style, theirs]));
});

test('masks and row filters hold', async () => {
  const setUp = [
    "CREATE FUNCTION c.s.few(id INT) RETURNS BOOLEAN RETURN id < 3 OR is_account_group_member('all')",
    "CREATE FUNCTION c.s.cover(word STRING) RETURNS STRING RETURN '***'",
    'CREATE TABLE c.s.kept AS SELECT id, word FROM c.s.odd',
    'ALTER TABLE c.s.kept SET ROW FILTER c.s.few ON (id)',
    'ALTER TABLE c.s.kept ALTER COLUMN word SET MASK c.s.cover',
    "CREATE USER ann PASSWORD 'ann-pw'",
    'GRANT USE CATALOG, USE SCHEMA, SELECT ON CATALOG c TO ann',
  ];
  expect(await psql('ours', setUp)).toEqual({ bytes: '', errors: '' });
  for (const sql of ['COPY s.kept TO STDOUT CSV', 'COPY (SELECT * FROM s.kept ORDER BY id) TO STDOUT CSV']) {
    const { bytes } = await psql('ours', [sql], 'ann');
    expect(Buffer.from(bytes, 'hex').toString()).toBe('1,***\n2,***\n');
  }
});

test('a table that is not there', async () => {
  const { errors } = await psql('ours', ['COPY s.nowhere TO STDOUT']);
  expect(errors).toBe('ERROR:  42P01: table c.s.nowhere does not exist');
});
