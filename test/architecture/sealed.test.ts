// Nothing but what rewrite/ sealed reaches the engine: the compiler says so (npm run types reads this file).
import { expect, test } from 'vitest';
import type { EngineConnection } from '../../src/engine/duckdb-connection.ts';
import { ExecutableDdl, ExecutableQuery } from '../../src/rewrite/executable-query.ts';

/** Never called: each line must not compile, and `tsc` fails when one of them does. */
export async function unsealed(connection: EngineConnection): Promise<void> {
  // @ts-expect-error a string is no query
  await connection.prepare('SELECT 1');
  // @ts-expect-error a look-alike is no query
  await connection.prepare({ sql: 'SELECT 1', writes: undefined });
  // @ts-expect-error the constructor is private
  await connection.prepare(new ExecutableQuery({ sql: 'SELECT 1', writes: undefined }));
  // @ts-expect-error a string is no DDL
  await connection.runDdl('DROP TABLE t');
  // @ts-expect-error the constructor is private
  await connection.runDdl(new ExecutableDdl({ statements: [], writes: '2' }));
}

test('look-alikes have no private fields to read', () => {
  const imitation = Object.create(ExecutableQuery.prototype) as ExecutableQuery;
  expect(() => imitation.sql).toThrow(TypeError);
});
