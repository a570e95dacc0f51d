// Writes by a restricted user against the same writes done by hand in a plain DuckDB: over the rows and values that the user
// sees, onto the raw rows. After each write both sides must hold the same raw rows, byte by byte: hidden rows and raw values
// under a mask are what nobody touched.
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { sealQuery } from '../../src/rewrite/executable-query.ts';
import { physicalName } from '../../src/rewrite/physical.ts';
import type { InProcess, TestSession } from '../support/in-process.ts';
import { governed, surroundings, valuesOf, visibleColumns, visibleCondition } from './build-world.ts';
import { Draw } from './draw.ts';
import { type DrawnWrite, drawWrite } from './draw-write.ts';
import { DifferenceError, inCatalog } from './fuzz.ts';
import { readableColumns } from './routes.ts';
import { drawWorld, sqlTypes, type User, users, type World, type WorldTable } from './world.ts';

export interface WriteCounts {
  cases: number;
  /** Writes that changed a row. */
  changed: number;
  /** Refused since a column that it reads is not granted. */
  ungranted: number;
  /** Refused since a value was read through a mask. */
  laundering: number;
  /** Refused since it could not be told whether one was. */
  cautious: number;
  /** Refused since a new row was not the writer's. */
  foreign: number;
  failed: number;
}

export function newWriteCounts(): WriteCounts {
  return { cases: 0, changed: 0, ungranted: 0, laundering: 0, cautious: 0, foreign: 0, failed: 0 };
}

interface Place {
  readonly server: InProcess;
  readonly world: World;
  readonly tables: readonly [WorldTable, WorldTable];
  readonly user: User;
  readonly writer: TestSession;
  readonly hand: DuckDBConnection;
  readonly catalog: string;
  readonly script: readonly string[];
  readonly counts: WriteCounts;
}

let worldNumber = 0;

async function runWorld(
  server: InProcess,
  draw: Draw,
  run: { readonly writes: number; readonly counts: WriteCounts },
): Promise<void> {
  worldNumber += 1;
  const catalog = `x${String(worldNumber)}`;
  const world = drawWorld(draw, { routes: 'columns' });
  const [t, u] = world.tables;
  if (t === undefined || u === undefined) throw new TypeError('two tables are drawn');
  const user = draw.pick(users);
  const script = [...surroundings(world), ...governed(world, 'g', valuesOf)];
  const admin = await server.as('admin');
  await admin.run(`CREATE CATALOG ${catalog}`);
  await admin.run(`GRANT USE CATALOG, USE SCHEMA, MODIFY ON CATALOG ${catalog} TO readers`);
  await admin.run(`USE CATALOG ${catalog}`);
  for (const statement of script) await admin.run(inCatalog(statement, catalog));
  const writer = await server.as(user, catalog);
  await writer.run('USE SCHEMA g');
  const instance = await DuckDBInstance.create(':memory:');
  const hand = await instance.connect();
  for (const statement of byHand(world)) await hand.run(statement);
  const place: Place = { server, world, tables: [t, u], user, writer, hand, catalog, script, counts: run.counts };
  const done: string[] = [];
  for (let write = 0; write < run.writes; write += 1) {
    await checkWrite(place, drawWrite(draw, [t, u], 1_000 * (write + 1)), done);
  }
  hand.disconnectSync();
  instance.closeSync();
  await writer.session.close();
  await admin.run('USE CATALOG system');
  await admin.run(`DROP CATALOG ${catalog} CASCADE`);
  await admin.session.close();
}

function byHand(world: World): readonly string[] {
  return [
    'CREATE SCHEMA p',
    'CREATE TABLE p.m (who VARCHAR, item VARCHAR)',
    `INSERT INTO p.m VALUES ${world.mapping.join(', ')}`,
    ...world.tables.flatMap((table) => [
      `CREATE TABLE ${table.name} (${table.columns.map(({ name, type }) => `${name} ${sqlTypes[type]}`).join(', ')})`,
      `INSERT INTO ${table.name} ${valuesOf(table)}`,
    ]),
  ];
}

