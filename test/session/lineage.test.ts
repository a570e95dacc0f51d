// Lineage as it is recorded and told: what statements leave behind, who sees it, and that it commits and rolls back with them.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type InProcess, startInProcess, type TestSession } from '../support/in-process.ts';

let server: InProcess;
let admin: TestSession;
let ann: TestSession;

beforeAll(async () => {
  server = await startInProcess();
  admin = await server.as('admin');
  for (const statement of [
    'CREATE CATALOG c',
    'USE CATALOG c',
    'CREATE SCHEMA s',
    'USE SCHEMA s',
    'CREATE USER ann',
    'CREATE TABLE src (id INT, amount INT, email STRING, region STRING)',
    "INSERT INTO src VALUES (1, 10, 'a@x', 'n'), (2, 20, 'b@x', 's')",
    'CREATE TABLE other (id INT PRIMARY KEY, label STRING)',
    "INSERT INTO other VALUES (1, 'one')",
    "CREATE FUNCTION hide(v STRING) RETURNS STRING RETURN CASE WHEN current_user() = 'admin' THEN v ELSE '***' END",
  ]) {
    await admin.run(statement);
  }
  ann = await server.as('ann');
});

afterAll(async () => {
  await server.close();
});

/** source.column -> target.column kind, of the newest event into the table. */
async function edgesInto(table: string, session = admin): Promise<readonly string[]> {
  const rows = await session.rows(`SELECT source_table_name, source_column_name, target_column_name, kind, mask_function
    FROM system.access.column_lineage WHERE target_table_name = '${table}'
    AND event_id::BIGINT = (SELECT max(event_id::BIGINT) FROM system.access.column_lineage WHERE target_table_name = '${table}')`);
  return rows
    .map(
      ([source, from, to, kind, mask]) =>
        `${String(source)}.${String(from)} -> ${String(to)} ${String(kind)}${mask === null ? '' : ` by ${String(mask)}`}`,
    )
    .toSorted();
}

describe('what statements leave', () => {
  test('CREATE TABLE … AS', async () => {
    await admin.run("CREATE TABLE made AS SELECT id, amount * 2 AS twice, email FROM src WHERE region = 'n'");
    expect(await edgesInto('made')).toEqual([
      'src.amount -> twice derived',
      'src.email -> email direct',
      'src.id -> id direct',
      'src.region -> null filter',
    ]);
  });

  test('INSERT … SELECT, by position and BY NAME', async () => {
    await admin.run('CREATE TABLE sums (region STRING, total BIGINT)');
    await admin.run('INSERT INTO sums SELECT region, sum(amount) FROM src GROUP BY region');
    expect(await edgesInto('sums')).toEqual([
      'src.amount -> total aggregated',
      'src.region -> null group',
      'src.region -> region direct',
    ]);
    await admin.run('INSERT INTO sums BY NAME SELECT id AS total, email AS region FROM src');
    expect(await edgesInto('sums')).toEqual(['src.email -> region direct', 'src.id -> total direct']);
  });

  test('UPDATE … FROM and DELETE', async () => {
    await admin.run('CREATE TABLE u AS SELECT id, email FROM src');
    await admin.run('UPDATE u SET email = o.label FROM other AS o WHERE o.id = u.id');
    const updated = await edgesInto('u');
    expect(updated).toContain('other.label -> email direct');
    expect(updated.some((edge) => edge.startsWith('other.id -> null'))).toBe(true);
    await admin.run('DELETE FROM u WHERE id IN (SELECT id FROM other)');
    const deleted = await edgesInto('u');
    expect(deleted.some((edge) => edge.startsWith('other.id -> null'))).toBe(true);
    expect(deleted.every((edge) => edge.includes('-> null'))).toBe(true);
  });

  test('MERGE: each clause into its own columns', async () => {
    await admin.run('CREATE TABLE m (id INT, email STRING, n INT)');
    await admin.run(`MERGE INTO m AS t USING src AS s ON t.id = s.id WHEN MATCHED AND s.region = 'n' THEN UPDATE SET n = t.n + s.amount
      WHEN NOT MATCHED THEN INSERT (id, email) VALUES (s.id, upper(s.email))`);
    const edges = await edgesInto('m');
    expect(edges).toEqual(
      expect.arrayContaining([
        'src.id -> id direct',
        'src.email -> email derived',
        'src.amount -> n derived',
        'm.n -> n derived',
      ]),
    );
    expect(edges).toContain('src.region -> null filter');
  });

  test('ON CONFLICT DO UPDATE: what EXCLUDED brings, and what else is read', async () => {
    await admin.run(
      'INSERT INTO other SELECT id, email FROM src ON CONFLICT (id) DO UPDATE SET label = excluded.label || (SELECT max(region) FROM src)',
    );
    const edges = await edgesInto('other');
    expect(edges).toEqual(expect.arrayContaining(['src.id -> id direct', 'src.email -> label direct']));
    expect(edges.some((edge) => edge.startsWith('src.region -> label'))).toBe(true);
  });

  test('a view, and what is read through it', async () => {
    await admin.run('CREATE VIEW v AS SELECT id, lower(email) AS mail FROM src');
    expect(await edgesInto('v')).toEqual(['src.email -> mail derived', 'src.id -> id direct']);
    await admin.run('CREATE TABLE of_view AS SELECT mail FROM v');
    const rows =
      await admin.rows(`SELECT source_table_name, source_column_name, direct_access FROM system.access.column_lineage
      WHERE target_table_name = 'of_view' ORDER BY ALL`);
    expect(rows).toEqual([
      ['src', 'email', false],
      ['v', 'mail', true],
    ]);
  });

  test('INSERT of VALUES is a write without a source, and no column lineage', async () => {
    await admin.run("INSERT INTO sums VALUES ('x', 1)");
    const rows = await admin.rows(
      "SELECT source_table_name, command FROM system.access.table_lineage WHERE target_table_name = 'sums' ORDER BY event_time DESC, record_id DESC LIMIT 1",
    );
    expect(rows).toEqual([[null, 'INSERT']]);
  });

  test('reads are there with their columns and without a target', async () => {
    await admin.run('SELECT email FROM src WHERE id = 1');
    const rows = await admin.rows(`SELECT source_table_full_name, source_column_name, target_table_name, created_by
      FROM system.access.column_lineage WHERE kind = 'read' AND source_table_name = 'src' ORDER BY event_id::BIGINT DESC, source_column_name LIMIT 2`);
    expect(rows).toEqual([
      ['c.s.src', 'email', null, 'admin'],
      ['c.s.src', 'id', null, 'admin'],
    ]);
  });
});

