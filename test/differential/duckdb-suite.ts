// DuckDB's own tests, run by a user who may do everything: what the product answers is what DuckDB answers, or a typed refusal.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EngineConnection } from '../../src/engine/duckdb-connection.ts';
import { sealQuery } from '../../src/rewrite/executable-query.ts';
import { type InProcess, startInProcess, type TestSession } from '../support/in-process.ts';
import { readSuiteFile, type SuiteRecord } from './suite-file.ts';

const directory = process.env['DUCKDB_SUITE'] ?? '';
const only = process.env['DUCKDB_SUITE_ONLY'] ?? '';
const fileMs = 20_000;

let server: InProcess;
/** What DuckDB's tests write files to. */
let scratch = '';

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'portcullis-suite-'));
  server = await startInProcess('admin', 10_000);
});

afterAll(async () => {
  await server.close();
  rmSync(scratch, { recursive: true, force: true });
});

interface Counts {
  files: number;
  queries: number;
  same: number;
  refused: number;
  bothFail: number;
  unstable: number;
  afterRefusedChange: number;
  /** The product answers where DuckDB fails: shown, since a changed setting or an error that came late may be why. */
  answeredMore: number;
}

const counts: Counts = {
  files: 0,
  queries: 0,
  same: 0,
  refused: 0,
  bothFail: 0,
  unstable: 0,
  afterRefusedChange: 0,
  answeredMore: 0,
};
const differences: string[] = [];
const refusals: Map<string, number> = new Map();
const told: string[] = [];

function testFiles(at: string): readonly string[] {
  return readdirSync(at)
    .flatMap((name) => {
      const path = join(at, name);
      if (statSync(path).isDirectory()) return testFiles(path);
      return name.endsWith('.test') ? [path] : [];
    })
    .toSorted();
}

interface Answer {
  readonly columns: readonly (readonly [name: string, type: string])[];
  readonly rows: readonly string[];
}

const text = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner === 'bigint') return `${inner.toString()}n`;
    return typeof inner === 'number' && !Number.isFinite(inner) ? String(inner) : inner;
  });

const rowsMax = 20_000;

/** DuckDB itself. */
class Plain {
  readonly #raw: DuckDBConnection;
  readonly engine: EngineConnection;

  constructor(raw: DuckDBConnection) {
    this.#raw = raw;
    this.engine = new EngineConnection(raw);
  }

