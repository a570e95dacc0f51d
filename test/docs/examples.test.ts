// Every SQL example of the documentation runs as it stands: over the demo lakehouse, or over the few objects that its page takes for
// granted. Blocks that show a statement's form ([…], {…}, …) are not examples.
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { loadDemo } from '../../src/demo/load-demo.ts';
import { parseStatements } from '../../src/parse/parse.ts';
import { startInProcess } from '../support/in-process.ts';

interface Example {
  readonly page: string;
  readonly number: number;
  readonly sql: string;
}

function examplesOf(page: string): readonly Example[] {
  const blocks = [...readFileSync(page, 'utf8').matchAll(/```sql\n(.*?)```/gs)].map(([, sql = '']) => sql);
  return blocks.map((sql, number) => ({ page, number, sql })).filter(({ sql }) => !/[[{…]/.test(sql));
}

const pages = ['README.md', ...readdirSync('docs').map((name) => `docs/${name}`)];
const examples = pages.flatMap(examplesOf);

const place = ['CREATE CATALOG c', 'CREATE SCHEMA c.s', 'CREATE USER ann'];

/** What a page speaks of as if it were there. Where nothing is said, the demo. */
const before: Readonly<Record<string, readonly string[]>> = {
  'docs/authentication.md': [],
  'docs/explain-access.md': [
    ...place,
    'CREATE TABLE c.s.sales (email STRING)',
    'CREATE FUNCTION c.s.f(a STRING) RETURNS STRING RETURN a',
  ],
  'docs/policies.md': [
    ...place,
    'CREATE SCHEMA c.sec',
    'CREATE FUNCTION c.sec.mine(owner STRING, what STRING, n INT) RETURNS BOOLEAN RETURN owner = what',
  ],
  'docs/sql-reference.md': [
    ...place,
    'CREATE TABLE c.s.t (id INT)',
    'CREATE FUNCTION c.s.f(p STRING) RETURNS STRING RETURN p',
    'CREATE FUNCTION c.s.g(n INT) RETURNS TABLE (m INT) RETURN SELECT n + 1',
    'USE SCHEMA c.s',
    'CREATE TABLE orders (id INT, status STRING)',
    'CREATE TABLE payments (order_id INT)',
    'CREATE TABLE stock (sku STRING PRIMARY KEY, n INT)',
    'CREATE TABLE incoming (sku STRING, n INT)',
  ],
  'docs/views-and-functions.md': [
    ...place,
    'CREATE TABLE c.s.orders (id BIGINT, amount INT, customer_id BIGINT)',
    'CREATE TABLE c.s.customers (id BIGINT, name STRING)',
  ],
};

/** Examples of one page that go on from one another: they run in one session. The others start anew. */
const continued: ReadonlySet<string> = new Set(['docs/policies.md', 'docs/authentication.md']);

/** What stands for something that only a session knows, and what an example leaves to the reader. */
const adjusted: readonly (readonly [example: string, written: string, meant: string])[] = [
  // Ids of tokens are their session's.
  ['docs/authentication.md', 'DROP TOKEN 42;', ''],
  [
    'docs/policies.md',
    'ALTER TABLE c.s.people ALTER COLUMN card',
    'ALTER TABLE c.s.people ADD COLUMN card STRING; ALTER TABLE c.s.people ALTER COLUMN card',
  ],
  ['docs/information-schema.md', 'SELECT table_name', 'USE CATALOG prod; SELECT table_name'],
];

function meant({ page, sql }: Example): string {
  return adjusted
    .filter(([example]) => example === page)
    .reduce((text, [, written, instead]) => text.replace(written, instead), sql);
}

const runs = pages.flatMap((page) => {
  const own = examples.filter((example) => example.page === page);
  if (own.length === 0) return [];
  if (continued.has(page)) return [{ name: page, page, sql: own.map(meant).join('\n') }];
  return own.map((example) => ({ name: `${page}, block ${String(example.number + 1)}`, page, sql: meant(example) }));
});

test('there are examples to run', () => {
  expect(examples.length).toBeGreaterThan(14);
});

test.each(runs)('$name', async ({ page, sql }) => {
  const server = await startInProcess();
  try {
    const setup = before[page];
    const needsDemo = setup === undefined || sql.includes('prod.');
    if (needsDemo) await loadDemo(server.services, 'demo', server.services.log);
    const admin = await server.as('admin');
    for (const statement of setup ?? []) await admin.run(statement);
    for (const { text } of parseStatements(sql)) await admin.run(text);
  } finally {
    await server.close();
  }
});
