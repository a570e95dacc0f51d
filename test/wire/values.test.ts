// Values as PostgreSQL 16 spells them.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SqlType, SqlValue } from '../../src/sql/sql-type.ts';
import { binaryWriterOf } from '../../src/wire/types/binary.ts';
import { decimalText, doubleText, floatText } from '../../src/wire/types/number-text.ts';
import { numericBinary, numericText } from '../../src/wire/types/numeric.ts';
import { defaultSpelling } from '../../src/wire/types/spelling.ts';
import { textWriterOf } from '../../src/wire/types/text.ts';

const day = 86_400_000_000n;
const infinite = 9_223_372_036_854_775_807n;

function textOf(type: SqlType, value: SqlValue, timeZone = 'UTC'): string {
  return textWriterOf(type, { ...defaultSpelling, timeZone })(value);
}

describe('floats', () => {
  test.each<[number, string]>([
    [0, '0'],
    [-0, '-0'],
    [1, '1'],
    [0.1, '0.1'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [0.00012345, '0.00012345'],
    [123_456_789_012_345, '123456789012345'],
    [100_000_000_000_000, '100000000000000'],
    [1e15, '1e+15'],
    [1_234_567_890_123_456, '1.234567890123456e+15'],
    [-1.5e100, '-1.5e+100'],
    [5e-324, '5e-324'],
    [1.7976931348623157e308, '1.7976931348623157e+308'],
    [123_456.789, '123456.789'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    [Number.NEGATIVE_INFINITY, '-Infinity'],
  ])('the double %d is %s', (value, expected) => {
    expect(doubleText(value)).toBe(expected);
  });

  test.each<[number, string]>([
    [0.1, '0.1'],
    [123_456, '123456'],
    [999_999, '999999'],
    [1_000_000, '1e+06'],
    [1_234_567, '1.234567e+06'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [3.4028234663852886e38, '3.4028235e+38'],
    [1.401298464324817e-45, '1e-45'],
    [16_777_216, '1.6777216e+07'],
  ])('the float %d is %s', (value, expected) => {
    expect(floatText(Math.fround(value))).toBe(expected);
  });

  test('a double reads back as itself, a float as itself in single precision', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), fc.float({ noNaN: true }), (double, single) => {
        expect(Number(doubleText(double))).toBe(double);
        expect(Math.fround(Number(floatText(single)))).toBe(single);
      }),
    );
  });
});

describe('exact numbers', () => {
  test.each<[bigint, number, string]>([
    [0n, 0, '0'],
    [0n, 2, '0.00'],
    [5n, 2, '0.05'],
    [-5n, 2, '-0.05'],
    [12_345n, 2, '123.45'],
    [-100n, 2, '-1.00'],
    [1n, 38, `0.${'0'.repeat(37)}1`],
    [10n ** 38n - 1n, 0, '9'.repeat(38)],
  ])('the decimal %d of scale %d is %s', (unscaled, scale, expected) => {
    expect(decimalText(unscaled, scale)).toBe(expected);
    expect(textOf({ id: 'DECIMAL', width: 38, scale }, { unscaled })).toBe(expected);
  });

  test('the binary numeric of 12345.678 is as PostgreSQL sends it', () => {
    expect(numericBinary(12_345_678n, 3).toString('hex')).toBe('000300010000000300010929' + '1a7c');
    expect(numericBinary(0n, 0).toString('hex')).toBe('0000000000000000');
    expect(numericBinary(-1n, 4).toString('hex')).toBe('0001ffff400000040001');
    expect(numericBinary(100_000_000n, 0).toString('hex')).toBe('00010002000000000001');
  });

  test('a numeric that goes through the binary format keeps every digit', () => {
    const unscaled = fc.oneof(fc.bigInt({ min: -(10n ** 38n), max: 10n ** 38n }), fc.bigInt({ min: -10n, max: 10n }));
    fc.assert(
      fc.property(unscaled, fc.nat(38), (value, scale) => {
        expect(numericText(numericBinary(value, scale))).toBe(decimalText(value, scale));
      }),
      { numRuns: 1000 },
    );
  });

  test('bytes that are no numeric, and NaN, give no number', () => {
    expect(numericText(Buffer.alloc(7))).toBeUndefined();
    expect(numericText(Buffer.from('0001000000000000', 'hex'))).toBeUndefined();
    expect(numericText(Buffer.from('00000000c0000000', 'hex'))).toBeUndefined();
  });

  test('random bytes never break the reader of numerics', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), (array) => {
        expect(['string', 'undefined']).toContain(typeof numericText(Buffer.from(array)));
      }),
    );
  });
});

