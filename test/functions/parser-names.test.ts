// DuckDB's parser makes function calls of many other forms. Each of their names must have been reviewed, under a path
// that enforcement accepts.
import { beforeAll, expect, test } from 'vitest';
import {
  aggregateClassOf,
  functionClassOf,
  isBuiltInPath,
  windowClassOf,
} from '../../src/analyze/functions/function-catalog.ts';
import { connect, functionsInTree } from './duckdb.ts';

let connection: Awaited<ReturnType<typeof connect>>;

beforeAll(async () => {
  connection = await connect();
});

const scalarForms = [
  ...['a + b', 'a - b', 'a * b', 'a / b', 'a // b', 'a % b', 'a ^ b', 'a ** b', 'a & b', 'a | b', 'a << b', 'a >> b'],
  ...[
    '-a',
    '+a',
    '~a',
    '@a',
    'a!',
    'a || b',
    'a ^@ b',
    'a <-> b',
    'a <=> b',
    'a @> b',
    'a <@ b',
    'a && b',
    "a ->> 'x'",
  ],
  ...['a LIKE b', 'a NOT LIKE b', 'a ILIKE b', 'a NOT ILIKE b', 'a GLOB b', 'a SIMILAR TO b', 'a ~ b', 'a !~ b'],
  ...["a LIKE b ESCAPE '!'", "a NOT LIKE b ESCAPE '!'", "a ILIKE b ESCAPE '!'", "a NOT ILIKE b ESCAPE '!'"],
  ...['[1, 2]', "{'a': 1}", "MAP {'a': 1}", 'row(1, 2)', '(1, 2)', '[x + 1 FOR x IN l IF x > 1]', 'a IN l'],
  ...['extract(year FROM d)', "position('a' IN b)", 'substring(a FROM 1 FOR 2)', "trim(BOTH 'x' FROM a)"],
  ...['trim(LEADING FROM a)', 'trim(TRAILING FROM a)', "a AT TIME ZONE 'UTC'", 'INTERVAL (x) month', 'NULLIF(a, b)'],
  ...['count(*)', 'count()', 'main.count(*)', 'ARRAY(SELECT 1)', 'a = ANY(l)', 'a = ALL(l)', 'unnest(l)', 'UPPER(a)'],
  ...['percentile_cont(0.5) WITHIN GROUP (ORDER BY a)', 'percentile_disc(0.5) WITHIN GROUP (ORDER BY a)'],
  ...['mode() WITHIN GROUP (ORDER BY a)', 'list(a ORDER BY b)', 'system.main.upper(a)', 'formatReadableSize(a)'],
  ...['INTERVAL (x) day', 'INTERVAL (x) second', 'INTERVAL (x) quarter', 'INTERVAL (x) century', 'date(a)'],
];

test.each(scalarForms)('%s', async (form) => {
  const unknown = (await functionsInTree(connection, form)).filter(
    ({ catalog, schema, name }) =>
      !isBuiltInPath({ catalog, schema, name }) || (functionClassOf(name) ?? aggregateClassOf(name)) === undefined,
  );
  expect(unknown).toEqual([]);
});

const windowForms = [
  ...['row_number()', 'rank()', 'dense_rank()', 'rank_dense()', 'percent_rank()', 'cume_dist()', 'ntile(4)', 'lag(a)'],
  ...['lead(a, 1)', 'first_value(a)', 'first(a)', 'last(a)', 'last_value(a)', 'nth_value(a, 2)', 'fill(a)', 'count(*)'],
  ...['sum(a)', 'AVG(a)', 'list(a)'],
];

test.each(windowForms)('%s OVER', async (form) => {
  const names = await functionsInTree(connection, `${form} OVER (ORDER BY b)`);
  expect(names.map(({ name }) => [name, windowClassOf(name)?.kind])).toEqual([[names[0]?.name, 'pure']]);
});

test('a method call names its object as a schema, and is no built-in path', async () => {
  const names = await functionsInTree(connection, 'x.upper()');
  expect(names).toMatchObject([{ schema: 'x', name: 'upper' }]);
  expect(names.some((path) => isBuiltInPath(path))).toBe(false);
});

test('an operator taken from a schema is unknown', async () => {
  const names = await functionsInTree(connection, 'a OPERATOR(pg_catalog.+) b');
  expect(names.map(({ name }) => functionClassOf(name))).toEqual([undefined]);
});
