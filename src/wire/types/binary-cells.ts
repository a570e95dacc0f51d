// Binary form of frequent types straight from the engine's memory.
import type { ColumnVector } from '../../sql/column-vector.ts';
import type { SqlType } from '../../sql/sql-type.ts';
import { numericBinary } from './numeric.ts';
import type { CellWriter, RowBuffer } from './row-buffer.ts';
import { stringCell } from './string-cell.ts';
import { decimalReader } from './text-cells.ts';

/** Days and microseconds from 1970-01-01 to 2000-01-01, PostgreSQL's epoch. */
const epochDays = 10_957;
const epochMicrosLow = 946_684_800_000_000 % 4_294_967_296;
const epochMicrosHigh = Math.floor(946_684_800_000_000 / 4_294_967_296);
const infinityHigh = 0x7fff_ffff;

/** undefined: by way of a value. */
export function binaryCellOf(type: SqlType): CellWriter | undefined {
  switch (type.id) {
    case 'BOOLEAN':
      return boolean;
    case 'TINYINT':
      return int16Cell((bytes, row) => bytes.readInt8(row));
    case 'UTINYINT':
      return int16Cell((bytes, row) => bytes[row] ?? 0);
    case 'SMALLINT':
      return int16Cell((bytes, row) => bytes.readInt16LE(row * 2));
    case 'USMALLINT':
      return int32Cell((bytes, row) => bytes.readUInt16LE(row * 2));
    case 'INTEGER':
    case 'FLOAT':
      return int32Cell((bytes, row) => bytes.readInt32LE(row * 4));
    case 'UINTEGER':
      return unsigned;
    case 'BIGINT':
    case 'DOUBLE':
    case 'TIME':
      return int64;
    case 'DATE':
      return int32Cell((bytes, row) => dayOf(bytes.readInt32LE(row * 4)));
    case 'TIMESTAMP':
    case 'TIMESTAMPTZ':
      return timestamp;
    case 'DECIMAL':
      return decimalCell(type);
    case 'UUID':
      return uuid;
    case 'VARCHAR':
    case 'JSON':
    case 'BLOB':
      return stringCell;
    default:
      return undefined;
  }
}

function boolean(out: RowBuffer, { bytes }: ColumnVector, row: number): void {
  out.room(5);
  out.int32(1);
  out.bytes[out.at] = bytes[row] === 0 ? 0 : 1;
  out.at += 1;
}

function int16Cell(read: (bytes: Buffer, row: number) => number): CellWriter {
  return (out, { bytes }, row) => {
    const value = read(bytes, row);
    out.room(6);
    out.int32(2);
    out.bytes[out.at] = value >> 8;
    out.bytes[out.at + 1] = value;
    out.at += 2;
  };
}

function int32Cell(read: (bytes: Buffer, row: number) => number): CellWriter {
  return (out, { bytes }, row) => {
    out.room(8);
    out.int32(4);
    out.int32(read(bytes, row));
  };
}

function unsigned(out: RowBuffer, { bytes }: ColumnVector, row: number): void {
  out.room(12);
  out.int32(8);
  out.int32(0);
  out.int32(bytes.readInt32LE(row * 4));
}

function int64(out: RowBuffer, { bytes }: ColumnVector, row: number): void {
  out.room(12);
  out.int32(8);
  out.int32(bytes.readInt32LE(row * 8 + 4));
  out.int32(bytes.readInt32LE(row * 8));
}

/** The engine's infinities are the greatest number and its negative; PostgreSQL's the greatest and the least. */
function dayOf(days: number): number {
  if (days === 2_147_483_647) return days;
  return days === -2_147_483_647 ? -2_147_483_648 : days - epochDays;
}

function timestamp(out: RowBuffer, { bytes }: ColumnVector, row: number): void {
  let low = bytes.readUInt32LE(row * 8);
  let high = bytes.readInt32LE(row * 8 + 4);
  if (high === -infinityHigh - 1 && low === 1) low = 0;
  else if (high !== infinityHigh || low !== 0xffff_ffff) {
    high -= epochMicrosHigh + (low < epochMicrosLow ? 1 : 0);
    low -= epochMicrosLow;
  }
  out.room(12);
  out.int32(8);
  out.int32(high);
  out.int32(low);
}

type DecimalType = Extract<SqlType, { readonly id: 'DECIMAL' }>;

/** Reused: a column is written by one thread, a cell at a time. */
const groups = new Uint16Array(8);

function decimalCell({ width, scale }: DecimalType): CellWriter | undefined {
  if (width > 18) return undefined;
  const read = decimalReader(width);
  const unit = 10 ** scale;
  const fractionGroups = Math.ceil(scale / 4);
  const fill = 10 ** (fractionGroups * 4 - scale);
  return (out, { bytes }, row) => {
    const value = read(bytes, row);
    if (value === undefined || scale > 11) {
      out.cell(numericBinary(value === undefined ? bytes.readBigInt64LE(row * 8) : BigInt(value), scale));
      return;
    }
    const size = Math.abs(value);
    const whole = Math.floor(size / unit);
    // Whole groups of four digits on both sides of the point, lowest first.
    let count = 0;
    let fraction = (size - whole * unit) * fill;
    for (; count < fractionGroups; count += 1) {
      groups[count] = fraction % 10_000;
      fraction = Math.floor(fraction / 10_000);
    }
    for (let rest = whole; rest > 0; rest = Math.floor(rest / 10_000)) {
      groups[count] = rest % 10_000;
      count += 1;
    }
    numericCell(out, { count, fractionGroups, scale, isNegative: value < 0 });
  };
}

interface NumericHead {
  readonly count: number;
  readonly fractionGroups: number;
  readonly scale: number;
  readonly isNegative: boolean;
}

function numericCell(out: RowBuffer, { count, fractionGroups, scale, isNegative }: NumericHead): void {
  let top = count;
  while (top > 0 && groups[top - 1] === 0) top -= 1;
  let bottom = 0;
  while (bottom < top && groups[bottom] === 0) bottom += 1;
  const digits = top - bottom;
  const weight = digits === 0 ? 0 : top - fractionGroups - 1;
  out.room(12 + digits * 2);
  out.int32(8 + digits * 2);
  out.int32((digits << 16) | (weight & 0xffff));
  out.int32(((isNegative ? 0x4000 : 0) << 16) | scale);
  const { bytes } = out;
  let { at } = out;
  for (let index = top - 1; index >= bottom; index -= 1) {
    const group = groups[index] ?? 0;
    bytes[at] = group >> 8;
    bytes[at + 1] = group;
    at += 2;
  }
  out.at = at;
}

/** Stored backwards, with the top bit flipped so that numbers sort as texts do. */
function uuid(out: RowBuffer, { bytes }: ColumnVector, row: number): void {
  out.room(20);
  out.int32(16);
  out.int32(bytes.readInt32LE(row * 16 + 12) ^ 0x8000_0000);
  out.int32(bytes.readInt32LE(row * 16 + 8));
  out.int32(bytes.readInt32LE(row * 16 + 4));
  out.int32(bytes.readInt32LE(row * 16));
}
