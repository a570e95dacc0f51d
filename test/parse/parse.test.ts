import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { commandOf } from '../../src/parse/command.ts';
import { parseStatements } from '../../src/parse/parse.ts';
import type { Statement } from '../../src/parse/statement.ts';
import { thrownBy } from '../support/thrown.ts';

function parsed(sql: string): Statement {
  const [only, ...others] = parseStatements(sql);
  if (only === undefined || others.length > 0) throw new Error('one statement is wanted');
  return only.statement;
}

type Expected = readonly [sql: string, command: string, statement: object];

const queries: readonly Expected[] = [
  ['SELECT 1', 'SELECT', { kind: 'query', query: { text: 'SELECT 1', offset: 0 } }],
  ['WITH a AS (SELECT 1) FROM a', 'SELECT', { kind: 'query' }],
  ['FROM t', 'SELECT', { kind: 'query' }],
  ['VALUES (1)', 'SELECT', { kind: 'query' }],
  ['TABLE t', 'SELECT', { kind: 'query' }],
  ['(SELECT 1)', 'SELECT', { kind: 'query' }],
  ['SUMMARIZE t', 'SUMMARIZE', { kind: 'query', summary: true, query: { text: 'FROM      t' } }],
  ['PIVOT t ON a', 'SELECT', { kind: 'query' }],
  ['DESCRIBE SELECT 1', 'DESCRIBE', { kind: 'describeQuery', query: { text: '         SELECT 1' } }],
  ['SELECT `a"b` FROM t', 'SELECT', { kind: 'query', query: { text: 'SELECT "a""b" FROM t', offset: 0 } }],
];

const shells: readonly Expected[] = [
  [
    "CREATE TABLE a.b.c (id BIGINT PRIMARY KEY, name STRING NOT NULL COMMENT 'n', price DECIMAL(9,2) DEFAULT 0)",
    'CREATE TABLE',
    {
      kind: 'createTable',
      orReplace: false,
      ifNotExists: false,
      name: { parts: ['a', 'b', 'c'], offset: 13 },
      columns: [
        { name: 'id', type: { text: 'BIGINT' }, notNull: true, primaryKey: true },
        { name: 'name', type: { text: 'VARCHAR' }, notNull: true, primaryKey: false, comment: 'n' },
        { name: 'price', type: { text: 'DECIMAL(9, 2)' }, notNull: false, default: { text: '0' } },
      ],
    },
  ],
  [
    'CREATE TABLE t (a INT, PRIMARY KEY (a), UNIQUE (a), CHECK (a > 0), FOREIGN KEY (a) REFERENCES o (b))',
    'CREATE TABLE',
    {
      constraints: [
        { kind: 'primaryKey', columns: ['a'] },
        { kind: 'unique', columns: ['a'] },
        { kind: 'check', expression: { text: 'a > 0' } },
        { kind: 'foreignKey', columns: ['a'], references: { table: { parts: ['o'] }, columns: ['b'] } },
      ],
    },
  ],
  [
    "CREATE OR REPLACE TABLE t USING DELTA COMMENT 'c' TBLPROPERTIES ('a' = 'b') AS SELECT 1 AS x",
    'CREATE TABLE',
    {
      orReplace: true,
      using: 'DELTA',
      comment: 'c',
      properties: { a: 'b' },
      as: { text: 'SELECT 1 AS x', offset: 79 },
    },
  ],
  [
    "CREATE TABLE t (a INT MASK m USING COLUMNS (b, 'x'), b INT) WITH ROW FILTER f ON (b)",
    'CREATE TABLE',
    {
      columns: [
        {
          mask: {
            function: { parts: ['m'] },
            arguments: [
              { kind: 'column', name: 'b' },
              { kind: 'constant', literal: { text: "'x'" } },
            ],
          },
        },
        {},
      ],
      rowFilter: { function: { parts: ['f'] }, arguments: [{ kind: 'column', name: 'b' }] },
    },
  ],
  ['CREATE TABLE IF NOT EXISTS t (a ARRAY<MAP<STRING, INT>>)', 'CREATE TABLE', { ifNotExists: true }],
  [
    "CREATE OR REPLACE VIEW v (a COMMENT 'x', b) COMMENT 'y' AS SELECT 1, 2",
    'CREATE VIEW',
    { kind: 'createView', orReplace: true, columns: [{ name: 'a', comment: 'x' }, { name: 'b' }], comment: 'y' },
  ],
  [
    'INSERT INTO t (a, b) VALUES (1, 2)',
    'INSERT',
    {
      kind: 'insert',
      table: { parts: ['t'] },
      columns: [{ name: 'a', offset: 15 }, { name: 'b' }],
      source: { text: 'VALUES (1, 2)' },
    },
  ],
  ['INSERT INTO t SELECT 1', 'INSERT', { kind: 'insert', columns: [], source: { text: 'SELECT 1', offset: 14 } }],
  ['INSERT INTO t (SELECT 1)', 'INSERT', { kind: 'insert', columns: [], source: { text: '(SELECT 1)' } }],
];

