// A leakproof function may run on rows that a row filter hides: were it to throw for any value, the error would tell that
// such a row exists. Random and extreme values of each accepted type, as constants, as columns and mixed.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reviewedNames } from '../../src/analyze/functions/function-catalog.ts';
import type { FunctionClass, LeakproofType } from '../../src/analyze/functions/function-class.ts';
import { quoteLiteral } from '../../src/base/identifier.ts';
import { connect } from './duckdb.ts';

const full = process.env['PORTCULLIS_PROBE'] === 'full';
const runs = full ? 400 : 6;

let connection: Awaited<ReturnType<typeof connect>>;

beforeAll(async () => {
  connection = await connect();
});

afterAll(() => connection.disconnectSync());

/** SQL expressions of values at the edges of a type. */
const edges: { readonly [T in LeakproofType]: readonly string[] } = {
  VARCHAR: [
    ...['NULL', "''", "' '", 'chr(0)', "'a' || chr(0) || 'b'", "'%'", "'_'", "'\\'", "'%\\'", "'a%b_c\\d'"],
    ...["'ß'", "'ﬃ'", "'İı'", "'ΐΰ'", "'ŉ'", "'Σς'", 'chr(769)', "'e' || chr(769)", 'chr(8203)', 'chr(65279)'],
    ...["'👨‍👩‍👧'", "'🇩🇪🇫🇷'", 'chr(1114111)', 'chr(65535)', 'chr(55295)', 'chr(57344)', 'chr(127)', 'chr(128)'],
    ...["'twelve bytes'", "'thirteen byte'", "repeat('a', 100000)", "repeat('ä', 65536)", "repeat('%a', 5000)"],
    ...["repeat(' ', 4096)", 'repeat(chr(769), 4096)', "repeat('ΐ', 4096)", "repeat('👍', 20000)", "'SECRET'"],
  ],
  BLOB: ['NULL', "''::BLOB", "'\\x00\\xFF\\x80'::BLOB", "repeat('\\xC3'::BLOB, 100000)"],
  FLOAT: [
    ...['NULL', '0', '-0.0', "'nan'", "'-nan'", "'inf'", "'-inf'", '3.4028235e38', '-3.4028235e38', '1e-45', '1.5'],
  ],
  DOUBLE: [...['NULL', '0', '-0.0', "'nan'", "'-nan'", "'inf'", "'-inf'", '1.7976931348623157e308', '5e-324', '-1.5']],
  DATE: ['NULL', "'infinity'", "'-infinity'", "'epoch'", "'5877642-06-25 (BC)'", "'5881580-07-10'", "'2024-02-29'"],
  TIMESTAMP: [
    ...[
      'NULL',
      "'infinity'",
      "'-infinity'",
      "'epoch'",
      "'290309-12-22 (BC) 00:00:00'",
      "'294247-01-10 04:00:54.775806'",
    ],
    ...["'2024-02-29 23:59:59.999999'", "'0001-01-01 (BC) 00:00:00'"],
  ],
};

/** SQL expressions of random values. */
const randoms: { readonly [T in LeakproofType]: fc.Arbitrary<string> } = {
  VARCHAR: fc
    .oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.string({ unit: 'grapheme', maxLength: 40 }),
      fc.string({ unit: fc.constantFrom('%', '_', '\\', 'a', 'A', 'ß', ' ', '\u0301', '\u0000'), maxLength: 30 }),
    )
    // Through base64, so that every code point arrives, whatever the parser thinks of it.
    .map((text) => `decode(from_base64('${Buffer.from(text.toWellFormed(), 'utf8').toString('base64')}'))`),
  BLOB: fc.uint8Array({ maxLength: 64 }).map((bytes) => `from_base64('${Buffer.from(bytes).toString('base64')}')`),
  FLOAT: fc.float().map((number) => quoteLiteral(floatText(number))),
  DOUBLE: fc.double().map((number) => quoteLiteral(floatText(number))),
  DATE: fc.integer({ min: -2_147_483_646, max: 2_147_483_646 }).map((days) => {
    return Math.abs(days) < 100_000_000 ? `DATE '1970-01-01' + ${String(days)}` : quoteLiteral('infinity');
  }),
  TIMESTAMP: fc
    .bigInt({ min: -(2n ** 53n), max: 2n ** 53n })
    .map((microseconds) => `make_timestamp(${String(microseconds)})`),
};

