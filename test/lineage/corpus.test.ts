// Two proofs of each case: what is told is what the file says (UPDATE_LINEAGE=1 writes it anew), and it is true of the engine:
// changing a column that is not named for an output never changes that output, changing one that is named can.
import { readFileSync, writeFileSync } from 'node:fs';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Traced } from '../../src/lineage/traced.ts';
import { type InProcess, startInProcess } from '../support/in-process.ts';
import { shown, tracedOutputs } from '../support/traced-query.ts';

const file = new URL('corpus.sql', import.meta.url);

interface Case {
  readonly name: string;
  readonly sql: string;
  readonly expected: readonly string[];
}

const text = readFileSync(file, 'utf8');
const [head = '', ...blocks] = text.trimEnd().split('\n\n');
const cases = blocks.map((block): Case => {
  const lines = block.split('\n');
  const isTold = (line: string): boolean => line.startsWith('--> ');
  return {
    name: (lines[0] ?? '').slice(3),
    sql: lines.filter((line) => !line.startsWith('--')).join('\n'),
    expected: lines.filter(isTold).map((line) => line.slice(4)),
  };
});

const columns = {
  t: {
    a: 'INTEGER',
    b: 'INTEGER',
    c: 'INTEGER',
    d: 'VARCHAR',
    e: 'INTEGER',
    l: 'INTEGER[]',
    s: 'STRUCT(p INTEGER, q INTEGER)',
  },
  u: { a: 'INTEGER', x: 'INTEGER', y: 'INTEGER', z: 'VARCHAR' },
} as const;

const definitions = [
  ...Object.entries(columns).map(
    ([name, types]) =>
      `CREATE TABLE ${name} (${Object.entries(types)
        .map((column) => column.join(' '))
        .join(', ')})`,
  ),
  'CREATE VIEW v AS SELECT a AS va, b + c AS vb FROM t WHERE e > 2',
];
const functions: readonly (readonly [product: string, engine: string])[] = [
  ['CREATE FUNCTION plus(p INTEGER, q INTEGER) RETURNS INTEGER RETURN p + q', 'CREATE MACRO plus(p, q) AS p + q'],
  [
    'CREATE FUNCTION largest(p INTEGER) RETURNS INTEGER RETURN (SELECT max(u.x) FROM u WHERE u.y <> p)',
    'CREATE MACRO largest(p) AS (SELECT max(u.x) FROM u WHERE u.y <> p)',
  ],
  [
    'CREATE FUNCTION above(p INTEGER) RETURNS TABLE (n INTEGER, m VARCHAR) RETURN SELECT u.x, u.z FROM u WHERE u.y > p',
    'CREATE MACRO above(p) AS TABLE SELECT u.x AS n, u.z AS m FROM u WHERE u.y > p',
  ],
];

const rowCount = 12;
/** Data are drawn anew for each: so many at least, and more while something named has not been seen to matter. */
const roundsMin = 3;
const roundsMax = 16;

/** A small generator of its own: the same values in every run. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
}

function cell(type: string, next: (below: number) => number): string {
  if (next(8) === 0) return 'NULL';
  const number = String(next(6));
  switch (type) {
    case 'INTEGER':
      return number;
    case 'INTEGER[]':
      return `[${Array.from({ length: 1 + next(3) }, () => String(next(6))).join(', ')}]`;
    case 'VARCHAR':
      return `'${'abcdef'[next(6)] ?? ''}${number}'`;
    default:
      return `{'p': ${number}, 'q': ${String(next(6))}}`;
  }
}

/** Column name to the values of its rows. */
type Data = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

function dataOf(seed: number): Data {
  const next = numbers(seed);
  const tables = Object.entries(columns).map(([name, types]) => {
    const values = Object.entries(types).map(
      ([column, type]) => [column, Array.from({ length: rowCount }, () => cell(type, next))] as const,
    );
    return [name, Object.fromEntries(values)] as const;
  });
  return Object.fromEntries(tables);
}

let server: InProcess;
let instance: DuckDBInstance;

beforeAll(async () => {
  server = await startInProcess();
  const admin = await server.as('admin');
  for (const statement of ['CREATE CATALOG c', 'USE CATALOG c', 'CREATE SCHEMA s', 'USE SCHEMA s', ...definitions]) {
    await admin.run(statement);
  }
  for (const [product] of functions) await admin.run(product);
  instance = await DuckDBInstance.create(':memory:', { threads: '1' });
});

afterAll(async () => {
  instance.closeSync();
  await server.close();
});

async function lineageOf({ sql }: Case, width: number): Promise<readonly Traced[]> {
  return tracedOutputs(server, { user: 'admin', catalog: 'c', schema: 's' }, sql, width);
}

/** A schema with its own data. */
class Place {
  readonly #connection: DuckDBConnection;

  private constructor(connection: DuckDBConnection) {
    this.#connection = connection;
  }

