// COPY … TO STDOUT over a socket: governed and audited like the query that it stands for, in both protocols.
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startInProcess } from '../support/in-process.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';

let server: RunningServer;
let admin: pg.Client;
let ann: pg.Client;

async function login(user: string, password: string, database: string): Promise<pg.Client> {
  const client = new pg.Client({ host: '127.0.0.1', port: server.pgPort, user, password, database });
  await client.connect();
  return client;
}

beforeAll(async () => {
  server = await startServer({ adminPassword: 'admin-pw' });
  admin = await login('admin', 'admin-pw', 'system');
  await admin.query(`CREATE CATALOG c; CREATE SCHEMA c.s; CREATE USER ann PASSWORD 'pw'; CREATE TABLE c.s.t (id INT, name STRING, region STRING);
    INSERT INTO c.s.t SELECT i, 'name ' || i, CASE WHEN i % 2 = 0 THEN 'south' ELSE 'north' END FROM range(10000) r(i);
    CREATE TABLE c.s.secret (a INT); INSERT INTO c.s.secret VALUES (42);
    CREATE FUNCTION c.s.south(r STRING) RETURNS BOOLEAN RETURN r = 'south' OR current_user() = 'admin';
    CREATE FUNCTION c.s.stars(v STRING) RETURNS STRING RETURN CASE WHEN current_user() = 'admin' THEN v ELSE '***' END;
    ALTER TABLE c.s.t SET ROW FILTER c.s.south ON (region); ALTER TABLE c.s.t ALTER COLUMN name SET MASK c.s.stars;
    GRANT USE CATALOG, USE SCHEMA ON CATALOG c TO ann; GRANT SELECT ON TABLE c.s.t TO ann`);
  ann = await login('ann', 'pw', 'c');
});

afterAll(async () => {
  await admin.end();
  await ann.end();
  await server.stop();
});

interface CopyData {
  readonly chunk: Buffer;
}

interface Copied {
  readonly text: string;
  readonly messages: number;
  readonly count: number | null;
}

async function copied(client: pg.Client, text: string, queryMode: 'simple' | 'extended' = 'simple'): Promise<Copied> {
  const chunks: Buffer[] = [];
  const listener = ({ chunk }: CopyData): void => {
    // The driver reuses its memory.
    chunks.push(Buffer.from(chunk));
  };
  const { connection } = client as unknown as { connection: NodeJS.EventEmitter };
  connection.on('copyData', listener);
  try {
    const { rowCount } = await client.query({ text, values: [], queryMode } as pg.QueryConfig);
    return { text: Buffer.concat(chunks).toString('utf8'), messages: chunks.length, count: rowCount };
  } finally {
    connection.off('copyData', listener);
  }
}

test.each(['simple', 'extended'] as const)('filters and masks hold, %s protocol', async (mode) => {
  const { text, messages, count } = await copied(ann, 'COPY s.t TO STDOUT', mode);
  expect({ messages, count }).toEqual({ messages: 5000, count: 5000 });
  const lines = text.trimEnd().split('\n');
  expect(lines.filter((line) => !/^\d*[02468]\t\*\*\*\tsouth$/.test(line))).toEqual([]);
  expect((await copied(admin, 'COPY c.s.t TO STDOUT', mode)).count).toBe(10_000);
});

test('only what is granted can be copied, and the error tells nothing more than that of a query', async () => {
  for (const [copy, query] of [
    ['COPY s.secret TO STDOUT', 'SELECT * FROM s.secret'],
    ['COPY (SELECT a FROM s.secret) TO STDOUT', 'SELECT a FROM s.secret'],
    ['COPY s.nothing TO STDOUT', 'SELECT * FROM s.nothing'],
  ] as const) {
    const errors = await Promise.all(
      [copy, query].map(async (sql) => {
        const error = await ann.query(sql).then(
          () => undefined,
          (reason: unknown) => reason as pg.DatabaseError,
        );
        return [error?.code, error?.message, error?.hint];
      }),
    );
    expect(errors[0]).toEqual(errors[1]);
    expect(errors[0]?.[0]).toMatch(/^42/);
  }
});

test.each([
  ["COPY s.t TO '/tmp/x'", '0A000'],
  ["COPY s.t TO PROGRAM 'cat'", '0A000'],
  ["COPY s.t FROM '/etc/passwd'", '0A000'],
  ['COPY (INSERT INTO s.t VALUES (1) RETURNING id) TO STDOUT', '0A000'],
  ['COPY (SELECT 1; SELECT 2) TO STDOUT', '42601'],
  ["COPY (SELECT 1) TO STDOUT; COPY (SELECT 2) TO '/tmp/x'", '0A000'],
  ['COPY s.t TO STDOUT (FORMAT parquet)', '22023'],
])('%s is refused with %s', async (sql, code) => {
  await expect(ann.query(sql)).rejects.toMatchObject({ code });
  expect((await ann.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
});

test('an error in the middle ends the copy, and the session goes on', async () => {
  const sql = 'COPY (SELECT CASE WHEN id = 9998 THEN CAST(name AS INTEGER) ELSE id END FROM s.t ORDER BY id) TO STDOUT';
  await expect(copied(ann, sql)).rejects.toMatchObject({ code: '22P02' });
  expect((await copied(ann, 'COPY (SELECT 1) TO STDOUT')).text).toBe('1\n');
});

test('any name of a table and of its columns is a name', async () => {
  await admin.query(
    'CREATE TABLE c.s."select; DROP ""x" ("from" INT, "a b" STRING); INSERT INTO c.s."select; DROP ""x" VALUES (1, \'y\')',
  );
  expect((await copied(admin, 'COPY c.s."select; DROP ""x" ("a b", "from") TO STDOUT')).text).toBe('y\t1\n');
});

test('in a transaction it sees what the transaction did', async () => {
  await admin.query("BEGIN; INSERT INTO c.s.t VALUES (-2, 'new', 'south')");
  expect((await copied(admin, 'COPY (SELECT id FROM c.s.t WHERE id < 0) TO STDOUT')).text).toBe('-2\n');
  await admin.query('ROLLBACK');
});

test('its start is durable before the first row, with what it reads, and its end has the rows', async () => {
  const inside = await startInProcess();
  const session = await inside.as('admin');
  for (const statement of [
    'CREATE CATALOG c',
    'CREATE SCHEMA c.s',
    'CREATE TABLE c.s.t AS SELECT 1 AS a UNION ALL SELECT 2',
  ]) {
    await session.run(statement);
  }
  const before = inside.audit.events.length;
  for await (const outcome of session.session.simpleQuery('COPY c.s.t TO STDOUT')) {
    expect(outcome.kind).toBe('copyOut');
    expect(inside.audit.events.slice(before).map(({ kind }) => kind)).toEqual(['statementStarted']);
    if (outcome.kind === 'copyOut') for await (const chunk of outcome.chunks) expect(chunk.rowCount).toBe(2);
  }
  const [started, finished] = inside.audit.events.slice(before);
  expect(started).toMatchObject({ command: 'COPY', objects: [{ name: 'c.s.t', action: 'SELECT', columns: ['*'] }] });
  expect(finished).toMatchObject({ kind: 'statementFinished', outcome: 'succeeded', rows: 2 });
  // A full disk: nothing leaves.
  inside.audit.isFull = true;
  await expect(session.run('COPY c.s.t TO STDOUT')).rejects.toMatchObject({ sqlState: '53100' });
  inside.audit.isFull = false;
  await inside.close();
});
