// A large catalog: what a start, a decision, a GRANT and a query cost with 10,000 tables, 100,000 grants, 1,000 masks and 1,000
// groups. Alone: npm run bench -- catalog-scale. The start is that of the product: the log is read and replayed, files attached.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Access } from '../src/authorize/access.ts';
import { identityOf } from '../src/authorize/identity.ts';
import { selectRelation } from '../src/authorize/rules.ts';
import { SqlError } from '../src/base/sql-error.ts';
import type { Change } from '../src/catalog/change.ts';
import { LiveCatalog } from '../src/catalog/live-catalog.ts';
import { accountUsersId } from '../src/catalog/principal.ts';
import type { Privilege } from '../src/catalog/privilege.ts';
import type { Table } from '../src/catalog/securable.ts';
import type { CatalogSnapshot } from '../src/catalog/snapshot.ts';
import { SqliteCatalogStore } from '../src/catalog/sqlite-store.ts';
import { DuckDbEngine } from '../src/engine/duckdb-engine.ts';
import { type InProcess, startInProcess } from '../test/support/in-process.ts';
import { compare } from './measure.ts';

const limits = { startMsMax: 2_000, decisionUsMax: 50, grantMsMax: 20, latencyRatioMax: 1.05 };
const size = { schemas: 100, tablesPerSchema: 100, groups: 1_000, grantsPerTable: 10, masks: 1_000, users: 1_000 };

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'portcullis-scale-'));
});

afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** Ids as the catalog would give them out: from 10 on, in order. */
class Ids {
  private next: number;

  constructor(first: number) {
    this.next = first;
  }

  take(): string {
    this.next += 1;
    return String(this.next);
  }
}

interface World {
  readonly changes: readonly Change[];
  readonly admin: string;
  readonly readers: readonly string[];
  readonly tables: readonly string[];
}

function worldFrom(ids: Ids, admin: string): World {
  const changes: Change[] = [];
  const made = (id: string, name: string) => ({ id, name, owner: admin, comment: undefined, createdAt: 0, createdBy: admin });
  const context = { catalog: 'big', schema: undefined };
  const grant = (privilege: Privilege, securableId: string, principalId: string): void => {
    const given = { privilege, securableId, principalId, columns: undefined, grantedBy: admin, grantedAt: 0, until: undefined };
    changes.push({ kind: 'grant', grant: given });
  };
  const users = Array.from({ length: size.users }, (_, index) => {
    const user = { kind: 'user', id: ids.take(), name: `user${String(index)}`, scramVerifier: undefined, attributes: {} } as const;
    changes.push({ kind: 'createUser', user });
    return user.id;
  });
  const groups = Array.from({ length: size.groups }, (_, index) => {
    const group = { kind: 'group', id: ids.take(), name: `group${String(index)}`, members: [] } as const;
    changes.push({ kind: 'createGroup', group });
    return group.id;
  });
  // Everybody is in ten groups, and every tenth group in the one before it.
  users.forEach((memberId, index) => {
    for (let each = 0; each < 10; each += 1)
      changes.push({ kind: 'addMember', groupId: groups[(index * 7 + each * 101) % size.groups] ?? '', memberId });
  });
  for (let index = 10; index < size.groups; index += 10)
    changes.push({ kind: 'addMember', groupId: groups[index - 1] ?? '', memberId: groups[index] ?? '' });
  const catalog = { kind: 'catalog', ...made(ids.take(), 'big') } as const;
  changes.push({ kind: 'createCatalog', catalog });
  for (const group of groups) grant('USE CATALOG', catalog.id, group);
  const tables: Table[] = [];
  for (let s = 0; s < size.schemas; s += 1) {
    const schema = { kind: 'schema', catalogId: catalog.id, ...made(ids.take(), `s${String(s)}`) } as const;
    changes.push({ kind: 'createSchema', schema });
    for (const group of groups.slice(s, s + 10)) grant('USE SCHEMA', schema.id, group);
    grant('USE SCHEMA', schema.id, accountUsersId);
    const fn = {
      kind: 'function',
      schemaId: schema.id,
      parameters: [{ name: 'x', type: 'VARCHAR', default: undefined }],
      returns: 'VARCHAR',
      body: "CASE WHEN is_account_group_member('group1') THEN x ELSE '***' END",
      context,
      ...made(ids.take(), 'mask'),
    } as const;
    changes.push({ kind: 'createFunction', function: fn });
    for (let t = 0; t < size.tablesPerSchema; t += 1) {
      const columns = ['id', 'email', 'amount', 'region', 'day'].map((name, index) => ({
        id: `k${String(index + 1)}`,
        name,
        type: 'VARCHAR',
        nullable: true,
        comment: undefined,
        mask: undefined,
      }));
      const table: Table = {
        kind: 'table',
        schemaId: schema.id,
        ...{ columns, nextColumn: 6, rowFilters: [], primaryKey: [], properties: {} },
        ...made(ids.take(), `t${String(t)}`),
      };
      tables.push(table);
      changes.push({ kind: 'createTable', table });
      if (t < size.masks / size.schemas) {
        const mask = { functionId: fn.id, using: [] };
        changes.push({ kind: 'setMask', tableId: table.id, columnId: 'k2', mask });
      }
    }
  }
  tables.forEach((table, index) => {
    for (let each = 0; each < size.grantsPerTable; each += 1)
      grant('SELECT', table.id, groups[(index * 13 + each * 97) % size.groups] ?? '');
  });
  return { changes, admin, readers: users, tables: tables.map((table) => table.id) };
}

