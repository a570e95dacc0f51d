import { expect, test } from 'vitest';
import { commandOf } from '../../src/parse/command.ts';
import { parseStatements } from '../../src/parse/parse.ts';
import type { Statement } from '../../src/parse/statement.ts';
import { conditionOf, type ParsedCondition } from '../../src/parse/tag-condition.ts';
import { thrownBy } from '../support/thrown.ts';

function parsed(sql: string): Statement {
  const [only, ...others] = parseStatements(sql);
  if (only === undefined || others.length > 0) throw new Error('one statement is wanted');
  return only.statement;
}

const target = { type: 'TABLE', name: { parts: ['a', 'b', 't'] } };
const tags = [
  { key: 'k', value: 'v' },
  { key: 'flag', value: '' },
];

const statements: readonly (readonly [sql: string, command: string, statement: object])[] = [
  ["ALTER CATALOG c SET TAGS ('k' = 'v', 'flag')", 'SET TAGS', { kind: 'setTags', object: { type: 'CATALOG' }, tags }],
  ["ALTER DATABASE s SET TAGS ('k' = 'v', flag)", 'SET TAGS', { kind: 'setTags', object: { type: 'SCHEMA' }, tags }],
  [
    "ALTER VIEW v UNSET TAGS ('k', 'flag')",
    'UNSET TAGS',
    { kind: 'unsetTags', object: { type: 'VIEW' }, keys: ['k', 'flag'] },
  ],
  [
    "ALTER TABLE a.b.t ALTER COLUMN c SET TAGS ('k' = 'v', 'flag')",
    'SET TAGS',
    { object: target, column: { name: 'c' }, tags },
  ],
  ["ALTER TABLE a.b.t ALTER c UNSET TAGS ('k')", 'UNSET TAGS', { object: target, column: { name: 'c' }, keys: ['k'] }],
  ['SET TAG ON TABLE a.b.t k = v', 'SET TAGS', { object: target, tags: [{ key: 'k', value: 'v' }] }],
  [
    'SET TAG ON COLUMN a.b.t.c `my key`',
    'SET TAGS',
    { object: target, column: { name: 'c' }, tags: [{ key: 'my key', value: '' }] },
  ],
  ['UNSET TAG ON COLUMN a.b.t.c k', 'UNSET TAGS', { object: target, column: { name: 'c' }, keys: ['k'] }],
  [
    `CREATE OR REPLACE POLICY p ON CATALOG c COMMENT 'why' COLUMN MASK s.f TO GROUP g, \`account users\` EXCEPT USER u
     FOR TABLES WHEN has_tag('a') MATCH COLUMNS has_tag_value('b', '1') AS x, has_tag('c') y ON COLUMN x USING COLUMNS (y, 'k', 1)`,
    'CREATE POLICY',
    {
      kind: 'createPolicy',
      orReplace: true,
      effect: 'columnMask',
      comment: 'why',
      to: [{ name: 'g', kind: 'group' }, { name: 'account users' }],
      except: [{ name: 'u', kind: 'user' }],
      when: [{ kind: 'hasTag', key: 'a' }],
      match: [
        { condition: [{ kind: 'hasTagValue', key: 'b', value: '1' }], alias: { name: 'x' } },
        { condition: [{ kind: 'hasTag', key: 'c' }], alias: { name: 'y' } },
      ],
      onColumn: { name: 'x' },
      using: [
        { kind: 'column', name: 'y' },
        { kind: 'constant', literal: { text: "'k'" } },
        { kind: 'constant', literal: { text: '1' } },
      ],
    },
  ],
  [
    'CREATE POLICY IF NOT EXISTS p ON TABLE a.b.t ROW FILTER f TO g FOR TABLES',
    'CREATE POLICY',
    { ifNotExists: true, object: target, match: [], using: [], effect: 'rowFilter' },
  ],
  ['DROP POLICY IF EXISTS p ON SCHEMA a.b', 'DROP POLICY', { kind: 'dropPolicy', ifExists: true, name: { name: 'p' } }],
  ['SHOW POLICIES ON CATALOG c', 'SHOW POLICIES', { kind: 'showPolicies', effective: false }],
  [
    'SHOW EFFECTIVE POLICIES ON TABLE a.b.t',
    'SHOW POLICIES',
    { kind: 'showPolicies', effective: true, object: target },
  ],
  ['DESC POLICY p ON TABLE a.b.t', 'DESCRIBE POLICY', { kind: 'describePolicy', object: target }],
];

test.each(statements)('%s is read as %s', (sql, command, expected) => {
  const statement = parsed(sql);
  expect(statement).toMatchObject(expected);
  expect(commandOf(statement)).toBe(command);
});

test('comments and white space between words change nothing but places', () => {
  const strip = (statement: Statement): unknown =>
    JSON.parse(JSON.stringify(statement, (key, value: unknown) => (/offset$/i.test(key) ? undefined : value)));
  for (const [sql] of statements) {
    const spaced = sql
      .replaceAll(' ', ' /* ) */\n ')
      .replaceAll('`my /* ) */\n key`', '`my key`')
      .replaceAll('`account /* ) */\n users`', '`account users`');
    expect(strip(parsed(spaced))).toEqual(strip(parsed(sql)));
  }
});

function condition(text: string): ParsedCondition {
  const statement = parsed(`CREATE POLICY p ON CATALOG c ROW FILTER f TO g FOR TABLES WHEN ${text}`);
  if (statement.kind !== 'createPolicy' || statement.when === undefined) throw new Error('no condition');
  return conditionOf(statement.when);
}

const [a, b, c] = ['a', 'b', 'c'].map((key) => ({ kind: 'hasTag', key }));

test.each([
  ["has_tag('a')", a],
  ["HAS_TAG ( 'a' )", a],
  ["has_tag('a') OR has_tag('b') AND has_tag('c')", { kind: 'or', operands: [a, { kind: 'and', operands: [b, c] }] }],
  ["(has_tag('a') OR has_tag('b')) AND has_tag('c')", { kind: 'and', operands: [{ kind: 'or', operands: [a, b] }, c] }],
  ["NOT has_tag('a') AND has_tag('b')", { kind: 'and', operands: [{ kind: 'not', operand: a }, b] }],
  ["NOT(has_tag('a'))", { kind: 'not', operand: a }],
  ["has_tag('a')AND(has_tag('b'))", { kind: 'and', operands: [a, b] }],
  ["has_tag_value('it''s', '')", { kind: 'hasTagValue', key: "it's", value: '' }],
])('%s binds as written', (text, expected) => {
  expect(condition(text)).toEqual(expected);
});

test.each([
  "has_tag('a') has_tag('b')",
  'AND',
  'NOT',
  "(has_tag('a')",
  "has_tag('a'))",
  "has_tag('a') OR",
  '()',
  "NOT AND has_tag('a')",
])('%s is no condition', (text) => {
  expect(thrownBy(() => condition(text))).toMatchObject({ condition: 'syntaxError' });
});
