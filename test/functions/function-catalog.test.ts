import { beforeAll, expect, test } from 'vitest';
import {
  aggregateClassOf,
  functionClassOf,
  isBoundedFormat,
  isBuiltInPath,
  listAggregateNameAllowed,
  mayAccumulate,
  reviewedNames,
  tableFunctionAllowed,
  windowClassOf,
} from '../../src/analyze/functions/function-catalog.ts';
import type { FunctionClass } from '../../src/analyze/functions/function-class.ts';
import { connect, functionsInTree, type InstalledFunction, installedFunctions } from './duckdb.ts';

let connection: Awaited<ReturnType<typeof connect>>;
let installed: readonly InstalledFunction[];

beforeAll(async () => {
  connection = await connect();
  installed = await installedFunctions(connection);
});

/** Reviewed names that duckdb_functions() does not show, and why they are there. */
const special = new Map([
  ['unnest', 'a case of the binder'],
  ['unlist', 'a case of the binder'],
  ['getenv', 'in the shell only'],
  ['is_account_group_member', 'ours'],
  ['is_member', 'ours'],
  ['current_user_attribute', 'ours'],
]);

function namesOfType(...types: readonly string[]): readonly string[] {
  return [...new Set(installed.filter((f) => types.includes(f.type)).map((f) => f.name))];
}

function classOf(name: string): FunctionClass | undefined {
  return functionClassOf(name) ?? aggregateClassOf(name) ?? windowClassOf(name);
}

test('every scalar function, aggregate and macro of this DuckDB has been reviewed', () => {
  const unknown = namesOfType('scalar', 'aggregate', 'macro').filter((name) => classOf(name) === undefined);
  expect(unknown).toEqual([]);
});

test('a name stands as what it is: scalars are no aggregates and the other way round', () => {
  const aggregates = namesOfType('aggregate').filter((name) => windowClassOf(name) === undefined);
  const scalars = namesOfType('scalar').filter((name) => functionClassOf(name) === undefined);
  expect({ aggregates, scalars }).toEqual({ aggregates: [], scalars: [] });
  expect([...reviewedNames.scalar.keys()].filter((name) => reviewedNames.aggregate.has(name))).toEqual([]);
});

test('every table function and pragma of this DuckDB has been reviewed', () => {
  expect(namesOfType('table', 'table_macro').filter((name) => !reviewedNames.table.has(name))).toEqual([]);
  expect(namesOfType('pragma').filter((name) => !reviewedNames.pragma.has(name))).toEqual([]);
});

test('nothing is reviewed that does not exist', () => {
  const callable = new Set(namesOfType('scalar', 'aggregate', 'macro'));
  const known = [...reviewedNames.scalar.keys(), ...reviewedNames.aggregate.keys(), ...reviewedNames.windowOnly];
  expect(known.filter((name) => !callable.has(name) && !special.has(name))).toEqual([]);
  const tables = new Set(namesOfType('table', 'table_macro'));
  expect([...reviewedNames.table].filter((name) => !tables.has(name))).toEqual([]);
  const pragmas = new Set(namesOfType('pragma'));
  expect([...reviewedNames.pragma].filter((name) => !pragmas.has(name))).toEqual([]);
});

test('three table functions are allowed', () => {
  const allowed = [...reviewedNames.table].filter((name) => tableFunctionAllowed(name)).sort();
  expect(allowed).toEqual(['generate_series', 'range', 'unnest']);
});

test('an alias has the class of what it stands for', () => {
  const different = installed
    .filter((f) => f.alias !== undefined && JSON.stringify(classOf(f.name)) !== JSON.stringify(classOf(f.alias)))
    .map((f) => `${f.name} = ${String(f.alias)}`);
  expect([...new Set(different)]).toEqual([]);
});

test('what DuckDB calls volatile is not pure', async () => {
  const reader = await connection.runAndReadAll(
    "SELECT DISTINCT lower(function_name) FROM duckdb_functions() WHERE stability <> 'CONSISTENT' OR has_side_effects",
  );
  const trusted = ['pure', 'leakproof', 'leakproofConstantPattern', 'unnesting', 'amplifying', 'lambda'];
  const wrong = reader.getRowsJson().flatMap(([name]) => {
    const kind = classOf(String(name))?.kind;
    return kind !== undefined && trusted.includes(kind) ? [`${String(name)}: ${kind}`] : [];
  });
  expect(wrong).toEqual([]);
});

/** Constant arguments that a macro's own text gives to guarded functions, and constant errors it raises. */
const reviewedInMacros = new Map([
  ['json_group_object', ['error']],
  ['md5_number_lower', []],
  ['generate_subscripts', ['generate_series']],
]);