  /** What is one statement is not told here. */
  async answer(sql: string): Promise<Answer | string> {
    try {
      if ((await this.#raw.extractStatements(sql)).count !== 1) {
        await this.#raw.run(sql);
        return { columns: [], rows: [] };
      }
    } catch (error) {
      return String(error).slice(0, 80);
    }
    return plainAnswer(this.engine, sql);
  }
}

async function plainAnswer(plain: EngineConnection, sql: string): Promise<Answer | string> {
  try {
    const prepared = await plain.prepare(sealQuery({ sql, writes: undefined }));
    const stream = await prepared.execute([]);
    const rows: string[] = [];
    for (let chunk = await stream.next(); chunk !== undefined; chunk = await stream.next()) {
      for (let row = 0; row < chunk.rowCount && rows.length < rowsMax; row += 1)
        rows.push(text(chunk.columns.map((column) => column[row] ?? null)));
      if (rows.length >= rowsMax) break;
    }
    prepared.close();
    return { columns: prepared.columns.map(({ name, type }) => [name, text(type)] as const), rows: rows.toSorted() };
  } catch (error) {
    return (error as { sqlState?: string }).sqlState ?? String(error);
  }
}

async function productAnswer(product: TestSession, sql: string): Promise<Answer | { code: string; message: string }> {
  try {
    const { columns, types, rows } = await product.run(sql);
    return {
      columns: columns.map((name, index) => [name, text(types[index])] as const),
      rows: rows.slice(0, rowsMax).map(text).toSorted(),
    };
  } catch (error) {
    const { name, sqlState, message } = error as { name: string; sqlState: string; message: string };
    return name === 'SqlError' ? { code: sqlState, message } : { code: 'BUG', message: String(error) };
  }
}

/** Not what writes, and not DESCRIBE and SHOW, whose answers are Unity Catalog's. */
function isReading(sql: string): boolean {
  return (
    /^[\s(]*(select|from|with|values|pivot|unpivot|table)\b/i.test(sql) &&
    !/\b(insert|update|delete|merge|returning)\b/i.test(sql)
  );
}

/** Settings of the runner's own: they change no data. */
const harmless =
  /^\s*(pragma|set|reset|checkpoint|analyze|vacuum|explain|select|from|with|values|describe|show|summarize|begin|commit|rollback|load|use)\b/i;

class FileRun {
  readonly #product: TestSession;
  readonly #plain: Plain;
  readonly #name: string;
  /** Something that DuckDB did and the product refused: data differ from here on. */
  #changed = false;

  constructor(name: string, product: TestSession, plain: Plain) {
    this.#name = name;
    this.#product = product;
    this.#plain = plain;
  }

  async record(record: SuiteRecord): Promise<void> {
    const expected = await this.#plain.answer(record.sql);
    const actual = await productAnswer(this.#product, record.sql);
    if ('code' in actual && (actual.code === 'BUG' || actual.code === 'XX000')) {
      differences.push(`${this.#name}:${String(record.line)} ${actual.code} ${actual.message}\n    ${record.sql}`);
    }
    if (!isReading(record.sql)) {
      if (typeof expected === 'object' && 'code' in actual && !harmless.test(record.sql)) this.#changed = true;
      if (/^\s*(set|reset|pragma)\b/i.test(record.sql) && typeof expected === 'object')
        this.#setting(record.sql, actual);
      return;
    }
    await this.#query(record, expected, actual);
  }

  /** A setting that changes what queries answer, and that the product does not have. */
  #setting(sql: string, actual: object): void {
    if (
      'code' in actual &&
      !/enable_verification|verify|debug|explain|profil|threads|memory|progress|optimizer/i.test(sql)
    ) {
      this.#changed = true;
    }
  }

  async #query(
    record: SuiteRecord,
    expected: Answer | string,
    actual: Awaited<ReturnType<typeof productAnswer>>,
  ): Promise<void> {
    counts.queries += 1;
    if ('code' in actual) {
      if (typeof expected === 'string') counts.bothFail += 1;
      else {
        counts.refused += 1;
        const key = `${actual.code} ${actual.message.slice(0, 60)}`;
        refusals.set(key, (refusals.get(key) ?? 0) + 1);
      }
      return;
    }
    if (typeof expected === 'string') {
      counts.answeredMore += 1;
      told.push(`${this.#name}:${String(record.line)} DuckDB: ${expected}\n    ${record.sql}`);
      return;
    }
    if (same(expected, actual)) {
      counts.same += 1;
      return;
    }
    if (this.#changed) {
      counts.afterRefusedChange += 1;
      return;
    }
    if (!(await this.#isStable(record.sql, expected))) {
      counts.unstable += 1;
      return;
    }
    differences.push(
      `${this.#name}:${String(record.line)}\n    ${record.sql}\n    DuckDB     ${shown(expected)}\n    Portcullis ${shown(actual)}`,
    );
  }

  /** random(), now(), rows in no order: DuckDB itself answers differently the second time. */
  async #isStable(sql: string, expected: Answer): Promise<boolean> {
    if (
      /random|uuid\(|now\(|current_(time|date|user|schema|database|catalog|setting)|today\(|using sample|tablesample|version\(|txid|nextval|get_current/i.test(
        sql,
      )
    )
      return false;
    const again = await this.#plain.answer(sql);
    return typeof again === 'object' && same(expected, again);
  }
}

/** How DuckDB spells a type or a lambda in the name of an unnamed column depends on its parser: docs/compatibility.md. */
function same(a: Answer, b: Answer): boolean {
  const named = (answer: Answer, other: Answer): unknown =>
    answer.columns.map(([name, type], index) => [
      isSpelling(name) && isSpelling(other.columns[index]?.[0] ?? '') ? '' : name,
      type,
    ]);
  return text([named(a, b), a.rows]) === text([named(b, a), b.rows]);
}

function isSpelling(name: string): boolean {
  return /[( ]/.test(name);
}

function shown(answer: Answer): string {
  return text(answer).slice(0, 400);
}

async function runFile(path: string, index: number): Promise<void> {
  const name = relative(directory, path);
  const { records } = readSuiteFile(readFileSync(path, 'utf8').replaceAll(/__TEST_DIR__|\{TEMP_DIR\}/g, scratch));
  if (records.length === 0) return;
  const catalog = `f${String(index)}`;
  const admin = await server.as('admin');
  for (const sql of [`CREATE CATALOG ${catalog}`, `CREATE SCHEMA ${catalog}.main`]) await admin.run(sql);
  const product = await server.as('admin', catalog);
  await product.run(`USE ${catalog}.main`);
  await product.run('SET portcullis.column_names = duckdb');
  const instance = await DuckDBInstance.create(':memory:', { memory_limit: '1GB', threads: '2' });
  const connection = await instance.connect();
  await connection.run("SET TimeZone = 'UTC'");
  const plain = new Plain(connection);
  const run = new FileRun(name, product, plain);
  const start = performance.now();
  for (const record of records) {
    if (performance.now() - start > fileMs) break;
    const timer = setTimeout(() => {
      plain.engine.interrupt();
    }, 10_000);
    await run.record(record);
    clearTimeout(timer);
  }
  counts.files += 1;
  await product.session.close();
  await plain.engine.close();
  instance.closeSync();
  await admin.run(`DROP CATALOG ${catalog} CASCADE`);
  await admin.session.close();
}

test("DuckDB's own tests", { timeout: 86_400_000 }, async () => {
  const files = testFiles(join(directory, 'test/sql')).filter((path) => path.includes(only));
  expect(files.length).toBeGreaterThan(0);
  for (const [index, path] of files.entries()) {
    await runFile(path, index);
    if (index % 200 === 199)
      console.info(
        `${String(index + 1)} of ${String(files.length)} files, ${JSON.stringify(counts)}, ${String(differences.length)} differences`,
      );
  }
  const most = [...refusals].toSorted((a, b) => b[1] - a[1]).slice(0, 60);
  console.info(most.map(([key, count]) => `${String(count).padStart(6)} ${key}`).join('\n'));
  console.info(`answered where DuckDB fails:\n${told.join('\n')}`);
  console.info(`differences:\n${differences.join('\n')}`);
  console.info(JSON.stringify(counts));
  expect(differences.length).toBe(0);
});
