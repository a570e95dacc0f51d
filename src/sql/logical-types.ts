// Which types a cast may name. User-defined types do not exist here; a name that DuckDB would have to look up must be
// one of its own.

/** `duckdb_types()` of 1.5.6 and the parser's own ids, lower case. Not BIGNUM: its casts take n² for n digits and cannot be stopped. */
export const typeNames: ReadonlySet<string> = new Set(
  `array bigint binary bit bitstring blob bool boolean bpchar bytea char date datetime dec decimal double enum
  float float4 float8 guid hugeint int int1 int128 int16 int2 int32 int4 int64 int8 integer integral interval
  json list logical long map null numeric nvarchar oid real row short signed smallint string struct text time
  time_ns timestamp timestamp_ms timestamp_ns timestamp_s timestamp_us timestamptz timetz tinyint ubigint uhugeint uint128
  uint16 uint32 uint64 uint8 uinteger union usmallint utinyint uuid varbinary varchar`.split(/\s+/),
);

/** LogicalTypeId as the serializer spells them. */
export const typeIds: ReadonlySet<string> = new Set(
  `NULL BOOLEAN TINYINT SMALLINT INTEGER BIGINT HUGEINT UTINYINT USMALLINT UINTEGER UBIGINT UHUGEINT FLOAT DOUBLE DECIMAL
  VARCHAR CHAR BLOB BIT UUID DATE TIME TIME_NS TIMESTAMP TIMESTAMP_S TIMESTAMP_MS TIMESTAMP_NS
  INTERVAL ENUM LIST ARRAY STRUCT MAP UNION UNBOUND`
    .split(/\s+/)
    .concat('TIMESTAMP WITH TIME ZONE', 'TIME WITH TIME ZONE'),
);
