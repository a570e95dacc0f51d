// How a write is taken apart: where each span begins and ends.
import { expect, test } from 'vitest';
import { parseStatements } from '../../src/parse/parse.ts';
import { thrownBy } from '../support/thrown.ts';

const one = (sql: string): unknown => parseStatements(sql)[0]?.statement;

test('spans end at a keyword outside of brackets, CASE, literals and comments', () => {
  const sql =
    "UPDATE s.t AS x SET a = CASE WHEN b THEN 'where' ELSE (SELECT 1 FROM u WHERE c) END, b = b IS DISTINCT FROM 1 /* from */ FROM u WHERE x.a = u.a -- returning\n RETURNING a, b";
  expect(one(sql)).toMatchObject({
    kind: 'update',
    table: { parts: ['s', 't'] },
    alias: 'x',
    assignments: [
      { name: 'a', value: { text: "CASE WHEN b THEN 'where' ELSE (SELECT 1 FROM u WHERE c) END" } },
      { name: 'b', value: { text: 'b IS DISTINCT FROM 1 /* from */' } },
    ],
    from: { text: 'u' },
    where: { text: 'x.a = u.a -- returning' },
    returning: { text: 'a, b' },
  });
});

test.each([
  ['UPDATE t SET a = b + 1 FROM u WHERE c = 2 RETURNING d', ['b + 1', 'u', 'c = 2', 'd']],
  ['DELETE FROM t USING u WHERE c = 2 RETURNING d', ['u', 'c = 2', 'd']],
  ['WITH w AS (SELECT 1) INSERT INTO t SELECT 2 RETURNING d', ['w AS (SELECT 1)', 'SELECT 2', 'd']],
])('offsets of spans are places in the statement: %s', (sql, texts) => {
  const spans: { readonly text: string; readonly offset: number }[] = [];
  JSON.stringify(one(sql), (_, value: unknown) => {
    if (typeof value === 'object' && value !== null && 'text' in value && 'offset' in value) {
      spans.push(value as (typeof spans)[number]);
    }
    return value;
  });
  expect(spans.map(({ text }) => text).toSorted()).toEqual([...texts].toSorted());
  for (const { text, offset } of spans) expect(sql.slice(offset, offset + text.length)).toBe(text);
});

test('WITH before a write belongs to the write, before a query to the query', () => {
  expect(one('WITH a AS (SELECT 1), b(x) AS MATERIALIZED (SELECT 2) DELETE FROM t')).toMatchObject({
    kind: 'delete',
    with: { text: 'a AS (SELECT 1), b(x) AS MATERIALIZED (SELECT 2)' },
  });
  expect(one('WITH a AS (SELECT 1) SELECT f(1) FROM a')).toMatchObject({ kind: 'query' });
  expect(one('WITH "update" AS (SELECT 1) SELECT * FROM "update"')).toMatchObject({ kind: 'query' });
});

test.each([
  'UPDATE t SET a = 1)',
  'UPDATE t SET a = (1',
  'UPDATE t SET a = 1 WHERE (b',
  'DELETE FROM t WHERE a] = 1',
  'MERGE INTO t USING s ON true',
  'INSERT INTO t VALUES (1) ON CONFLICT DO',
  'TRUNCATE t, u WHERE 1',
])('a span whose brackets do not close is a syntax error: %s', (sql) => {
  expect(thrownBy(() => parseStatements(sql)).sqlState).toBe('42601');
});