describe('transactions and time', () => {
  test('lineage commits and rolls back with the data', async () => {
    await admin.run('CREATE TABLE tx (a INT)');
    await admin.run('BEGIN');
    await admin.run('INSERT INTO tx SELECT amount FROM src');
    expect(await edgesInto('tx')).toEqual([]);
    await admin.run('ROLLBACK');
    expect(await edgesInto('tx')).toEqual([]);
    await admin.run('BEGIN');
    await admin.run('INSERT INTO tx SELECT amount FROM src');
    await admin.run('COMMIT');
    expect(await edgesInto('tx')).toEqual(['src.amount -> a direct']);
    // One that fails leaves nothing.
    await admin.run('DELETE FROM tx');
    await expect(admin.run('INSERT INTO tx SELECT CAST(email AS INT) FROM src')).rejects.toThrow();
    expect((await edgesInto('tx')).every((edge) => !edge.includes('email'))).toBe(true);
  });

  test('names are those of today: renames keep it, drops mark it', async () => {
    await admin.run('CREATE TABLE first (x INT)');
    await admin.run('INSERT INTO first SELECT amount FROM src');
    await admin.run('ALTER TABLE first RENAME TO renamed');
    await admin.run('ALTER TABLE renamed RENAME COLUMN x TO y');
    expect(await edgesInto('renamed')).toEqual(['src.amount -> y direct']);
    await admin.run('DROP TABLE renamed');
    const rows = await admin.rows(
      "SELECT source_table_name, is_target_dropped FROM system.access.table_lineage WHERE target_table_full_name = 'c.s.renamed'",
    );
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.every(([, dropped]) => dropped === true)).toBe(true);
  });
});

describe('SHOW LINEAGE and WHAT DEPENDS ON', () => {
  beforeAll(async () => {
    for (const statement of [
      'CREATE TABLE bronze (a INT, b INT)',
      'CREATE TABLE silver AS SELECT a + 1 AS a, b FROM bronze',
      'CREATE TABLE gold AS SELECT sum(a) AS total, b FROM silver GROUP BY b',
      'CREATE VIEW gold_view AS SELECT total FROM gold',
    ]) {
      await admin.run(statement);
    }
  });

  const shortened = (rows: readonly (readonly unknown[])[]): readonly string[] =>
    rows.map((row) => row.slice(0, 7).join(' ').replaceAll('c.s.', ''));

  test('from a column, step by step', async () => {
    expect(shortened(await admin.rows('SHOW LINEAGE UPSTREAM OF gold.total'))).toEqual(
      expect.arrayContaining(['1 UPSTREAM silver a gold total aggregated', '2 UPSTREAM bronze a silver a derived']),
    );
    const down = shortened(await admin.rows('SHOW LINEAGE DOWNSTREAM OF c.s.bronze.a'));
    expect(down).toEqual(
      expect.arrayContaining([
        '1 DOWNSTREAM bronze a silver a derived',
        '2 DOWNSTREAM silver a gold total aggregated',
        '3 DOWNSTREAM gold total gold_view total direct',
      ]),
    );
    expect(down.some((row) => row.includes('bronze b'))).toBe(false);
    expect(await admin.rows('SHOW LINEAGE DOWNSTREAM OF bronze DEPTH 1')).toHaveLength(2);
  });

  test('what depends on a column: data, views, policies', async () => {
    await admin.run('CREATE FUNCTION few(n INT) RETURNS BOOLEAN RETURN n < 10');
    await admin.run('ALTER TABLE bronze SET ROW FILTER few ON (a)');
    const rows = shortened((await admin.rows('WHAT DEPENDS ON bronze.a')).map((row) => row.map((cell) => cell ?? '-')));
    expect(rows).toEqual(
      expect.arrayContaining([
        '1 TABLE silver a CREATE TABLE value, derived',
        '3 VIEW gold_view total CREATE VIEW value, direct',
        '1 ROW FILTER few - - policy',
      ]),
    );
    await admin.run('ALTER TABLE bronze DROP ROW FILTER');
  });

  test('errors are those of names', async () => {
    await expect(admin.run('SHOW LINEAGE OF nothing')).rejects.toMatchObject({ sqlState: '42P01' });
    await expect(admin.run('SHOW LINEAGE OF c.s.gold.nothing')).rejects.toMatchObject({ sqlState: '42703' });
    await expect(ann.run('SHOW LINEAGE OF c.s.gold')).rejects.toMatchObject({ sqlState: '42P01' });
  });
});

