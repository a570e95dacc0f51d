// A type as information_schema takes it apart. Types are DuckDB's canonical spellings.
import { integer, type SystemType, type SystemValue, text } from './system-relation.ts';

type TypeColumn =
  | 'full_data_type'
  | 'data_type'
  | 'character_maximum_length'
  | 'character_octet_length'
  | 'numeric_precision'
  | 'numeric_precision_radix'
  | 'numeric_scale'
  | 'datetime_precision'
  | 'interval_type'
  | 'interval_precision'
  | 'maximum_cardinality';

/** The columns that every relation with a type has. */
export const typeColumns: Readonly<Record<TypeColumn, SystemType>> = {
  full_data_type: text,
  data_type: text,
  character_maximum_length: integer,
  character_octet_length: integer,
  numeric_precision: integer,
  numeric_precision_radix: integer,
  numeric_scale: integer,
  datetime_precision: integer,
  interval_type: text,
  interval_precision: integer,
  maximum_cardinality: integer,
};

export type TypeFacts = Readonly<Record<TypeColumn, SystemValue>>;

interface NumberFacts {
  readonly precision: number;
  readonly radix: number;
  readonly scale: number | null;
}

const exact = (precision: number): NumberFacts => ({ precision, radix: 10, scale: 0 });
const floating = (precision: number): NumberFacts => ({ precision, radix: 2, scale: null });

const numbers: ReadonlyMap<string, NumberFacts> = new Map([
  ['TINYINT', exact(3)],
  ['UTINYINT', exact(3)],
  ['SMALLINT', exact(5)],
  ['USMALLINT', exact(5)],
  ['INTEGER', exact(10)],
  ['UINTEGER', exact(10)],
  ['BIGINT', exact(19)],
  ['UBIGINT', exact(20)],
  ['HUGEINT', exact(39)],
  ['UHUGEINT', exact(39)],
  ['FLOAT', floating(24)],
  ['DOUBLE', floating(53)],
]);

/** Digits after the second's point. */
const times: ReadonlyMap<string, number> = new Map([
  ['DATE', 0],
  ['TIME', 6],
  ['TIME WITH TIME ZONE', 6],
  ['TIMESTAMP', 6],
  ['TIMESTAMP WITH TIME ZONE', 6],
  ['TIMESTAMP_S', 0],
  ['TIMESTAMP_MS', 3],
  ['TIMESTAMP_NS', 9],
]);

export function typeFacts(type: string): TypeFacts {
  const number = numbers.get(type) ?? decimalFacts(type);
  return {
    full_data_type: type.toLowerCase(),
    data_type: baseOf(type),
    // Texts and blobs have no declared length.
    character_maximum_length: null,
    character_octet_length: null,
    numeric_precision: number?.precision ?? null,
    numeric_precision_radix: number?.radix ?? null,
    numeric_scale: number?.scale ?? null,
    datetime_precision: times.get(type) ?? null,
    interval_type: null,
    interval_precision: null,
    maximum_cardinality: null,
  };
}

function decimalFacts(type: string): NumberFacts | undefined {
  const [, precision, scale] = /^DECIMAL\((\d+),(\d+)\)$/.exec(type) ?? [];
  return precision === undefined ? undefined : { precision: Number(precision), radix: 10, scale: Number(scale) };
}

function baseOf(type: string): string {
  if (type.endsWith(']')) return 'ARRAY';
  return /^[A-Z_ ]+/.exec(type)?.[0] ?? type;
}
