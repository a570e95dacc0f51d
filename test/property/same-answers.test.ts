// Printing: what the product runs after taking a query apart and printing it again answers as DuckDB answers the client's own
// text: rows, column names and types. Anything else is a typed refusal.
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EngineConnection } from '../../src/engine/duckdb-connection.ts';
import { sealQuery } from '../../src/rewrite/executable-query.ts';
import { type InProcess, startInProcess, type TestSession } from '../support/in-process.ts';
import { expressionPieces, runnableCorpus, tables } from './runnable-corpus.ts';

let server: InProcess;
let product: TestSession;
let instance: DuckDBInstance;
let plain: EngineConnection;

beforeAll(async () => {
  server = await startInProcess();
  product = await server.as('admin');
  for (const sql of ['CREATE CATALOG c', 'USE CATALOG c', 'CREATE SCHEMA s', 'USE SCHEMA s', ...tables])
    await product.run(sql);
  await product.run('SET portcullis.column_names = duckdb');
  instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run("SET TimeZone = 'UTC'");
  for (const sql of tables) await connection.run(sql);
  plain = new EngineConnection(connection);
});

afterAll(async () => {
  await server.close();
  await plain.close();
  instance.closeSync();
});

interface Answer {
  readonly columns: readonly (readonly [name: string, type: string])[];
  readonly rows: readonly string[];
}

const text = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? `${inner.toString()}n` : inner));

async function plainAnswer(sql: string): Promise<Answer | string> {
  try {
    const prepared = await plain.prepare(sealQuery({ sql, writes: undefined }));
    const stream = await prepared.execute([]);
    const rows: string[] = [];
    for (let chunk = await stream.next(); chunk !== undefined; chunk = await stream.next()) {
      for (let row = 0; row < chunk.rowCount; row += 1)
        rows.push(text(chunk.columns.map((column) => column[row] ?? null)));
    }
    prepared.close();
    return { columns: prepared.columns.map(({ name, type }) => [name, text(type)] as const), rows: rows.toSorted() };
  } catch (error) {
    return (error as { sqlState: string }).sqlState;
  }
}

async function productAnswer(sql: string): Promise<Answer | string> {
  try {
    const { columns, types, rows } = await product.run(sql);
    return {
      columns: columns.map((name, index) => [name, text(types[index])] as const),
      rows: rows.map(text).toSorted(),
    };
  } catch (error) {
    const { name, sqlState } = error as { name: string; sqlState: string };
    return name === 'SqlError' ? sqlState : String(error);
  }
}

test.each(runnableCorpus)('%s', async (sql) => {
  const expected = await plainAnswer(sql);
  expect(typeof expected, `${sql} runs on DuckDB: ${String(expected)}`).toBe('object');
  expect(await productAnswer(sql)).toEqual(expected);
});

const binding: ReadonlySet<string> = new Set(['42601', '42804', '42883']);

/** Patterns are printed as other functions than LIKE: what does not fit them by type is told as the one or the other. */
function unnamed(answer: Answer | string): unknown {
  if (typeof answer === 'string' && binding.has(answer)) return 'does not fit by type';
  return typeof answer === 'string' ? answer : { ...answer, columns: answer.columns.map(([, type]) => type) };
}

const seed = Date.now() % 2_147_483_647;

test('random expressions: the same answer, the same kind of error, or a refusal', { timeout: 600_000 }, async () => {
  console.info(`printing: seed ${String(seed)}`);
  const { expression } = fc.letrec<{ expression: string }>((tie) => ({
    expression: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom(...expressionPieces.atoms),
      fc
        .tuple(fc.constantFrom(...expressionPieces.shapes), fc.array(tie('expression'), { minLength: 3, maxLength: 3 }))
        .map(([shape, parts]) => shape.replaceAll(/\$(\d)/g, (_, index: string) => parts[Number(index)] ?? '1')),
    ),
  }));
  let answered = 0;
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(expression, async (drawn) => {
      const sql = `SELECT ${drawn}, i FROM t ORDER BY i`;
      const expected = await plainAnswer(sql);
      const actual = await productAnswer(sql);
      if (actual === '0A000' || actual === '42883') {
        refused += 1;
        return;
      }
      if (typeof expected === 'object') answered += 1;
      // How DuckDB spells a type in a name depends on how its parser came by it: docs/compatibility.md.
      expect(unnamed(actual), sql).toEqual(unnamed(expected));
    }),
    { numRuns: Number(process.env['PRINTING_RUNS'] ?? 1_500), seed },
  );
  console.info(`printing: ${String(answered)} answered alike, ${String(refused)} refused`);
  expect(answered).toBeGreaterThan(400);
});
