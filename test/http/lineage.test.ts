// GET /api/2.0/lineage-tracking/…: over the demo lakehouse, with passwords and tokens, in the query string and as JSON.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectedAdmin, type RunningServer, startServer } from '../support/start-server.ts';

let server: RunningServer;

beforeAll(async () => {
  server = await startServer({ adminPassword: 'admin-pw', arguments: ['--demo'] });
});

afterAll(async () => {
  await server.stop();
});

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

async function get(path: string, authorization?: string, init: RequestInit = {}): Promise<Answer> {
  const headers = { ...(authorization === undefined ? {} : { authorization }), ...init.headers };
  const response = await fetch(`http://127.0.0.1:${String(server.httpPort)}/api/2.0/lineage-tracking/${path}`, {
    ...init,
    headers,
  });
  return { status: response.status, body: await response.json() };
}

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

const admin = basic('admin', 'admin-pw');
const article = 'column-lineage?table_name=prod.gold.monthly_revenue&column_name=revenue';

test('without a path the port says what it is, and nothing of what it holds', async () => {
  const response = await fetch(`http://127.0.0.1:${String(server.httpPort)}/`);
  expect(await response.json()).toEqual({ name: 'Portcullis', health: '/health', api: '/api/2.0/lineage-tracking' });
});

test('the upstream columns of a column', async () => {
  const { status, body } = await get(article, admin);
  expect(status).toBe(200);
  const orders = { catalog_name: 'prod', schema_name: 'silver', table_name: 'orders', table_type: 'TABLE' };
  const { upstream_cols: upstream, downstream_cols: downstream } = body as Record<string, readonly unknown[]>;
  expect(upstream).toEqual([{ name: 'total', ...orders }]);
  expect(downstream).toEqual(
    expect.arrayContaining([
      {
        name: 'revenue',
        catalog_name: 'prod',
        schema_name: 'reporting',
        table_name: 'public_metrics',
        table_type: 'TABLE',
      },
    ]),
  );
});

test('the tables around a table', async () => {
  const { status, body } = await get('table-lineage?table_name=prod.gold.monthly_revenue', admin);
  expect(status).toBe(200);
  const { upstreams, downstreams } = body as Record<string, readonly unknown[]>;
  expect(upstreams).toEqual([
    { tableInfo: { name: 'orders', catalog_name: 'prod', schema_name: 'silver', table_type: 'TABLE' } },
  ]);
  expect(downstreams).toEqual(
    expect.arrayContaining([
      { tableInfo: { name: 'public_metrics', catalog_name: 'prod', schema_name: 'reporting', table_type: 'TABLE' } },
    ]),
  );
});

test('with a token, which names its user', async () => {
  const client = await connectedAdmin(server);
  const { rows } = await client.query<{ token: string }>('CREATE TOKEN EXPIRES IN 1 DAY');
  await client.end();
  const { status, body } = await get(article, `Bearer ${rows[0]?.token ?? ''}`);
  expect(status).toBe(200);
  expect(body).toEqual((await get(article, admin)).body);
});

test('somebody sees what he may know', async () => {
  const { status, body } = await get(article, basic('analyst@company.com', 'admin-pw'));
  expect(status).toBe(200);
  expect(JSON.stringify(body)).toContain('"total"');
  const outsider = await get(
    'column-lineage?table_name=prod.security.user_tenants&column_name=tenant_id',
    basic('analyst@company.com', 'admin-pw'),
  );
  expect(outsider.body).toEqual({ upstream_cols: [], downstream_cols: [] });
});

test('refusals tell why', async () => {
  expect((await get(article)).status).toBe(401);
  expect((await get(article, basic('admin', 'wrong'))).status).toBe(401);
  expect((await get(article, 'Bearer nonsense')).status).toBe(401);
  expect((await get('column-lineage?table_name=nothing', admin)).status).toBe(400);
  expect((await get('column-lineage?table_name=prod.gold.monthly_revenue', admin)).status).toBe(400);
  // A name is a value, and never becomes SQL.
  const { status, body } = await get(
    `column-lineage?table_name=${encodeURIComponent("prod.gold.x' OR '1'='1")}&column_name=a`,
    admin,
  );
  expect({ status, body }).toEqual({ status: 200, body: { upstream_cols: [], downstream_cols: [] } });
});
