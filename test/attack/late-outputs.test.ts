// Outputs of the outermost SELECT have no barrier (src/analyze/late-expressions.ts). Whatever is joined, grouped, ordered, cut off or
// sampled, DuckDB must not compute them of rows that the filter below hides: those hold what no cast takes.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type InProcess, startInProcess, type TestSession } from '../support/in-process.ts';

const filters = {
  value: "p = 'a'",
  call: "left(p, 1) = 'a'",
  mapping: 'p IN (SELECT m.tenant FROM c.p.m)',
  exists: 'EXISTS (SELECT 1 FROM c.p.m WHERE m.tenant = p)',
  either: "p = 'a' OR p = 'c'",
  branch: "CASE WHEN p = 'z' THEN true ELSE p = 'a' END",
} as const;

const outputs = [
  'CAST(g.x AS INT)',
  'sqrt(CAST(g.x AS INT)) + g.n',
  "regexp_extract(CAST(CAST(g.x AS INT) AS VARCHAR), '1')",
];

const shapes: readonly ((output: string) => string)[] = [
  (output) => `SELECT ${output} FROM g ORDER BY g.id LIMIT 3`,
  (output) => `SELECT ${output} FROM g ORDER BY g.n DESC, g.id LIMIT 3 OFFSET 2`,
  (output) => `SELECT ${output} FROM g LIMIT 5`,
  (output) => `SELECT ${output}, g.id FROM g ORDER BY g.id DESC LIMIT 40`,
  (output) => `SELECT ${output} FROM g WHERE g.n = 3 ORDER BY g.id LIMIT 3`,
  (output) => `SELECT ${output} FROM g WHERE g.id BETWEEN 100 AND 200`,
  (output) => `SELECT max(${output}) FROM g JOIN o ON g.id = o.id WHERE o.k = 2`,
  (output) => `SELECT ${output} AS u, count(*) FROM g JOIN o ON g.id = o.id GROUP BY ALL`,
  (output) => `SELECT ${output} FROM g LEFT JOIN o ON g.id = o.id WHERE o.k IS NULL`,
  (output) => `SELECT ${output} FROM o LEFT JOIN g ON g.id = o.id`,
  (output) => `SELECT ${output} FROM g SEMI JOIN o ON g.id = o.id`,
  (output) => `SELECT ${output} FROM o RIGHT JOIN g ON g.id = o.id`,
  (output) => `SELECT ${output} FROM g FULL JOIN o ON g.id = o.id`,
  (output) => `SELECT DISTINCT ${output} FROM g`,
  (output) => `SELECT DISTINCT ON (${output}) g.id FROM g ORDER BY ${output}, g.id`,
  (output) => `SELECT row_number() OVER (PARTITION BY ${output} ORDER BY g.id) FROM g`,
  (output) => `SELECT first(${output} ORDER BY g.id) FROM g GROUP BY g.n`,
  (output) => `SELECT count(DISTINCT ${output}) FROM g`,
  (output) => `SELECT x.u, count(*) FROM (SELECT ${output} AS u FROM g) x GROUP BY x.u ORDER BY 1 LIMIT 5`,
  (output) => `SELECT x.u FROM (SELECT ${output} AS u, g.id FROM g) x ORDER BY x.id LIMIT 5`,
  (output) => `SELECT ${output} FROM g, o WHERE g.id = o.id AND o.k = 1 ORDER BY g.id LIMIT 5`,
  (output) => `SELECT ${output} FROM g USING SAMPLE 5 ROWS`,
  (output) => `SELECT unnest([${output}]) FROM g`,
  (output) => `SELECT ${output} FROM g JOIN g AS h ON g.id = h.id`,
  (output) => `SELECT ${output} FROM g WHERE g.id IN (SELECT id FROM o) ORDER BY g.n, g.id LIMIT 7`,
  (output) => `SELECT ${output} FROM g ASOF JOIN o ON g.id >= o.id`,
  (output) => `SELECT any_value(${output}) FROM g GROUP BY ROLLUP (g.n)`,
  (output) => `WITH q AS (SELECT * FROM g) SELECT ${output.replaceAll('g.', 'q.')} FROM q ORDER BY q.id LIMIT 3`,
];

let server: InProcess;
let ann: TestSession;

beforeAll(async () => {
  server = await startInProcess();
  const admin = await server.as('admin');
  const statements = [
    'CREATE CATALOG c',
    'CREATE SCHEMA c.p',
    'CREATE TABLE c.p.m (tenant STRING)',
    "INSERT INTO c.p.m VALUES ('a')",
    'CREATE USER ann',
    'GRANT USE CATALOG, USE SCHEMA, SELECT ON CATALOG c TO ann',
  ];
  for (const statement of statements) await admin.run(statement);
  for (const [name, definition] of Object.entries(filters)) {
    await admin.run(`CREATE FUNCTION c.p.by_${name}(p STRING) RETURNS BOOLEAN RETURN ${definition}`);
    await admin.run(`CREATE SCHEMA c.${name}`);
    await admin.run(`CREATE TABLE c.${name}.g AS SELECT range AS id, CASE WHEN range % 7 = 0 THEN 'b' ELSE 'a' END AS tenant,
      CASE WHEN range % 7 = 0 THEN 'SECRET' ELSE (range % 100)::VARCHAR END AS x, range % 13 AS n FROM range(40000)`);
    await admin.run(`CREATE TABLE c.${name}.o AS SELECT range AS id, range % 5 AS k FROM range(20000)`);
    await admin.run(`ALTER TABLE c.${name}.g SET ROW FILTER c.p.by_${name} ON (tenant)`);
  }
  ann = await server.as('ann', 'c');
}, 60_000);

afterAll(async () => {
  await server.close();
});

test.each(Object.keys(filters))(
  'no hidden row meets an output of the outermost SELECT, with a filter by %s',
  async (name) => {
    await ann.run(`USE SCHEMA c.${name}`);
    expect(await ann.rows('SELECT count(*) FROM g')).toEqual([[34_285n]]);
    for (const shape of shapes) for (const output of outputs) await ann.run(shape(output));
  },
  60_000,
);
