// Lineage is complete over drawn worlds with policies: changing the stored values of a column that an output's lineage does not
// name never changes that output, for whoever asks.
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type InProcess, startInProcess, type TestSession } from '../support/in-process.ts';
import { tracedOutputs } from '../support/traced-query.ts';
import { governed, surroundings, valuesOf } from './build-world.ts';
import { Draw } from './draw.ts';
import { drawQuery } from './draw-query.ts';
import { DifferenceError, fuzzUsers, inCatalog } from './fuzz.ts';
import { drawRow, drawWorld, type User, users, type World, type WorldTable } from './world.ts';

const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2_147_483_647);
const worlds = Number(process.env['LINEAGE_WORLDS'] ?? 8);
const queriesPerWorld = 30;

let server: InProcess;

beforeAll(async () => {
  server = await startInProcess();
  const admin = await server.as('admin');
  for (const statement of fuzzUsers) await admin.run(statement);
});

afterAll(async () => {
  await server.close();
});

/** The cells of a row `(1, 'a', NULL)`: no literal of a world holds a comma. */
function cellsOf(row: string): readonly string[] {
  return row.slice(1, -1).split(', ');
}

/** The same rows with one column drawn anew. */
function changedRows(draw: Draw, table: WorldTable, column: number): string {
  const rows = table.rows.map((row, index) => {
    // Ids are keys by which ties are broken: they stay apart.
    const fresh = cellsOf(drawRow(draw, table.columns, 50 - index, 10));
    return `(${cellsOf(row)
      .map((cell, place) => (place === column ? (fresh[place] ?? 'NULL') : cell))
      .join(', ')})`;
  });
  return `VALUES ${rows.join(', ')}`;
}

interface Answer {
  readonly outputs: readonly string[];
}

/** Each output's values apart from their order; undefined: an error, of which any column may be the reason. */
async function answer(session: TestSession, sql: string): Promise<Answer | undefined> {
  try {
    const { columns, rows } = await session.run(sql);
    const text = (value: unknown): string =>
      JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? `${inner.toString()}n` : inner));
    return {
      outputs: columns.map((_, index) =>
        rows
          .map((row) => text(row[index]))
          .toSorted()
          .join('\n'),
      ),
    };
  } catch {
    return undefined;
  }
}

interface Counts {
  queries: number;
  compared: number;
  named: number;
  seen: number;
}

interface Changed {
  readonly name: string;
  readonly session: TestSession;
}

async function runWorld(draw: Draw, number: number, counts: Counts): Promise<void> {
  const catalog = `l${String(number)}`;
  const world = drawWorld(draw, { routes: 'direct' });
  const user = draw.pick(users);
  const admin = await server.as('admin');
  await admin.run(`CREATE CATALOG ${catalog}`);
  await admin.run(`GRANT USE CATALOG, USE SCHEMA, SELECT ON CATALOG ${catalog} TO readers`);
  await admin.run(`USE CATALOG ${catalog}`);
  const columns = world.tables.flatMap((table) => table.columns.map((column, index) => ({ table, column, index })));
  const schemaOf = (table: WorldTable, name: string): string => `${table.name}_${name}`;
  const script = [
    ...surroundings(world),
    ...governed(world, 'g', valuesOf),
    ...columns.flatMap(({ table, column, index }) => {
      const schema = schemaOf(table, column.name);
      const rowsOf = (each: WorldTable): string => (each === table ? changedRows(draw, table, index) : valuesOf(each));
      return governed(world, schema, rowsOf);
    }),
  ];
  for (const statement of script) await admin.run(inCatalog(statement, catalog));
  const open = async (schema: string): Promise<TestSession> => {
    const session = await server.as(user, catalog);
    await session.run(`USE SCHEMA ${schema}`);
    return session;
  };
  const base = await open('g');
  const changed: Changed[] = [];
  for (const { table, column } of columns) {
    changed.push({ name: `${table.name}.${column.name}`, session: await open(schemaOf(table, column.name)) });
  }
  for (let query = 0; query < queriesPerWorld; query += 1) {
    await checkQuery({ catalog, user, world, base, changed, script }, drawQuery(draw, world), counts);
  }
  for (const { session } of [{ session: base }, ...changed]) await session.session.close();
  await admin.run('USE CATALOG system');
  await admin.run(`DROP CATALOG ${catalog} CASCADE`);
  await admin.session.close();
}

interface Place {
  readonly catalog: string;
  readonly user: User;
  readonly world: World;
  readonly base: TestSession;
  readonly changed: readonly Changed[];
  readonly script: readonly string[];
}

async function checkQuery(place: Place, sql: string, counts: Counts): Promise<void> {
  const { catalog, user, base, changed, script } = place;
  const before = await answer(base, sql);
  if (before === undefined) return;
  const traced = await tracedOutputs(server, { user, catalog, schema: 'g' }, sql, before.outputs.length);
  const snapshot = server.services.catalog.snapshot();
  const named = traced.map(({ origins, influences }) => {
    const names = [...origins.values(), ...influences.values()].map(({ object, column }) => {
      const relation = snapshot.object(object);
      if (relation?.kind !== 'table') return '';
      return `${relation.name}.${relation.columns.find(({ id }) => id === column)?.name ?? ''}`;
    });
    return new Set(names);
  });
  counts.queries += 1;
  for (const { name, session } of changed) {
    const after = await answer(session, sql);
    if (after === undefined) continue;
    for (const [index, output] of before.outputs.entries()) {
      counts.compared += 1;
      const isNamed = named[index]?.has(name) === true;
      const differs = output !== after.outputs[index];
      if (isNamed) counts.named += 1;
      if (isNamed && differs) counts.seen += 1;
      if (!differs || isNamed) continue;
      const facts = { sql, user, output: index + 1, depends: name, named: [...(named[index] ?? [])], script };
      throw new DifferenceError(`lineage is not complete\n${JSON.stringify(facts, undefined, 1)}`);
    }
  }
}

test('what an output’s lineage does not name never matters to it, whatever the policies', {
  timeout: 86_400_000,
}, async () => {
  const counts: Counts = { queries: 0, compared: 0, named: 0, seen: 0 };
  let number = 0;
  console.info(`lineage: seed ${String(seed)}, ${String(worlds)} worlds`);
  await fc.assert(
    fc.asyncProperty(fc.gen(), async (gen) => {
      number += 1;
      await runWorld(new Draw(gen), number, counts);
    }),
    { seed, numRuns: worlds, endOnFailure: true },
  );
  const { queries, compared, named, seen } = counts;
  console.info(
    `lineage: ${String(queries)} queries, ${String(compared)} outputs against one changed column each: ${String(named)} named, of which ${String(seen)} changed`,
  );
  expect(queries).toBeGreaterThan((worlds * queriesPerWorld) / 3);
  expect(seen).toBeGreaterThan(named / 20);
});
