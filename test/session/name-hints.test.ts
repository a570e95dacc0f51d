// What an unknown name probably meant: where it stands, and only of what the asker may know.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SqlError } from '../../src/base/sql-error.ts';
import { type InProcess, startInProcess } from '../support/in-process.ts';

let server: InProcess;

beforeAll(async () => {
  server = await startInProcess();
  const admin = await server.as('admin');
  for (const statement of [
    'CREATE CATALOG c',
    'CREATE SCHEMA c.s',
    'CREATE SCHEMA c.hidden',
    'CREATE USER ann',
    'CREATE TABLE c.s.orders (id BIGINT, amount DECIMAL(10,2), secret STRING)',
    'CREATE TABLE c.s.ledger (id BIGINT)',
    'CREATE TABLE c.hidden.orderz (id BIGINT)',
    'CREATE TABLE c.hidden.salaries (id BIGINT)',
    'GRANT USE CATALOG ON CATALOG c TO ann',
    'GRANT USE SCHEMA ON SCHEMA c.s TO ann',
    // Of four similar names the first is hidden.
    ...['item0', 'item1', 'item2', 'item3'].map((name) => `CREATE TABLE c.s.${name} (id BIGINT)`),
    ...['item1', 'item2', 'item3'].map((name) => `GRANT SELECT ON TABLE c.s.${name} TO ann`),
    'CREATE VIEW c.s.paid AS SELECT id, amount FROM c.s.orders',
    'CREATE FUNCTION c.s.doubled(x BIGINT) RETURNS BIGINT RETURN x * 2',
    'GRANT SELECT (id, amount) ON TABLE c.s.orders TO ann',
    'GRANT SELECT ON VIEW c.s.paid TO ann',
    'GRANT EXECUTE ON FUNCTION c.s.doubled TO ann',
  ])
    await admin.run(statement);
});

afterAll(async () => {
  await server.close();
});

interface Told {
  readonly message: string;
  readonly hint: string | undefined;
  /** What the position points at. */
  readonly at: string;
}

async function told(sql: string, user = 'ann', schema?: string): Promise<Told> {
  const session = await server.as(user, 'c');
  if (schema !== undefined) await session.run(`USE SCHEMA ${schema}`);
  try {
    await session.run(sql);
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    const { message, hint, position } = error;
    return { message, hint, at: position === undefined ? '' : sql.slice(position) };
  }
  throw new TypeError('it was no error');
}

test('an unknown column has its place and the nearest of the columns that may be read', async () => {
  expect(await told('SELECT 1, amont FROM c.s.orders')).toEqual({
    message: 'column "amont" does not exist',
    hint: 'Perhaps you meant the column amount.',
    at: 'amont FROM c.s.orders',
  });
  expect(await told('SELECT p.amont FROM c.s.paid p')).toMatchObject({
    message: 'column p.amont does not exist',
    hint: 'Perhaps you meant the column amount.',
  });
});

test('a column that is not granted is not suggested, to those who may it is', async () => {
  expect((await told('SELECT secre FROM c.s.orders')).hint).toBeUndefined();
  expect((await told('SELECT secre FROM c.s.orders', 'admin')).hint).toBe('Perhaps you meant the column secret.');
});

test('an unknown table may be one of another schema or of a similar name', async () => {
  expect(await told('SELECT * FROM orders')).toMatchObject({
    message: 'table orders does not exist',
    hint: 'Perhaps you meant c.s.orders.',
    at: 'orders',
  });
  expect((await told('SELECT * FROM c.s.ordrs')).hint).toBe('Perhaps you meant c.s.orders.');
  expect((await told('SELECT * FROM ordrs', 'ann', 's')).hint).toBe('Perhaps you meant c.s.orders.');
});

test('hidden objects are never suggested', async () => {
  expect((await told('SELECT * FROM salaries')).hint).toBeUndefined();
  expect((await told('SELECT * FROM c.s.ledgr')).hint).toBeUndefined();
  expect((await told('SELECT * FROM c.hidden.orders')).hint).toBe('Perhaps you meant c.s.orders.');
  expect((await told('SELECT * FROM c.s.ledgr', 'admin')).hint).toBe('Perhaps you meant c.s.ledger.');
  // What is there and hidden reads like what is not.
  const hidden = await told('SELECT * FROM c.hidden.orderz');
  const missing = await told('SELECT * FROM c.hidden.ordery');
  expect({ ...hidden, message: '', at: '' }).toEqual({ ...missing, message: '', at: '' });
});

test('a hidden object takes no place among those that are suggested, under its own name or a similar one', async () => {
  const hint = 'Perhaps you meant c.s.item1 or c.s.item2 or c.s.item3.';
  expect((await told('SELECT * FROM c.s.item0')).hint).toBe(hint);
  expect((await told('SELECT * FROM c.s.itemx')).hint).toBe(hint);
  expect((await told('SELECT * FROM c.s.itemx', 'admin')).hint).toBe(
    'Perhaps you meant c.s.item0 or c.s.item1 or c.s.item2.',
  );
});

test('functions that are refused are not suggested', async () => {
  expect((await told("SELECT nextvol('s')")).hint).toBeUndefined();
});

test("the engine's own words are in the log, under the id that the client gets", async () => {
  const session = await server.as('ann', 'c');
  await expect(session.run('SELECT amont FROM c.s.orders')).rejects.toMatchObject({ id: expect.any(String) as string });
});

test('an unknown function may be a built-in one or one of another schema', async () => {
  expect((await told("SELECT lenght('a')")).hint).toBe('Perhaps you meant length.');
  expect((await told('SELECT doubled(1)')).hint).toBe('Perhaps you meant c.s.doubled.');
});

test('names far from everything, and errors of another kind, stay as they are', async () => {
  expect((await told('SELECT nothing_like_it FROM c.s.paid')).hint).toBeUndefined();
  expect((await told("SELECT 'x'::BIGINT")).hint).toBeUndefined();
});
