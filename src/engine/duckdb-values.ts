// SqlValue -> DuckDB's values, for binding parameters. What DuckDB gives is read in duckdb-vectors.ts.
import {
  DuckDBArrayValue,
  DuckDBBitValue,
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBIntervalValue,
  DuckDBListValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTimeTZValue,
  DuckDBTimeValue,
  DuckDBUUIDValue,
  type DuckDBValue,
} from '@duckdb/node-api';
import { SqlError } from '../base/sql-error.ts';
import type { SqlType, SqlValue } from '../sql/sql-type.ts';

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
