// The architecture as a test: the layer table of ARCHITECTURE.md, and what belongs where.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { sqlStates } from '../../src/base/sql-state.ts';

const root = new URL('../..', import.meta.url).pathname;

function filesUnder(folder: string, ending: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((file) => !file.includes('/generated/') && !file.includes('node_modules'));
}

const sources = filesUnder('src', '.ts').map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }));
const tests = [...filesUnder('test', '.ts'), ...filesUnder('conformance', '.ts')].map((file) => ({
  file,
  text: readFileSync(join(root, file), 'utf8'),
}));

interface Import {
  readonly file: string;
  readonly target: string;
}

const imports: readonly Import[] = sources.flatMap(({ file, text }) =>
  [...text.matchAll(/(?:from|import)\s+'([^']+)'/g)].map(([, target = '']) => ({ file, target })),
);

/** Folder under src, or undefined for files directly in it. */
function folderOf(file: string): string | undefined {
  const [, folder, ...rest] = file.split('/');
  return rest.length === 0 ? undefined : folder;
}

const rows = [
  ...readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8').matchAll(
    /^\| (?!folder )([a-z]+) \|[^|]*\|[^|]*\|([^|]*)\|$/gm,
  ),
];
const layers = new Map(rows.map(([, folder = '', allowed = '']) => [folder, new Set(allowed.trim().split(/\s+/))]));

test('the scan sees the imports it judges', () => {
  expect(imports.length).toBeGreaterThan(500);
  expect(layers.size).toBeGreaterThan(10);
});

test('every folder of src is in the layer table, and every row is a folder', () => {
  const folders = new Set(sources.map(({ file }) => folderOf(file)).filter((folder) => folder !== undefined));
  expect([...folders].toSorted()).toEqual([...layers.keys()].toSorted());
});

test('imports follow the layer table', () => {
  const wrong = imports.filter(({ file, target }) => {
    const from = folderOf(file);
    if (from === undefined || !target.startsWith('.')) return false;
    const to = folderOf(relative(root, join(root, file, '..', target)));
    return to !== undefined && to !== from && layers.get(from)?.has(to) !== true;
  });
  // The demo is loaded by the composition and uses it for the administrator's name.
  expect(wrong).toEqual([]);
});

test.each([
  ['@duckdb/', ['engine']],
  ['node:net', ['wire']],
  ['fastify', ['http']],
  ['libsql', ['catalog', 'lineage']],
  ['kysely', ['catalog']],
])('%s is imported only under %s', (module, folders) => {
  const importers = new Set(
    imports.filter(({ target }) => target.startsWith(module)).map(({ file }) => folderOf(file)),
  );
  expect([...importers]).toEqual(folders);
});

test('seals are imported only under rewrite', () => {
  const users = sources.filter(({ text }) => /\bseal(Query|Ddl)\b/.test(text)).map(({ file }) => folderOf(file));
  expect([...new Set(users)]).toEqual(['rewrite']);
});

test('the environment is read only by the bootstrap and config', () => {
  const users = sources.filter(({ text }) => text.includes('process.env')).map(({ file }) => file);
  // The build reads TypeScript; main.ts hands the environment on without looking into it.
  expect(users.filter((file) => file !== 'src/config.ts')).toEqual([]);
});

test('no file is longer than 300 lines', () => {
  expect(sources.filter(({ text }) => text.split('\n').length > 301).map(({ file }) => file)).toEqual([]);
});

const banned: readonly (readonly [RegExp, string])[] = [
  [/\bconsole\./, 'use the log that is handed down'],
  [/\bTODO\b|\bFIXME\b|\bXXX\b/, 'do it now, or open an issue'],
  [/\bas any\b|: any\b/, 'earn the type at the border'],
  [/@ts-ignore|@ts-nocheck/, 'mend the type'],
  [/^export default/m, 'named exports only'],
  [/throw new Error\(/, 'SqlError for what a client did, assert for what we did'],
];

test.each(banned)('src is free of %s: %s', (pattern) => {
  const allowed = new Set(['src/config.ts']);
  expect(sources.filter(({ file, text }) => pattern.test(text) && !allowed.has(file)).map(({ file }) => file)).toEqual(
    [],
  );
});

test('no test is skipped or alone', () => {
  const pattern = new RegExp(String.raw`\b(test|describe|it)\.(skip|only|todo)\b`);
  expect(tests.filter(({ text }) => pattern.test(text)).map(({ file }) => file)).toEqual([]);
});

test('every condition of the SQLSTATE table is used', () => {
  const text = sources
    .filter(({ file }) => file !== 'src/base/sql-state.ts')
    .map((source) => source.text)
    .join('\n');
  const unused = Object.keys(sqlStates).filter((condition) => !text.includes(`'${condition}'`));
  expect(unused).toEqual([]);
});

test('every example is run by a test', () => {
  const text = tests.map((each) => each.text).join('\n');
  expect(readdirSync(join(root, 'examples')).filter((name) => !text.includes(`examples/${name}`))).toEqual([]);
});
