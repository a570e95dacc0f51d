// The example of docs/sql-reference.md runs as it is written there.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { startInProcess } from '../support/in-process.ts';

test('the example of users, groups and grants runs', async () => {
  const [, example = ''] = readFileSync('docs/sql-reference.md', 'utf8').split('For example:\n\n```sql\n');
  const statements = example
    .slice(0, example.indexOf('```'))
    .split(';\n')
    .filter((text) => text.trim() !== '');
  expect(statements.length).toBeGreaterThan(10);
  const server = await startInProcess();
  try {
    const admin = await server.as('admin');
    for (const statement of statements) await admin.run(statement);
    expect(await admin.rows('SHOW GRANTS contractors ON TABLE shop.sales.orders')).toHaveLength(3);
  } finally {
    await server.close();
  }
});