interface Result {
  readonly error: string | undefined;
  readonly changed: number;
  readonly returned: readonly string[];
}

async function checkWrite(place: Place, write: DrawnWrite, done: string[]): Promise<void> {
  const { counts, user, script } = place;
  counts.cases += 1;
  const actual = await written(place, write);
  const isUngranted = readsUngranted(place, write);
  const cautious = actual.error === '42501' && !isUngranted && write.untold && seesMasks(place);
  const expected = cautious ? actual : isUngranted ? refused : await writtenByHand(place, write);
  const [ours, theirs] = [await rawRows(place), await handRows(place)];
  done.push(write.sql);
  const same = JSON.stringify(ours) === JSON.stringify(theirs);
  const sameResult =
    (actual.error === undefined) === (expected.error === undefined) &&
    (expected.error === undefined || expected.error === 'any' || actual.error === expected.error) &&
    actual.changed === expected.changed &&
    JSON.stringify(actual.returned) === JSON.stringify(expected.returned);
  if (same && sameResult) {
    if (actual.changed > 0) counts.changed += 1;
    if (cautious) counts.cautious += 1;
    else if (isUngranted) counts.ungranted += 1;
    else if (actual.error === '42501') counts.laundering += 1;
    else if (actual.error === '44000') counts.foreign += 1;
    else if (actual.error !== undefined) counts.failed += 1;
    return;
  }
  const facts = { user, write, actual, expected, ours, theirs, done, script };
  throw new DifferenceError(`a write differs from the one done by hand\n${JSON.stringify(facts, undefined, 1)}`);
}

async function written({ writer }: Place, { sql, answer }: DrawnWrite): Promise<Result> {
  try {
    const { tag, rows } = await writer.run(sql);
    const changed = Number(tag.split(' ').at(-1));
    return {
      error: undefined,
      changed,
      returned: answer !== undefined ? rows.map((row) => String(row[0])).toSorted() : [],
    };
  } catch (error) {
    return { error: String((error as { sqlState?: string }).sqlState), changed: 0, returned: [] };
  }
}

const refused: Result = { error: '42501', changed: 0, returned: [] };

function readsUngranted({ tables: [t, u] }: Place, { reads }: DrawnWrite): boolean {
  const granted = { t: readableColumns(t), u: readableColumns(u) };
  return reads.some(([table, column]) => !granted[table].some(({ name }) => name === column));
}

/** The whole write as one transaction. */
async function writtenByHand(place: Place, write: DrawnWrite): Promise<Result> {
  const { hand } = place;
  if (write.sources.some(([side, column]) => masks(place, side, column))) return refused;
  await hand.run('BEGIN');
  let result: Result;
  try {
    result = await steps(place, write);
  } catch {
    result = { error: 'any', changed: 0, returned: [] };
  }
  await hand.run(result.error === undefined ? 'COMMIT' : 'ROLLBACK');
  return result;
}

function seesMasks({ tables, user }: Place): boolean {
  return tables.some((table) => [...table.masks].some(([column, mask]) => mask.byHand(user) !== column));
}

/** Does the user see another value than the raw one? */
function masks({ tables, user }: Place, side: 't' | 'u', column: string): boolean {
  const mask = tables[side === 't' ? 0 : 1].masks.get(column);
  return mask !== undefined && mask.byHand(user) !== column;
}

