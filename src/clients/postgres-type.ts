// What PostgreSQL clients are told a column's type is. Types are DuckDB's canonical spellings.
import { quote } from '../base/identifier.ts';

const names: ReadonlyMap<string, string> = new Map([
  ['BOOLEAN', 'boolean'],
  ['TINYINT', 'smallint'],
  ['UTINYINT', 'smallint'],
  ['SMALLINT', 'smallint'],
  ['USMALLINT', 'integer'],
  ['INTEGER', 'integer'],
  ['UINTEGER', 'bigint'],
  ['BIGINT', 'bigint'],
  ['UBIGINT', 'numeric(20,0)'],
  ['HUGEINT', 'numeric'],
  ['UHUGEINT', 'numeric'],
  ['BIGNUM', 'numeric'],
  ['FLOAT', 'real'],
  ['DOUBLE', 'double precision'],
  ['VARCHAR', 'text'],
  ['BLOB', 'bytea'],
  ['BIT', 'bit varying'],
  ['UUID', 'uuid'],
  ['JSON', 'json'],
  ['DATE', 'date'],
  ['TIME', 'time without time zone'],
  ['TIME_NS', 'time without time zone'],
  ['TIME WITH TIME ZONE', 'time with time zone'],
  ['TIMESTAMP', 'timestamp without time zone'],
  ['TIMESTAMP_S', 'timestamp without time zone'],
  ['TIMESTAMP_MS', 'timestamp without time zone'],
  ['TIMESTAMP_NS', 'timestamp without time zone'],
  ['TIMESTAMP WITH TIME ZONE', 'timestamp with time zone'],
  ['INTERVAL', 'interval'],
]);

/** The same types as wire/types/oid.ts gives in RowDescription. Lists of records, like records, are JSON. */
export function postgresType(type: string): string {
  const known = names.get(type);
  if (known !== undefined) return known;
  const decimal = /^DECIMAL\((\d+),(\d+)\)$/.exec(type);
  if (decimal !== null) return `numeric(${decimal[1] ?? ''},${decimal[2] ?? ''})`;
  const [, element] = /^(.*)\[\d*\]$/.exec(type) ?? [];
  if (element !== undefined) {
    const inner = postgresType(element);
    if (inner === 'json' && element !== 'JSON') return 'json';
    return inner.endsWith('[]') ? inner : `${inner}[]`;
  }
  return type.startsWith('STRUCT') || type.startsWith('MAP') || type.startsWith('UNION') ? 'json' : 'text';
}

/** A name as it stands in SQL of PostgreSQL; longer ones are cut there. */
export function postgresName(...parts: readonly string[]): string {
  return parts.map(quote).join('.');
}
