// Text and binary of every type, byte by byte against a real PostgreSQL 15.
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { type TypedQuery, textArrays, typedQuery, typedValues } from '../support/typed-values.ts';

let postgres: PostgresServer;
let server: RunningServer;
let theirs: pg.Client;
let ours: pg.Client;

/** What came: texts as they are, binary as hexadecimal digits. */
const types = {
  getTypeParser: () => (content: unknown) => (Buffer.isBuffer(content) ? content.toString('hex') : content),
} as unknown as pg.CustomTypesConfig;

beforeAll(async () => {
  postgres = await startPostgres();
  server = await startServer({ adminPassword: 'admin-pw' });
  const { host, port, user, password, database } = postgres;
  theirs = new pg.Client({ host, port, user, password, database, types });
  const login = { host, user: 'admin', password: 'admin-pw', database: 'system' };
  ours = new pg.Client({ ...login, port: server.pgPort, types });
  await theirs.connect();
  await ours.connect();
});

afterAll(async () => {
  await theirs.end();
  await ours.end();
  await server.stop();
  await postgres.stop();
});

interface Sent {
  readonly oid: number | undefined;
  readonly cells: readonly unknown[];
}

async function sentBy(client: pg.Client, sql: string, format: 'text' | 'binary'): Promise<Sent> {
  const config = { text: sql, values: [], rowMode: 'array' as const, binary: format === 'binary' };
  const { rows, fields } = await client.query<unknown[]>({ ...config, queryMode: 'extended' } as pg.QueryArrayConfig);
  return { oid: fields[0]?.dataTypeID, cells: rows.map((row) => row[0]) };
}

async function expectSame(query: TypedQuery, format: 'text' | 'binary'): Promise<void> {
  const wanted = await sentBy(theirs, query.postgres, format);
  expect(wanted.cells.length).toBeGreaterThan(0);
  expect(await sentBy(ours, query.portcullis, format)).toEqual(wanted);
}

async function set(statements: readonly string[]): Promise<void> {
  for (const client of [theirs, ours]) for (const statement of statements) await client.query(statement);
}

describe.each(['text', 'binary'] as const)('in %s', (format) => {
  test.each(typedValues.map((each) => [String(each.type), each] as const))(
    '%s is as PostgreSQL sends it',
    async (_, each) => {
      await expectSame(typedQuery(each), format);
    },
  );

  test.each(textArrays)('%s is as PostgreSQL sends it', async (theirArray, ourArray) => {
    await expectSame({ postgres: `SELECT ${theirArray}`, portcullis: `SELECT ${ourArray}` }, format);
  });
});

function valuesOf(name: string): TypedQuery {
  const found = typedValues.find(({ type }) => type === name);
  if (found === undefined) throw new Error(`no values of type ${name}`);
  return typedQuery(found);
}

describe.each([
  'Europe/Paris',
  'America/New_York',
  'Africa/Monrovia',
  'Asia/Kolkata',
  'Pacific/Apia',
  'Australia/Lord_Howe',
])('in the time zone %s', (zone) => {
  test('timestamps with time zone have the offset of their day', async () => {
    await set([`SET TimeZone = '${zone}'`]);
    try {
      await expectSame(valuesOf('timestamptz'), 'text');
    } finally {
      await set(["SET TimeZone = 'UTC'"]);
    }
  });
});

const dateStyles = ['ISO', 'SQL', 'Postgres', 'German'].flatMap((style) =>
  ['MDY', 'DMY', 'YMD'].map((order) => `${style}, ${order}`),
);

test.each(dateStyles)('with DateStyle %s dates and timestamps are as PostgreSQL spells them', async (style) => {
  const queries = ['date', 'timestamp', 'timestamptz'].map(valuesOf);
  // Only what comes out is compared: with other orders PostgreSQL would read the values otherwise.
  const views = queries.map((query) => query.postgres.replace(/^SELECT /, 'SELECT '));
  await set([`SET DateStyle = '${style}'`]);
  try {
    for (const [index, query] of queries.entries()) {
      await expectSame({ ...query, postgres: views[index] ?? '' }, 'text');
    }
  } finally {
    await set(["SET DateStyle = 'ISO, MDY'"]);
  }
});

test.each(['postgres', 'postgres_verbose', 'sql_standard', 'iso_8601'])('with IntervalStyle %s', async (style) => {
  const all = typedValues.find(({ type }) => type === 'interval');
  for (const value of all?.values ?? []) {
    const literal = String(value).replaceAll("'", "''");
    // Read in the default style, whose signs are each their own part's.
    const make = `CREATE TEMP TABLE spans AS SELECT INTERVAL '${literal}' AS v`;
    await theirs.query('DROP TABLE IF EXISTS spans');
    await theirs.query(make);
    await set([`SET IntervalStyle = '${style}'`]);
    await expectSame({ postgres: 'SELECT v FROM spans', portcullis: `SELECT INTERVAL '${literal}' AS v` }, 'text');
    await set(["SET IntervalStyle = 'postgres'"]);
  }
});

test.each([-15, -3, 0, 1, 3])('with extra_float_digits %d', async (digits) => {
  await set([`SET extra_float_digits = ${String(digits)}`]);
  try {
    await expectSame(valuesOf('double precision'), 'text');
    await expectSame(valuesOf('real'), 'text');
  } finally {
    await set(['SET extra_float_digits = 1']);
  }
});

test('with bytea_output escape', async () => {
  await set(["SET bytea_output = 'escape'"]);
  try {
    await expectSame(valuesOf('bytea'), 'text');
  } finally {
    await set(["SET bytea_output = 'hex'"]);
  }
});