async function steps({ hand, tables, user }: Place, write: DrawnWrite): Promise<Result> {
  for (const table of tables) {
    await hand.run(`CREATE OR REPLACE TEMP TABLE vis_${table.name} AS SELECT rowid AS r, ${visibleColumns(table, user)}
      FROM ${table.name} WHERE ${visibleCondition(table, user)}`);
  }
  const [t] = tables;
  const names = t.columns.map(({ name }) => name).join(', ');
  const values = write.assigned.map((_, index) => `v${String(index)}`);
  await hand.run(
    `CREATE OR REPLACE TEMP TABLE found AS SELECT * FROM (${write.found ?? 'SELECT 0 WHERE false'}) AS f(${['r', ...values].join(', ')})`,
  );
  await hand.run(
    `CREATE OR REPLACE TEMP TABLE added AS SELECT * FROM (${write.added ?? `SELECT ${names} FROM t WHERE false`}) AS a(${names})`,
  );
  const shown = visibleColumns(t, user);
  const answers = (where: string): Promise<readonly string[]> =>
    textRows(hand, `SELECT ${write.answer ?? '1'} FROM (SELECT ${shown} FROM t WHERE ${where})`);
  const before = await answers('rowid IN (SELECT r FROM found)');
  let changed = 0;
  if (write.kind === 'delete') {
    changed += (await hand.run('DELETE FROM t WHERE rowid IN (SELECT r FROM found)')).rowsChanged;
  } else if (write.found !== undefined) {
    const set = write.assigned.map((name, index) => `${name} = found.v${String(index)}`).join(', ');
    changed += (await hand.run(`UPDATE t SET ${set} FROM found WHERE t.rowid = found.r`)).rowsChanged;
  }
  const [edge] = (await (await hand.run('SELECT coalesce(max(rowid), -1) AS r FROM t')).getRows())[0] ?? [];
  if (write.added !== undefined) changed += (await hand.run('INSERT INTO t SELECT * FROM added')).rowsChanged;
  const touched =
    write.added === undefined
      ? 'rowid IN (SELECT r FROM found)'
      : `(rowid > ${String(edge)} OR rowid IN (SELECT r FROM found))`;
  const foreign = await textRows(
    hand,
    `SELECT 1 FROM t WHERE ${touched} AND NOT coalesce(${visibleCondition(t, user)}, false)`,
  );
  if (foreign.length > 0) return { error: '44000', changed: 0, returned: [] };
  if (write.answer === undefined) return { error: undefined, changed, returned: [] };
  return { error: undefined, changed, returned: write.kind === 'delete' ? before : await answers(touched) };
}

/** A value in the text that DuckDB gives it. */
function textual(table: WorldTable): string {
  return `SELECT concat_ws('|', ${table.columns.map((_, index) => `coalesce(k${String(index + 1)}::VARCHAR, '∅')`).join(', ')}) AS row FROM `;
}

async function rawRows({ server, tables: [t], catalog }: Place): Promise<readonly string[]> {
  const snapshot = server.services.catalog.snapshot();
  const found = snapshot.catalogByName(catalog);
  const schema = snapshot.schemaByName(found?.id ?? '', 'g');
  const table = snapshot.relationByName(schema?.id ?? '', 't');
  const connection = await server.services.engine.connect();
  const sql = `${textual(t)}${physicalName(found?.id ?? '', table?.id ?? '')}`;
  const prepared = await connection.prepare(sealQuery({ sql, writes: undefined }));
  const stream = await prepared.execute([]);
  const rows: string[] = [];
  for (let chunk = await stream.next(); chunk !== undefined; chunk = await stream.next()) {
    rows.push(...(chunk.columns[0] ?? []).slice(0, chunk.rowCount).map(String));
  }
  prepared.close();
  await connection.close();
  return rows.toSorted();
}

async function handRows({ hand, tables: [t] }: Place): Promise<readonly string[]> {
  const names = t.columns.map(({ name }, index) => `${name} AS k${String(index + 1)}`).join(', ');
  const reader = await hand.run(`${textual(t)}(SELECT ${names} FROM t)`);
  return (await reader.getRows()).map((row) => String(row[0])).toSorted();
}

async function textRows(hand: DuckDBConnection, sql: string): Promise<readonly string[]> {
  const rows = await (await hand.run(sql)).getRows();
  return rows.map((row) => String(row[0])).toSorted();
}

export interface WriteFuzzRun {
  readonly seed: number;
  readonly worlds: number;
  readonly writesPerWorld: number;
  readonly counts: WriteCounts;
}

/** @throws the first difference */
export async function fuzzWrites(server: InProcess, run: WriteFuzzRun): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.gen(), async (gen) => {
      await runWorld(server, new Draw(gen), { writes: run.writesPerWorld, counts: run.counts });
    }),
    { seed: run.seed, numRuns: run.worlds, endOnFailure: true },
  );
}
