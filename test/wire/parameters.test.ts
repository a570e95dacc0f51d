// Bound values in binary are read by the OID that the client gave or was told.
import { expect, test } from 'vitest';
import type { SqlType, SqlValue } from '../../src/sql/sql-type.ts';
import { decodeParameter } from '../../src/wire/types/parameters.ts';

function read(hex: string, type: SqlType, oid?: number): SqlValue {
  return decodeParameter({ format: 'binary', bytes: Buffer.from(hex, 'hex') }, type, oid).value;
}

test('a numeric of the client is no double, though it may be as long as one', () => {
  expect(read('0000000000000000', { id: 'DOUBLE' }, 1700)).toBe('0');
  expect(() => read('00000000c0000000', { id: 'DOUBLE' }, 1700)).toThrow('incorrect binary data format');
});

test('an int4 for a BIGINT, an int8 for an INTEGER', () => {
  expect(read('ffffffff', { id: 'BIGINT' }, 23)).toBe(-1);
  expect(read('ffffffffffffffff', { id: 'INTEGER' }, 20)).toBe(-1n);
});

test('without an OID the form is that of the OID that was told', () => {
  expect(read('0001', { id: 'TINYINT' })).toBe(1);
  expect(read('00000000ffffffff', { id: 'UINTEGER' })).toBe(4_294_967_295n);
  expect(read('000100000000000000ff', { id: 'UBIGINT' })).toBe('255');
});

test('infinite dates and timestamps stay infinite', () => {
  expect(read('7fffffff', { id: 'DATE' })).toBe(Number.POSITIVE_INFINITY);
  expect(read('80000000', { id: 'DATE' })).toBe(Number.NEGATIVE_INFINITY);
  expect(read('7fffffffffffffff', { id: 'TIMESTAMP' })).toBe(9_223_372_036_854_775_807n);
  expect(read('8000000000000000', { id: 'TIMESTAMPTZ' })).toBe(-9_223_372_036_854_775_807n);
  expect(() => read('7ffffffffffffffe', { id: 'TIMESTAMP' })).toThrow('out of range');
});

test('times with a zone and bits', () => {
  expect(read('0000000000000001ffffb2a8', { id: 'TIMETZ' })).toEqual({ micros: 1n, offsetSeconds: 19_800 });
  expect(read('00000005a8', { id: 'BIT' })).toBe('10101');
  expect(() => read('00000009a8', { id: 'BIT' })).toThrow('incorrect binary data format');
});
