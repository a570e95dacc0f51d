// DuckDB's types as PostgreSQL's: OID, length and modifier of a column; and back for parameters.
import type { SimpleTypeId, SqlType } from '../../sql/sql-type.ts';

export interface WireType {
  readonly oid: number;
  /** Bytes of the binary form; -1: varies. */
  readonly length: number;
  readonly modifier: number;
  /** OID of an array of it. */
  readonly arrayOid: number;
}

function wire(oid: number, length: number, arrayOid: number): WireType {
  return { oid, length, modifier: -1, arrayOid };
}

const bool = wire(16, 1, 1000);
const bytea = wire(17, -1, 1001);
const int8 = wire(20, 8, 1016);
const int2 = wire(21, 2, 1005);
const int4 = wire(23, 4, 1007);
const text = wire(25, -1, 1009);
const json = wire(114, -1, 199);
const numeric = wire(1700, -1, 1231);
const timestamp = wire(1114, 8, 1115);
const time = wire(1083, 8, 1183);

const simple: Readonly<Record<SimpleTypeId, WireType>> = {
  BOOLEAN: bool,
  TINYINT: int2,
  SMALLINT: int2,
  INTEGER: int4,
  BIGINT: int8,
  HUGEINT: numeric,
  UTINYINT: int2,
  USMALLINT: int4,
  UINTEGER: int8,
  UBIGINT: numeric,
  UHUGEINT: numeric,
  BIGNUM: numeric,
  FLOAT: wire(700, 4, 1021),
  DOUBLE: wire(701, 8, 1022),
  VARCHAR: text,
  BLOB: bytea,
  BIT: wire(1562, -1, 1563),
  UUID: wire(2950, 16, 2951),
  JSON: json,
  DATE: wire(1082, 4, 1182),
  TIME: time,
  TIME_NS: time,
  TIMETZ: wire(1266, 12, 1270),
  TIMESTAMP: timestamp,
  TIMESTAMP_S: timestamp,
  TIMESTAMP_MS: timestamp,
  TIMESTAMP_NS: timestamp,
  TIMESTAMPTZ: wire(1184, 8, 1185),
  INTERVAL: wire(1186, 16, 1187),
  NULL: text,
};

export function wireTypeOf(type: SqlType): WireType {
  switch (type.id) {
    case 'DECIMAL':
      // PostgreSQL's numeric modifier: precision and scale, plus the length word it once counted.
      return { ...numeric, modifier: ((type.width << 16) | type.scale) + 4 };
    case 'ENUM':
      return text;
    case 'POSTGRES':
      return { oid: type.oid, length: type.length, modifier: type.modifier, arrayOid: 0 };
    case 'STRUCT':
    case 'MAP':
    case 'UNION':
      return json;
    case 'LIST':
    case 'ARRAY':
      return arrayOf(type.child);
    default:
      return simple[type.id];
  }
}

/** Nested lists have one array type in PostgreSQL, whatever their depth; lists of records are JSON. */
function arrayOf(child: SqlType): WireType {
  const inner = child.id === 'LIST' || child.id === 'ARRAY' ? wireTypeOf(child) : wireTypeOf(child);
  if (inner.oid === json.oid && child.id !== 'JSON') return json;
  const oid = child.id === 'LIST' || child.id === 'ARRAY' ? inner.oid : inner.arrayOid;
  return { oid, length: -1, modifier: -1, arrayOid: oid };
}

const byOid: ReadonlyMap<number, SqlType> = new Map<number, SqlType>([
  [16, { id: 'BOOLEAN' }],
  [17, { id: 'BLOB' }],
  [20, { id: 'BIGINT' }],
  [21, { id: 'SMALLINT' }],
  [23, { id: 'INTEGER' }],
  [26, { id: 'UINTEGER' }],
  [25, { id: 'VARCHAR' }],
  [19, { id: 'VARCHAR' }],
  [1042, { id: 'VARCHAR' }],
  [1043, { id: 'VARCHAR' }],
  [114, { id: 'JSON' }],
  [3802, { id: 'JSON' }],
  [700, { id: 'FLOAT' }],
  [701, { id: 'DOUBLE' }],
  [1082, { id: 'DATE' }],
  [1083, { id: 'TIME' }],
  [1266, { id: 'TIMETZ' }],
  [1114, { id: 'TIMESTAMP' }],
  [1184, { id: 'TIMESTAMPTZ' }],
  [1186, { id: 'INTERVAL' }],
  [2950, { id: 'UUID' }],
]);

/** Those of `numeric` say nothing of their scale: what the query needs decides. */
const byArrayOid: ReadonlyMap<number, SqlType> = new Map<number, SqlType>([
  ...[...byOid.values()].map((type) => [wireTypeOf(type).arrayOid, type] as const),
  ...[1003, 1014, 1015].map((oid) => [oid, { id: 'VARCHAR' }] as const),
  [3807, { id: 'JSON' }],
  // An oid is sent as a bigint, but its arrays are of oids.
  [1016, { id: 'BIGINT' }],
  [1028, { id: 'UINTEGER' }],
]);

/** The type a client gave to a parameter; undefined: not given (0, unknown) or none that decides anything. */
export function typeOfOid(oid: number): SqlType | undefined {
  const child = byArrayOid.get(oid);
  return child === undefined ? byOid.get(oid) : { id: 'LIST', child };
}
