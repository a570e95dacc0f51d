import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { demoLakehouse, demoPrincipals } from '../../src/demo/demo-statements.ts';
import { parseStatements } from '../../src/parse/parse.ts';
import { type InProcess, startInProcess } from '../support/in-process.ts';

let server: InProcess;

beforeAll(async () => {
  server = await startInProcess();
  const admin = await server.as('admin');
  for (const statement of [...demoPrincipals('demo'), ...demoLakehouse]) await admin.run(statement);
});

afterAll(async () => {
  await server.close();
});

test('an analyst sees masked addresses, a member of the exempt group real ones', async () => {
  const sql = 'SELECT customer_id, email FROM silver.customers ORDER BY customer_id LIMIT 3';
  const masked = await (await server.as('analyst@company.com', 'prod')).rows(sql);
  const real = await (await server.as('pii@company.com', 'prod')).rows(sql);
  expect(masked).toHaveLength(3);
  for (const row of masked) expect(row[1]).toMatch(/^..\*\*\*@\*\*\*\.\*\*\*$/);
  for (const row of real) expect(row[1]).toMatch(/@.*\.example$/);
});

test("the article's statements run in order as written", async () => {
  const admin = await server.as('admin');
  for (const { text } of parseStatements(readFileSync('examples/article.sql', 'utf8'))) await admin.run(text);
});
