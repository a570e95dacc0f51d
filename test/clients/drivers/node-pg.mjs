// What node-postgres got, one JSON line a step.
import { readFileSync } from 'node:fs';
import pg from 'pg';
import { told, version } from './transcript.mjs';

version(JSON.parse(readFileSync(new URL('../../../node_modules/pg/package.json', import.meta.url), 'utf8')).version);
const { PGHOST: host, PGPORT, PGUSER: user, PGPASSWORD: password, PGDATABASE: database } = process.env;
const pool = new pg.Pool({ host, port: Number(PGPORT), user, password, database, max: 3 });
const rows = async (text, values) => (await pool.query(text, values)).rows;
const failing = async (step, work) => {
  try {
    told(step, ['no error', await work()]);
  } catch (error) {
    told(step, `error ${error.code}`);
  }
};

told('integer', await rows('SELECT $1::INTEGER AS v', [42]));
told('text', await rows('SELECT $1::TEXT AS v', ["zażółć 'x' \\ \n"]));
told('numeric', await rows('SELECT $1::NUMERIC(20,2) AS v', ['12345678901234567.89']));
told('timestamp', await rows('SELECT $1::TIMESTAMPTZ AS v', [new Date('2024-02-29T12:34:56.789Z')]));
told('bytea', (await rows('SELECT $1::BYTEA AS v', [Buffer.from([0, 1, 255])])).map(({ v }) => v.toString('hex')));
told('null', await rows('SELECT $1::INTEGER AS v', [null]));
told('rows', await rows('SELECT id, name, amount, flag, day, ts, tz, u, f FROM t ORDER BY id'));
told('masked', await rows('SELECT * FROM people ORDER BY id'));
told('fields', (await pool.query('SELECT * FROM t LIMIT 0')).fields.map(({ name, dataTypeID, dataTypeSize, dataTypeModifier }) => [name, dataTypeID, dataTypeSize, dataTypeModifier]));
told('named', [await rows({ name: 'by-id', text: 'SELECT name FROM t WHERE id = $1', values: [1] }), await rows({ name: 'by-id', text: 'SELECT name FROM t WHERE id = $1', values: [2] })]);
told('binary', (await pool.query({ text: 'SELECT id, f FROM t ORDER BY id', values: [], binary: true })).rows);
told('several', (await pool.query('SELECT 1 AS a; SELECT 2 AS b')).map((result) => result.rows));
const { command, rowCount } = await pool.query("INSERT INTO w (id, name) VALUES (1, 'a'), (2, 'b')");
told('insert', [command, rowCount]);
told('delete', (await pool.query('DELETE FROM w')).rowCount);
const client = await pool.connect();
await client.query('BEGIN');
await client.query("INSERT INTO w (id, name) VALUES (1, 'a')");
await failing('missing table', () => client.query('SELECT * FROM nothing'));
await failing('in a failed transaction', () => client.query('SELECT 1'));
await client.query('ROLLBACK');
told('after rollback', (await client.query('SELECT count(*)::INTEGER AS n FROM w')).rows);
client.release();
await failing('duplicate key', () => pool.query('INSERT INTO t (id) VALUES (1)'));
await failing('syntax', () => pool.query('SELEC 1'));
told('together', await Promise.all(Array.from({ length: 9 }, async (_, i) => (await rows('SELECT $1::INTEGER AS v', [i]))[0].v)));
await pool.end();
