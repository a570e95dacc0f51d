// Any identifier in any place where a statement may have one: refused, or quoted right. DuckDB's printer leaves some names bare,
// so that a name could become SQL; the reader here must never come to the secret table, whatever the name says.
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type InProcess, startInProcess, type TestSession } from '../support/in-process.ts';

let server: InProcess;
let reader: TestSession;

beforeAll(async () => {
  server = await startInProcess();
  const admin = await server.as('admin');
  for (const sql of [
    'CREATE CATALOG c',
    'USE CATALOG c',
    'CREATE SCHEMA s',
    'CREATE SCHEMA hidden',
    'CREATE TABLE s.t (id INTEGER, k VARCHAR, l INTEGER[], st STRUCT(a INTEGER))',
    "INSERT INTO s.t VALUES (1, 'a', [1, 2], {'a': 1}), (2, 'b', [], NULL)",
    'CREATE TABLE s.u (id INTEGER, k VARCHAR)',
    "INSERT INTO s.u VALUES (1, 'a'), (3, 'c')",
    'CREATE TABLE hidden.vault (v VARCHAR)',
    "INSERT INTO hidden.vault VALUES ('TOPSECRET')",
    'CREATE USER bob',
    'GRANT USE CATALOG ON CATALOG c TO bob',
    'GRANT USE SCHEMA, SELECT ON SCHEMA s TO bob',
  ]) {
    await admin.run(sql);
  }
  reader = await server.as('bob', 'c');
  await reader.run('USE SCHEMA s');
});

afterAll(async () => {
  await server.close();
});

/** `$` stands for the identifier, quoted; positions where an answer's column has its name come with `named`. */
const positions: readonly { readonly sql: string; readonly named?: boolean }[] = [
  { sql: 'SELECT 1 AS $', named: true },
  { sql: 'SELECT id AS $, count(*) AS c FROM t GROUP BY $ ORDER BY $ LIMIT 1', named: true },
  { sql: 'SELECT $.id FROM t AS $' },
  { sql: 'SELECT $.* FROM t AS $' },
  { sql: 'SELECT COLUMNS($.*) FROM t AS $' },
  { sql: 'SELECT $ FROM t AS $' },
  { sql: 'SELECT * FROM (SELECT 1 AS $)', named: true },
  { sql: 'SELECT * FROM (SELECT 1) q($)', named: true },
  { sql: 'SELECT * FROM t AS q($, b, c, d)', named: true },
  { sql: 'WITH $ AS (SELECT 1 AS x) SELECT x FROM $' },
  { sql: 'WITH x($) AS (SELECT 1) SELECT $ FROM x', named: true },
  { sql: 'WITH RECURSIVE $(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM $ WHERE i < 3) SELECT * FROM $' },
  { sql: 'SELECT sum(id) OVER $ FROM t WINDOW $ AS (ORDER BY id)' },
  { sql: 'SELECT $(id) FROM t' },
  { sql: 'SELECT $(id) OVER () FROM t' },
  { sql: 'SELECT s.$(id) FROM t' },
  { sql: 'SELECT id.$() FROM t' },
  { sql: 'SELECT id OPERATOR($.+) id FROM t' },
  { sql: 'SELECT id FROM t WHERE id = $$' },
  { sql: 'SELECT {$: id} AS x FROM t' },
  { sql: 'SELECT struct_pack($ := id) AS x FROM t' },
  { sql: 'SELECT st.$ FROM t' },
  { sql: 'SELECT t.st.$ FROM t' },
  { sql: 'SELECT list_transform(l, $ -> $ + 1) FROM t' },
  { sql: 'SELECT list_transform(l, lambda $: $ + 1) FROM t' },
  { sql: 'SELECT list_reduce(l, ($, b) -> $ + b) FROM t' },
  { sql: 'SELECT [$ + 1 FOR $ IN l] FROM t' },
  { sql: 'SELECT k COLLATE $ FROM t' },
  { sql: 'SELECT range(start := $) FROM t' },
  { sql: "FROM t PIVOT (count(*) AS $ FOR k IN ('a') GROUP BY id)" },
  { sql: "FROM t PIVOT (count(*) FOR k IN ('a' AS $) GROUP BY id)" },
  { sql: "FROM (SELECT 1 AS $, 'a' AS k) PIVOT (count(*) FOR k IN ('a') GROUP BY $)" },
  { sql: 'FROM (SELECT id, k FROM t) UNPIVOT ($ FOR n IN (k))' },
  { sql: 'FROM (SELECT id, k FROM t) UNPIVOT (v FOR $ IN (k))' },
  { sql: 'FROM (SELECT 1 AS $, 2 AS b) UNPIVOT (v FOR n IN ($))' },
  { sql: 'SELECT * EXCLUDE ($) FROM (SELECT 1 AS $, 2 AS b)' },
  { sql: 'SELECT * REPLACE (3 AS $) FROM (SELECT 1 AS $)', named: true },
  { sql: 'SELECT * RENAME (id AS $) FROM u', named: true },
  { sql: 'SELECT * RENAME (u.id AS $) FROM u', named: true },
  { sql: 'SELECT * FROM (SELECT 1 AS $) a JOIN (SELECT 1 AS $) b USING ($)', named: true },
  { sql: 'SELECT * FROM (SELECT 1 AS $) a NATURAL JOIN (SELECT 1 AS $) b', named: true },
  { sql: 'SELECT id FROM $' },
  { sql: 'SELECT id FROM s.$' },
  { sql: 'SELECT id FROM $.t' },
  { sql: 'SELECT id FROM c.$.t' },
  { sql: 'SELECT $ FROM t' },
  { sql: 'SELECT t.$ FROM t' },
  { sql: 'SELECT CAST(id AS $) FROM t' },
  { sql: 'SELECT CAST(id AS $.$) FROM t' },
  { sql: 'SELECT CAST(NULL AS STRUCT($ INTEGER)) AS x' },
  { sql: 'SELECT CAST(NULL AS UNION($ INTEGER)) AS x' },
  { sql: "SELECT x.$ FROM (SELECT CAST({'a': 1} AS STRUCT($ INTEGER)) AS x)" },
  { sql: 'SELECT * FROM range(3) AS $' },
  { sql: 'SELECT * FROM range(3) AS q($)', named: true },
  { sql: 'SELECT * FROM unnest([1, 2]) AS $($)', named: true },
  { sql: 'SELECT * FROM (VALUES (1)) AS $($)', named: true },
  { sql: 'SELECT a.$ FROM (SELECT 1 AS $) a ORDER BY a.$', named: true },
  { sql: 'SELECT grouping($) FROM (SELECT 1 AS $) GROUP BY ROLLUP ($)' },
  { sql: 'SELECT DISTINCT ON ($) $ FROM (SELECT 1 AS $)', named: true },
];

