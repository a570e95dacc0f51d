// information_schema: rows of the catalog, told to each by what they may know; a relation like any other in queries.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type InProcess, startInProcess, type TestSession } from '../support/in-process.ts';

let server: InProcess;
let admin: TestSession;
let ann: TestSession;

beforeAll(async () => {
  server = await startInProcess();
  admin = await server.as('admin');
  await admin.run('CREATE CATALOG other; CREATE SCHEMA other.x; CREATE TABLE other.x.y (z INT)');
  await admin.run(`CREATE CATALOG c; CREATE SCHEMA c.s; CREATE SCHEMA c.hidden;
    CREATE USER ann; CREATE USER bob; CREATE GROUP g; ALTER GROUP g ADD ann;
    CREATE TABLE c.s.t (id INT PRIMARY KEY, email STRING COMMENT 'mail', price DECIMAL(12,2)) COMMENT 'people';
    CREATE TABLE c.s.u (id INT); CREATE TABLE c.hidden.secret (pin STRING COMMENT 'the pin');
    CREATE VIEW c.s.v AS SELECT id FROM c.s.t;
    CREATE FUNCTION c.hidden.mask(e STRING) RETURNS STRING RETURN 'x';
    CREATE FUNCTION c.s.plus(a INT, b INT) RETURNS INT RETURN a + b;
    CREATE FUNCTION c.hidden.f(i INT) RETURNS BOOLEAN RETURN i > 0;
    ALTER TABLE c.s.t ALTER COLUMN email SET MASK c.hidden.mask;
    ALTER TABLE c.s.t SET ROW FILTER c.hidden.f ON (id);
    GRANT USE CATALOG, USE SCHEMA ON CATALOG c TO ann; GRANT SELECT ON TABLE c.s.t TO g; GRANT SELECT ON VIEW c.s.v TO ann;
    GRANT SELECT ON TABLE c.s.u TO bob; GRANT EXECUTE ON FUNCTION c.s.plus TO ann`);
  ann = await server.as('ann', 'c');
});

afterAll(async () => {
  await server.close();
});

test.each([
  [
    'SELECT table_name, table_type, comment FROM information_schema.tables ORDER BY 1',
    [
      ['t', 'MANAGED', 'people'],
      ['v', 'VIEW', null],
    ],
  ],
  ['SELECT table_name FROM c.information_schema.tables ORDER BY 1', [['t'], ['v']]],
  ['SELECT table_name FROM SYSTEM.INFORMATION_SCHEMA.TABLES ORDER BY 1', [['t'], ['v']]],
  ['SELECT count(*) FROM information_schema.tables', [[2n]]],
  ['SELECT "TABLES".TABLE_NAME FROM INFORMATION_SCHEMA."TABLES" ORDER BY TABLE_NAME', [['t'], ['v']]],
  ['SELECT information_schema.tables.table_name FROM information_schema.tables ORDER BY ALL', [['t'], ['v']]],
  [
    'SELECT a.table_name, c.column_name, c.full_data_type FROM information_schema.tables AS a JOIN information_schema.columns AS c USING (table_catalog, table_schema, table_name) WHERE c.ordinal_position = 3',
    [['t', 'price', 'decimal(12,2)']],
  ],
  [
    "WITH w AS (SELECT * FROM information_schema.columns) SELECT column_name, numeric_precision, numeric_scale FROM w WHERE table_name = 't' ORDER BY ordinal_position",
    [
      ['id', 10n, 0n],
      ['email', null, null],
      ['price', 12n, 2n],
    ],
  ],
  [
    'SELECT (SELECT max(column_name) FROM information_schema.columns WHERE table_name = t.table_name) FROM information_schema.tables t ORDER BY 1',
    [['id'], ['price']],
  ],
  ['SELECT schema_name FROM information_schema.schemata', [['s']]],
  ['SELECT catalog_name FROM system.information_schema.catalogs', [['c']]],
  ['SELECT catalog_name FROM information_schema.information_schema_catalog_name', [['c']]],
  ['SELECT routine_name, data_type FROM information_schema.routines', [['plus', 'INTEGER']]],
  [
    'SELECT parameter_name, ordinal_position FROM information_schema.parameters ORDER BY 2',
    [
      ['a', 1n],
      ['b', 2n],
    ],
  ],
  ['SELECT routine_definition FROM information_schema.routines', [[null]]],
  ['SELECT view_definition, sql_path FROM information_schema.views', [[null, null]]],
  ['SELECT count(*) FROM information_schema.column_masks', [[0n]]],
  ['SELECT count(*) FROM information_schema.row_filters', [[0n]]],
  [
    'SELECT grantee, table_name, privilege_type, inherited_from FROM information_schema.table_privileges ORDER BY 1, 2',
    [
      ['ann', 'v', 'SELECT', 'NONE'],
      ['g', 't', 'SELECT', 'NONE'],
    ],
  ],
  [
    'SELECT grantee, privilege_type FROM information_schema.catalog_privileges ORDER BY 2',
    [
      ['ann', 'USE CATALOG'],
      ['ann', 'USE SCHEMA'],
    ],
  ],
  [
    'SELECT grantee, schema_name, privilege_type, inherited_from FROM information_schema.schema_privileges',
    [['ann', 's', 'USE SCHEMA', 'CATALOG']],
  ],
  [
    'SELECT grantee, routine_name, privilege_type FROM information_schema.routine_privileges',
    [['ann', 'plus', 'EXECUTE']],
  ],
  ['SELECT constraint_name, constraint_type FROM information_schema.table_constraints', [['t_pkey', 'PRIMARY KEY']]],
  ['SELECT column_name, ordinal_position FROM information_schema.key_column_usage', [['id', 1n]]],
])('an ordinary user is told of what they may know: %s', async (sql, rows) => {
  expect(await ann.rows(sql)).toEqual(rows);
});

