// Real psql against the demo server and against an empty data directory.
import { execFile } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningServer, startServer } from '../support/start-server.ts';

const run = promisify(execFile);

interface PsqlAnswer {
  readonly stdout: string;
  readonly stderr: string;
  readonly failed: boolean;
}

async function psql(port: number, user: string, ...words: readonly string[]): Promise<PsqlAnswer> {
  const env = { ...process.env, PGPASSWORD: user === 'admin' ? 'admin-pw' : 'demo' };
  const args = ['-h', '127.0.0.1', '-p', String(port), '-U', user, '-v', 'VERBOSITY=verbose', '-X', ...words];
  try {
    const { stdout, stderr } = await run('psql', args, { env });
    return { stdout, stderr, failed: false };
  } catch (error) {
    const { stdout = '', stderr = '', code } = error as { stdout?: string; stderr?: string; code?: unknown };
    if (code === 'ENOENT') throw new Error('psql is missing: install postgresql-client', { cause: error });
    return { stdout, stderr, failed: true };
  }
}

let demo: RunningServer;

beforeAll(async () => {
  demo = await startServer({ adminPassword: 'demo', arguments: ['--demo'], readyWithinMs: 60_000 });
});

afterAll(async () => {
  await demo.stop();
});

const query = 'SELECT customer_id, email FROM silver.customers LIMIT 3';

test('psql as an analyst prints masked addresses', async () => {
  const { stdout } = await psql(demo.pgPort, 'analyst@company.com', '-At', 'prod', '-c', query);
  const lines = stdout.trim().split('\n');
  expect(lines).toHaveLength(3);
  for (const line of lines) expect(line).toMatch(/^\d+\|..\*\*\*@\*\*\*\.\*\*\*$/);
});

test('psql as a member of pii-data-access prints real addresses', async () => {
  const { stdout } = await psql(demo.pgPort, 'pii@company.com', '-At', 'prod', '-c', query);
  for (const line of stdout.trim().split('\n')) expect(line).toMatch(/^\d+\|[a-z]+\.[a-z]+\d+@[a-z]+\.example$/);
});

test('psql as a user without grants gets 42501', async () => {
  const { stderr, failed } = await psql(
    demo.pgPort,
    'engineer@company.com',
    'prod',
    '-c',
    'SELECT * FROM security.user_tenants',
  );
  expect(failed).toBe(true);
  expect(stderr).toContain('ERROR:  42501: permission denied for table prod.security.user_tenants');
});

test('psql with a wrong password is told the same as an unknown user', async () => {
  const env = { ...process.env, PGPASSWORD: 'wrong' };
  const attempt = async (user: string): Promise<string> => {
    const failure = await run(
      'psql',
      ['-h', '127.0.0.1', '-p', String(demo.pgPort), '-U', user, 'prod', '-c', 'SELECT 1'],
      { env },
    ).catch((error: unknown) => error as { stderr: string });
    return 'stderr' in failure ? failure.stderr.replaceAll(user, 'USER') : '';
  };
  expect(await attempt('analyst@company.com')).toContain('password authentication failed');
  expect(await attempt('nobody@company.com')).toBe(await attempt('analyst@company.com'));
});

test("the article's SQL runs verbatim through psql on an empty data directory", async () => {
  const server = await startServer({ dataDirectory: mkdtempSync(join(tmpdir(), 'portcullis-article-')) });
  try {
    const setup = await psql(
      server.pgPort,
      'admin',
      '-v',
      'ON_ERROR_STOP=1',
      'system',
      '-f',
      'examples/article-setup.sql',
    );
    expect(setup.stderr).toBe('');
    const article = await psql(
      server.pgPort,
      'admin',
      '-v',
      'ON_ERROR_STOP=1',
      '-At',
      'system',
      '-f',
      'examples/article.sql',
    );
    expect(article.stderr).toBe('');
    expect(article.failed).toBe(false);
    expect(article.stdout.split('\n')).toContain('data-analysts|SELECT|TABLE|prod.silver.customers||');
    // After DROP ROW FILTER the analyst counts all orders; the row filter itself is tested below.
    expect(article.stdout.trim().split('\n').slice(-3)).toEqual(['SET', '3', 'RESET']);
    const filtered = await psql(
      server.pgPort,
      'admin',
      '-At',
      'system',
      '-c',
      'ALTER TABLE prod.silver.orders SET ROW FILTER prod.security.tenant_row_filter ON (tenant_id)',
      '-c',
      "SET CURRENT USER = 'analyst@company.com'",
      '-c',
      'SELECT COUNT(*) FROM prod.silver.orders',
    );
    expect(filtered.stdout.trim().split('\n')).toEqual(['ALTER TABLE', 'SET', '2']);
  } finally {
    await server.stop();
  }
});
