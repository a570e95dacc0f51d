// What 24 clients ask of PostgreSQL's catalogs, and the statements they send around it, as they were recorded: each is sent to a
// real PostgreSQL 15 and to Portcullis, over the same schema. What PostgreSQL answers and Portcullis does not is listed with its
// reason, and the list is exact.
import { readdirSync, readFileSync } from 'node:fs';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';

const folder = new URL('catalog-queries/', import.meta.url);

/** By the beginning of the statement, as far as it tells it from others. */
const notYet: readonly (readonly [start: string, reason: string])[] = [
  ["select '{1,2}'::int[]", "DuckDB reads lists as '[1,2]'"],
  ['SET row_security = off', 'it asks for an error where a policy would apply; policies always apply'],
  ['LOCK TABLE', 'nothing is locked; readers see a snapshot'],
  ['PREPARE dumpFunc', 'PREPARE in SQL is not there yet'],
  ['EXECUTE dumpFunc', 'PREPARE in SQL is not there yet'],
  ['PREPARE getColumnACLs', 'PREPARE in SQL is not there yet'],
  ['EXECUTE getColumnACLs', 'PREPARE in SQL is not there yet'],
  ['CREATE LOCAL TEMPORARY TABLE', 'temporary tables are not there yet'],
  ['DROP TABLE "#Tableau', 'temporary tables are not there yet'],
  ['SELECT * INTO TEMPORARY TABLE', 'temporary tables are not there yet'],
];

interface Recorded {
  readonly client: string;
  readonly sql: string;
}

function recorded(client: string): readonly Recorded[] {
  const text = readFileSync(new URL(`${client}.sql`, folder), 'utf8');
  const [, ...statements] = text.split(/^-- @q .*$/m);
  return statements.map((sql) => ({ client, sql: sql.trim() }));
}

const clients = readdirSync(folder)
  .map((file) => file.replace(/\.sql$/, ''))
  .filter((client) => client !== 'schema')
  .toSorted();

let postgres: PostgresServer;
let server: RunningServer;

beforeAll(async () => {
  postgres = await startPostgres();
  server = await startServer();
});

afterAll(async () => {
  await server.stop();
  await postgres.stop();
});

async function connected(config: pg.ClientConfig): Promise<pg.Client> {
  const client = new pg.Client(config);
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

const ours = (): pg.ClientConfig => ({
  host: '127.0.0.1',
  port: server.pgPort,
  user: 'admin',
  password: 'admin-pw',
  database: 'analytics',
});
const theirs = (): pg.ClientConfig => ({ ...postgres, database: 'analytics' });

/** The recorded schema in our words. */
const schema = [
  ...[
    'CREATE CATALOG analytics',
    'USE CATALOG analytics',
    'CREATE SCHEMA public',
    'CREATE SCHEMA sales',
    'CREATE SCHEMA hr',
  ],
  `CREATE TABLE public.customers (id integer PRIMARY KEY, name text NOT NULL, email varchar(200) UNIQUE,
   balance numeric(12,2) DEFAULT 0, created_at timestamp, active boolean)`,
  `CREATE TABLE sales.orders (order_id bigint PRIMARY KEY, customer_id integer REFERENCES public.customers(id),
   amount numeric(18,3), order_date date, ts timestamptz, tags text[], payload json, ext uuid, ratio double precision,
   sm smallint, raw bytea, iv interval, t time)`,
  `CREATE VIEW sales.v_orders AS SELECT o.order_id, c.name, o.amount FROM sales.orders o
   JOIN public.customers c ON c.id = o.customer_id`,
  'CREATE TABLE hr.employees (emp_id integer, ssn text, salary numeric(10,2))',
  "COMMENT ON TABLE sales.orders IS 'orders fact'",
  "COMMENT ON COLUMN sales.orders.amount IS 'gross amount'",
  "CREATE FUNCTION public.mask_email(e text) RETURNS text RETURN left(e, 1) || '***'",
];

async function prepare(): Promise<void> {
  const superuser = await connected(postgres);
  await superuser.query('CREATE DATABASE analytics');
  await superuser.end();
  const there = await connected(theirs());
  await there.query(readFileSync(new URL('schema.sql', folder), 'utf8'));
  await there.end();
  const here = await connected({ ...ours(), database: 'system' });
  for (const statement of schema) await here.query(statement);
  await here.end();
}

/** For each statement in turn its error, if it has one. */
async function replay(
  config: pg.ClientConfig,
  statements: readonly Recorded[],
): Promise<readonly (string | undefined)[]> {
  const client = await connected(config);
  const errors: (string | undefined)[] = [];
  for (const { sql } of statements) {
    try {
      await client.query(sql);
      errors.push(undefined);
    } catch (error) {
      errors.push(error instanceof Error ? error.message : String(error));
      await client.query('ROLLBACK').catch(() => undefined);
    }
  }
  await client.end();
  return errors;
}

test('what PostgreSQL 15 answers to its clients is answered, but for what is listed', async () => {
  await prepare();
  const counts = { statements: 0, ours: 0, theirs: 0 };
  const unlisted: string[] = [];
  const needed = new Set<string>();
  for (const client of clients) {
    const statements = recorded(client);
    const here = await replay(ours(), statements);
    const there = await replay(theirs(), statements);
    counts.statements += statements.length;
    for (const [index, { sql }] of statements.entries()) {
      if (here[index] === undefined) counts.ours += 1;
      if (there[index] === undefined) counts.theirs += 1;
      if (here[index] === undefined || there[index] !== undefined) continue;
      const known = notYet.find(([start]) => sql.startsWith(start));
      if (known === undefined) unlisted.push(`${client}: ${sql.slice(0, 80)}: ${here[index]}`);
      else needed.add(known[0]);
    }
  }
  console.info(
    `catalog queries: of ${String(counts.statements)} statements PostgreSQL 15 answers ${String(counts.theirs)}, Portcullis ${String(counts.ours)}`,
  );
  expect(counts.statements).toBe(489);
  expect(unlisted).toEqual([]);
  expect(notYet.map(([start]) => start).filter((start) => !needed.has(start))).toEqual([]);
});