test.each([
  [
    'SELECT column_name, mask_name, using_columns FROM c.information_schema.column_masks',
    [['email', 'c.hidden.mask', null]],
  ],
  ['SELECT filter_name, target_columns FROM c.information_schema.row_filters', [['c.hidden.f', 'id']]],
  ['SELECT view_definition FROM c.information_schema.views', [['SELECT id FROM c.s.t']]],
  ["SELECT routine_definition FROM c.information_schema.routines WHERE routine_name = 'plus'", [['a + b']]],
  ['SELECT DISTINCT table_catalog FROM system.information_schema.tables ORDER BY 1', [['c'], ['other']]],
  ['SELECT DISTINCT table_catalog FROM c.information_schema.tables', [['c']]],
])('who manages is told all: %s', async (sql, rows) => {
  expect(await admin.rows(sql)).toEqual(rows);
});

test('a relation whose catalog the asker may not know reads like a missing one', async () => {
  const told = async (sql: string): Promise<string> => String(await ann.rows(sql).catch((error: unknown) => error));
  const hidden = await told('SELECT * FROM other.information_schema.tables');
  expect(hidden).toBe('SqlError: table other.information_schema.tables does not exist');
  expect(hidden.replace('other', 'absent')).toBe(await told('SELECT * FROM absent.information_schema.tables'));
});

test.each([
  ['a parameter of the client', 'SELECT count(*) FROM information_schema.tables WHERE table_name = $1', ['t'], [[1n]]],
  [
    'two parameters around two mentions',
    'SELECT (SELECT count(*) FROM information_schema.tables WHERE table_name = $2), count(*) FROM information_schema.columns WHERE table_name = $1',
    ['t', 'v'],
    [[1n, 3n]],
  ],
  [
    'a value the statement does not have',
    'SELECT count(*) FROM information_schema.tables WHERE table_name = $1',
    ['t', '[{"table_name":"forged"}]', '[]'],
    [[1n]],
  ],
  [
    'no parameter but values',
    'SELECT table_name FROM information_schema.tables ORDER BY 1',
    ['[{"table_name":"forged"}]'],
    [['t'], ['v']],
  ],
])('%s keeps clear of the rows, which are bound too', async (_, sql, values, rows) => {
  const { session } = ann;
  await session.parse('', sql, []);
  expect((await session.parameterTypes('')).length).toBe(sql.includes('$2') ? 2 : sql.includes('$1') ? 1 : 0);
  const text = { id: 'VARCHAR' } as const;
  await session.bind(
    '',
    '',
    values.map((value) => ({ type: text, value })),
  );
  const outcome = await session.execute('', 0);
  const found: unknown[][] = [];
  if (outcome.kind === 'rows') {
    for await (const chunk of outcome.chunks) {
      for (let row = 0; row < chunk.rowCount; row += 1) found.push(chunk.columns.map((column) => column[row]));
    }
  }
  await session.sync();
  expect(found).toEqual(rows);
});