const governance: readonly Expected[] = [
  [
    "CREATE CATALOG IF NOT EXISTS c COMMENT 'x'",
    'CREATE CATALOG',
    { kind: 'createCatalog', ifNotExists: true, name: { parts: ['c'] }, comment: 'x' },
  ],
  ['CREATE SCHEMA c.s', 'CREATE SCHEMA', { kind: 'createSchema', ifNotExists: false, name: { parts: ['c', 's'] } }],
  ['CREATE DATABASE s', 'CREATE SCHEMA', { kind: 'createSchema' }],
  [
    "CREATE OR REPLACE FUNCTION f(a STRING, b INT DEFAULT 1 + 2) RETURNS STRING LANGUAGE SQL DETERMINISTIC COMMENT 'c' RETURN a || b",
    'CREATE FUNCTION',
    {
      kind: 'createFunction',
      orReplace: true,
      parameters: [
        { name: 'a', type: { text: 'VARCHAR' } },
        { name: 'b', type: { text: 'INTEGER' }, default: { text: '1 + 2' } },
      ],
      returns: { text: 'VARCHAR' },
      comment: 'c',
      body: { text: 'a || b' },
    },
  ],
  ['CREATE FUNCTION f() RETURN (SELECT 1)', 'CREATE FUNCTION', { parameters: [], body: { text: '(SELECT 1)' } }],
  [
    "CREATE USER `a@b.c` PASSWORD 'x' ATTRIBUTES (region = 'north', level '2')",
    'CREATE USER',
    { kind: 'createUser', name: { name: 'a@b.c' }, password: 'x', attributes: { region: 'north', level: '2' } },
  ],
  ["ALTER USER a SET PASSWORD E'it\\'s'", 'ALTER USER', { kind: 'alterUser', name: { name: 'a' }, password: "it's" }],
  ['CREATE USER a PASSWORD $$x$$', 'CREATE USER', { password: 'x' }],
  ['CREATE GROUP IF NOT EXISTS g', 'CREATE GROUP', { kind: 'createGroup', ifNotExists: true, name: { name: 'g' } }],
  [
    'ALTER GROUP g ADD USER a, b',
    'ALTER GROUP',
    {
      kind: 'alterGroup',
      action: 'add',
      members: [
        { name: 'a', kind: 'user' },
        { name: 'b', kind: 'user' },
      ],
    },
  ],
  ['ALTER GROUP g REMOVE a', 'ALTER GROUP', { kind: 'alterGroup', action: 'drop', members: [{ name: 'a' }] }],
  ['DROP TABLE IF EXISTS a.b', 'DROP TABLE', { kind: 'drop', objectType: 'TABLE', ifExists: true, cascade: false }],
  ['DROP SCHEMA s CASCADE', 'DROP SCHEMA', { kind: 'drop', objectType: 'SCHEMA', ifExists: false, cascade: true }],
  ['DROP GROUP g RESTRICT', 'DROP GROUP', { kind: 'drop', objectType: 'GROUP', cascade: false }],
  [
    'ALTER VIEW v OWNER TO GROUP g',
    'ALTER VIEW OWNER',
    { kind: 'alterOwner', object: { type: 'VIEW', name: { parts: ['v'] } }, owner: { name: 'g', kind: 'group' } },
  ],
  [
    'ALTER TABLE t ALTER COLUMN a SET MASK f USING COLUMNS (b, 1)',
    'ALTER TABLE SET MASK',
    { kind: 'setMask', table: { parts: ['t'] }, column: 'a', columnOffset: 27, mask: { function: { parts: ['f'] } } },
  ],
  ['ALTER TABLE t ALTER a DROP MASK', 'ALTER TABLE DROP MASK', { kind: 'dropMask', column: 'a' }],
  [
    "ALTER TABLE t SET ROW FILTER f ON (a, 'x')",
    'ALTER TABLE SET ROW FILTER',
    { kind: 'setRowFilter', filter: { arguments: [{ kind: 'column', name: 'a' }, { kind: 'constant' }] } },
  ],
  ['ALTER TABLE t DROP ROW FILTER', 'ALTER TABLE DROP ROW FILTER', { kind: 'dropRowFilter', table: { parts: ['t'] } }],
  [
    "COMMENT ON COLUMN s.t.c IS 'x'",
    'COMMENT',
    { kind: 'comment', object: { type: 'TABLE', name: { parts: ['s', 't'] } }, column: 'c', comment: 'x' },
  ],
  ["COMMENT ON CATALOG c IS 'x'", 'COMMENT', { kind: 'comment', object: { type: 'CATALOG' }, comment: 'x' }],
  [
    'GRANT SELECT (a, b), USE SCHEMA ON TABLE t TO `x-y`, GROUP g',
    'GRANT',
    {
      kind: 'grant',
      privileges: [{ name: 'SELECT', columns: ['a', 'b'], offset: 6 }, { name: 'USE SCHEMA' }],
      object: { type: 'TABLE', name: { parts: ['t'] } },
      principals: [{ name: 'x-y' }, { name: 'g', kind: 'group' }],
    },
  ],
  ['GRANT ALL ON CATALOG TO g', 'GRANT', { privileges: [{ name: 'ALL PRIVILEGES' }], object: { type: 'CATALOG' } }],
  ['GRANT CREATE CATALOG ON METASTORE TO g', 'GRANT', { object: { type: 'METASTORE' } }],
  ['revoke all privileges on t from g', 'REVOKE', { kind: 'revoke', privileges: [{ name: 'ALL PRIVILEGES' }] }],
  [
    'SHOW GRANTS ON SCHEMA s',
    'SHOW GRANTS',
    { kind: 'showGrants', object: { type: 'SCHEMA', name: { parts: ['s'] } } },
  ],
  ['SHOW GRANTS TO a', 'SHOW GRANTS', { kind: 'showGrants', principal: { name: 'a' } }],
  ['SHOW GRANTS a ON t', 'SHOW GRANTS', { kind: 'showGrants', principal: { name: 'a' }, object: { type: 'TABLE' } }],
  ["SHOW TABLES IN c.s LIKE 'a%'", 'SHOW', { kind: 'show', target: 'TABLES', in: { parts: ['c', 's'] }, like: 'a%' }],
  ['SHOW DATABASES', 'SHOW', { kind: 'show', target: 'SCHEMAS' }],
  ['DESCRIBE TABLE EXTENDED t', 'DESCRIBE', { kind: 'describe', object: { type: 'TABLE' }, extended: true }],
  [
    'DESC FUNCTION f',
    'DESCRIBE',
    { kind: 'describe', object: { type: 'FUNCTION', name: { parts: ['f'] } }, extended: false },
  ],
];

