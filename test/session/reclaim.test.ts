// What is dropped is given back while the server runs: files, physical tables, memory.
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
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

function catalogId(name: string): string {
  return server.services.catalog.snapshot().catalogByName(name)?.id ?? '';
}

test('a dropped catalog leaves no file and no tables', async () => {
  await admin.run('CREATE CATALOG c; CREATE SCHEMA c.s; CREATE TABLE c.s.t AS SELECT * FROM range(100000)');
  const id = catalogId('c');
  const file = server.services.engine.fileOf(id);
  expect(existsSync(file)).toBe(true);
  await admin.run('DROP CATALOG c CASCADE');
  expect([existsSync(file), existsSync(`${file}.wal`)]).toEqual([false, false]);
  await expect(server.services.engine.tablesOf(id)).resolves.toEqual([]);
});

test('a cursor that reads a dropped catalog reads it to its end', async () => {
  await admin.run('CREATE CATALOG d; CREATE SCHEMA d.s; CREATE TABLE d.s.t AS SELECT * FROM range(300000)');
  const reader = await server.as('admin');
  let rows = 0;
  for await (const outcome of reader.session.simpleQuery('SELECT * FROM d.s.t')) {
    if (outcome.kind !== 'rows') continue;
    for await (const chunk of outcome.chunks) {
      if (rows === 0) await admin.run('DROP CATALOG d CASCADE');
      rows += chunk.rowCount;
    }
  }
  expect(rows).toBe(300_000);
});

test('dropped and replaced tables leave the file; the others stay', async () => {
  await admin.run(`CREATE CATALOG e; CREATE SCHEMA e.s; CREATE SCHEMA e.gone;
    CREATE TABLE e.s.kept AS SELECT 1 AS a; CREATE TABLE e.s.dropped AS SELECT 1 AS a;
    CREATE TABLE e.gone.t AS SELECT 1 AS a; CREATE TABLE e.s.replaced AS SELECT 1 AS a`);
  const id = catalogId('e');
  await expect(server.services.engine.tablesOf(id)).resolves.toHaveLength(4);
  await admin.run(`DROP TABLE e.s.dropped; DROP SCHEMA e.gone CASCADE;
    CREATE OR REPLACE TABLE e.s.replaced AS SELECT 2 AS a`);
  await expect(server.services.engine.tablesOf(id)).resolves.toHaveLength(2);
  await expect(admin.rows('SELECT a FROM e.s.kept UNION ALL SELECT a FROM e.s.replaced ORDER BY a')).resolves.toEqual([
    [1],
    [2],
  ]);
});

test('a table that is made and dropped in one transaction leaves nothing', async () => {
  await admin.run('CREATE CATALOG f; CREATE SCHEMA f.s');
  await admin.run('BEGIN');
  await admin.run('CREATE TABLE f.s.t AS SELECT 1 AS a');
  await admin.run('DROP TABLE f.s.t');
  await admin.run('COMMIT');
  await expect(server.services.engine.tablesOf(catalogId('f'))).resolves.toEqual([]);
});

test('a drop that is rolled back keeps the data; a catalog whose making is, leaves no file', async () => {
  await admin.run('CREATE CATALOG g; CREATE SCHEMA g.s; CREATE TABLE g.s.t AS SELECT 1 AS a');
  await admin.run('BEGIN; DROP CATALOG g CASCADE; ROLLBACK');
  await expect(admin.rows('SELECT a FROM g.s.t')).resolves.toEqual([[1]]);
  await admin.run('BEGIN');
  await admin.run('CREATE CATALOG h');
  const next = Number(server.services.catalog.newId());
  await admin.run('ROLLBACK');
  for (let id = next - 3; id < next; id += 1)
    expect(existsSync(server.services.engine.fileOf(String(id)))).toBe(
      server.services.catalog.snapshot().object(String(id))?.kind === 'catalog',
    );
});
