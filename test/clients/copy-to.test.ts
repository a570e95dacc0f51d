// COPY … TO STDOUT through psql, byte by byte against a real PostgreSQL 15.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { typedQuery, typedValues } from '../support/typed-values.ts';

const run = promisify(execFile);

let postgres: PostgresServer;
let server: RunningServer;
let folder: string;

interface Copied {
  readonly bytes: Buffer;
  readonly tag: string;
  readonly error: string;
}

interface Login {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

let count = 0;

/** What \copy would do, with the bytes as they came. */
async function copied({ port, user, password, database }: Login, sql: string): Promise<Copied> {
  count += 1;
  const file = join(folder, String(count));
  const args = ['-h', '127.0.0.1', '-p', String(port), '-U', user, '-d', database, '-X', '-o', file, '-c', sql];
  const env = { ...process.env, PGPASSWORD: password, PGOPTIONS: '-c TimeZone=UTC -c extra_float_digits=1' };
  try {
    const { stdout } = await run('psql', [...args, '-v', 'VERBOSITY=sqlstate'], { env });
    return { bytes: readFileSync(file), tag: stdout.trim(), error: '' };
  } catch (error) {
    return { bytes: Buffer.alloc(0), tag: '', error: (error as { stderr: string }).stderr.trim() };
  }
}

const theirs = (): Login => postgres;
const ours = (): Login => ({ port: server.pgPort, user: 'admin', password: 'admin-pw', database: 'c' });

async function expectSame(sql: string, ourSql = sql): Promise<Copied> {
  const wanted = await copied(theirs(), sql);
  const actual = await copied(ours(), ourSql);
  expect({ ...actual, bytes: actual.bytes.toString('latin1') }).toEqual({
    ...wanted,
    bytes: wanted.bytes.toString('latin1'),
  });
  return actual;
}

const hard = [
  "(1, 'plain', 1.50, DATE '2024-02-29', true)",
  "(2, '', NULL, NULL, NULL)",
  String.raw`(3, E'tab\there, new\nline, return\rback\\slash, "quotes", ''single''', -2.25, DATE '1999-12-31', false)`,
  String.raw`(4, '\.', 0.00, DATE '2000-01-01', true)`,
  String.raw`(5, '\N', 100.00, NULL, false)`,
  "(6, 'NULL', NULL, NULL, NULL)",
  String.raw`(7, E'\x01\x08\x0b\x0c\x7f ünïcödé 😀', 0.01, DATE '0001-01-01', true)`,
  "(8, ' spaces ', NULL, NULL, NULL)",
  "(9, 'a,b;c|d', NULL, NULL, NULL)",
];

beforeAll(async () => {
  postgres = await startPostgres();
  server = await startServer({ adminPassword: 'admin-pw' });
  folder = mkdtempSync(join(tmpdir(), 'portcullis-copy-'));
  const setup = async (login: Login, statements: readonly string[]): Promise<void> => {
    const client = new pg.Client({ host: '127.0.0.1', ...login });
    await client.connect();
    for (const statement of statements) await client.query(statement);
    await client.end();
  };
  await setup({ ...ours(), database: 'system' }, ['CREATE CATALOG c', 'CREATE SCHEMA c.public']);
  const tables = [
    'CREATE TABLE public.t (id INTEGER, "a ""name" VARCHAR, amount DECIMAL(8,2), day DATE, flag BOOLEAN)',
    `INSERT INTO public.t VALUES ${hard.join(', ')}`,
    'CREATE TABLE public.one (v VARCHAR)',
    String.raw`INSERT INTO public.one VALUES ('\.'), (''), (NULL), ('x')`,
    'CREATE TABLE public.none (a INTEGER, b VARCHAR)',
    'CREATE TABLE public.many (a BIGINT, b VARCHAR)',
    'INSERT INTO public.many SELECT i, repeat(chr(97 + CAST(i % 26 AS INTEGER)), CAST(i % 50 AS INTEGER)) FROM generate_series(1, 20000) s(i)',
  ];
  await setup(theirs(), tables);
  await setup(ours(), tables);
});

afterAll(async () => {
  await server.stop();
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
});

const ordered = '(SELECT * FROM public.t ORDER BY id)';

test.each([
  'COPY public.t TO STDOUT',
  'COPY public.t (id, "a ""name") TO STDOUT',
  'copy public.one to stdout',
  'COPY public.none TO STDOUT WITH (FORMAT csv, HEADER)',
  'COPY public.many TO STDOUT',
  'COPY public.many TO STDOUT (FORMAT binary)',
  `COPY ${ordered} TO STDOUT`,
  `COPY ${ordered} TO STDOUT WITH (FORMAT text, HEADER true)`,
  `COPY ${ordered} TO STDOUT WITH (DELIMITER '|', NULL '')`,
  `COPY ${ordered} TO STDOUT WITH (DELIMITER ',', NULL 'NULL')`,
  `COPY ${ordered} TO STDOUT (FORMAT csv)`,
  `COPY ${ordered} TO STDOUT (FORMAT csv, HEADER, DELIMITER ';', QUOTE '''', ESCAPE '\\', NULL 'NULL')`,
  `COPY ${ordered} TO STDOUT (FORMAT csv, FORCE_QUOTE *)`,
  `COPY ${ordered} TO STDOUT (FORMAT csv, FORCE_QUOTE (id, day), HEADER 'on')`,
  `COPY ${ordered} TO STDOUT (FORMAT csv, HEADER off, ENCODING 'UTF8')`,
  `COPY ${ordered} TO STDOUT (FORMAT binary)`,
  `COPY ${ordered} TO STDOUT BINARY`,
  `COPY ${ordered} TO STDOUT WITH CSV HEADER`,
  `COPY ${ordered} TO STDOUT CSV HEADER QUOTE AS '"' ESCAPE '"' FORCE QUOTE id`,
  `COPY ${ordered} TO STDOUT WITH DELIMITER AS '|' NULL AS 'nothing'`,
  'COPY public.one TO STDOUT (FORMAT csv)',
  'COPY (SELECT 1 AS a, NULL AS b UNION ALL SELECT 2, 3 ORDER BY a) TO STDOUT',
  'COPY (VALUES (1, 2), (3, 4)) TO STDOUT WITH (FORMAT csv)',
  'COPY (WITH q AS (SELECT 1 AS x) SELECT x FROM q) TO STDOUT',
])('%s is as PostgreSQL writes it', async (sql) => {
  const { bytes, tag } = await expectSame(sql);
  expect(bytes.length + tag.length).toBeGreaterThan(0);
});

test.each([
  'COPY public.t TO STDOUT (FORMAT xml)',
  "COPY public.t TO STDOUT (DELIMITER 'ab')",
  "COPY public.t TO STDOUT (DELIMITER 'a')",
  String.raw`COPY public.t TO STDOUT (DELIMITER E'\n')`,
  "COPY public.t TO STDOUT (FORMAT csv, DELIMITER '\"')",
  "COPY public.t TO STDOUT (QUOTE '''')",
  "COPY public.t TO STDOUT (ESCAPE '''')",
  'COPY public.t TO STDOUT (FORCE_QUOTE *)',
  'COPY public.t TO STDOUT (FORMAT csv, FORCE_QUOTE id)',
  "COPY public.t TO STDOUT (NULL 'a\tb')",
  "COPY public.t TO STDOUT (FORMAT csv, NULL '\"')",
  "COPY public.t TO STDOUT (FORMAT binary, DELIMITER ',')",
  "COPY public.t TO STDOUT (FORMAT binary, NULL '')",
  'COPY public.t TO STDOUT (FORMAT csv, FORMAT csv)',
  'COPY public.t TO STDOUT (nonsense 1)',
  'COPY public.t TO STDOUT (HEADER maybe)',
  'COPY public.nothing TO STDOUT',
  'COPY public.t (nothing) TO STDOUT',
  'COPY (SELECT nothing FROM public.t) TO STDOUT',
  'COPY (SELECT CAST(v AS INTEGER) FROM public.one) TO STDOUT',
  'COPY public.t TO',
  'COPY TO STDOUT',
])('%s is refused as PostgreSQL refuses it', async (sql) => {
  const { error } = await expectSame(sql);
  expect(error).toContain('ERROR:');
});

describe.each(['text', 'csv', 'binary'] as const)('values in %s', (format) => {
  test.each(typedValues.map((each) => [String(each.type), each] as const))('%s', async (_, each) => {
    const { postgres: theirQuery, portcullis } = typedQuery(each);
    const { bytes } = await expectSame(
      `COPY (${theirQuery}) TO STDOUT (FORMAT ${format})`,
      `COPY (${portcullis}) TO STDOUT (FORMAT ${format})`,
    );
    expect(bytes.length).toBeGreaterThan(0);
  });
});

test("psql's \\copy writes a file", async () => {
  const file = join(folder, 'out.csv');
  const args = ['-h', '127.0.0.1', '-p', String(server.pgPort), '-U', 'admin', '-d', 'c', '-X'];
  const { stdout } = await run('psql', [...args, '-c', `\\copy public.none TO '${file}' CSV HEADER`], {
    env: { ...process.env, PGPASSWORD: 'admin-pw' },
  });
  expect(stdout.trim()).toBe('COPY 0');
  expect(readFileSync(file, 'utf8')).toBe('a,b\n');
});
