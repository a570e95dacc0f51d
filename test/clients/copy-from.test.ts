// COPY … FROM STDIN as psql sends it, beside a real PostgreSQL 15: the same bytes give the same rows, or the same error with the same
// line and column.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';

const run = promisify(execFile);

let postgres: PostgresServer;
let server: RunningServer;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-copy-'));
  postgres = await startPostgres();
  server = await startServer({ adminPassword: 'admin-pw' });
  await psql('theirs', ['CREATE SCHEMA s']);
  const made = await psql('ours', ['CREATE CATALOG c', 'CREATE SCHEMA c.s'], { database: 'system' });
  expect(made.errors).toBe('');
  const table =
    'id INT, word TEXT, note TEXT, amount NUMERIC(12,2), day DATE, at TIMESTAMP, yes BOOLEAN, d DOUBLE PRECISION, b BYTEA, u UUID';
  for (const whose of ['theirs', 'ours'] as const) {
    await psql(whose, [
      `CREATE TABLE s.wide (${table})`,
      'CREATE TABLE s.two (id INT, word TEXT)',
      'CREATE TABLE s.one (word TEXT)',
    ]);
  }
});

afterAll(async () => {
  rmSync(folder, { recursive: true });
  await server.stop();
  await postgres.stop();
});

interface Printed {
  readonly bytes: string;
  readonly errors: string;
}

async function psql(
  whose: 'theirs' | 'ours',
  commands: readonly string[],
  { database = 'c', by = 'admin' }: { readonly database?: string; readonly by?: string } = {},
): Promise<Printed> {
  const own = { host: '127.0.0.1', port: server.pgPort, user: by, password: `${by}-pw`, database };
  const { host, port, user, password, database: name } = whose === 'theirs' ? postgres : own;
  const args = ['-h', host, '-p', String(port), '-U', user, '-d', name, '-X', '-q', '-v', 'VERBOSITY=verbose'];
  const env = { ...process.env, PGPASSWORD: password };
  const words = [...args, '-v', 'ON_ERROR_STOP=1', ...commands.flatMap((command) => ['-c', command])];
  try {
    const { stdout } = await run('psql', words, { env, encoding: 'buffer', maxBuffer: 64 * 1024 * 1024 });
    return { bytes: stdout.toString('latin1'), errors: '' };
  } catch (error) {
    const { stdout, stderr } = error as { stdout: Buffer; stderr: Buffer };
    const told = stderr
      .toString()
      .split('\n')
      .filter((line) => /^(ERROR|CONTEXT|HINT)/.test(line));
    return { bytes: stdout.toString('latin1'), errors: told.join('\n') };
  }
}

/** Of the table after the copy, or the error. */
async function copied(whose: 'theirs' | 'ours', table: string, options: string): Promise<Printed> {
  const name = table.replace(/ .*/, '');
  const file = join(folder, 'rows');
  return psql(whose, [
    `DELETE FROM ${name}`,
    String.raw`\copy ${table} FROM '${file}' ${options}`,
    `COPY ${name} TO STDOUT`,
  ]);
}

async function expectSame(table: string, data: string | Buffer, options = ''): Promise<Printed> {
  writeFileSync(join(folder, 'rows'), data);
  const wanted = await copied('theirs', table, options);
  expect(await copied('ours', table, options)).toEqual(wanted);
  return wanted;
}

const wide = [
  [
    '1',
    'plain',
    'a b',
    '1.5',
    '2024-02-29',
    '2024-02-29 12:34:56.789',
    't',
    '1e10',
    '\\\\xdeadbeef',
    'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
  ],
  ['2', '', '\\N', '\\N', '\\N', '\\N', '\\N', '\\N', '\\N', '\\N'],
  [' 3', 'tab\\there', 'line\\nbreak', '-0.005', '0001-01-01', '1969-12-31 23:59:59', 'no', 'NaN', '\\\\x', '\\N'],
  ['-4', '\\\\N', '\\x41\\102é', '9999999999.99', 'infinity', '\\N', 'on', '-Infinity', '\\\\x00ff', '\\N'],
];

describe('text', () => {
  const lines = wide.map((row) => row.join('\t'));
  test.each(['\n', '\r\n', '\r'])('lines that end in %j', async (ending) => {
    const { errors, bytes } = await expectSame('s.wide', lines.map((line) => line + ending).join(''));
    expect(errors).toBe('');
    expect(bytes.split('\n')).toHaveLength(5);
  });
  test('the last line needs no end', async () => {
    await expectSame('s.wide', lines.join('\n'));
  });
  test('an end-of-data mark', async () => {
    await expectSame('s.two', '1\ta\n\\.\n');
  });
  test('a column list, other marks', async () => {
    await expectSame('s.wide (word, id)', 'a|1\nnix|2\nb\\|c|nix\n', "DELIMITER '|' NULL 'nix'");
  });
  test('a header', async () => {
    await expectSame('s.two', 'any\tthing\n1\ta\n', '(HEADER)');
    await expectSame('s.two', 'id\tword\n1\ta\n', '(HEADER match)');
    await expectSame('s.two', 'id\tother\n1\ta\n', '(HEADER match)');
    await expectSame('s.two', 'id\n1\ta\n', '(HEADER match)');
  });
  test('nothing at all', async () => {
    await expectSame('s.two', '');
  });
  test('empty lines of one column', async () => {
    await expectSame('s.one', 'a\n\nb\n');
  });
});