function floatText(number: number): string {
  return Number.isNaN(number) ? 'nan' : String(number).replace('Infinity', 'inf');
}

async function fill(type: LeakproofType, values: readonly string[]): Promise<void> {
  const rows = values.map((value) => `((${value})::${type})`).join(', ');
  await connection.run(`CREATE OR REPLACE TEMP TABLE hidden AS SELECT v FROM (VALUES ${rows}) t(v)`);
}

function call(name: string, args: readonly string[]): string {
  if (/^[!~]+\*?$/.test(name) || name === '^@') return args.join(` ${name} `);
  return `"${name}"(${args.join(', ')})`;
}

/** Runs over the values as a column, as constants and (two arguments) as every pair. @throws what DuckDB throws */
async function runAll(name: string, arity: number): Promise<void> {
  if (arity === 1) {
    await connection.run(`SELECT sum(hash(${call(name, ['v'])})) FROM hidden`);
    return;
  }
  const pairs = 'FROM hidden a, hidden b';
  await connection.run(`SELECT sum(hash(${call(name, ['a.v', 'b.v'])})) ${pairs}`);
  await connection.run(`SELECT count(*) ${pairs} WHERE ${call(name, ['a.v', 'b.v'])} IS NOT NULL`);
}

function leakproofOf(value: FunctionClass): Extract<FunctionClass, { kind: 'leakproof' }> | undefined {
  return value.kind === 'leakproof' ? value : undefined;
}

const leakproofs = [...reviewedNames.scalar].flatMap(([name, value]) => {
  const reviewed = leakproofOf(value);
  return reviewed === undefined ? [] : reviewed.on.map((type) => ({ name, type, arity: reviewed.arity }));
});

describe('a leakproof function never throws', () => {
  test.each(leakproofs)('$name on $type', async ({ name, type, arity }) => {
    await fill(type, edges[type]);
    await runAll(name, arity);
    for (const value of edges[type]) {
      await connection.run(`SELECT ${call(name, Array<string>(arity).fill(`(${value})::${type}`))}`);
    }
    await fc.assert(
      fc.asyncProperty(fc.array(randoms[type], { minLength: 50, maxLength: 80 }), async (values) => {
        await fill(type, values);
        await runAll(name, arity);
      }),
      { numRuns: runs },
    );
  });
});

const patternFunctions = [...reviewedNames.scalar]
  .filter(([, value]) => value.kind === 'pattern' && value.searched)
  .map(([name]) => name);

describe('LIKE with a constant pattern never throws', () => {
  test.each(patternFunctions)('%s', async (name) => {
    await fill('VARCHAR', edges.VARCHAR);
    for (const pattern of edges.VARCHAR) await matchAll(name, `(${pattern})::VARCHAR`);
    const drawn = fc.tuple(fc.array(randoms.VARCHAR, { minLength: 30, maxLength: 30 }), fc.array(randoms.VARCHAR));
    await fc.assert(
      fc.asyncProperty(drawn, async ([values, patterns]) => {
        await fill('VARCHAR', values);
        for (const pattern of patterns) await matchAll(name, pattern);
      }),
      { numRuns: runs * 2 },
    );
  });
});

async function matchAll(name: string, pattern: string): Promise<void> {
  await connection.run(`SELECT sum(hash(v ${name} ${pattern})) FROM hidden`);
  await connection.run(`SELECT count(*) FROM hidden WHERE v ${name} ${pattern}`);
}

test('the functions that are known to throw on hidden rows are not leakproof', () => {
  const known = `chr substring regexp_replace regexp_split_to_array regexp_extract_all date_diff to_timestamp epoch_ms
    hamming mismatches to_base jaccard parse_formatted_bytes uuid_extract_timestamp bar left right abs concat ||
    json_extract list_extract strptime like_escape ~~~ + - * / % //`;
  const wrong = known.split(/\s+/).filter((name) => reviewedNames.scalar.get(name)?.kind.startsWith('leakproof'));
  expect(wrong).toEqual([]);
});
