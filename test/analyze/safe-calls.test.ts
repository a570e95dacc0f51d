// What safe-calls.ts and date-constants.ts promise, tried on DuckDB: calls with constants that never fail, and sums of dates.
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dateParts } from '../../src/analyze/safe-calls.ts';
import { decimalResult } from '../../src/analyze/value-types.ts';
import { type InProcess, startInProcess } from '../support/in-process.ts';

let server: InProcess;
let instance: DuckDBInstance;
let query: (sql: string) => Promise<readonly Readonly<Record<string, unknown>>[]>;

beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  query = async (sql) => (await connection.runAndReadAll(sql)).getRowObjectsJson();
  server = await startInProcess();
});

afterAll(async () => {
  instance.closeSync();
  await server.close();
});

const moments: readonly string[] = [
  ...["'infinity'", "'-infinity'", "'5881580-07-10'", "'5877642-06-25 (BC)'", "'2020-02-29'", 'NULL'].map(
    (text) => `${text}::DATE`,
  ),
  ...["'infinity'", "'-infinity'", "'294247-01-10 04:00:54.775806'", "'290309-12-22 (BC) 00:00:00'"].map(
    (text) => `${text}::TIMESTAMP`,
  ),
];

test.each([...dateParts])('%s of any date or timestamp does not fail', async (part) => {
  for (const moment of moments) {
    const [row] = await query(`SELECT typeof(${part}(${moment})) AS a, typeof(date_part('${part}', ${moment})) AS b`);
    expect(row).toEqual({ a: 'BIGINT', b: 'BIGINT' });
  }
});

test('pieces of any text do not fail', async () => {
  for (const text of ["''", "repeat('é', 1000)", "'a' || chr(0) || '😀'", 'NULL::VARCHAR']) {
    for (const place of [0, 1, 2, 1_000_000]) {
      await query(`SELECT substring(${text}, ${String(place)}, ${String(place)}), substr(${text}, ${String(place)}),
        left(${text}, ${String(place)}), right(${text}, ${String(place)})`);
    }
  }
});

test('decimal arithmetic that is said to have room has it, and the type that was said', async () => {
  const types = [
    [1, 0],
    [4, 1],
    [9, 4],
    [9, 0],
    [15, 2],
    [17, 0],
    [17, 17],
    [18, 18],
    [3, 2],
  ] as const;
  let checked = 0;
  for (const [width, scale] of types) {
    for (const [otherWidth, otherScale] of types) {
      for (const operator of ['+', '-', '*'] as const) {
        const spelled = [
          `DECIMAL(${String(width)},${String(scale)})`,
          `DECIMAL(${String(otherWidth)},${String(otherScale)})`,
        ];
        const result = decimalResult(operator, spelled);
        if (result === undefined) continue;
        checked += 1;
        const largest = (digits: number, after: number): string => {
          const text = '9'.repeat(digits);
          return `'${text.slice(0, digits - after)}.${text.slice(digits - after)}'`;
        };
        for (const [a, b] of [
          ['', ''],
          ['-', ''],
          ['-', '-'],
        ]) {
          const left = `${a ?? ''}CAST(${largest(width, scale)} AS ${spelled[0] ?? ''})`;
          const right = `${b ?? ''}CAST(${largest(otherWidth, otherScale)} AS ${spelled[1] ?? ''})`;
          const [row] = await query(`SELECT typeof(x ${operator} y) AS t FROM (VALUES (${left}, ${right})) v(x, y)`);
          expect(row).toEqual({ t: result });
        }
      }
    }
  }
  expect(checked).toBeGreaterThan(20);
});

test('arithmetic with a DOUBLE does not fail, and gives a DOUBLE', async () => {
  const doubles = ["'inf'", "'-inf'", "'nan'", "'1.7976931348623157e308'", "'5e-324'", "'0'"].map(
    (text) => `${text}::DOUBLE`,
  );
  const others = [
    '9223372036854775807::BIGINT',
    '4294967295::UINTEGER',
    '(-128)::TINYINT',
    `${'9'.repeat(38)}::DECIMAL(38,0)`,
  ];
  for (const operator of ['+', '-', '*']) {
    for (const left of doubles) {
      for (const right of [...doubles, ...others, "'3.4e38'::FLOAT", '0.2']) {
        const [row] = await query(
          `SELECT typeof(x ${operator} y) AS a, typeof(y ${operator} x) AS b FROM (VALUES (${left}, ${right})) v(x, y)`,
        );
        expect(row).toEqual({ a: 'DOUBLE', b: 'DOUBLE' });
      }
    }
  }
});

test('arithmetic of small integers gives an INTEGER', async () => {
  for (const operator of ['+', '-', '*']) {
    const [row] = await query(`SELECT typeof(10000 ${operator} 10000) AS a, typeof(1 ${operator} 10000) AS b`);
    expect(row).toEqual({ a: 'INTEGER', b: 'INTEGER' });
  }
});

test('a date with literal intervals beside a DATE column is the date that the engine makes of them', async () => {
  const admin = await server.as('admin');
  for (const statement of [
    'CREATE CATALOG d',
    'USE CATALOG d',
    'CREATE SCHEMA s',
    'USE SCHEMA s',
    'CREATE TABLE t (d DATE)',
  ]) {
    await admin.run(statement);
  }
  await admin.run("INSERT INTO t SELECT DATE '1993-01-01' + i::INTEGER FROM range(3000) r(i)");
  const dates = fc.constantFrom('1994-01-31', '1996-02-29', '1995-12-31', '1998-12-01', '1993-06-15');
  const interval = fc.tuple(
    fc.constantFrom('DAY', 'WEEK', 'MONTH', 'YEAR', 'QUARTER'),
    fc.integer({ min: 0, max: 40 }),
  );
  await fc.assert(
    fc.asyncProperty(dates, interval, fc.constantFrom('+', '-'), async (date, [unit, count], sign) => {
      const sum = `DATE '${date}' ${sign} INTERVAL '${String(count)}' ${unit}`;
      const compared = `SELECT count(*) FILTER (d < ${sum}) AS n, count(*) FILTER (d BETWEEN ${sum} AND DATE '1999-01-01') AS m`;
      const [expected] = await query(
        `${compared} FROM (SELECT DATE '1993-01-01' + i::INTEGER AS d FROM range(3000) r(i))`,
      );
      const [row] = await admin.rows(`${compared} FROM t`);
      expect(row?.map(String)).toEqual([String(expected?.['n']), String(expected?.['m'])]);
    }),
    { numRuns: 60 },
  );
  // The engine alone would fail to cast the column to a timestamp.
  await admin.run("INSERT INTO t VALUES ('5881580-07-10')");
  expect(await admin.rows("SELECT count(*) FROM t WHERE d > DATE '2024-01-01' + INTERVAL 1 YEAR")).toEqual([[1n]]);
});
