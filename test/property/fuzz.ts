// The two properties of the product over drawn worlds. Oracle: a governed query answers what the plain one answers over copies
// that were filtered and masked by hand. Non-interference: changing rows and raw values that a user may not see changes
// nothing that the user sees, errors included.
import fc from 'fast-check';
import type { InProcess, TestSession } from '../support/in-process.ts';
import {
  copies,
  governed,
  hiddenRowsLater,
  surroundings,
  valuesOf,
  visibleCondition,
  visibleRows,
} from './build-world.ts';
import { Draw } from './draw.ts';
import { drawQuery } from './draw-query.ts';
import { readableColumns } from './routes.ts';
import { drawRow, drawWorld, poison, sqlTypes, type User, users, type World, type WorldTable } from './world.ts';

export interface FuzzCounts {
  worlds: number;
  oracle: number;
  interference: number;
  /** Statements kept prepared while no row was hidden, run again after hidden rows came in. */
  later: number;
  /** Answers with rows: a generator that only makes errors and empty answers proves nothing. */
  answered: number;
  /** Refused since it reads every column where only some are granted. */
  refused: number;
  /** Cases in which a row the user sees fails, or not, by the order of evaluation; not compared further. */
  orderDependent: number;
}

export function newCounts(): FuzzCounts {
  return { worlds: 0, oracle: 0, interference: 0, later: 0, answered: 0, refused: 0, orderDependent: 0 };
}

interface Answer {
  readonly columns: readonly string[];
  readonly types: readonly string[];
  readonly rows: readonly string[];
  readonly error: string | undefined;
}

async function answer(session: TestSession, sql: string): Promise<Answer> {
  try {
    const { columns, types, rows } = await session.run(sql);
    const text = (value: unknown): string =>
      JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? `${inner.toString()}n` : inner));
    return { columns, types: types.map(text), rows: rows.map(text).toSorted(), error: undefined };
  } catch (error) {
    const { sqlState, message, detail, hint } = error as Record<string, unknown>;
    return { columns: [], types: [], rows: [], error: withoutPlace([sqlState, message, detail, hint]) };
  }
}

/** The same tables are in several schemas. */
function withoutPlace(texts: readonly unknown[]): string {
  return texts
    .map(String)
    .join(' | ')
    .replaceAll(/\bw\d+\.(g|h|v)(_base)?\./g, '');
}

export class DifferenceError extends Error {
  override readonly name = 'DifferenceError';
}

/** All that is needed to see a difference again. */
function difference(what: string, facts: Readonly<Record<string, unknown>>): DifferenceError {
  const lines = Object.entries(facts).map(([key, value]) => {
    return `${key}: ${typeof value === 'string' ? value : JSON.stringify(value, undefined, 1)}`;
  });
  return new DifferenceError(`${what}\n${lines.join('\n')}`);
}

interface Place {
  readonly catalog: string;
  readonly server: InProcess;
  readonly world: World;
  readonly script: readonly string[];
  readonly user: User;
  readonly governed: TestSession;
  readonly changed: TestSession;
  readonly plain: TestSession;
  /** Its tables hold the visible rows alone, until the last query. */
  readonly growing: TestSession;
  /** Is that looked at in this world? */
  readonly isGrowing: boolean;
  /** What it answered then. */
  readonly before: Map<string, Answer>;
  /** Does the user see a row on which a cast may fail? */
  readonly seesPoison: boolean;
  readonly counts: FuzzCounts;
}

let worldNumber = 0;
/** Hidden rows come in later in every third world: it takes two answers more for each query. */
const growingWorlds = 3;

