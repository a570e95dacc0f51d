// Values per type, as SQL that PostgreSQL and DuckDB both understand, for comparing what a client is sent byte by byte.

export interface TypedValues {
  /** The type's name in both, or [PostgreSQL's, DuckDB's]. */
  readonly type: string | readonly [postgres: string, duckdb: string];
  /** Literals' texts in both, or [PostgreSQL's, DuckDB's]. */
  readonly values: readonly (string | readonly [postgres: string, duckdb: string])[];
}

/** Every power of two that a float4 has, and both neighbours: where shortest digits are hard. */
function hardFloats(): string[] {
  const bits = new DataView(new ArrayBuffer(4));
  const values: string[] = [];
  for (let exponent = 0; exponent < 255; exponent += 1) {
    for (const offset of [-1, 0, 1]) {
      const pattern = (exponent << 23) + offset;
      if (pattern <= 0) continue;
      bits.setUint32(0, pattern);
      values.push(bits.getFloat32(0).toExponential());
    }
  }
  let state = 99;
  for (let index = 0; index < 3000; index += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bits.setUint32(0, state);
    const value = bits.getFloat32(0);
    if (Number.isFinite(value)) values.push(value.toExponential());
  }
  return values;
}

/** A spread of doubles that does not change from run to run. */
function spreadDoubles(): string[] {
  const bits = new DataView(new ArrayBuffer(8));
  const values: string[] = [];
  let state = 12_345;
  const next = (): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state;
  };
  while (values.length < 500) {
    bits.setUint32(0, next());
    bits.setUint32(4, next());
    const value = bits.getFloat64(0);
    if (Number.isFinite(value) && (Math.abs(value) > 1e-300 || value === 0)) values.push(value.toExponential());
  }
  for (let power = -1022; power < 1024; power += 1) values.push((2 ** power).toExponential());
  for (let power = -30; power <= 30; power += 1) values.push(`1e${String(power)}`, `-1.5e${String(power)}`);
  return values;
}

const days = [
  '1970-01-01',
  '1969-12-31',
  '2000-01-01',
  '2000-02-29',
  '1900-02-28',
  '0001-01-01',
  '9999-12-31',
  '12345-06-07',
  ['0001-12-31 BC', '0001-12-31 (BC)'],
  ['4000-05-06 BC', '4000-05-06 (BC)'],
  'infinity',
  '-infinity',
] as const;

const moments = [
  '1970-01-01 00:00:00',
  '1969-12-31 23:59:59.999999',
  '2024-02-29 12:34:56.7',
  '1999-12-31 23:59:59.000001',
  '0001-01-01 00:00:00',
  '2255-06-05 23:47:34.740993',
  '9999-12-31 23:59:59.999999',
  ['0044-03-15 10:00:00 BC', '0044-03-15 (BC) 10:00:00'],
  'infinity',
  '-infinity',
] as const;

/** In UTC; among them days on which offsets changed, and times of local mean time. */
const zonedMoments = [
  '1970-01-01 00:00:00+00',
  '2024-03-10 09:59:59.5+00',
  '2024-03-10 10:00:00+00',
  '2024-07-01 12:00:00+00',
  '2024-11-03 05:59:59+00',
  '2024-11-03 06:00:00+00',
  '1883-11-18 16:59:59+00',
  '1850-06-01 00:00:00+00',
  '1937-06-30 22:00:00+00',
  '1945-05-02 12:00:00+00',
  '2011-12-30 12:00:00+00',
  '2300-07-01 00:00:00+00',
  'infinity',
  '-infinity',
] as const;

