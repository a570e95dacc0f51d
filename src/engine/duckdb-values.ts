// DuckDB's values <-> SqlValue. Result columns are read one array at a time.
import {
  DuckDBArrayValue,
  DuckDBBitValue,
  DuckDBBlobValue,
  type DuckDBDataChunk,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBIntervalValue,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBTimeNSValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTimeTZValue,
  DuckDBTimeValue,
  DuckDBUnionValue,
  DuckDBUUIDValue,
  type DuckDBValue,
} from '@duckdb/node-api';
import { assert } from '../base/assert.ts';
import { SqlError } from '../base/sql-error.ts';
import type { RowChunk, SqlType, SqlValue } from '../sql/sql-type.ts';

type Reader = (value: DuckDBValue) => SqlValue;

/** Reads chunks of a result with these column types. */
export function chunkReader(types: readonly SqlType[]): (chunk: DuckDBDataChunk) => RowChunk {
  const readers = types.map(readerOf);
  return (chunk) => ({
    rowCount: chunk.rowCount,
    columns: readers.map((read, index) => columnOf(chunk, index, read)),
  });
}

function columnOf(chunk: DuckDBDataChunk, index: number, read: Reader): readonly SqlValue[] {
  const vector = chunk.getColumnVector(index);
  const values = new Array<SqlValue>(chunk.rowCount);
  for (let row = 0; row < values.length; row += 1) {
    const value = vector.getItem(row);
    values[row] = value === null ? null : read(value);
  }
  return values;
}

function readerOf(type: SqlType): Reader {
  switch (type.id) {
    case 'LIST':
    case 'ARRAY':
      return listReader(type.child);
    case 'STRUCT':
      return structReader(type.fields);
    case 'MAP':
      return mapReader(type);
    case 'UNION':
      return unionReader(type.members);
    default:
      return scalarValue;
  }
}

function nullable(read: Reader): Reader {
  return (value) => (value === null ? null : read(value));
}

function listReader(child: SqlType): Reader {
  const read = nullable(readerOf(child));
  return (value) => {
    assert(value instanceof DuckDBListValue || value instanceof DuckDBArrayValue, 'a list was expected');
    return value.items.map(read);
  };
}

function structReader(fields: readonly { readonly name: string; readonly type: SqlType }[]): Reader {
  const names = fields.map((field) => field.name);
  // node-api keys fields by name: unnamed or repeated ones would overwrite each other.
  if (new Set(names).size !== names.length) {
    throw new SqlError('featureNotSupported', 'a row value with unnamed fields cannot be returned', {
      hint: "Name the fields: {'a': …, 'b': …}, or select them as columns.",
    });
  }
  const readers = fields.map((field) => nullable(readerOf(field.type)));
  return (value) => {
    assert(value instanceof DuckDBStructValue, 'a struct was expected');
    return readers.map((read, index) => read(value.entries[names[index] ?? ''] ?? null));
  };
}

function mapReader(type: { readonly key: SqlType; readonly value: SqlType }): Reader {
  const readKey = nullable(readerOf(type.key));
  const readValue = nullable(readerOf(type.value));
  return (value) => {
    assert(value instanceof DuckDBMapValue, 'a map was expected');
    return value.entries.map((entry) => [readKey(entry.key), readValue(entry.value)]);
  };
}

function unionReader(members: readonly { readonly tag: string; readonly type: SqlType }[]): Reader {
  const readers = new Map(members.map((member) => [member.tag, nullable(readerOf(member.type))]));
  return (value) => {
    assert(value instanceof DuckDBUnionValue, 'a union was expected');
    return { tag: value.tag, value: readers.get(value.tag)?.(value.value) ?? null };
  };
}