/** One world, one of its users, so many queries of both properties. @throws DifferenceError */
export async function runWorld(
  server: InProcess,
  draw: Draw,
  { queries, counts }: { queries: number; counts: FuzzCounts },
): Promise<void> {
  worldNumber += 1;
  const catalog = `w${String(worldNumber)}`;
  const world = drawWorld(draw, { routes: 'all' });
  const user = draw.pick(users);
  const script = scriptOf(draw, world, user);
  const admin = await server.as('admin');
  await admin.run(`CREATE CATALOG ${catalog}`);
  await admin.run(`GRANT USE CATALOG ON CATALOG ${catalog} TO readers`);
  await admin.run(`USE CATALOG ${catalog}`);
  for (const statement of script) await admin.run(inCatalog(statement, catalog));
  counts.worlds += 1;
  const session = async (schema: string): Promise<TestSession> => {
    const opened = await server.as(user, catalog);
    await opened.run(`USE SCHEMA ${schema}`);
    return opened;
  };
  const plain = await session(`copy_${user}`);
  const place: Place = {
    catalog,
    server,
    world,
    script,
    user,
    governed: await session('g'),
    changed: await session('h'),
    plain,
    growing: await session('v'),
    isGrowing: worldNumber % growingWorlds === 0,
    before: new Map(),
    seesPoison: await seesPoison(plain),
    counts,
  };
  for (let query = 0; query < queries; query += 1) await checkQuery(place, drawQuery(draw, world));
  if (place.isGrowing) await checkLater(place, admin);
  for (const each of [place.governed, place.changed, place.growing, plain]) await each.session.close();
  await admin.run('USE CATALOG system');
  await admin.run(`DROP CATALOG ${catalog} CASCADE`);
  await admin.session.close();
}

export function inCatalog(statement: string, catalog: string): string {
  return statement.replace('CATALOG this_catalog', `CATALOG ${catalog}`);
}

/** So does somebody whose view fails on it. */
async function seesPoison(plain: TestSession): Promise<boolean> {
  const { rows, error } = await answer(plain, `SELECT x = ${poison} FROM t UNION ALL SELECT x = ${poison} FROM u`);
  return error !== undefined || rows.includes('[true]');
}

/** Schema h holds what the user sees in g, and other hidden rows and raw values. */
function scriptOf(draw: Draw, world: World, user: User): readonly string[] {
  return [
    ...surroundings(world),
    ...governed(world, 'g', valuesOf),
    'CREATE SCHEMA new',
    ...world.tables.flatMap((table) => [
      `CREATE TABLE new.${table.name} (${table.columns.map(({ name, type }) => `${name} ${sqlTypes[type]}`).join(', ')})`,
      `INSERT INTO new.${table.name} VALUES ${otherRows(draw, table).join(', ')}`,
    ]),
    ...governed(world, 'h', (table) => changedRows(table, user)),
    ...governed(world, 'v', (table) => visibleRows(table, user)),
    ...copies(world),
  ];
}

function otherRows(draw: Draw, table: WorldTable): readonly string[] {
  return Array.from({ length: 1 + draw.nat(8) }, (_, index) => drawRow(draw, table.columns, 100 + index, 2));
}

function changedRows(table: WorldTable, user: User): string {
  const condition = visibleCondition(table, user);
  const items = table.columns.map(({ name, type }) => {
    return freelyMasked(table, name, user)
      ? `CAST(${type === 'code' ? poison : 'NULL'} AS ${sqlTypes[type]}) AS ${name}`
      : name;
  });
  return `SELECT ${items.join(', ')} FROM raw.${table.name} WHERE ${condition}
    UNION ALL SELECT * FROM new.${table.name} WHERE NOT coalesce(${condition}, false)`;
}

/** The user sees nothing of the raw value, by a mask or for want of a grant, and no policy decides by it. */
function freelyMasked(table: WorldTable, column: string, user: User): boolean {
  const mask = table.masks.get(column);
  const granted = readableColumns(table).some(({ name }) => name === column);
  if (granted && (mask === undefined || mask.byHand(user).includes(column))) return false;
  const readers = [...table.filters, ...table.masks.values()];
  return readers.every((policy) => !policy.arguments.includes(column));
}

