// What value-types.ts promises never to fail, tried on DuckDB with the extreme values of every type.
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  castNeverFails,
  comparable,
  followedType,
  literalReads,
  sumType,
  unknownType,
} from '../../src/analyze/value-types.ts';

const extremes: Readonly<Record<string, readonly string[]>> = {
  BOOLEAN: ['true', 'false'],
  TINYINT: ['-128', '127', '0'],
  UTINYINT: ['0', '255'],
  SMALLINT: ['-32768', '32767'],
  USMALLINT: ['0', '65535'],
  INTEGER: ['-2147483648', '2147483647', '0'],
  UINTEGER: ['0', '4294967295'],
  BIGINT: ['-9223372036854775808', '9223372036854775807', '0'],
  UBIGINT: ['0', '18446744073709551615'],
  HUGEINT: ['-170141183460469231731687303715884105728', '170141183460469231731687303715884105727'],
  FLOAT: ["'nan'", "'inf'", "'-inf'", '3.4e38', '-1e-45'],
  DOUBLE: ["'nan'", "'inf'", '1.7e308', '-5e-324'],
  'DECIMAL(4,1)': ['999.9', '-999.9'],
  'DECIMAL(18,0)': ['999999999999999999', '-999999999999999999'],
  'DECIMAL(18,18)': ['0.999999999999999999', '-0.999999999999999999'],
  'DECIMAL(28,9)': ['9999999999999999999.999999999', '-9999999999999999999.999999999'],
  'DECIMAL(38,0)': ['99999999999999999999999999999999999999', '-99999999999999999999999999999999999999'],
  'DECIMAL(38,38)': ["'0.99999999999999999999999999999999999999'"],
  VARCHAR: ["''", "'SECRET'", "'1'", "'2020-01-01'", "repeat('é', 100)"],
  BLOB: ["'\\xAA\\x00'::BLOB", "''::BLOB"],
  UUID: ["'00000000-0000-0000-0000-000000000000'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'"],
  DATE: ["'infinity'", "'-infinity'", "'5881580-07-10'", "'5877642-06-25 (BC)'", "'2020-02-29'"],
  TIME: ["'00:00:00'", "'23:59:59.999999'", "'24:00:00'"],
  TIMESTAMP: ["'infinity'", "'-infinity'", "'294247-01-10 04:00:54.775806'", "'290309-12-22 (BC) 00:00:00'"],
  'TIMESTAMP WITH TIME ZONE': ["'infinity'", "'2020-01-01 00:00:00+00'", "'290309-12-22 (BC) 00:00:00+00'"],
};
const types = Object.keys(extremes);
const pairs = types.flatMap((a) => types.map((b) => [a, b] as const));

let instance: DuckDBInstance;
let query: (sql: string) => Promise<unknown>;

beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  query = async (sql) => (await connection.runAndReadAll(sql)).getRowObjectsJson();
  for (const [index, type] of types.entries()) {
    await query(`CREATE TABLE x${String(index)} (v ${type})`);
    const values = [...(extremes[type] ?? []), 'NULL'].map((value) => `(${value})`);
    await query(`INSERT INTO x${String(index)} VALUES ${values.join(', ')}`);
  }
});
afterAll(() => {
  instance.closeSync();
});

const tableOf = (type: string): string => `x${String(types.indexOf(type))}`;

test('every type followed is known under the spelling DuckDB gives it', async () => {
  for (const type of types) {
    expect(followedType(type)).toBe(type);
    expect(await query(`SELECT DISTINCT typeof(v) AS t FROM ${tableOf(type)}`)).toEqual([{ t: type }]);
  }
  for (const type of ['INTEGER[]', 'STRUCT(a INTEGER)', 'ENUM', 'JSON', 'BIT', 'INTERVAL']) {
    expect(followedType(type)).toBe(unknownType);
  }
});

test('comparable types compare without an error, whatever their values', async () => {
  const claimed = pairs.filter(([a, b]) => comparable(a, b));
  expect(claimed.length).toBeGreaterThan(100);
  for (const [a, b] of claimed) {
    const [x, y] = [tableOf(a), tableOf(b)];
    for (const operator of ['=', '<', '>=', '<>', 'IS DISTINCT FROM']) {
      await query(`SELECT count(*) FROM ${x} x, ${y} y WHERE x.v ${operator} y.v`);
    }
    await query(`SELECT count(*) FROM ${x} x, ${y} y WHERE x.v BETWEEN y.v AND y.v OR x.v IN (y.v, NULL)`);
  }
});

test('comparable is symmetric, and not told of an unknown type', () => {
  for (const [a, b] of pairs) expect(comparable(a, b)).toBe(comparable(b, a));
  for (const type of types) expect(comparable(type, unknownType)).toBe(false);
});

test('a cast said never to fail does not', async () => {
  const claimed = pairs.filter(([a, b]) => castNeverFails(a, b));
  expect(claimed.length).toBeGreaterThan(60);
  for (const [a, b] of claimed) await query(`SELECT count(CAST(v AS ${b})) FROM ${tableOf(a)}`);
});

test('a text with an integer or a date does not compare: its cast may fail', () => {
  expect(comparable('VARCHAR', 'INTEGER')).toBe(false);
  expect(comparable('DATE', 'TIMESTAMP')).toBe(false);
  expect(comparable('HUGEINT', 'DECIMAL(4,1)')).toBe(false);
  expect(comparable('DECIMAL(38,0)', 'DECIMAL(38,38)')).toBe(false);
});

test('a literal said to be read is read', async () => {
  const digits = fc.integer({ min: 0, max: 99 }).map((n) => String(n).padStart(2, '0'));
  const date = fc.tuple(fc.integer({ min: 0, max: 9999 }), digits, digits).map(([year, month, day]) => {
    return `${String(year).padStart(4, '0')}-${month}-${day}`;
  });
  const time = fc.tuple(date, digits, digits, digits).map(([day, h, m, s]) => `${day} ${h}:${m}:${s}`);
  let read = 0;
  await fc.assert(
    fc.asyncProperty(fc.constantFrom('DATE', 'TIMESTAMP'), fc.oneof(date, time, fc.string()), async (type, text) => {
      if (!literalReads(text, type)) return;
      read += 1;
      await query(`SELECT CAST('${text}' AS ${type})`);
    }),
    { numRuns: 5_000 },
  );
  expect(read).toBeGreaterThan(20);
});

/** As many rows as a test can take: every one more would take the same of the 128 bits. */
const summedRows = 3_000_000;

test.each(types.filter((type) => sumType(type) !== undefined))(
  'a sum of many extreme %s does not fail',
  async (type) => {
    const index = String(types.indexOf(type));
    for (const extreme of ['max', 'min']) {
      const rows = `(SELECT ${extreme}(v) AS v FROM x${index}), range(${String(summedRows)})`;
      const [row] = (await query(`SELECT typeof(sum(v)) AS type, avg(v) AS mean FROM ${rows}`)) as { type: string }[];
      expect(row?.type).toBe(sumType(type));
    }
  },
);

test('sums that could overflow are not said to be safe', () => {
  const unsafe = types.filter((type) => sumType(type) === undefined);
  expect(unsafe).toEqual(expect.arrayContaining(['DECIMAL(28,9)', 'DECIMAL(38,0)', 'HUGEINT', 'DOUBLE']));
});