describe('dates and times', () => {
  test.each<[number, string]>([
    [0, '1970-01-01'],
    [-1, '1969-12-31'],
    [11_016, '2000-02-29'],
    [-719_162, '0001-01-01'],
    [-719_163, '0001-12-31 BC'],
    [-719_529, '0002-12-31 BC'],
    [2_932_897, '10000-01-01'],
    [Number.POSITIVE_INFINITY, 'infinity'],
    [Number.NEGATIVE_INFINITY, '-infinity'],
  ])('day %d is %s', (days, expected) => {
    expect(textOf({ id: 'DATE' }, days)).toBe(expected);
  });

  test.each<[bigint, string]>([
    [0n, '00:00:00'],
    [1n, '00:00:00.000001'],
    [45_296_120_000n, '12:34:56.12'],
    [day, '24:00:00'],
  ])('%d microseconds of a day are %s', (micros, expected) => {
    expect(textOf({ id: 'TIME' }, micros)).toBe(expected);
    expect(textOf({ id: 'TIME_NS' }, micros * 1000n)).toBe(expected);
  });

  test.each<[bigint, string]>([
    [0n, '1970-01-01 00:00:00'],
    [-1n, '1969-12-31 23:59:59.999999'],
    [1_500_000n, '1970-01-01 00:00:01.5'],
    [-719_163n * day + 1n, '0001-12-31 00:00:00.000001 BC'],
    [infinite, 'infinity'],
    [-infinite, '-infinity'],
  ])('the timestamp %d is %s', (micros, expected) => {
    expect(textOf({ id: 'TIMESTAMP' }, micros)).toBe(expected);
  });

  test('timestamps of other units are the same moments', () => {
    expect(textOf({ id: 'TIMESTAMP_S' }, -1n)).toBe('1969-12-31 23:59:59');
    expect(textOf({ id: 'TIMESTAMP_MS' }, 1500n)).toBe('1970-01-01 00:00:01.5');
    expect(textOf({ id: 'TIMESTAMP_NS' }, 1999n)).toBe('1970-01-01 00:00:00.000001');
    expect(textOf({ id: 'TIMESTAMP_NS' }, -1n)).toBe('1969-12-31 23:59:59.999999');
    expect(textOf({ id: 'TIMESTAMP_S' }, infinite)).toBe('infinity');
  });

  test.each<[string, bigint, string]>([
    ['UTC', 0n, '1970-01-01 00:00:00+00'],
    ['Europe/Berlin', 1_750_000_000_000_000n, '2025-06-15 17:06:40+02'],
    ['Europe/Berlin', 1_736_899_200_000_000n, '2025-01-15 01:00:00+01'],
    ['Asia/Kolkata', 0n, '1970-01-01 05:30:00+05:30'],
    ['America/New_York', 0n, '1969-12-31 19:00:00-05'],
    ['America/St_Johns', 0n, '1969-12-31 20:30:00-03:30'],
    ['Asia/Kolkata', infinite, 'infinity'],
    ['Asia/Kolkata', -infinite, '-infinity'],
  ])('in %s the moment %d is %s', (zone, micros, expected) => {
    expect(textOf({ id: 'TIMESTAMPTZ' }, micros, zone)).toBe(expected);
  });

  test.each<[number, string]>([
    [0, '01:00:00+00'],
    [-5 * 3600, '01:00:00-05'],
    [19_800, '01:00:00+05:30'],
    [-1521, '01:00:00-00:25:21'],
  ])('a time with an offset of %d seconds is %s', (offsetSeconds, expected) => {
    expect(textOf({ id: 'TIMETZ' }, { micros: 3_600_000_000n, offsetSeconds })).toBe(expected);
  });

  test.each<[number, number, bigint, string]>([
    [0, 0, 0n, '00:00:00'],
    [1, 1, 0n, '1 mon 1 day'],
    [14, 3, 14_706_000_000n, '1 year 2 mons 3 days 04:05:06'],
    [-14, 3, 0n, '-1 years -2 mons +3 days'],
    [-1, 0, 1_000_000n, '-1 mons +00:00:01'],
    [1, -1, 1_000_000n, '1 mon -1 days +00:00:01'],
    [0, 0, -1_500_000n, '-00:00:01.5'],
    [0, 1, -1n, '1 day -00:00:00.000001'],
    [24, 0, 0n, '2 years'],
    [0, 0, 360_000_000_000n, '100:00:00'],
    [-12, 0, 0n, '-1 years'],
  ])('the interval of %d months, %d days and %d microseconds is %s', (months, days, micros, expected) => {
    expect(textOf({ id: 'INTERVAL' }, { months, days, micros })).toBe(expected);
  });
});