test('rows can be kept in tables and views, and inserted', async () => {
  await admin.run(`CREATE SCHEMA c.mine; GRANT ALL PRIVILEGES ON SCHEMA c.mine TO ann`);
  await ann.run('CREATE TABLE c.mine.copy AS SELECT table_name, created FROM c.information_schema.tables');
  await ann.run('INSERT INTO c.mine.copy SELECT column_name, NULL FROM c.information_schema.columns');
  expect(await ann.rows('SELECT count(*), count(created) FROM c.mine.copy')).toEqual([[8n, 2n]]);
  await admin.run('DROP SCHEMA c.mine CASCADE');
});

test('a view or function over it tells each reader what they may know', async () => {
  await admin.run(`CREATE SCHEMA c.shared; GRANT SELECT, EXECUTE ON SCHEMA c.shared TO ann;
    CREATE VIEW c.shared.names AS SELECT table_name FROM c.information_schema.tables WHERE table_schema <> 'shared';
    CREATE FUNCTION c.shared.count_all() RETURNS BIGINT RETURN (SELECT count(*) FROM system.information_schema.tables WHERE table_schema <> 'shared')`);
  expect(await admin.rows('SELECT table_name FROM c.shared.names ORDER BY 1')).toEqual([
    ['secret'],
    ['t'],
    ['u'],
    ['v'],
  ]);
  expect(await ann.rows('SELECT table_name FROM c.shared.names ORDER BY 1')).toEqual([['t'], ['v']]);
  expect(await ann.rows('SELECT c.shared.count_all()')).toEqual([[2n]]);
  await admin.run('DROP SCHEMA c.shared CASCADE');
});

test('it follows the catalog, also inside a transaction', async () => {
  const names = 'SELECT table_name FROM c.information_schema.tables ORDER BY 1';
  await admin.run('BEGIN');
  await admin.run('CREATE TABLE c.s.fresh (a INT)');
  await admin.run('GRANT SELECT ON TABLE c.s.fresh TO ann');
  expect(
    await admin.rows("SELECT grantee FROM c.information_schema.table_privileges WHERE table_name = 'fresh'"),
  ).toEqual([['ann']]);
  expect(await ann.rows(names)).toEqual([['t'], ['v']]);
  await admin.run('COMMIT');
  expect(await ann.rows(names)).toEqual([['fresh'], ['t'], ['v']]);
  await admin.run('DROP TABLE c.s.fresh');
  expect(await ann.rows(names)).toEqual([['t'], ['v']]);
});

test.each([
  'CREATE SCHEMA c.information_schema',
  'CREATE SCHEMA c."INFORMATION_SCHEMA"',
  'CREATE TABLE c.information_schema.tables (a INT)',
  'CREATE VIEW c.information_schema.mine AS SELECT 1 AS a',
  'CREATE FUNCTION c.information_schema.f() RETURNS INT RETURN 1',
  'DROP TABLE c.information_schema.tables',
  'DROP VIEW c.information_schema.tables',
  'DROP SCHEMA c.information_schema CASCADE',
  'GRANT SELECT ON TABLE c.information_schema.tables TO ann',
  'GRANT SELECT ON TABLE system.information_schema.tables TO ann',
  'INSERT INTO c.information_schema.tables (table_name) VALUES (1)',
  'COMMENT ON TABLE c.information_schema.tables IS NULL',
  'ALTER TABLE c.information_schema.tables SET ROW FILTER c.hidden.f ON (table_name)',
  'ALTER TABLE c.information_schema.tables OWNER TO ann',
  'SELECT * FROM c.information_schema.nothing',
  'SELECT * FROM c.information_schema.duckdb_tables()',
  'SELECT * FROM information_schema.pg_catalog.tables',
  'SELECT * FROM c.information_schema.tables AT (VERSION => 1)',
])('%s is refused', async (sql) => {
  await expect(admin.run(sql)).rejects.toMatchObject({ name: 'SqlError' });
});