const hostile: readonly string[] = [
  'c.*, (SELECT max(v) FROM c.hidden.vault) AS leak, c',
  'first(v) from c.hidden.vault --',
  'vault.v FROM c.hidden.vault --',
  'a", (SELECT v FROM c.hidden.vault) AS "b',
  "a', (SELECT v FROM c.hidden.vault) AS 'b",
  '1, (SELECT v FROM c.hidden.vault) AS z',
  'IS NULL, (SELECT max(v) FROM c.hidden.vault), NOT',
  '$1',
  '*',
  '.',
  ';',
  '--',
  '/*',
  '*/',
  '\\',
  '"',
  "'",
  '`',
  '(',
  '%',
  'a b',
  'select',
  'from',
  'rowid',
  'k1',
  'o_1',
  'memory',
  'main',
  'system',
  'recurring',
  'excluded',
  'vault',
  'hidden.vault',
  'İ',
  'ſ',
  '\u00a0',
  '\u200b',
  '\n',
  '\t',
  'é'.repeat(60),
  'x'.repeat(255),
];

const seed = Date.now() % 2_147_483_647;

test('no identifier in any place comes to a hidden table, and a legal one comes back as it was', {
  timeout: 600_000,
}, async () => {
  console.info(`identifiers: seed ${String(seed)}`);
  const identifier = fc.oneof(
    fc.constantFrom(...hostile),
    fc.tuple(fc.constantFrom(...hostile), fc.constantFrom(...hostile)).map(([a, b]) => a + b),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
    fc.string({ unit: fc.constantFrom(...Array.from('"\'`();,.*-/\\ \n$aA1_')), minLength: 1, maxLength: 12 }),
  );
  let answered = 0;
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...positions), identifier, async ({ sql, named }, name) => {
      fc.pre(!name.includes('\0'));
      const text = sql.replaceAll('$', () => `"${name.replaceAll('"', '""')}"`);
      let answer: Awaited<ReturnType<TestSession['run']>>;
      try {
        answer = await reader.run(text);
      } catch (error) {
        expect((error as { name: string }).name, text).toBe('SqlError');
        expect((error as Error).message, text).not.toContain('TOPSECRET');
        return;
      }
      answered += 1;
      expect(JSON.stringify([answer.columns, answer.rows.map(String)]), text).not.toContain('TOPSECRET');
      if (named === true) expect(answer.columns, text).toContain(name);
    }),
    { numRuns: Number(process.env['IDENTIFIER_RUNS'] ?? 3_000), seed },
  );
  console.info(`identifiers: ${String(answered)} answered, the others refused`);
  expect(answered).toBeGreaterThan(500);
});