const session: readonly Expected[] = [
  ['USE CATALOG c', 'USE', { kind: 'useCatalog', catalog: 'c' }],
  ['USE SCHEMA c.s', 'USE', { kind: 'useSchema', name: { parts: ['c', 's'] } }],
  ['USE a.b', 'USE', { kind: 'use', name: { parts: ['a', 'b'] } }],
  ["SET CURRENT USER = 'a@b.c'", 'SET CURRENT USER', { kind: 'setCurrentUser', user: { name: 'a@b.c' } }],
  ['RESET CURRENT USER', 'RESET CURRENT USER', { kind: 'resetCurrentUser' }],
  ['SET search_path TO a, "B"', 'SET', { kind: 'set', name: 'search_path', values: ['a', 'B'], local: false }],
  ['SET LOCAL Statement_Timeout = 5', 'SET', { kind: 'set', name: 'statement_timeout', values: ['5'], local: true }],
  ["SET TIME ZONE 'Europe/Berlin'", 'SET', { kind: 'set', name: 'timezone', values: ['Europe/Berlin'] }],
  ['SHOW TimeZone', 'SHOW', { kind: 'showSetting', name: 'timezone' }],
  ['SHOW TRANSACTION ISOLATION LEVEL', 'SHOW', { kind: 'showSetting', name: 'transaction_isolation' }],
  ['RESET timezone', 'RESET', { kind: 'resetSetting', name: 'timezone' }],
  ['DEALLOCATE PREPARE p', 'DEALLOCATE', { kind: 'deallocate', name: 'p' }],
  ['DISCARD TEMPORARY', 'DISCARD', { kind: 'discard', what: 'TEMP' }],
  ['BEGIN', 'BEGIN', { kind: 'begin', readOnly: false }],
  ['START TRANSACTION ISOLATION LEVEL READ COMMITTED, READ ONLY', 'BEGIN', { kind: 'begin', readOnly: true }],
  ['COMMIT WORK', 'COMMIT', { kind: 'commit' }],
  ['END', 'COMMIT', { kind: 'commit' }],
  ['ROLLBACK', 'ROLLBACK', { kind: 'rollback' }],
  ['ABORT TRANSACTION', 'ROLLBACK', { kind: 'rollback' }],
];