  static async filled(name: string, data: Data): Promise<Place> {
    const connection = await instance.connect();
    for (const statement of [`CREATE SCHEMA ${name}`, `USE ${name}`, ...definitions]) await connection.run(statement);
    for (const [, macro] of functions) await connection.run(macro);
    for (const [table, values] of Object.entries(data)) {
      const lists = Object.values(values);
      const rows = Array.from(
        { length: rowCount },
        (_, row) => `(${lists.map((list) => list[row] ?? 'NULL').join(', ')})`,
      );
      await connection.run(`INSERT INTO ${table} VALUES ${rows.join(', ')}`);
    }
    return new Place(connection);
  }

  async widthOf(sql: string): Promise<number> {
    return (await this.#connection.run(sql)).columnCount;
  }

  /** Each output's values, without their order unless the query has one. */
  async outputs(sql: string): Promise<readonly string[]> {
    const rows = (await this.#connection.runAndReadAll(sql)).getRowsJson();
    const width = rows[0]?.length ?? 0;
    return Array.from({ length: width }, (_, index) => {
      const values = rows.map((row) => JSON.stringify(row[index]));
      return JSON.stringify(sql.includes('ORDER BY') ? values : values.toSorted());
    });
  }
}

/** Data, and the same with one column changed. */
interface Round {
  readonly base: Place;
  readonly changed: ReadonlyMap<string, Place>;
}

async function makeRound(number: number): Promise<Round> {
  const data = dataOf(7 + number);
  const others = dataOf(1_000 + number);
  const name = `w${String(number)}`;
  const changed = new Map<string, Place>();
  for (const [table, values] of Object.entries(data)) {
    for (const column of Object.keys(values)) {
      const with1 = { ...data, [table]: { ...values, [column]: others[table]?.[column] ?? [] } };
      changed.set(`${table}.${column}`, await Place.filled(`${name}_${table}_${column}`, with1));
    }
  }
  return { base: await Place.filled(name, data), changed };
}

/** `t.a` of every column that an output names for certain, and of those that may be meant. */
function namesOf({ origins, influences }: Traced): { readonly certain: Set<string>; readonly all: Set<string> } {
  const snapshot = server.services.catalog.snapshot();
  const certain = new Set<string>();
  const all = new Set<string>();
  for (const { object, column, coarse } of [...origins.values(), ...influences.values()]) {
    const relation = snapshot.object(object);
    if (relation?.kind !== 'table') continue;
    const name = `${relation.name}.${relation.columns.find(({ id }) => id === column)?.name ?? ''}`;
    all.add(name);
    if (!coarse) certain.add(name);
  }
  return { certain, all };
}

/** Which columns were seen to matter for each output. */
async function watch({ base, changed }: Round, sql: string, seen: readonly Set<string>[]): Promise<void> {
  const before = await base.outputs(sql);
  for (const [name, place] of changed) {
    const after = await place.outputs(sql);
    for (const [index, names] of seen.entries()) if (before[index] !== after[index]) names.add(name);
  }
}

describe('lineage corpus', () => {
  let rounds: readonly Round[];

  beforeAll(async () => {
    const made: Round[] = [];
    for (let number = 0; number < roundsMax; number += 1) made.push(await makeRound(number));
    rounds = made;
  }, 120_000);

  const widthOf = async ({ sql }: Case): Promise<number> => (await rounds[0]?.base.widthOf(sql)) ?? 0;

  test('it has cases', () => {
    expect(cases.length).toBeGreaterThan(90);
  });

  test('every case is told as the file says', async () => {
    const told: string[] = [];
    const different: string[] = [];
    for (const each of cases) {
      const lineage = (await lineageOf(each, await widthOf(each))).map((value) => shown(server, value));
      told.push([`-- ${each.name}`, each.sql, ...lineage.map((line) => `--> ${line}`)].join('\n'));
      if (JSON.stringify(lineage) !== JSON.stringify(each.expected)) different.push(told.at(-1) ?? '');
    }
    if (process.env['UPDATE_LINEAGE'] === '1') writeFileSync(file, `${[head, ...told].join('\n\n')}\n`);
    else expect(different).toEqual([]);
  });

  test('what is not named never matters, and what is named for certain can', async () => {
    const silent: string[] = [];
    const untrue: string[] = [];
    for (const each of cases) {
      const lineage = (await lineageOf(each, await widthOf(each))).map(namesOf);
      const seen = lineage.map(() => new Set<string>());
      const unseen = (): readonly string[] =>
        lineage.flatMap(({ certain }, index) =>
          [...certain]
            .filter((name) => seen[index]?.has(name) !== true)
            .map((name) => `output ${String(index + 1)}: ${name}`),
        );
      for (const [number, round] of rounds.entries()) {
        if (number >= roundsMin && unseen().length === 0) break;
        await watch(round, each.sql, seen);
      }
      silent.push(...unseen().map((what) => `${each.name}: ${what}`));
      for (const [index, names] of seen.entries()) {
        for (const name of names) {
          if (lineage[index]?.all.has(name) !== true) untrue.push(`${each.name}: output ${String(index + 1)}: ${name}`);
        }
      }
    }
    expect(untrue).toEqual([]);
    expect(silent).toEqual([]);
  }, 120_000);
});