describe('csv', () => {
  test.each([
    ['', '1,plain\n2,\n3,""\n4,"a,b"\n5,"say ""hi"""\n6,"line\nbreak"\n7,a"b"c\n'],
    ['HEADER', 'id,word\n1,a\n'],
    ["QUOTE '''' ESCAPE '\\'", "1,'it\\'s'\n2,'a\\\\b'\n3,'a\\b'\n"],
    ["DELIMITER ';' NULL 'NULL'", '1;NULL\n2;"NULL"\n'],
    ['FORCE NOT NULL word', '1,\n2,""\n'],
    ["NULL 'x' FORCE NULL word", '1,x\n2,"x"\n'],
  ])('with %j', async (options, data) => {
    const { errors } = await expectSame('s.two', data, `CSV ${options}`);
    expect(errors).toBe('');
  });
  test('carriage returns', async () => {
    await expectSame('s.two', '1,a\r\n2,"b\r\nc"\r\n', 'CSV');
  });
});

describe('what is wrong is told with its place', () => {
  test.each([
    ['a field too few', 's.two', '1\ta\n2\n', ''],
    ['a field too many', 's.two', '1\ta\n2\tb\tc\n', ''],
    ['no number', 's.two', '1\ta\nx\tb\n', ''],
    ['a number out of range', 's.two', '99999999999\ta\n', ''],
    ['no date', 's.wide (id, day)', '1\t2024-01-01\n2\tsomeday\n', ''],
    ['no boolean', 's.wide (yes)', 'perhaps\n', ''],
    ['no uuid', 's.wide (u)', 'abc\n', ''],
    ['no numeric', 's.wide (amount)', '1.0\nabc\n', ''],
    ['an open quote', 's.two', '1,"a\n', 'CSV'],
    ['a stray carriage return', 's.two', '1\ta\n2\tb\rc\n', ''],
    ['a stray newline in csv', 's.two', '1,a\r\n2,b\n', 'CSV'],
    ['a long value', 's.wide (id)', `${'x'.repeat(300)}\n`, ''],
    ['no signature', 's.two', 'PGCOPY is not this', 'BINARY'],
  ])('%s', async (_, table, data, options) => {
    const { errors } = await expectSame(table, data, options);
    expect(errors).toMatch(/^ERROR/);
  });
});

test('binary, as PostgreSQL wrote it', async () => {
  writeFileSync(join(folder, 'rows'), wide.map((row) => `${row.join('\t')}\n`).join(''));
  expect((await copied('theirs', 's.wide', '')).errors).toBe('');
  const file = join(folder, 'binary');
  await psql('theirs', [String.raw`\copy s.wide TO '${file}' BINARY`]);
  const ours = await psql('ours', [
    'DELETE FROM s.wide',
    String.raw`\copy s.wide FROM '${file}' BINARY`,
    'COPY s.wide TO STDOUT',
  ]);
  expect(ours).toEqual(await psql('theirs', ['COPY s.wide TO STDOUT']));
});

test('many rows, in batches, all or none', async () => {
  const rows = Array.from({ length: 50_000 }, (_, index) => `${String(index)}\tword ${String(index)}`);
  writeFileSync(join(folder, 'rows'), `${rows.join('\n')}\n`);
  expect(await copied('ours', 's.two', '')).toEqual(await copied('theirs', 's.two', ''));
  writeFileSync(join(folder, 'rows'), `${rows.join('\n')}\nx\ty\n`);
  expect((await copied('ours', 's.two', '')).errors).toContain('CONTEXT:  COPY two, line 50001, column id: "x"');
  expect(await psql('ours', ['COPY (SELECT count(*) FROM s.two) TO STDOUT'])).toEqual({ bytes: '0\n', errors: '' });
});

test('privileges, the row filter of new rows, defaults and NOT NULL are those of INSERT', async () => {
  const made = await psql('ours', [
    "CREATE TABLE s.kept (id INT NOT NULL, tenant STRING DEFAULT 'x')",
    "CREATE FUNCTION c.s.mine(tenant STRING) RETURNS BOOLEAN RETURN tenant = 'x'",
    'ALTER TABLE s.kept SET ROW FILTER c.s.mine ON (tenant)',
    "CREATE USER ann PASSWORD 'ann-pw'",
    "CREATE USER bob PASSWORD 'bob-pw'",
    'GRANT USE CATALOG, USE SCHEMA ON CATALOG c TO ann',
    'GRANT USE CATALOG, USE SCHEMA, SELECT ON CATALOG c TO bob',
    'GRANT SELECT, INSERT ON TABLE s.kept TO ann',
  ]);
  expect(made.errors).toBe('');
  const file = join(folder, 'rows');
  const copy = async (by: string, columns: string, data: string): Promise<string> => {
    writeFileSync(file, data);
    return (await psql('ours', [String.raw`\copy s.kept ${columns} FROM '${file}'`], { by })).errors;
  };
  expect(await copy('bob', '', '1\tx\n')).toContain('42501');
  expect(await copy('ann', '', '1\tx\n2\ty\n')).toContain('44000');
  expect(await copy('ann', '', '\\N\tx\n')).toContain('23502');
  expect(await copy('ann', '', '1\tx\n2\tx\n')).toBe('');
  expect(await copy('ann', '(id)', '3\n')).toBe('');
  const { bytes } = await psql('ours', ['COPY (SELECT * FROM s.kept ORDER BY id) TO STDOUT CSV'], { by: 'ann' });
  expect(bytes).toBe('1,x\n2,x\n3,x\n');
});

test('within a transaction it is part of it', async () => {
  writeFileSync(join(folder, 'rows'), '7\tseven\n');
  const copy = String.raw`\copy s.two FROM '${join(folder, 'rows')}'`;
  const count = 'COPY (SELECT count(*) FROM s.two) TO STDOUT';
  const { bytes } = await psql('ours', [
    'DELETE FROM s.two',
    'BEGIN',
    copy,
    count,
    'ROLLBACK',
    count,
    'BEGIN',
    copy,
    'COMMIT',
    count,
  ]);
  expect(bytes).toBe('1\n0\n1\n');
});
