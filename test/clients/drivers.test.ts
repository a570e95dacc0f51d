// Real drivers, each by one script that runs against Portcullis and a real PostgreSQL 15: what they got must be the same, but for the
// differences that are listed here with their reasons. docs/compatibility.md has the table of this run.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { type Client, clients } from './driver-list.ts';

const run = promisify(execFile);
const marks = ['<!-- drivers: made by test/clients/drivers.test.ts -->', '<!-- end of drivers -->'] as const;

let postgres: PostgresServer;
let server: RunningServer;
const lines: string[] = [];

interface Login {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

const tables = [
  `CREATE TABLE t (id INTEGER PRIMARY KEY, name VARCHAR, amount NUMERIC(10,2), flag BOOLEAN, day DATE, ts TIMESTAMP, tz TIMESTAMPTZ,
    u UUID, b BYTEA, f DOUBLE PRECISION)`,
  `INSERT INTO t VALUES
    (1, 'one', 1.50, true, DATE '2024-02-29', TIMESTAMP '2024-02-29 12:34:56.789', TIMESTAMPTZ '2024-02-29 12:34:56+00',
     '12345678-1234-5678-1234-567812345678', BYTES, 0.1),
    (2, 'two', -2.25, false, DATE '1999-12-31', TIMESTAMP '1999-12-31 23:59:59', TIMESTAMPTZ '1999-12-31 23:59:59+00', NULL, NULL, -1e300),
    (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (4, 'zażółć "quoted", \\ and '' too', 0.00, true, NULL, NULL, NULL, NULL, NULL, 'Infinity'),
    (5, '', 99999999.99, false, DATE '0001-01-01', NULL, NULL, NULL, NULL, 12345.678)`,
  'CREATE TABLE w (id INTEGER, name VARCHAR)',
];

/** Bytes are spelled in two ways. */
function tablesWith(bytes: string): readonly string[] {
  return tables.map((statement) => statement.replace('BYTES', bytes));
}

/** The visible part by hand. */
const theirs = [
  ...tablesWith(String.raw`'\x0001ff'`),
  "CREATE VIEW people AS SELECT * FROM (VALUES (1, 'an***'::VARCHAR), (3, 'cy***')) v(id, email)",
];

const ours = [
  'CREATE CATALOG c',
  'CREATE SCHEMA c.public',
  'USE SCHEMA c.public',
  "CREATE USER app PASSWORD 'app-pw'",
  'GRANT USE CATALOG ON CATALOG c TO app',
  'GRANT USE SCHEMA, CREATE TABLE ON SCHEMA c.public TO app',
  ...tablesWith(String.raw`'\x00\x01\xff'`),
  'GRANT SELECT, MODIFY ON TABLE t TO app',
  'GRANT SELECT, MODIFY ON TABLE w TO app',
  'CREATE TABLE people_all (id INTEGER, email VARCHAR, team VARCHAR)',
  "INSERT INTO people_all VALUES (1, 'ann@x.org', 'a'), (2, 'bob@x.org', 'b'), (3, 'cyd@x.org', 'a')",
  'CREATE SCHEMA c.sec',
  "CREATE FUNCTION c.sec.team(v VARCHAR) RETURNS BOOLEAN RETURN v = 'a'",
  "CREATE FUNCTION c.sec.mail(v VARCHAR) RETURNS VARCHAR RETURN left(v, 2) || '***'",
  'ALTER TABLE people_all SET ROW FILTER c.sec.team ON (team)',
  'ALTER TABLE people_all ALTER COLUMN email SET MASK c.sec.mail',
  'CREATE VIEW people AS SELECT id, email FROM people_all',
  'GRANT SELECT ON VIEW people TO app',
];

beforeAll(async () => {
  if (!existsSync('.clients/python/bin/python')) throw new Error('no clients: npm run clients:install');
  postgres = await startPostgres();
  server = await startServer({ adminPassword: 'admin-pw' });
  await setUp({ ...postgres }, theirs);
  await setUp({ port: server.pgPort, user: 'admin', password: 'admin-pw', database: 'system' }, ours);
});

afterAll(async () => {
  await server.stop();
  await postgres.stop();
});

async function setUp({ port, user, password, database }: Login, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ host: '127.0.0.1', port, user, password, database });
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}

interface Transcript {
  readonly version: string;
  readonly steps: ReadonlyMap<string, string>;
}

async function transcript(
  { command, arguments: args }: Client,
  { port, user, password, database }: Login,
): Promise<Transcript> {
  const env = {
    ...process.env,
    PGHOST: '127.0.0.1',
    PGPORT: String(port),
    PGUSER: user,
    PGPASSWORD: password,
    PGDATABASE: database,
    PYTHONDONTWRITEBYTECODE: '1',
    TZ: 'UTC',
  };
  const { stdout } = await run(command, args, { env, timeout: 100_000, maxBuffer: 10_000_000 });
  const told = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { readonly version?: string; readonly step?: string; readonly got?: unknown });
  return {
    version: told.find(({ version }) => version !== undefined)?.version ?? '',
    steps: new Map(told.flatMap(({ step, got }) => (step === undefined ? [] : [[step, JSON.stringify(got)] as const]))),
  };
}

test.each(clients.map((client) => [client.name, client] as const))('%s', { timeout: 200_000 }, async (_, client) => {
  const wanted = await transcript(client, postgres);
  const actual = await transcript(client, { port: server.pgPort, user: 'app', password: 'app-pw', database: 'c' });
  expect(wanted.steps.size).toBeGreaterThan(7);
  const differing = [...wanted.steps.keys()].filter((step) => actual.steps.get(step) !== wanted.steps.get(step));
  const unexplained = differing.filter((step) => client.differences[step] === undefined);
  expect(unexplained.map((step) => ({ step, ours: actual.steps.get(step), theirs: wanted.steps.get(step) }))).toEqual(
    [],
  );
  expect([...actual.steps.keys()].filter((step) => !wanted.steps.has(step))).toEqual([]);
  // A reason for what is the same by now is out of date.
  expect(Object.keys(client.differences).filter((step) => !differing.includes(step))).toEqual([]);
  const same = wanted.steps.size - differing.length;
  const reasons = Object.entries(client.differences).map(([step, reason]) => `${step}: ${reason}`);
  lines.push(
    `| ${client.name} ${actual.version} | ${String(same)} of ${String(wanted.steps.size)} | ${reasons.join('; ')} |`,
  );
});

test('docs/compatibility.md has the table of this run', () => {
  const file = 'docs/compatibility.md';
  const text = readFileSync(file, 'utf8');
  const [before = '', rest = ''] = text.split(marks[0]);
  const [, after = ''] = rest.split(marks[1]);
  const table = [
    '',
    '| client | steps as with PostgreSQL 15 | differences |',
    '| --- | --- | --- |',
    ...lines,
    '',
  ].join('\n');
  const wanted = `${before}${marks[0]}\n${table}\n${marks[1]}${after}`;
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(file, wanted);
  expect(wanted).toBe(readFileSync(file, 'utf8'));
});
