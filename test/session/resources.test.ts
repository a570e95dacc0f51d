// What one statement may take: rows, bytes, columns, memory. And what an error tells of the engine's own words.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ResultMeter } from '../../src/session/result-limits.ts';
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

test('an answer of more rows or bytes than the server allows ends with 54000', () => {
  const chunk = { rowCount: 2, columns: [['x'.repeat(100), null]] };
  expect(() => {
    new ResultMeter({ rows: 1, bytes: 0 }).count(chunk);
  }).toThrow('the answer is larger than 1 rows');
  expect(() => {
    new ResultMeter({ rows: 0, bytes: 100 }).count(chunk);
  }).toThrow('the answer is larger than 100 bytes');
  const within = new ResultMeter({ rows: 4, bytes: 1_000 });
  within.count(chunk);
  within.count(chunk);
  expect(() => {
    within.count(chunk);
  }).toThrow('4 rows');
});

test('a select list has at most 1664 entries, written out or through stars', async () => {
  const items = (count: number): string =>
    Array.from({ length: count }, (_, index) => `${String(index)} AS c${String(index)}`).join();
  await expect(admin.run(`SELECT ${items(1_665)}`)).rejects.toMatchObject({ sqlState: '54011' });
  const half = `(SELECT ${items(900)})`;
  await expect(admin.run(`SELECT * FROM ${half} a, ${half} b`)).rejects.toMatchObject({ sqlState: '54011' });
  expect((await admin.run(`SELECT ${items(1_664)}`)).columns).toHaveLength(1_664);
});

test.each([
  'SELECT len(range(300000000))',
  'SELECT len(list_resize([1], 9999999999))',
  "SELECT len(repeat('x', 2000000000))",
  "SELECT levenshtein(repeat('a', 100000), repeat('b', 100000))",
  "SELECT len(lpad('x', 2000000000, 'y'))",
  'SELECT len(generate_series(1, 300000000))',
  'SELECT len(bar(1, 0, 1, 1000000000))',
  "SELECT damerau_levenshtein(repeat('a', 100000), repeat('b', 100000))",
  "SELECT len(format('{:>2000000000}', 'x'))",
  "SELECT len(printf('%2000000000d', 1))",
  'SELECT list(a) FROM range(3000000000) r(a)',
])('%s is refused or stays within the memory limit', async (sql) => {
  const before = process.memoryUsage.rss();
  const answer = await admin.run(sql).then(
    () => 'answered',
    (error: unknown) => (error as { sqlState: string }).sqlState,
  );
  expect(['54000', '0A000', '53200', '22023', '22003', 'answered']).toContain(answer);
  // The limit of the engine is 1 GB; it counts most of what it takes.
  expect(process.memoryUsage.rss() - before).toBeLessThan(1_700_000_000);
  expect(await admin.rows('SELECT 1 AS one')).toEqual([[1]]);
});

test("an error of the engine's has an id, and nothing of its words", async () => {
  const failure = (await admin.run("SELECT CAST('SECRET' || 'x' AS UUID)").then(
    () => undefined,
    (error: unknown) => error,
  )) as { id?: string; message: string; cause: Error };
  expect(failure.id).toMatch(/^[0-9a-f]{12}$/);
  expect(failure.message).not.toContain('SECRET');
  expect(failure.cause.message).toContain('SECRET');
});