async function checkQuery(place: Place, sql: string): Promise<void> {
  const { counts, user, script, world } = place;
  const actual = await answer(place.governed, sql);
  const expected = await answer(place.plain, sql);
  counts.oracle += 1;
  if (expected.rows.length > 0) counts.answered += 1;
  const told = (against: Answer): Readonly<Record<string, unknown>> => ({
    user,
    sql,
    actual,
    against,
    script: script.join(';\n'),
  });
  const refused = asksForAll(world, sql) && actual.error?.startsWith('42501') === true;
  if (refused) counts.refused += 1;
  else if (!sameAnswer(actual, expected)) {
    if (!byOrder(place, actual, expected)) {
      throw difference('the governed answer differs from that over copies', told(expected));
    }
    counts.orderDependent += 1;
    return;
  }
  if (place.isGrowing) place.before.set(sql, await answer(place.growing, sql));
  const other = await answer(place.changed, sql);
  counts.interference += 1;
  if (JSON.stringify(other) === JSON.stringify(actual)) return;
  if (!byOrder(place, actual, other)) {
    throw difference('hidden rows or raw values change what the user sees', told(other));
  }
  counts.orderDependent += 1;
}

/** What was planned over visible rows alone answers the same over hidden ones too. */
async function checkLater(place: Place, admin: TestSession): Promise<void> {
  const { counts, user, script, before, world } = place;
  const change = hiddenRowsLater(world, 'v', user);
  for (const statement of change) await admin.run(inCatalog(statement, place.catalog));
  for (const [sql, first] of before) {
    const second = await answer(place.growing, sql);
    counts.later += 1;
    if (JSON.stringify(first) === JSON.stringify(second)) continue;
    if (!byOrder(place, first, second)) {
      const facts = { user, sql, first, second, script: [...script, ...change].join(';\n') };
      throw difference('hidden rows that came later change what the user sees', facts);
    }
    counts.orderDependent += 1;
  }
}

/**
 * A row that the user sees fails in two ways, or is left out by another condition: which it is depends on the order in which
 * a plan evaluates. Only where no such row is seen must errors be the same.
 */
function byOrder(place: Place, a: Answer, b: Answer): boolean {
  return place.seesPoison && (a.error !== undefined || b.error !== undefined);
}

/** Somebody who was granted some columns is told so when a star, a whole row or PIVOT reads them all: PostgreSQL does the same. */
function asksForAll(world: World, sql: string): boolean {
  if (world.tables.every(({ route }) => route.granted === undefined)) return false;
  // Where two relations are called s, a column that is not granted hides the outer one's of that name.
  const nested = (sql.match(/ s WHERE/g)?.length ?? 0) > 1;
  return nested || /(?<!count\()\*|COLUMNS|PIVOT|\bt AS y\b/.test(sql);
}

/** The SQLSTATE is the same; the text may repeat a name of the statement. */
function sameAnswer(a: Answer, b: Answer): boolean {
  if (a.error !== undefined || b.error !== undefined) return a.error?.slice(0, 5) === b.error?.slice(0, 5);
  return JSON.stringify(a) === JSON.stringify(b);
}

export const fuzzUsers: readonly string[] = [
  'CREATE GROUP readers',
  'CREATE GROUP raw',
  ...users.map((user) => `CREATE USER ${user}`),
  `ALTER GROUP readers ADD USER ${users.join(', ')}`,
  'ALTER GROUP raw ADD USER cyd',
  'CREATE GROUP both',
  'ALTER GROUP both ADD USER ann, bob',
];

export interface FuzzRun {
  readonly seed: number;
  readonly worlds: number;
  readonly queriesPerWorld: number;
  readonly counts: FuzzCounts;
  readonly onWorld?: () => void;
}

/** @throws the first difference, shrunk */
export async function fuzz(server: InProcess, run: FuzzRun): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.gen(), async (gen) => {
      await runWorld(server, new Draw(gen), { queries: run.queriesPerWorld, counts: run.counts });
      run.onWorld?.();
    }),
    { seed: run.seed, numRuns: run.worlds, endOnFailure: true },
  );
}
