// DuckDB's logical types <-> SqlType.
import {
  ARRAY,
  BIGINT,
  BIT,
  BLOB,
  BOOLEAN,
  DATE,
  DECIMAL,
  DOUBLE,
  type DuckDBType,
  DuckDBTypeId,
  FLOAT,
  HUGEINT,
  INTEGER,
  INTERVAL,
  LIST,
  SMALLINT,
  TIME,
  TIMESTAMP,
  TIMESTAMP_MS,
  TIMESTAMP_NS,
  TIMESTAMP_S,
  TIMESTAMPTZ,
  TIMETZ,
  TINYINT,
  UBIGINT,
  UHUGEINT,
  UINTEGER,
  USMALLINT,
  UTINYINT,
  UUID,
  VARCHAR,
} from '@duckdb/node-api';
import { quote } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import type { SimpleTypeId, SqlType } from '../sql/sql-type.ts';

const simpleTypes: Readonly<Partial<Record<DuckDBTypeId, SimpleTypeId>>> = {
  [DuckDBTypeId.BOOLEAN]: 'BOOLEAN',
  [DuckDBTypeId.TINYINT]: 'TINYINT',
  [DuckDBTypeId.SMALLINT]: 'SMALLINT',
  [DuckDBTypeId.INTEGER]: 'INTEGER',
  [DuckDBTypeId.BIGINT]: 'BIGINT',
  [DuckDBTypeId.UTINYINT]: 'UTINYINT',
  [DuckDBTypeId.USMALLINT]: 'USMALLINT',
  [DuckDBTypeId.UINTEGER]: 'UINTEGER',
  [DuckDBTypeId.UBIGINT]: 'UBIGINT',
  [DuckDBTypeId.FLOAT]: 'FLOAT',
  [DuckDBTypeId.DOUBLE]: 'DOUBLE',
  [DuckDBTypeId.TIMESTAMP]: 'TIMESTAMP',
  [DuckDBTypeId.DATE]: 'DATE',
  [DuckDBTypeId.TIME]: 'TIME',
  [DuckDBTypeId.INTERVAL]: 'INTERVAL',
  [DuckDBTypeId.HUGEINT]: 'HUGEINT',
  [DuckDBTypeId.UHUGEINT]: 'UHUGEINT',
  [DuckDBTypeId.VARCHAR]: 'VARCHAR',
  [DuckDBTypeId.BLOB]: 'BLOB',
  [DuckDBTypeId.TIMESTAMP_S]: 'TIMESTAMP_S',
  [DuckDBTypeId.TIMESTAMP_MS]: 'TIMESTAMP_MS',
  [DuckDBTypeId.TIMESTAMP_NS]: 'TIMESTAMP_NS',
  [DuckDBTypeId.UUID]: 'UUID',
  [DuckDBTypeId.BIT]: 'BIT',
  [DuckDBTypeId.TIME_TZ]: 'TIMETZ',
  [DuckDBTypeId.TIMESTAMP_TZ]: 'TIMESTAMPTZ',
  [DuckDBTypeId.BIGNUM]: 'BIGNUM',
  [DuckDBTypeId.SQLNULL]: 'NULL',
  [DuckDBTypeId.TIME_NS]: 'TIME_NS',
};

/** @throws SqlError featureNotSupported for a type no client can be sent */
export function sqlTypeOf(type: DuckDBType): SqlType {
  switch (type.typeId) {
    case DuckDBTypeId.DECIMAL:
      return { id: 'DECIMAL', width: type.width, scale: type.scale };
    case DuckDBTypeId.ENUM:
      return { id: 'ENUM', values: type.values };
    case DuckDBTypeId.LIST:
      return { id: 'LIST', child: sqlTypeOf(type.valueType) };
    case DuckDBTypeId.ARRAY:
      return { id: 'ARRAY', child: sqlTypeOf(type.valueType), length: type.length };
    case DuckDBTypeId.STRUCT:
      return {
        id: 'STRUCT',
        fields: type.entryNames.map((name, index) => ({ name, type: sqlTypeOf(entry(type.entryTypes, index)) })),
      };
    case DuckDBTypeId.MAP:
      return { id: 'MAP', key: sqlTypeOf(type.keyType), value: sqlTypeOf(type.valueType) };
    case DuckDBTypeId.UNION:
      return {
        id: 'UNION',
        members: type.memberTags.map((tag, index) => ({ tag, type: sqlTypeOf(entry(type.memberTypes, index)) })),
      };
    case DuckDBTypeId.VARCHAR:
      return { id: type.alias === 'JSON' ? 'JSON' : 'VARCHAR' };
    default:
      return { id: simpleTypes[type.typeId] ?? unknownType(type) };
  }
}

/** The canonical spelling. node-api's own leaves out that JSON is more than VARCHAR. */
export function typeTextOf(type: DuckDBType): string {
  const member = (name: string, inner: DuckDBType | undefined): string =>
    `${quote(name)} ${inner === undefined ? '' : typeTextOf(inner)}`;
  switch (type.typeId) {
    case DuckDBTypeId.LIST:
      return `${typeTextOf(type.valueType)}[]`;
    case DuckDBTypeId.ARRAY:
      return `${typeTextOf(type.valueType)}[${String(type.length)}]`;
    case DuckDBTypeId.STRUCT:
      return `STRUCT(${type.entryNames.map((name, index) => member(name, type.entryTypes[index])).join(', ')})`;
    case DuckDBTypeId.MAP:
      return `MAP(${typeTextOf(type.keyType)}, ${typeTextOf(type.valueType)})`;
    case DuckDBTypeId.UNION:
      return `UNION(${type.memberTags.map((tag, index) => member(tag, type.memberTypes[index])).join(', ')})`;
    default:
      return type.alias === 'JSON' ? 'JSON' : type.toString();
  }
}

function entry(types: readonly DuckDBType[], index: number): DuckDBType {
  const type = types[index];
  if (type === undefined) throw new SqlError('internalError', 'internal error');
  return type;
}

function unknownType(type: DuckDBType): never {
  throw new SqlError('featureNotSupported', `values of type ${type.toString()} are not supported`, {
    hint: 'Cast the column to VARCHAR.',
  });
}

const duckTypes: Readonly<Record<Exclude<SimpleTypeId, 'BIGNUM' | 'TIME_NS' | 'NULL'>, DuckDBType>> = {
  BOOLEAN,
  TINYINT,
  SMALLINT,
  INTEGER,
  BIGINT,
  HUGEINT,
  UTINYINT,
  USMALLINT,
  UINTEGER,
  UBIGINT,
  UHUGEINT,
  FLOAT,
  DOUBLE,
  VARCHAR,
  BLOB,
  BIT,
  UUID,
  JSON: VARCHAR,
  DATE,
  TIME,
  TIMETZ,
  TIMESTAMP,
  TIMESTAMP_S,
  TIMESTAMP_MS,
  TIMESTAMP_NS,
  TIMESTAMPTZ,
  INTERVAL,
};

/** The type to bind a parameter with. */
export function duckTypeOf(type: SqlType): DuckDBType {
  switch (type.id) {
    case 'DECIMAL':
      return DECIMAL(type.width, type.scale);
    case 'LIST':
      return LIST(duckTypeOf(type.child));
    case 'ARRAY':
      return ARRAY(duckTypeOf(type.child), type.length);
    case 'ENUM':
      return VARCHAR;
    case 'STRUCT':
    case 'MAP':
    case 'UNION':
    case 'BIGNUM':
    case 'TIME_NS':
    case 'POSTGRES':
    case 'NULL':
      return VARCHAR;
    default:
      return duckTypes[type.id];
  }
}
