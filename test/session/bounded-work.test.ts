// Statements that took the server down, or a thread for ever: each class is refused or bounded, and what people ordinarily write
// of its kind is answered.
import { performance } from 'node:perf_hooks';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { functionClassOf } from '../../src/analyze/functions/function-catalog.ts';
import { isLinear, type PatternClass } from '../../src/analyze/pattern-calls.ts';
import { limits } from '../../src/base/limits.ts';
import { DataVersions } from '../../src/engine/data-versions.ts';
import { EngineConnection } from '../../src/engine/duckdb-connection.ts';
import { sealQuery } from '../../src/rewrite/executable-query.ts';
import { functionCall, stringConstant } from '../../src/sql/build.ts';
import { type InProcess, startInProcess, type TestSession } from '../support/in-process.ts';

let server: InProcess;
let admin: TestSession;

beforeAll(async () => {
  server = await startInProcess();
  admin = await server.as('admin');
});

afterAll(async () => {
  await server.close();
});

async function stateOf(sql: string): Promise<string> {
  return admin.run(sql).then(
    () => 'answered',
    (error: unknown) => (error as { sqlState: string }).sqlState,
  );
}

function nested(open: string, close: string): string {
  return `(SELECT repeat('${open}', 30000 + i::INT) || '1' || repeat('${close}', 30000 + i::INT) AS s FROM range(1) r(i))`;
}

const many = "repeat('%a', 500 + (i % 2)::INT) || '_'";
const longList = '(SELECT list(i) AS l FROM range(20000) r(i))';

describe('work that nothing could stop is not begun', () => {
  test.each([
    // A stack overflow of the whole process, or hours.
    [`SELECT repeat('a', 1000 + (i % 2)::INT) LIKE ${many} FROM range(1) t(i)`, 'answered'],
    [`SELECT repeat('a', 1000 + (i % 2)::INT) ILIKE ${many} FROM range(1) t(i)`, 'answered'],
    [`SELECT repeat('a', 9000 + (i % 2)::INT) LIKE ${many} || ${many} FROM range(1) t(i)`, '54000'],
    ["SELECT 'a' GLOB '*a' || '*b?' || '*' || i FROM range(1) t(i)", '54000'],
    ["SELECT sum((repeat('a', 60) || i LIKE '%a_%a_%a_%a_%a_%a_%a_%ab')::INT) FROM range(2000) t(i)", 'answered'],
    [`SELECT json_structure(s) FROM ${nested('{"a":', '}')}`, '54000'],
    [`SELECT json_contains(s, s) FROM ${nested('[', ']').replaceAll('30000', '90000')}`, '54000'],
    [`SELECT json_merge_patch(s, s) FROM ${nested('{"a":', '}')}`, '54000'],
    [`SELECT json_pretty(s) FROM ${nested('[', ']')}`, '54000'],
    ["SELECT json_group_structure('[]')", '0A000'],
    ["SELECT variant_typeof('[]'::JSON)", '0A000'],
    ["SELECT '99'::BIGNUM", '0A000'],
    ["SELECT '99'::VARINT", '0A000'],
    // The number of elements squared, in time or memory.
    [`SELECT len(list_filter(l, x -> list_contains(l, -x - 1))) FROM ${longList}`, '54000'],
    [`SELECT len(list_transform(l, x -> l)) FROM ${longList}`, '54000'],
    ['SELECT len(list_transform(range(0, 10000), x -> range(0, 10000)))', '54000'],
    ['SELECT len(list_transform(range(0, 10000), x -> list_transform(range(0, 100), y -> x + y)))', '54000'],
    ['SELECT list_transform([1], a -> list_transform([1], b -> list_transform([1], c -> 1)))', '54001'],
    // Each value within its limit, 2,048 of them not; and growth by nesting.
    ["SELECT sum(length(repeat('x', 4000000 + i::INT))) FROM range(2048) t(i)", '54000'],
    [`SELECT length(bin(bin(bin(bin(bin(repeat('a', 30 + (i % 2)::INT))))))) FROM range(2) t(i)`, '54000'],
    // What a guard looks at would not be what is used.
    ["SELECT length(repeat('x', (random() * 3)::INT))", '0A000'],
    ["SELECT length(repeat('x', (SELECT i FROM range(9) t(i) LIMIT 1)))", '0A000'],
  ])('%s: %s', async (sql, expected) => {
    const start = performance.now();
    expect(await stateOf(sql)).toBe(expected);
    expect(performance.now() - start).toBeLessThan(10_000);
  });

  test('ordinary uses are answered', async () => {
    const rows = await admin.rows(`SELECT list_transform(l, x -> x * 2 + k), list_filter(l, x -> x > k),
      list_transform([[1, 2], [3]], x -> list_transform(x, y -> y + k)), 'a-b_c' LIKE '%a%b_%c', bin('a'),
      json_structure('{"a": [1]}'), json_contains('[1, 2]', '1'), len(list_filter(range(0, 10000), x -> x % 2 = 0)),
      repeat('ab', k), replace('aXb', 'X', '--'), list_filter(['a_b', 'c'], x -> x LIKE '%a__%b%' OR x LIKE '%c%')
      FROM (SELECT [1, 2, 3] AS l, 2 AS k)`);
    expect(rows).toHaveLength(1);
    expect(rows[0]?.slice(3)).toEqual([true, '01100001', '{"a":["UBIGINT"]}', true, 5000n, 'abab', 'a--b', ['c']]);
  });
});

