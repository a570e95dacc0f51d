// What postgres.js got, one JSON line a step.
import { readFileSync } from 'node:fs';
import postgres from 'postgres';
import { told, version } from './transcript.mjs';

version(JSON.parse(readFileSync(new URL('../../../node_modules/postgres/package.json', import.meta.url), 'utf8')).version);
const { PGHOST: host, PGPORT, PGUSER: user, PGPASSWORD: password, PGDATABASE: database } = process.env;
const sql = postgres({ host, port: Number(PGPORT), user, password, database, max: 3, onnotice: () => undefined });
const failing = async (step, work) => {
  try {
    told(step, ['no error', await work()]);
  } catch (error) {
    told(step, `error ${error.code}`);
  }
};

told('integer', await sql`SELECT ${42}::INTEGER AS v`);
told('text', await sql`SELECT ${"zażółć 'x' \\ \n"}::TEXT AS v`);
told('numeric', await sql`SELECT ${'12345678901234567.89'}::NUMERIC(20,2) AS v`);
told('boolean', await sql`SELECT ${true}::BOOLEAN AS v`);
told('timestamp', await sql`SELECT ${new Date('2024-02-29T12:34:56.789Z')}::TIMESTAMPTZ AS v`);
told('bytea', (await sql`SELECT ${Buffer.from([0, 1, 255])}::BYTEA AS v`).map(({ v }) => v.toString('hex')));
told('null', await sql`SELECT ${null}::INTEGER AS v`);
told('rows', await sql`SELECT id, name, amount, flag, day, ts, tz, u, f FROM t ORDER BY id`);
told('masked', await sql`SELECT * FROM people ORDER BY id`);
told('identifiers', await sql`SELECT ${sql('id', 'name')} FROM ${sql('t')} ORDER BY id`);
told('columns', (await sql`SELECT * FROM t LIMIT 0`).columns.map(({ name, type }) => [name, type]));
told('insert', (await sql`INSERT INTO w ${sql([{ id: 1, name: 'a' }, { id: 2, name: 'b' }], 'id', 'name')} RETURNING id, name`).toSorted((a, b) => a.id - b.id));
told('count', (await sql`DELETE FROM w`).count);
await failing('transaction', () =>
  sql.begin(async (tx) => {
    await tx`INSERT INTO w (id, name) VALUES (1, 'a')`;
    await tx`SELECT * FROM nothing`;
  }),
);
told('after rollback', await sql`SELECT count(*)::INTEGER AS n FROM w`);
told('savepoint', await sql.begin(async (tx) => {
  await tx.savepoint((inner) => inner`SELECT * FROM nothing`).catch(() => undefined);
  return tx`SELECT 1 AS one`;
}));
const pages = [];
for await (const rows of sql`SELECT id FROM t ORDER BY id`.cursor(2)) pages.push(rows.map(({ id }) => id));
told('cursor', pages);
told('simple', (await sql`SELECT 1 AS a; SELECT 2 AS b`.simple()).map((rows) => [...rows]));
told('unsafe', await sql.unsafe('SELECT $1::INTEGER + 1 AS v', [1]));
await failing('duplicate key', () => sql`INSERT INTO t (id) VALUES (1)`);
await failing('syntax', () => sql`SELEC 1`);
told('together', (await Promise.all(Array.from({ length: 9 }, (_, i) => sql`SELECT ${i}::INTEGER AS v`))).map(([row]) => row.v));
const text = [];
for await (const chunk of await sql`COPY (SELECT id, name FROM t ORDER BY id) TO STDOUT`.readable()) text.push(chunk.toString());
told('copy', text.join(''));
await sql.end();