test('an allowed macro calls only allowed functions', async () => {
  const wrong: string[] = [];
  for (const macro of installed.filter((f) => f.type === 'macro' && f.definition !== undefined)) {
    const kind = classOf(macro.name)?.kind ?? 'refused';
    // Answered by Portcullis, or guarded by the macro's own name.
    if (kind === 'refused' || kind === 'identity' || kind === 'amplifying') continue;
    const allowed = ['pure', 'leakproof', 'leakproofConstantPattern', 'unnesting', 'aggregateByName', 'lambda'];
    if (kind === 'stable') allowed.push('stable');
    for (const { name } of await functionsInTree(connection, String(macro.definition))) {
      if (reviewedInMacros.get(macro.name)?.includes(name) === true) continue;
      if (!allowed.includes(classOf(name)?.kind ?? 'unknown')) wrong.push(`${macro.name} calls ${name}`);
    }
  }
  expect(wrong).toEqual([]);
});

test('an aggregate by name is a plain aggregate that exists', () => {
  const wrong = [...reviewedNames.listAggregates].filter((name) => {
    return aggregateClassOf(name)?.kind !== 'pure' || !installed.some((f) => f.type === 'aggregate' && f.name === name);
  });
  expect(wrong).toEqual([]);
});

test.each(['approx_top_k', 'bitstring_agg', 'SUM', 'row_number', 'main.sum', 'arg_max', '', '__proto__'])(
  'the aggregate name %j is not allowed in list_aggregate',
  (name) => {
    expect(listAggregateNameAllowed(name)).toBe(false);
  },
);

test('what a list_reduce may call neither amplifies nor reads anything', () => {
  const wrong = [...reviewedNames.accumulating].filter((name) => {
    const kind = functionClassOf(name)?.kind;
    return kind !== 'pure' && kind !== 'leakproof';
  });
  expect(wrong).toEqual([]);
  for (const name of ['hex', 'to_json', 'repeat', 'flatten', 'list_transform', 'regexp_escape', 'upper']) {
    expect([name, mayAccumulate(name)]).toEqual([name, false]);
  }
});

test.each([
  'constructor',
  '__proto__',
  'toString',
  'hasOwnProperty',
  'UPPER',
  'Upper',
  ' upper',
  'upper ',
  '',
  'unlisted',
])('the name %j is unknown', (name) => {
  expect(classOf(name)).toBeUndefined();
  expect(tableFunctionAllowed(name)).toBe(false);
  expect(mayAccumulate(name)).toBe(false);
});

test.each([
  ['error', 'sideEffect'],
  ['stats', 'introspects'],
  ['current_setting', 'introspects'],
  ['getvariable', 'introspects'],
  ['alias', 'introspects'],
  ['json_serialize_plan', 'runsSql'],
  ['json_deserialize_sql', 'runsSql'],
  ['nextval', 'sideEffect'],
  ['sleep_ms', 'sideEffect'],
  ['finalize', 'rawState'],
  ['getenv', 'readsOutside'],
])('%s is refused: %s', (name, reason) => {
  expect(functionClassOf(name)).toEqual({ kind: 'refused', reason });
});

test('bitstring_agg is refused because its length shows statistics of hidden rows', async () => {
  await connection.run('CREATE TEMP TABLE hidden AS SELECT range AS i, range < 3 AS visible FROM range(1000)');
  const reader = await connection.runAndReadAll('SELECT bit_length(bitstring_agg(i)) FROM hidden WHERE visible');
  // Three visible rows, one bit for each hidden one: should DuckDB ever change that, the refusal may go.
  expect(Number(reader.getRowsJson()[0]?.[0])).toBe(1000);
  expect(aggregateClassOf('bitstring_agg')).toEqual({ kind: 'refused', reason: 'introspects' });
});

test('DuckDB lists no name that only differs in case, so that lower case is enough', async () => {
  const reader = await connection.runAndReadAll(`SELECT lower(function_name) FROM duckdb_functions()
    GROUP BY 1 HAVING count(DISTINCT function_name) > 1`);
  expect(reader.getRowsJson()).toEqual([]);
});

test.each([
  ['', '', 'upper', true],
  ['', 'main', 'upper', true],
  ['system', 'main', 'upper', true],
  ['', 'pg_catalog', 'upper', false],
  ['', 'pg_catalog', 'pg_typeof', true],
  ['', 'pg_catalog', 'version', true],
  ['', 'pg_catalog', 'current_schemas', true],
  ['', 'main', 'pg_typeof', false],
  ['', 'c', 'upper', false],
  ['memory', 'main', 'upper', false],
  ['prod', 'main', 'upper', false],
  ['system', '', 'upper', false],
  ['', 'MAIN', 'upper', false],
])('the path %j.%j.%s is built in: %s', (catalog, schema, name, builtIn) => {
  expect(isBuiltInPath({ catalog, schema, name })).toBe(builtIn);
});

test.each([
  ['%d of %s', true],
  ['year 2024: %08.3f', true],
  ['{} and {:>20}', true],
  ['{:.2f}', true],
  ['no field', true],
  ['%*d', false],
  ['%.*f', false],
  ['%99999d', false],
  ['%2000000000d', false],
  ['{:{}d}', false],
  ['{:{1}d}', false],
  ['{{}', false],
  ['{:2000000000d}', false],
  ['%9999d'.repeat(3000), false],
])('the format %j is bounded: %s', (text, bounded) => {
  expect(isBoundedFormat(text)).toBe(bounded);
});
