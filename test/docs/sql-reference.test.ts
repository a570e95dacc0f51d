// docs/sql-reference.md against the grammar: every form in it is parsed in every reading, and every statement that the grammar knows
// has a form there.
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseStatements } from '../../src/parse/parse.ts';
import { readings } from './statement-forms.ts';

const page = readFileSync('docs/sql-reference.md', 'utf8');
const blocks = [...page.matchAll(/```sql\n(.*?)```/gs)].map(([, sql = '']) => sql);
const forms = blocks.filter((sql) => /[[{…]/.test(sql)).flatMap(readings);

test('there are forms', () => {
  expect(forms.length).toBeGreaterThan(150);
});

test.each(forms.map((form) => ({ form })))('$form', ({ form }) => {
  expect(parseStatements(form)).toHaveLength(1);
});

test('every kind of statement that the grammar makes has a form', () => {
  const kinds = readdirSync('grammar')
    .filter((name) => name.endsWith('.peggy'))
    .flatMap((name) => [...readFileSync(`grammar/${name}`, 'utf8').matchAll(/return \{ kind: '(\w+)'/g)])
    .map(([, kind = '']) => kind);
  const told = new Set<string>(
    [...forms, ...blocks.filter((sql) => !/[[{…]/.test(sql))].flatMap((sql) =>
      parseStatements(sql).map(({ statement }) => statement.kind),
    ),
  );
  expect([...new Set(kinds)].filter((kind) => !told.has(kind) && !partKinds.has(kind))).toEqual([]);
});

/** Parts of statements. */
const partKinds: ReadonlySet<string> = new Set([
  ...['hasTag', 'hasTagValue', 'version', 'timestamp', 'rows', 'noAccess', 'constant', 'column'],
  ...['primaryKey', 'unique', 'check', 'foreignKey', 'nothing'],
]);