describe('other values', () => {
  test.each<[SqlType, SqlValue, string]>([
    [{ id: 'BOOLEAN' }, true, 't'],
    [{ id: 'BOOLEAN' }, false, 'f'],
    [{ id: 'BLOB' }, Uint8Array.of(0, 255, 16), '\\x00ff10'],
    [{ id: 'HUGEINT' }, -(2n ** 127n), '-170141183460469231731687303715884105728'],
    [{ id: 'UUID' }, '00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000001'],
    [{ id: 'BIT' }, '0101', '0101'],
    [{ id: 'VARCHAR' }, "it's", "it's"],
  ])('%o: %o is %s', (type, value, expected) => {
    expect(textOf(type, value)).toBe(expected);
  });

  const words: SqlType = { id: 'LIST', child: { id: 'VARCHAR' } };
  test.each<[SqlType, SqlValue, string]>([
    [words, [], '{}'],
    [words, ['a', null, ''], '{a,NULL,""}'],
    [
      words,
      ['a b', 'a,b', '{', '}', '"', '\\', 'null', 'NULL', 'nullable'],
      '{"a b","a,b","{","}","\\"","\\\\","null","NULL",nullable}',
    ],
    [words, ['\t', '\n', "'"], '{"\t","\n",\'}'],
    [{ id: 'LIST', child: words }, [['a'], ['b c', null]], '{{a},{"b c",NULL}}'],
    [{ id: 'ARRAY', child: { id: 'INTEGER' }, length: 2 }, [1, -2], '{1,-2}'],
    [{ id: 'LIST', child: { id: 'BOOLEAN' } }, [true, false], '{t,f}'],
    [{ id: 'LIST', child: { id: 'TIMESTAMP' } }, [0n], '{"1970-01-01 00:00:00"}'],
    [{ id: 'LIST', child: { id: 'BLOB' } }, [Uint8Array.of(1)], '{"\\\\x01"}'],
  ])('%o: %o is the array %s', (type, value, expected) => {
    expect(textOf(type, value)).toBe(expected);
  });

  const record: SqlType = {
    id: 'STRUCT',
    fields: [
      { name: 'a"b', type: { id: 'VARCHAR' } },
      { name: 'n', type: { id: 'DECIMAL', width: 9, scale: 2 } },
      { name: 'l', type: { id: 'LIST', child: { id: 'DATE' } } },
    ],
  };
  test.each<[SqlType, SqlValue, string]>([
    [record, ['x"\n', { unscaled: 150n }, [0, null]], '{"a\\"b":"x\\"\\n","n":1.50,"l":["1970-01-01",null]}'],
    [record, [null, null, null], '{"a\\"b":null,"n":null,"l":null}'],
    [{ id: 'LIST', child: record }, [], '[]'],
    [
      { id: 'MAP', key: { id: 'INTEGER' }, value: { id: 'BOOLEAN' } },
      [
        [1, true],
        [2, null],
      ],
      '{"1":true,"2":null}',
    ],
    [{ id: 'UNION', members: [{ tag: 'num', type: { id: 'BIGINT' } }] }, { tag: 'num', value: 5n }, '{"num":5}'],
    [
      { id: 'MAP', key: { id: 'VARCHAR' }, value: { id: 'DOUBLE' } },
      [
        ['a', Number.NaN],
        ['b', 1e20],
      ],
      '{"a":"NaN","b":1e+20}',
    ],
    [{ id: 'MAP', key: { id: 'VARCHAR' }, value: { id: 'JSON' } }, [['j', '{"x": 1}']], '{"j":{"x": 1}}'],
  ])('%o: %o is JSON', (type, value, expected) => {
    const text = textOf(type, value);
    expect(text).toBe(expected);
    expect(() => JSON.parse(text) as unknown).not.toThrow();
  });

  test.each<[SqlType, SqlValue, string]>([
    [{ id: 'BOOLEAN' }, true, '01'],
    [{ id: 'SMALLINT' }, -2, 'fffe'],
    [{ id: 'INTEGER' }, 258, '00000102'],
    [{ id: 'BIGINT' }, -1n, 'ffffffffffffffff'],
    [{ id: 'UINTEGER' }, 4_294_967_295, '00000000ffffffff'],
    [{ id: 'DOUBLE' }, 1, '3ff0000000000000'],
    [{ id: 'FLOAT' }, 1, '3f800000'],
    [{ id: 'VARCHAR' }, 'é', 'c3a9'],
    [{ id: 'DATE' }, 10_957, '00000000'],
    [{ id: 'DATE' }, Number.POSITIVE_INFINITY, '7fffffff'],
    [{ id: 'DATE' }, Number.NEGATIVE_INFINITY, '80000000'],
    [{ id: 'TIMESTAMP' }, 946_684_800_000_001n, '0000000000000001'],
    [{ id: 'TIMESTAMPTZ' }, -infinite, '8000000000000000'],
    [{ id: 'INTERVAL' }, { months: 1, days: -1, micros: 2n }, '0000000000000002ffffffff00000001'],
    [{ id: 'UUID' }, '00000000-0000-0000-0000-0000000000ff', '000000000000000000000000000000ff'],
    [{ id: 'LIST', child: { id: 'INTEGER' } }, [], '000000000000000000000017'],
    [
      { id: 'LIST', child: { id: 'INTEGER' } },
      [1, null],
      '00000001000000010000001700000002000000010000000400000001ffffffff',
    ],
  ])('%o: %o in binary is %s', (type, value, expected) => {
    expect(binaryWriterOf(type, defaultSpelling)(value).toString('hex')).toBe(expected);
  });
});