describe.each([
  ['queries', queries],
  ['shells', shells],
  ['governance', governance],
  ['session', session],
] as const)('%s', (_, list) => {
  test.each(list)('%s is read as %s', (sql, command, expected) => {
    const statement = parsed(sql);
    expect(statement).toMatchObject(expected);
    expect(commandOf(statement)).toBe(command);
  });

  test('comments and white space between words change nothing but places', () => {
    const strip = (statement: Statement): unknown =>
      JSON.parse(JSON.stringify(statement, (key, value: unknown) => (/offset$/i.test(key) ? undefined : value)));
    for (const [sql] of list) {
      const spaced = `\n/* ; */ ${sql} -- ;\n;`;
      expect(strip(parsed(spaced))).toEqual(strip(parsed(sql)));
    }
  });
});

test('absent clauses are absent', () => {
  expect(parsed('COMMENT ON TABLE t IS NULL')).not.toHaveProperty('comment');
  expect(parsed('SET search_path TO DEFAULT')).not.toHaveProperty('values');
  expect(parsed('DEALLOCATE ALL')).not.toHaveProperty('name');
  expect(parsed('INSERT INTO t DEFAULT VALUES')).not.toHaveProperty('source');
  expect(parsed('ALTER GROUP g ADD MEMBER a')).toMatchObject({ members: [{ name: 'a' }] });
});

test.each([
  ['INT', 'INTEGER'],
  ['long', 'BIGINT'],
  ['STRING', 'VARCHAR'],
  ['VARCHAR(20)', 'VARCHAR'],
  ['CHARACTER VARYING(5)', 'VARCHAR'],
  ['DECIMAL', 'DECIMAL'],
  ['NUMERIC(5)', 'DECIMAL(5, 0)'],
  ['DOUBLE PRECISION', 'DOUBLE'],
  ['TIMESTAMP WITH TIME ZONE', 'TIMESTAMPTZ'],
  ['INT[][3]', 'INTEGER[][3]'],
  ['ARRAY<STRING>', 'VARCHAR[]'],
  ['MAP<STRING, ARRAY<INT>>', 'MAP(VARCHAR, INTEGER[])'],
  ['STRUCT<a: INT, b STRING>', 'STRUCT("a" INTEGER, "b" VARCHAR)'],
  ['ROW(a INT)', 'STRUCT("a" INTEGER)'],
])('type %s is spelled %s', (written, spelled) => {
  expect(parsed(`CREATE TABLE t (a ${written})`)).toMatchObject({ columns: [{ type: { text: spelled } }] });
});

