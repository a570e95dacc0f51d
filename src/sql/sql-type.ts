// DuckDB's types as plain data: what a result column is, whoever encodes it.

export type SimpleTypeId =
  | 'BOOLEAN'
  | 'TINYINT'
  | 'SMALLINT'
  | 'INTEGER'
  | 'BIGINT'
  | 'HUGEINT'
  | 'UTINYINT'
  | 'USMALLINT'
  | 'UINTEGER'
  | 'UBIGINT'
  | 'UHUGEINT'
  | 'FLOAT'
  | 'DOUBLE'
  | 'VARCHAR'
  | 'BLOB'
  | 'BIT'
  | 'UUID'
  | 'JSON'
  | 'BIGNUM'
  | 'DATE'
  | 'TIME'
  | 'TIMETZ'
  | 'TIME_NS'
  | 'TIMESTAMP'
  | 'TIMESTAMP_S'
  | 'TIMESTAMP_MS'
  | 'TIMESTAMP_NS'
  | 'TIMESTAMPTZ'
  | 'INTERVAL'
  | 'NULL';

export type SqlType =
  | { readonly id: SimpleTypeId }
  | { readonly id: 'DECIMAL'; readonly width: number; readonly scale: number }
  | { readonly id: 'ENUM'; readonly values: readonly string[] }
  | { readonly id: 'LIST'; readonly child: SqlType }
  | { readonly id: 'ARRAY'; readonly child: SqlType; readonly length: number }
  | { readonly id: 'STRUCT'; readonly fields: readonly { readonly name: string; readonly type: SqlType }[] }
  | { readonly id: 'MAP'; readonly key: SqlType; readonly value: SqlType }
  /** One of PostgreSQL's own, in answers about its catalogs. */
  | { readonly id: 'POSTGRES'; readonly oid: number; readonly length: number; readonly modifier: number }
  | { readonly id: 'UNION'; readonly members: readonly { readonly tag: string; readonly type: SqlType }[] };

/**
 * A value as the engine hands it over, by type:
 * BOOLEAN boolean · TINYINT…INTEGER, UTINYINT…UINTEGER, FLOAT, DOUBLE number · BIGINT, UBIGINT, HUGEINT, UHUGEINT,
 * BIGNUM bigint · DECIMAL {unscaled: bigint} (scale is in the type) · VARCHAR, JSON, ENUM, UUID, BIT string (BIT as 0s and 1s)
 * · BLOB Uint8Array · DATE number of days since 1970-01-01 (±Infinity: infinity) · TIME, TIMESTAMP, TIMESTAMPTZ bigint microseconds
 * (TIMESTAMP_S, _MS, _NS: in their own unit; TIME_NS nanoseconds) · TIMETZ {micros: bigint, offsetSeconds: number}
 * · INTERVAL {months, days, micros: bigint} · LIST, ARRAY array · STRUCT array of field values in order
 * · MAP array of [key, value] · UNION {tag, value} · POSTGRES its bytes in both formats. Absent is null.
 */
export type SqlValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | { readonly unscaled: bigint }
  | { readonly micros: bigint; readonly offsetSeconds: number }
  | { readonly months: number; readonly days: number; readonly micros: bigint }
  | { readonly tag: string; readonly value: SqlValue }
  | { readonly text: Uint8Array; readonly binary: Uint8Array }
  | readonly SqlValue[];

/** Some rows of a result, column by column. */
export interface RowChunk {
  readonly rowCount: number;
  /** One array per column, each of `rowCount` values. */
  readonly columns: readonly (readonly SqlValue[])[];
}

export interface ResultColumn {
  readonly name: string;
  readonly type: SqlType;
}

/** DuckDB's canonical spelling, for types without parts; others get a word that is no type. */
export function typeSpelling(type: SqlType): string {
  switch (type.id) {
    case 'TIMESTAMPTZ':
      return 'TIMESTAMP WITH TIME ZONE';
    case 'TIMETZ':
      return 'TIME WITH TIME ZONE';
    case 'DECIMAL':
      return `DECIMAL(${String(type.width)},${String(type.scale)})`;
    case 'LIST':
      return `${typeSpelling(type.child)}[]`;
    default:
      return type.id;
  }
}