test('a constant pattern may run on hidden rows only if its time tells nothing but lengths', () => {
  const linear = (name: string, pattern: string): boolean =>
    isLinear(functionClassOf(name) as PatternClass, functionCall(name, [stringConstant(''), stringConstant(pattern)]));
  expect(['a%', '%a', '%a%', 'a_c%', '%a_c', '%a%b%c%d', '%%a', ''].map((each) => linear('~~', each))).not.toContain(
    false,
  );
  expect(['%a_%b', 'CANARY%_%_%_%~', '%_%_', 'a'.repeat(2_000)].map((each) => linear('~~', each))).not.toContain(true);
  expect(['%a%b%c', '%a_%b%'].map((each) => linear('~~*', each))).not.toContain(true);
});

describe('planning has a budget', () => {
  test.each([
    [
      'few bytes, but deep',
      `SELECT ${Array(8)
        .fill(`1${'+1'.repeat(300)}`)
        .join()}`,
    ],
    ['set operations', `SELECT 1${' UNION ALL SELECT 1'.repeat(3_000)}`],
    ['a long list', `SELECT 1 WHERE 1 IN (${'2,'.repeat(80_000)}2)`],
    [
      'queries in WITH',
      `WITH ${Array.from({ length: 3_000 }, (_, i) => `c${String(i)} AS (SELECT 1)`).join()} SELECT 1`,
    ],
  ])('%s', async (_, sql) => {
    expect(await stateOf(sql)).toBe('54001');
    expect(await admin.rows('SELECT 1 AS one')).toEqual([[1]]);
  });

  test('functions that call one another twice are not written out for ever', async () => {
    await admin.run(
      'CREATE CATALOG grow; CREATE SCHEMA grow.s; CREATE FUNCTION grow.s.f0(x INT) RETURNS INT RETURN x + 1',
    );
    const names = Array.from({ length: 16 }, (_, index) => index);
    for (const index of names) {
      const [inner, outer] = [`grow.s.f${String(index)}`, `grow.s.f${String(index + 1)}`];
      // From some depth on even the definition is too much.
      const made = await stateOf(`CREATE FUNCTION ${outer}(x INT) RETURNS INT RETURN ${inner}(x) + ${inner}(x + 1)`);
      if (made === '54001') return;
      expect(made).toBe('answered');
    }
    expect(await stateOf('SELECT grow.s.f16(1)')).toBe('54001');
  });

  test('statement_timeout covers it', async () => {
    const short = await server.as('admin');
    await short.run('SET statement_timeout = 1');
    const large = `SELECT ${Array.from({ length: 1_600 }, (_, i) => `${String(i)} + ${String(i)} AS c${String(i)}`).join()}`;
    await expect(short.run(large)).rejects.toMatchObject({ sqlState: '57014' });
    await expect(short.session.parse('', `${large} `, [])).rejects.toMatchObject({ sqlState: '57014' });
  });
});

test.each([
  `CREATE TABLE a.b.c (x INT DEFAULT ${'('.repeat(20_000)}1${')'.repeat(20_000)})`,
  `INSERT INTO a.b.c ${'('.repeat(20_000)}SELECT 1${')'.repeat(20_000)}`,
])('brackets too deep for our own parsers are 54001', async (sql) => {
  expect(['54001', '42601']).toContain(await stateOf(sql));
});

describe('what a client makes the server keep', () => {
  test('plans have a budget in bytes; long texts are not kept', async () => {
    for (let index = 0; index < 20; index += 1) {
      await admin.run(`SELECT '${'\u0001'.repeat(200_000)}', ${String(index)}`);
    }
    for (let index = 0; index < 40; index += 1) await admin.run(`SELECT '${'x'.repeat(20_000)}', ${String(index)}`);
    expect(server.services.plans.bytes).toBeLessThan(40 * 60_000);
    expect(server.services.plans.bytes).toBeGreaterThan(40 * 20_000);
  });

  test('portals and prepared statements of a session, and of all, have one too, and give it back', async () => {
    const session = (await server.as('admin')).session;
    const { held } = server.services;
    const before = held.held;
    await session.parse('s', 'SELECT length($1::VARCHAR)', [{ id: 'VARCHAR' }]);
    const value = { type: { id: 'VARCHAR' }, value: 'y'.repeat(20_000_000) } as const;
    const bindMany = async (): Promise<void> => {
      for (let index = 0; index < 20; index += 1) await session.bind(`p${String(index)}`, 's', [value]);
    };
    await expect(bindMany()).rejects.toMatchObject({ sqlState: '53200' });
    expect(held.held - before).toBeLessThanOrEqual(limits.sessionHeldBytesMax);
    await session.closePortal('p0');
    await session.bind('p0', 's', [value]);
    await session.close();
    expect(held.held).toBe(before);
  });
});

test('a statement that ignores its interrupts ends the process after a time, a commit never does', async () => {
  vi.useFakeTimers();
  try {
    const stuck = vi.fn();
    const never = {
      interrupt: vi.fn(),
      prepare: () => new Promise(() => undefined),
      run: () => new Promise(() => undefined),
    };
    const parts = { versions: new DataVersions(), onFailure: () => undefined, onStuck: stuck };
    const running = new EngineConnection(never as never, parts);
    void running.prepare(sealQuery({ sql: 'SELECT 1', writes: undefined }));
    const committing = new EngineConnection(never as never, parts);
    void committing.begin();
    await vi.advanceTimersByTimeAsync(limits.stuckStatementMs * 2);
    expect(stuck).not.toHaveBeenCalled();
    running.interrupt();
    committing.interrupt();
    await vi.advanceTimersByTimeAsync(limits.stuckStatementMs - 1_000);
    expect(stuck).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(stuck).toHaveBeenCalledTimes(1);
  } finally {
    vi.useRealTimers();
  }
});