test('every statement of the article is read, each as what it says', () => {
  const article = readFileSync(new URL('../../examples/article.sql', import.meta.url), 'utf8');
  const statements = parseStatements(article);
  expect(statements.map(({ statement }) => commandOf(statement))).toEqual([
    ...['CREATE CATALOG', 'CREATE SCHEMA', 'CREATE TABLE', 'GRANT', 'GRANT', 'GRANT', 'GRANT', 'REVOKE', 'SHOW GRANTS'],
    ...['CREATE FUNCTION', 'ALTER TABLE SET MASK', 'ALTER TABLE DROP MASK', 'CREATE FUNCTION'],
    ...[
      'ALTER TABLE SET ROW FILTER',
      'ALTER TABLE DROP ROW FILTER',
      'SET CURRENT USER',
      'SELECT',
      'RESET CURRENT USER',
    ],
  ]);
  for (const { text, offset } of statements) expect(article.startsWith(text, offset)).toBe(true);
});

describe('refusals', () => {
  const words = `ATTACH DETACH PRAGMA CALL EXPLAIN PREPARE EXECUTE INSTALL LOAD EXPORT IMPORT VACUUM
    ANALYZE CHECKPOINT REINDEX CLUSTER LISTEN NOTIFY UNLISTEN LOCK DO FORCE UNLOAD REFRESH SECURITY`.split(/\s+/);
  test.each(words)('%s is said to be not supported', (word) => {
    for (const sql of [`${word} x`, word.toLowerCase(), `/* */ ${word}`]) {
      const error = thrownBy(() => parseStatements(sql));
      expect([error.sqlState, error.message]).toEqual(['0A000', `${word} is not supported`]);
    }
  });

  test.each(['TEMP', 'MACRO', 'SEQUENCE', 'INDEX', 'TYPE', 'TRIGGER', 'ROLE', 'SECRET', 'MATERIALIZED', 'EXTENSION'])(
    'CREATE %s is said to be not supported',
    (word) => {
      for (const sql of [`CREATE ${word} x`, `create or replace ${word} x`, `CREATE/**/${word} x`]) {
        expect(thrownBy(() => parseStatements(sql)).sqlState).toBe('0A000');
      }
    },
  );

  test.each<[string, number, string]>([
    ['FOO bar', 0, 'syntax error at or near "FOO"'],
    ['GRANT SELECT OM t TO a', 18, 'syntax error at or near "TO"'],
    ['DROP TABLE', 10, 'syntax error at end of input'],
    ['USE CATALOG `a``"b` c', 20, 'syntax error at or near "c"'],
    ['CREATE TABLE t (a INT, b NOSUCH)', 25, 'syntax error at or near "NOSUCH"'],
    ['CREATE USER u PASSWORD 5', 23, 'syntax error at or near "5"'],
    ['DROP TABLE a.b.c.d', 11, 'syntax error at or near "a"'],
    ["CREATE USER u PASSWORD 'a' PASSWORD 'b'", 0, 'syntax error at or near "CREATE"'],
  ])('%s is refused at character %i: %s', (sql, position, message) => {
    const error = thrownBy(() => parseStatements(sql));
    expect([error.sqlState, error.position, error.message]).toEqual(['42601', position, message]);
  });

  test.each(['DROP TABLE "', "COMMENT ON TABLE t IS 'x", 'SELECT /* '])('%s never ends and is refused', (sql) => {
    expect(thrownBy(() => parseStatements(sql)).sqlState).toBe('42601');
  });

  test('an error in a later statement refuses the whole message', () => {
    expect(thrownBy(() => parseStatements('SELECT 1; FOO')).sqlState).toBe('42601');
  });

  test.each([
    'CREATE USER "" PASSWORD \'x\'',
    'DROP TABLE a b',
    'GRANT ON t TO a',
    'SHOW',
    'USE',
    'BEGIN x',
    'COMMIT 1',
  ])('%s is refused', (sql) => {
    expect(thrownBy(() => parseStatements(sql)).sqlState).toBe('42601');
  });
});