describe('who sees what', () => {
  test('an end that may not be known has no name, and nothing is followed beyond it', async () => {
    await admin.run('GRANT USE CATALOG, USE SCHEMA ON CATALOG c TO ann');
    await admin.run('GRANT SELECT ON TABLE c.s.gold TO ann');
    const rows = await ann.rows('SHOW LINEAGE UPSTREAM OF c.s.gold.total');
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.every(([level, , source, column]) => level === '1' && source === '(hidden)' && column === null)).toBe(
      true,
    );
    const told = JSON.stringify(
      [
        rows,
        await ann.rows('SELECT * FROM system.access.table_lineage'),
        await ann.rows('SELECT * FROM system.access.column_lineage'),
        await ann.rows('WHAT DEPENDS ON c.s.gold'),
      ],
      (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value),
    );
    for (const name of ['silver', 'bronze', 'src', 'gold_view', 'other', 'renamed']) expect(told).not.toContain(name);
  });

  test('columns that are not granted are not named', async () => {
    await admin.run('GRANT SELECT (id) ON TABLE c.s.made TO ann');
    const told = JSON.stringify(
      await ann.rows("SELECT target_column_name FROM system.access.column_lineage WHERE target_table_name = 'made'"),
    );
    expect(told).toContain('id');
    expect(told).not.toContain('email');
    expect(told).not.toContain('twice');
  });

  test('reads of others show to those who manage what was read', async () => {
    await ann.run('SELECT total FROM c.s.gold');
    expect(
      await admin.rows(
        "SELECT created_by FROM system.access.table_lineage WHERE source_table_name = 'gold' AND target_type IS NULL AND created_by = 'ann'",
      ),
    ).toHaveLength(1);
    await admin.run('SELECT total FROM c.s.gold');
    expect(
      await ann.rows(
        "SELECT DISTINCT created_by FROM system.access.table_lineage WHERE source_table_name = 'gold' AND target_type IS NULL",
      ),
    ).toEqual([['ann']]);
  });

  test('a read through a view tells nothing of what is behind it', async () => {
    await admin.run('GRANT SELECT ON VIEW c.s.gold_view TO ann');
    await ann.run('SELECT total FROM c.s.gold_view');
    await admin.run('REVOKE SELECT ON TABLE c.s.gold FROM ann');
    const rows = await ann.rows(
      'SELECT source_table_name, source_type FROM system.access.table_lineage WHERE target_type IS NULL AND event_id = (SELECT max(event_id::BIGINT)::VARCHAR FROM system.access.table_lineage)',
    );
    expect(rows).toEqual([['gold_view', 'VIEW']]);
  });

  test('a masked value is recorded as masked, by its function', async () => {
    await admin.run('ALTER TABLE src ALTER COLUMN email SET MASK hide');
    await admin.run('GRANT SELECT ON TABLE c.s.src TO ann');
    await admin.run('CREATE SCHEMA c.mine');
    await admin.run('GRANT CREATE TABLE ON SCHEMA c.mine TO ann');
    await ann.run('CREATE TABLE c.mine.copy AS SELECT email FROM c.s.src');
    expect(await edgesInto('copy')).toEqual(['src.email -> email derived by c.s.hide']);
    await admin.run('CREATE TABLE c.mine.raw_copy AS SELECT email FROM c.s.src');
    expect(await edgesInto('raw_copy')).toEqual(['src.email -> email direct']);
    await admin.run('ALTER TABLE src ALTER COLUMN email DROP MASK');
  });

  test('no kept plan tells of yesterday', async () => {
    const count = "SELECT count(*) FROM system.access.table_lineage WHERE target_table_name = 'again'";
    await admin.run('CREATE TABLE again (a INT)');
    expect(await admin.rows(count)).toEqual([[0n]]);
    await admin.run('INSERT INTO again SELECT id FROM src');
    expect(await admin.rows(count)).toEqual([[1n]]);
  });
});
