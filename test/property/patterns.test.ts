// LIKE, ILIKE and GLOB say what DuckDB says, whichever way they are matched: patterns and texts of the signs that matter.
import type { DuckDBConnection } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { quoteLiteral } from '../../src/base/identifier.ts';
import { connect } from '../functions/duckdb.ts';
import { type InProcess, startInProcess, type TestSession } from '../support/in-process.ts';

let server: InProcess;
let admin: TestSession;
let plain: DuckDBConnection;

beforeAll(async () => {
  server = await startInProcess();
  admin = await server.as('admin');
  plain = await connect();
});

afterAll(async () => {
  plain.disconnectSync();
  await server.close();
});

const signs = ['a', 'A', 'b', '%', '%', '_', '*', '*', '?', '\\', '!', '.', '(', '[', 'Q', '<', 'x', '0'];
const letters = [
  ...signs,
  '\n',
  'é',
  'É',
  'ß',
  'ẞ',
  'İ',
  'ı',
  'K',
  'k',
  'Σ',
  'ς',
  '👍',
  '\u0301',
  '$',
  '^',
  '{',
  '|',
  '-',
];
const pattern = fc.string({ unit: fc.constantFrom(...signs, '\n', 'é', 'İ', '👍', '$'), maxLength: 9 });
const text = fc.string({ unit: fc.constantFrom(...letters), maxLength: 9 });
const rows = fc.array(fc.tuple(text, pattern), { minLength: 30, maxLength: 30 });

/** Texts that the pattern matches, or nearly: random ones seldom do. */
function near(source: string): string {
  return source.replaceAll(/[%*]/g, 'ab\n').replaceAll(/[_?]/g, 'é');
}

function valuesOf(pairs: readonly (readonly [string, string])[]): string {
  const all = pairs.flatMap(([a, b]) => [[a, b] as const, [near(b), b] as const, [near(b).toUpperCase(), b] as const]);
  return [...all.map(([a, b]) => `(${quoteLiteral(a)}, ${quoteLiteral(b)})`), "(NULL, '%a%b%')", "('a', NULL)"].join();
}

async function expected(sql: string): Promise<unknown> {
  return (await plain.runAndReadAll(sql)).getRows().map(([value]) => value);
}

async function answered(sql: string): Promise<unknown> {
  return (await admin.rows(sql)).map(([value]) => value);
}

test.each(['LIKE', 'NOT LIKE', 'ILIKE', 'NOT ILIKE'])(
  '%s of a column is the same by DuckDB and by us',
  async (operator) => {
    await fc.assert(
      fc.asyncProperty(rows, async (pairs) => {
        const sql = `SELECT t ${operator} p FROM (VALUES ${valuesOf(pairs)}) v(t, p)`;
        expect(await answered(sql)).toEqual(await expected(sql));
      }),
      { numRuns: 25 },
    );
  },
);

test('GLOB is the same by DuckDB and by us where it is answered', async () => {
  await fc.assert(
    fc.asyncProperty(rows, async (pairs) => {
      const kept = pairs.map(([a, b]) => [a, b.replaceAll(/[?[\]\\]/g, 'x')] as const);
      const sql = `SELECT t GLOB p FROM (VALUES ${valuesOf(kept)}) v(t, p)`;
      expect(await answered(sql)).toEqual(await expected(sql));
    }),
    { numRuns: 25 },
  );
});

test.each(['LIKE', 'NOT ILIKE'])(
  '%s with ESCAPE is the same; a pattern that ends in an escape is an error',
  async (operator) => {
    await fc.assert(
      fc.asyncProperty(rows, fc.constantFrom('\\', '!', '%', '$'), async (pairs, escape) => {
        const whole = pairs.map(([a, b]) => [a, b.replaceAll(escape, `${escape}%`)] as const);
        const sql = `SELECT t ${operator} p ESCAPE ${quoteLiteral(escape)} FROM (VALUES ${valuesOf(whole)}) v(t, p)`;
        expect(await answered(sql)).toEqual(await expected(sql));
      }),
      { numRuns: 25 },
    );
    await expect(
      admin.rows(`SELECT t LIKE p ESCAPE '!' FROM (VALUES ('a%b', 'a%%b%%!')) v(t, p)`),
    ).rejects.toMatchObject({
      sqlState: '22023',
    });
  },
);

test('constant patterns are the same by DuckDB and by us', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(text, pattern), { minLength: 10, maxLength: 10 }), async (pairs) => {
      const items = pairs.flatMap(([, b]) => [`t LIKE ${quoteLiteral(b)}`, `t NOT ILIKE ${quoteLiteral(b)}`]);
      const texts = pairs.flatMap(([a, b]) => [a, near(b)]).map((each) => `(${quoteLiteral(each)})`);
      const sql = `SELECT [${items.join()}]::VARCHAR FROM (VALUES ${texts.join()}) v(t)`;
      expect(await answered(sql)).toEqual(await expected(sql));
    }),
    { numRuns: 25 },
  );
});