/** The log as a hundred thousand single statements leave it: one entry, one row, per change. */
async function fill(file: string, changes: readonly Change[]): Promise<void> {
  const { default: Database } = await import('libsql');
  await (await SqliteCatalogStore.open(file)).close();
  const database = new Database(file);
  const insert = database.prepare(
    'INSERT INTO entry (id, state, changes, "by", statement_id, at, catalog_id) VALUES (?, ?, ?, ?, ?, ?, NULL)',
  );
  const all = database.transaction(() => {
    changes.forEach((change, index) => {
      insert.run(`e${String(index)}`, 'committed', JSON.stringify([change]), '2', `s${String(index)}`, index);
    });
  });
  all();
  database.close();
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

async function opened(file: string): Promise<{ readonly catalog: LiveCatalog; readonly ms: number }> {
  const start = performance.now();
  const store = await SqliteCatalogStore.open(file);
  const catalog = await LiveCatalog.open({ store, recover: () => Promise.resolve(false) });
  return { catalog, ms: performance.now() - start };
}

function expectDecision(access: Access, table: Table): void {
  try {
    selectRelation(access, table);
  } catch (error) {
    // Denials are decisions too.
    if (!(error instanceof SqlError)) throw error;
  }
}

interface Pair {
  readonly reader: string;
  readonly table: Table;
}

function allowedAndDenied(snapshot: CatalogSnapshot, world: World): readonly Pair[] {
  const found: { readonly allowed: Pair[]; readonly denied: Pair[] } = { allowed: [], denied: [] };
  for (let index = 0; found.allowed.length < 500 && index < 200_000; index += 1) {
    const reader = world.readers[index % world.readers.length] ?? '';
    const table = snapshot.object(world.tables[(index * 37) % world.tables.length] ?? '');
    if (table?.kind !== 'table') throw new Error('no table');
    const access = new Access(snapshot, identityOf(snapshot, reader, 1), 1);
    if (access.has('SELECT', table)) found.allowed.push({ reader, table });
    else if (found.denied.length < 500) found.denied.push({ reader, table });
  }
  expect(found.allowed.length).toBe(500);
  return found.allowed.flatMap((pair, index) => [pair, found.denied[index] ?? pair]);
}

test('start, decisions and grants of a large catalog', async () => {
  const file = join(directory, 'catalog.db');
  const world = worldFrom(new Ids(9), '2');
  const admin = { kind: 'user', id: '2', name: 'admin', scramVerifier: undefined, attributes: {} } as const;
  await fill(file, [{ kind: 'createUser', user: admin }, { kind: 'setMetastoreOwner', owner: '2' }, ...world.changes]);
  console.info(`${String(world.changes.length)} changes in the log`);
  const times: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    const { catalog, ms } = await opened(file);
    times.push(ms);
    await catalog.close();
  }
  console.info(`start: first ${times[0]?.toFixed(0) ?? ''} ms, median ${median(times).toFixed(0)} ms`);

  const { catalog } = await opened(file);
  const snapshot = catalog.snapshot();
  // Every second reader may read its table, by a grant to a group on the table and two on the way; the others are denied.
  const pairs = allowedAndDenied(snapshot, world);
  const decide = (count: number): number => {
    const start = performance.now();
    for (let index = 0; index < count; index += 1) {
      const { reader, table } = pairs[index % pairs.length] ?? pairs[0]!;
      const access = new Access(snapshot, identityOf(snapshot, reader, 1), 1);
      expectDecision(access, table);
    }
    return ((performance.now() - start) * 1000) / count;
  };
  decide(20_000);
  const decisions = [1, 2, 3, 4, 5].map(() => decide(20_000));
  console.info(`one decision (identity, privilege, gates): median ${median(decisions).toFixed(1)} µs`);
  const schema = snapshot.schemaByName(snapshot.catalogByName('big')?.id ?? '', 's7');
  const known = performance.now();
  for (let index = 0; index < 1_000; index += 1)
    if (schema !== undefined) new Access(snapshot, identityOf(snapshot, world.readers[index] ?? '', 1), 1).knows(schema);
  console.info(`does one know a schema: ${(performance.now() - known).toFixed(1)} µs`);

  const grants: number[] = [];
  for (let index = 0; index < 100; index += 1) {
    const start = performance.now();
    const grant = { privilege: 'MODIFY', securableId: world.tables[index] ?? '', principalId: world.readers[index] ?? '' } as const;
    await catalog.commit({
      changes: [{ kind: 'grant', grant: { ...grant, columns: undefined, grantedBy: '2', grantedAt: 0, until: undefined } }],
      by: '2',
      statementId: 'bench',
      at: 0,
    });
    grants.push(performance.now() - start);
  }
  console.info(`GRANT in the catalog: median ${median(grants).toFixed(2)} ms, max ${Math.max(...grants).toFixed(2)} ms`);
  await catalog.close();
  expect(median(times)).toBeLessThan(limits.startMsMax);
  expect(median(decisions)).toBeLessThan(limits.decisionUsMax);
  expect(median(grants)).toBeLessThan(limits.grantMsMax);
});