/** By class, most frequent first; what is not listed is no scalar. */
function scalarValue(value: DuckDBValue): SqlValue {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue) return value.micros;
  if (value instanceof DuckDBDecimalValue) return { unscaled: value.value };
  if (value instanceof DuckDBDateValue) return daysOf(value);
  if (value instanceof DuckDBTimeValue) return value.micros;
  if (value instanceof DuckDBIntervalValue) {
    return { months: value.months, days: value.days, micros: value.micros };
  }
  if (value instanceof DuckDBBlobValue) return value.bytes;
  if (value instanceof DuckDBUUIDValue || value instanceof DuckDBBitValue) return value.toString();
  if (value instanceof DuckDBTimeTZValue) return { micros: value.micros, offsetSeconds: value.offset };
  return rareScalarValue(value);
}

function rareScalarValue(value: DuckDBValue): SqlValue {
  if (value instanceof DuckDBTimestampSecondsValue) return value.seconds;
  if (value instanceof DuckDBTimestampMillisecondsValue) return value.millis;
  if (value instanceof DuckDBTimestampNanosecondsValue) return value.nanos;
  if (value instanceof DuckDBTimeNSValue) return value.nanos;
  throw new SqlError('featureNotSupported', 'a value of this type cannot be returned');
}

function daysOf(value: DuckDBDateValue): number {
  if (value.isFinite) return value.days;
  return value.days > 0 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
}

/** A parameter's value for binding; its class goes with duckTypeOf(type). */
export function duckValueOf(type: SqlType, value: SqlValue): DuckDBValue {
  if (value === null) return null;
  if (Array.isArray(value)) {
    if (type.id === 'LIST') return new DuckDBListValue(value.map((item: SqlValue) => duckValueOf(type.child, item)));
    if (type.id === 'ARRAY') return new DuckDBArrayValue(value.map((item: SqlValue) => duckValueOf(type.child, item)));
    throw new SqlError('featureNotSupported', 'parameters of this type are not supported');
  }
  if (value instanceof Uint8Array) return new DuckDBBlobValue(value);
  return typeof value === 'object' ? compositeValue(type, value) : plainValue(type, value);
}

type Composite = Extract<
  SqlValue,
  { readonly unscaled: bigint } | { readonly micros: bigint } | { readonly tag: string }
>;

function compositeValue(type: SqlType, value: object): DuckDBValue {
  const composite = value as Composite;
  if ('unscaled' in composite && type.id === 'DECIMAL') {
    return new DuckDBDecimalValue(composite.unscaled, type.width, type.scale);
  }
  if ('months' in composite) return new DuckDBIntervalValue(composite.months, composite.days, composite.micros);
  if ('offsetSeconds' in composite) {
    return DuckDBTimeTZValue.fromMicrosAndOffset(composite.micros, composite.offsetSeconds);
  }
  throw new SqlError('featureNotSupported', 'parameters of this type are not supported');
}

function plainValue(type: SqlType, value: boolean | number | bigint | string): DuckDBValue {
  switch (type.id) {
    case 'DATE':
      return new DuckDBDateValue(dayNumber(Number(value)));
    case 'TIME':
      return new DuckDBTimeValue(BigInt(value));
    case 'TIMESTAMP':
      return new DuckDBTimestampValue(BigInt(value));
    case 'TIMESTAMPTZ':
      return new DuckDBTimestampTZValue(BigInt(value));
    case 'TIMESTAMP_S':
      return new DuckDBTimestampSecondsValue(BigInt(value));
    case 'TIMESTAMP_MS':
      return new DuckDBTimestampMillisecondsValue(BigInt(value));
    case 'TIMESTAMP_NS':
      return new DuckDBTimestampNanosecondsValue(BigInt(value));
    case 'UUID':
      return DuckDBUUIDValue.fromUint128(BigInt(`0x${String(value).replaceAll('-', '')}`));
    case 'BIT':
      return DuckDBBitValue.fromString(String(value));
    default:
      return value;
  }
}

function dayNumber(days: number): number {
  if (days === Number.POSITIVE_INFINITY) return DuckDBDateValue.PosInf.days;
  return days === Number.NEGATIVE_INFINITY ? DuckDBDateValue.NegInf.days : days;
}