export const typedValues: readonly TypedValues[] = [
  { type: 'boolean', values: ['true', 'false'] },
  { type: 'smallint', values: ['0', '1', '-1', '32767', '-32768', '999', '1000'] },
  { type: 'integer', values: ['0', '9', '10', '-10', '99999', '100000', '2147483647', '-2147483648'] },
  {
    type: 'bigint',
    values: [
      '0',
      '-1',
      '4294967295',
      '4294967296',
      '-4294967296',
      '9007199254740991',
      '9007199254740992',
      '-9007199254740993',
      '9223372036854775807',
      '-9223372036854775808',
      '1000000000',
      '10000000000',
      '999999999999',
    ],
  },
  { type: 'real', values: ['NaN', 'Infinity', '-Infinity', '0', '-0', '0.1', '123456.7', '1e6', ...hardFloats()] },
  {
    type: 'double precision',
    values: ['NaN', 'Infinity', '-Infinity', '0', '-0', '0.1', '1e15', '999999999999999', '123456789012345.6']
      .concat('4.9406564584124654e-324', '1.7976931348623157e308', '9007199254740993', '2.2250738585072014e-308')
      .concat(spreadDoubles()),
  },
  { type: 'decimal(4,2)', values: ['0', '0.01', '-0.01', '99.99', '-99.99', '10'] },
  { type: 'decimal(9,0)', values: ['0', '999999999', '-10000', '10000'] },
  { type: 'decimal(9,4)', values: ['0', '0.0001', '1', '12345.6789', '-10000.0001', '0.1'] },
  {
    type: 'decimal(18,6)',
    values: ['0', '0.000001', '999999999999.999999', '-123456789012.345678', '100000000', '0.01'],
  },
  { type: 'decimal(18,15)', values: ['0.000000000000001', '-999.999999999999999', '1'] },
  { type: 'decimal(38,10)', values: ['1234567890123456789012345678.0123456789', '-0.0000000001', '0'] },
  { type: ['numeric(38,0)', 'hugeint'], values: ['0', '99999999999999999999999999999999999999', '-1', '10000000000'] },
  { type: ['numeric', 'uhugeint'], values: ['340282366920938463463374607431768211455', '0'] },
  { type: ['numeric', 'ubigint'], values: ['18446744073709551615', '0', '10000'] },
  { type: ['bigint', 'uinteger'], values: ['4294967295', '0', '2147483648'] },
  { type: ['integer', 'usmallint'], values: ['65535', '0', '32768'] },
  { type: ['smallint', 'utinyint'], values: ['255', '0', '128'] },
  { type: ['smallint', 'tinyint'], values: ['127', '0', '-128'] },
  {
    type: 'text',
    values: ['', 'a', 'twelve bytes', 'thirteen bytes', 'é€😀', 'x'.repeat(5000), 'quote \' " \\', 'tab\tline\nend'],
  },
  {
    type: 'bytea',
    values: [
      ['\\x', ''],
      ['\\x00ff7f5c20', '\\x00\\xFF\\x7F\\x5C\\x20'],
      ['\\x61626364656667686970717273', 'abcdefghipqrs'],
    ],
  },
  { type: 'date', values: days },
  { type: 'time', values: ['00:00:00', '12:34:56.7', '23:59:59.999999', '24:00:00', '00:00:00.000001'] },
  { type: 'timetz', values: ['00:00:00+00', '12:34:56.7+05:30', '23:59:59.999999-08', '12:00:00+15:59:59'] },
  { type: 'timestamp', values: moments },
  { type: ['timestamp', 'timestamp_s'], values: ['1970-01-01 00:00:01', '1969-12-31 23:59:58', '2024-02-29 12:34:56'] },
  { type: ['timestamp', 'timestamp_ms'], values: ['1970-01-01 00:00:00.001', '1969-12-31 23:59:59.999'] },
  { type: ['timestamp', 'timestamp_ns'], values: ['1970-01-01 00:00:00.000001', '1969-12-31 23:59:59.999999'] },
  { type: 'timestamptz', values: zonedMoments },
  {
    type: 'interval',
    values: [
      '0 days',
      '1 year 2 months 3 days 04:05:06.789',
      '-1 year',
      '1 month -1 day',
      '-1 days 02:03:04',
      '1 day -02:03:04.5',
      '-2 months 1 day',
      '100 hours',
      '-0.000001 seconds',
      '1 second',
      '14 months',
      '-13 months -4 days -05:06:07',
      '3 days',
      '5 minutes',
    ],
  },
  {
    type: 'uuid',
    values: ['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff'].concat(
      '12345678-9abc-def0-1234-56789abcdef0',
    ),
  },
  { type: 'json', values: ['{"a": [1, 2.50, null]}', '"x"', 'null'] },
  { type: ['varbit', 'bit'], values: ['1', '0', '10101', '11111111', '100000001'] },
  {
    type: 'integer[]',
    values: [
      ['{1,NULL,-3}', '[1,NULL,-3]'],
      ['{}', '[]'],
    ],
  },
  { type: 'bigint[]', values: [['{9223372036854775807}', '[9223372036854775807]']] },
  {
    type: ['integer[]', 'integer[3]'],
    values: [
      ['{1,2,3}', '[1,2,3]'],
      ['{NULL,2,3}', '[NULL,2,3]'],
    ],
  },
  {
    type: ['integer[]', 'integer[][]'],
    values: [
      ['{{1,2},{3,NULL}}', '[[1,2],[3,NULL]]'],
      ['{}', '[[]]'],
    ],
  },
  { type: 'double precision[]', values: [['{1.5,NaN,-Infinity}', "['1.5','NaN','-Infinity']"]] },
  { type: 'date[]', values: [['{2024-02-29,infinity}', '[2024-02-29, infinity]']] },
  { type: 'timestamp[]', values: [['{"2024-02-29 12:00:00"}', '[2024-02-29 12:00:00]']] },
  { type: 'boolean[]', values: [['{t,f,NULL}', '[true,false,NULL]']] },
  { type: ['numeric(9,2)[]', 'decimal(9,2)[]'], values: [['{1.50,-0.01}', '[1.50,-0.01]']] },
  { type: 'uuid[]', values: [['{12345678-9abc-def0-1234-56789abcdef0}', '[12345678-9abc-def0-1234-56789abcdef0]']] },
];

/** Texts within arrays: PostgreSQL's array, and DuckDB's list constructor. */
export const textArrays: readonly (readonly [postgres: string, duckdb: string])[] = [
  [
    String.raw`ARRAY['a', 'b c', '', 'NULL', 'null', 'x,y', '{z}', 'q"q', 'b\s', 'é', E'\t', NULL, chr(160), chr(8195)]`,
    String.raw`['a', 'b c', '', 'NULL', 'null', 'x,y', '{z}', 'q"q', 'b\s', 'é', chr(9), NULL, chr(160), chr(8195)]`,
  ],
];

export interface TypedQuery {
  readonly postgres: string;
  readonly portcullis: string;
}

/** One column, one row per value and a NULL, in order. */
export function typedQuery({ type, values }: TypedValues): TypedQuery {
  const [postgresType, duckdbType] = typeof type === 'string' ? [type, type === 'bytea' ? 'blob' : type] : type;
  const pairs = values.map((value) => (typeof value === 'string' ? ([value, value] as const) : value));
  const cells = (side: 0 | 1, cast: string): string =>
    [...pairs.map((pair) => `('${pair[side].replaceAll("'", "''")}')`), '(NULL)'].join(', ').concat(`) t(v)`, cast);
  const head = (castType: string): string => `SELECT v::${castType} AS v FROM (VALUES `;
  return { postgres: head(postgresType) + cells(0, ''), portcullis: head(duckdbType) + cells(1, '') };
}