const questions = [
  "SELECT upper(name) FROM c.s.t WHERE id = 17",
  'SELECT tenant, count(*) FROM c.s.t GROUP BY tenant ORDER BY tenant',
  'SHOW TABLES IN c.s',
];

/** The same few objects in an empty catalog and beside the ten thousand tables. */
async function serverWith(large: boolean): Promise<InProcess> {
  const server = await startInProcess();
  const admin = await server.as('admin');
  if (large) {
    const first = Number(server.services.catalog.newId()) + 1_000;
    const { changes } = worldFrom(new Ids(first), '2');
    const commit = { by: '2', statementId: 'bench', at: 0 };
    for (let index = 0; index < changes.length; index += 5_000)
      await server.services.catalog.commit({ ...commit, changes: changes.slice(index, index + 5_000) });
  }
  for (const statement of [
    'CREATE CATALOG c',
    'CREATE SCHEMA c.s',
    "CREATE TABLE c.s.t AS SELECT i AS id, 'n' || i::VARCHAR AS name, i % 10 AS tenant FROM range(100000) r(i)",
    'CREATE USER ann',
    'GRANT USE CATALOG, USE SCHEMA, SELECT ON CATALOG c TO ann',
  ])
    await admin.run(statement);
  return server;
}

test('the data file of a catalog with 10,000 tables is attached and compared with the catalog', async () => {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const files = join(directory, 'catalogs');
  mkdirSync(files, { recursive: true });
  const instance = await DuckDBInstance.create(join(files, 'c_9.duckdb'));
  const connection = await instance.connect();
  await connection.run('BEGIN');
  for (let id = 10; id < 10_010; id += 1)
    await connection.run(`CREATE TABLE o_${String(id)} (k1 BIGINT, k2 VARCHAR, k3 DOUBLE, k4 VARCHAR, k5 DATE)`);
  await connection.run('COMMIT');
  connection.closeSync();
  instance.closeSync();
  const times: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    const engine = await DuckDbEngine.open({ dataDirectory: directory, memoryLimit: '1GB', threads: 2 });
    const start = performance.now();
    await engine.attach('9');
    expect(await engine.tablesOf('9')).toHaveLength(10_000);
    times.push(performance.now() - start);
    engine.close();
  }
  console.info(`attach and list 10,000 physical tables: median ${median(times).toFixed(0)} ms`);
});

test('queries beside a large catalog take as long as in an empty one, and GRANT stays quick', async () => {
  const [large, empty] = [await serverWith(true), await serverWith(false)];
  try {
    const ratios: number[] = [];
    const [inLarge, inEmpty] = [await large.as('ann', 'c'), await empty.as('ann', 'c')];
    for (const sql of questions) {
      const many = (session: typeof inLarge) => async (): Promise<void> => {
        for (let index = 0; index < 40; index += 1) await session.run(sql);
      };
      const cached = await compare({ name: 'large', run: many(inLarge) }, { name: 'empty', run: many(inEmpty) }, 15);
      console.info(`${sql}\n${cached.lines.join('\n')}`);
      ratios.push(cached.cpuRatio);
    }
    // A comment makes each text a new one: nothing comes from the plan cache.
    let next = 0;
    const fresh = (session: typeof inLarge) => async (): Promise<void> => {
      for (let index = 0; index < 20; index += 1) await session.run(`SELECT name FROM c.s.t WHERE id = ${String((next += 1))}`);
    };
    const planned = await compare({ name: 'large, planned anew', run: fresh(inLarge) }, { name: 'empty', run: fresh(inEmpty) }, 15);
    console.info(planned.lines.join('\n'));
    ratios.push(planned.cpuRatio);
    const admin = await large.as('admin');
    const grants: number[] = [];
    for (let index = 0; index < 60; index += 1) {
      const start = performance.now();
      await admin.run(`GRANT SELECT ON TABLE big.s1.t${String(index)} TO user${String(index)}`);
      grants.push(performance.now() - start);
    }
    console.info(`GRANT statement: median ${median(grants).toFixed(2)} ms, max ${Math.max(...grants).toFixed(2)} ms`);
    const mean = Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
    console.info(`large / empty, CPU: mean ${mean.toFixed(3)}, each ${ratios.map((ratio) => ratio.toFixed(3)).join(' ')}`);
    expect(median(grants)).toBeLessThan(limits.grantMsMax);
    expect(mean).toBeLessThan(limits.latencyRatioMax);
  } finally {
    await large.close();
    await empty.close();
  }
});