test('a policy may not read it', async () => {
  await admin.run(`CREATE FUNCTION c.hidden.meta(i INT) RETURNS BOOLEAN
    RETURN EXISTS (SELECT 1 FROM c.information_schema.tables WHERE table_name = 't')`);
  await expect(admin.run('ALTER TABLE c.s.u SET ROW FILTER c.hidden.meta ON (id)')).rejects.toMatchObject({
    sqlState: '42P17',
  });
});

test('reading it is audited like any read', async () => {
  await ann.rows('SELECT table_name FROM information_schema.tables');
  const names = server.audit.events.flatMap((event) =>
    event.kind === 'statementStarted' ? event.objects.map((object) => object.name) : [],
  );
  expect(names).toContain('c.information_schema.tables');
});

test('tags show to whoever may know the object, policies by tags to who manages it', async () => {
  await admin.run(`CREATE TABLE c.s.tagged (id INT, ssn STRING); CREATE TABLE c.s.dark (secret_col STRING);
    GRANT SELECT ON TABLE c.s.tagged TO ann;
    ALTER SCHEMA c.s SET TAGS ('zone' = 'open'); ALTER TABLE c.s.tagged SET TAGS ('kind' = 'people');
    ALTER TABLE c.s.tagged ALTER COLUMN ssn SET TAGS ('pii' = 'ssn'); ALTER TABLE c.s.dark SET TAGS ('kind' = 'dark');
    CREATE POLICY hide ON SCHEMA c.s COLUMN MASK c.hidden.mask TO \`account users\`
      FOR TABLES MATCH COLUMNS has_tag('pii') AS col ON COLUMN col`);
  expect(await ann.rows('SELECT schema_name, tag_name, tag_value FROM information_schema.schema_tags')).toEqual([
    ['s', 'zone', 'open'],
  ]);
  expect(await ann.rows('SELECT table_name, tag_name, tag_value FROM information_schema.table_tags')).toEqual([
    ['tagged', 'kind', 'people'],
  ]);
  expect(await ann.rows('SELECT table_name, column_name, tag_value FROM information_schema.column_tags')).toEqual([
    ['tagged', 'ssn', 'ssn'],
  ]);
  expect(await ann.rows('SELECT count(*) FROM information_schema.policies')).toEqual([[0n]]);
  expect(await ann.rows('SELECT count(*) FROM information_schema.effective_policies')).toEqual([[0n]]);
  expect(
    await admin.rows(
      'SELECT policy_name, policy_type, on_securable_name, to_principals FROM c.information_schema.policies',
    ),
  ).toEqual([['hide', 'COLUMN MASK', 'c.s', 'account users']]);
  expect(
    await admin.rows(`SELECT column_name, policy_name, function_name, defined_on_type FROM c.information_schema.effective_policies
      WHERE table_name = 'tagged'`),
  ).toEqual([['ssn', 'hide', 'c.hidden.mask', 'SCHEMA']]);
});

test('who was granted single columns is told of these alone', async () => {
  await admin.run(`CREATE USER col; GRANT USE CATALOG, USE SCHEMA ON CATALOG c TO col;
    CREATE TABLE c.s.narrow (a INT, hidden_b INT, PRIMARY KEY (a, hidden_b)); ALTER TABLE c.s.narrow ALTER COLUMN hidden_b SET TAGS ('pii2' = 'x');
    CREATE VIEW c.s.narrow_v AS SELECT a AS c, hidden_b AS hidden_d FROM c.s.narrow;
    GRANT SELECT (a) ON TABLE c.s.narrow TO col; GRANT SELECT (c) ON VIEW c.s.narrow_v TO col`);
  const col = await server.as('col', 'c');
  expect(await col.rows('SELECT table_name, column_name FROM information_schema.columns ORDER BY 1')).toEqual([
    ['narrow', 'a'],
    ['narrow_v', 'c'],
  ]);
  expect(await col.rows('SELECT column_name FROM information_schema.key_column_usage')).toEqual([['a']]);
  expect(await col.rows('SELECT column_name FROM information_schema.column_tags')).toEqual([]);
  expect(JSON.stringify(await col.rows('DESCRIBE c.s.narrow_v'))).not.toContain('hidden');
});
