// Type spellings -> DuckDB's canonical one, by asking DuckDB what a cast to it gives.
import { SqlError } from '../base/sql-error.ts';
import type { Span } from '../parse/statement.ts';
import { sealedProbe } from '../rewrite/probe.ts';
import type { GovernEnvironment } from './environment.ts';

/** @throws SqlError undefinedObject for a type that does not exist */
export async function canonicalType(environment: GovernEnvironment, type: Span): Promise<string> {
  const probe = await sealedProbe(environment.codec, `SELECT CAST(NULL AS ${type.text})`);
  const [column] = await environment.describe(probe);
  if (column === undefined || column.type === '"NULL"') {
    throw new SqlError('undefinedObject', `type ${type.text} does not exist`, { position: type.offset });
  }
  return column.type;
}
