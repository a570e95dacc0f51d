// Text of frequent types straight from the engine's memory.
import type { ColumnVector } from '../../sql/column-vector.ts';
import type { SqlType } from '../../sql/sql-type.ts';
import { civil, timestampText } from './datetime.ts';
import { decimalText, doubleText } from './number-text.ts';
import type { CellWriter, RowBuffer } from './row-buffer.ts';
import type { Spelling } from './spelling.ts';
import { stringCell } from './string-cell.ts';

/** Longest cell that is written without knowing its length before. */
const cellBytesMax = 64;
const two32 = 4_294_967_296;
const microsPerDay = 86_400_000_000;
const dateInfinity = 2_147_483_647;
const minus = 45;
const zero = 48;

/** undefined: by way of a value. */
export function textCellOf(type: SqlType, spelling: Spelling): CellWriter | undefined {
  const isIso = spelling.dateStyle.startsWith('ISO');
  switch (type.id) {
    case 'BOOLEAN':
      return boolean;
    case 'TINYINT':
      return integerCell((bytes, row) => bytes.readInt8(row));
    case 'UTINYINT':
      return integerCell((bytes, row) => bytes[row] ?? 0);
    case 'SMALLINT':
      return integerCell((bytes, row) => bytes.readInt16LE(row * 2));
    case 'USMALLINT':
      return integerCell((bytes, row) => bytes.readUInt16LE(row * 2));
    case 'INTEGER':
      return integerCell((bytes, row) => bytes.readInt32LE(row * 4));
    case 'UINTEGER':
      return integerCell((bytes, row) => bytes.readUInt32LE(row * 4));
    case 'BIGINT':
      return bigint;
    case 'DOUBLE':
      return spelling.extraFloatDigits > 0 ? double : undefined;
    case 'DECIMAL':
      return decimalCell(type);
    case 'VARCHAR':
    case 'JSON':
      return stringCell;
    case 'DATE':
      return isIso ? date : undefined;
    case 'TIMESTAMP':
      return isIso ? timestampCell('') : undefined;
    case 'TIMESTAMPTZ':
      return isIso && spelling.timeZone === 'UTC' ? timestampCell('+00') : undefined;
    default:
      return undefined;
  }
}

function boolean(out: RowBuffer, { bytes }: ColumnVector, row: number): void {
  out.room(5);
  out.int32(1);
  out.bytes[out.at] = bytes[row] === 0 ? 102 : 116;
  out.at += 1;
}

/** Room for the length word, which is filled in when the cell is there. */
function begin(out: RowBuffer): number {
  out.room(cellBytesMax);
  const start = out.at;
  out.at = start + 4;
  return start;
}

function end(out: RowBuffer, start: number): void {
  const { at } = out;
  out.at = start;
  out.int32(at - start - 4);
  out.at = at;
}

function character(out: RowBuffer, code: number): void {
  out.bytes[out.at] = code;
  out.at += 1;
}

function integerCell(read: (bytes: Buffer, row: number) => number): CellWriter {
  return (out, { bytes }, row) => {
    const value = read(bytes, row);
    const start = begin(out);
    if (value < 0) character(out, minus);
    out.digits(Math.abs(value), 1);
    end(out, start);
  };
}

/** 64 bits as a number; undefined where a number cannot hold them exactly. */
function safeInt64(bytes: Buffer, at: number): number | undefined {
  const value = bytes.readInt32LE(at + 4) * two32 + bytes.readUInt32LE(at);
  return Number.isSafeInteger(value) ? value : undefined;
}

function bigint(out: RowBuffer, { bytes }: ColumnVector, row: number): void {
  const value = safeInt64(bytes, row * 8);
  if (value === undefined) {
    out.ascii(bytes.readBigInt64LE(row * 8).toString());
    return;
  }
  const start = begin(out);
  if (value < 0) character(out, minus);
  out.digits(Math.abs(value), 1);
  end(out, start);
}

/** JavaScript's shortest digits are PostgreSQL's; only the bounds of e-notation differ, which `double` leaves to the slow way. */
function double(out: RowBuffer, { bytes }: ColumnVector, row: number): void {
  const value = bytes.readDoubleLE(row * 8);
  const size = Math.abs(value);
  if (size >= 1e-4 && size < 1e15) out.ascii(String(value));
  else out.ascii(doubleText(value));
}

type DecimalType = Extract<SqlType, { readonly id: 'DECIMAL' }>;

function decimalCell({ width, scale }: DecimalType): CellWriter | undefined {
  if (width > 18) return undefined;
  const read = decimalReader(width);
  const unit = 10 ** scale;
  return (out, { bytes }, row) => {
    const value = read(bytes, row);
    if (value === undefined) {
      out.ascii(decimalText(bytes.readBigInt64LE(row * 8), scale));
      return;
    }
    const start = begin(out);
    if (value < 0) character(out, minus);
    const size = Math.abs(value);
    if (scale === 0) out.digits(size, 1);
    else {
      const whole = Math.floor(size / unit);
      out.digits(whole, 1);
      character(out, 46);
      out.digits(size - whole * unit, scale);
    }
    end(out, start);
  };
}

export function decimalReader(width: number): (bytes: Buffer, row: number) => number | undefined {
  if (width <= 4) return (bytes, row) => bytes.readInt16LE(row * 2);
  if (width <= 9) return (bytes, row) => bytes.readInt32LE(row * 4);
  return (bytes, row) => safeInt64(bytes, row * 8);
}

function date(out: RowBuffer, { bytes }: ColumnVector, row: number): void {
  const days = bytes.readInt32LE(row * 4);
  if (days === dateInfinity) out.ascii('infinity');
  else if (days === -dateInfinity) out.ascii('-infinity');
  else {
    const start = begin(out);
    const isBefore = calendarDay(out, days);
    if (isBefore) beforeChrist(out);
    end(out, start);
  }
}

/** YYYY-MM-DD; true: before Christ. */
function calendarDay(out: RowBuffer, days: number): boolean {
  const { year, month, day } = civil(days);
  out.digits(year > 0 ? year : 1 - year, 4);
  character(out, minus);
  out.digits(month, 2);
  character(out, minus);
  out.digits(day, 2);
  return year <= 0;
}

function beforeChrist(out: RowBuffer): void {
  for (const code of [32, 66, 67]) character(out, code);
}

function timestampCell(zone: '' | '+00'): CellWriter {
  return (out, { bytes }, row) => {
    const micros = safeInt64(bytes, row * 8);
    if (micros === undefined) {
      out.ascii(timestampText(bytes.readBigInt64LE(row * 8), zone));
      return;
    }
    const start = begin(out);
    const days = Math.floor(micros / microsPerDay);
    const isBefore = calendarDay(out, days);
    character(out, 32);
    clock(out, micros - days * microsPerDay);
    for (let index = 0; index < zone.length; index += 1) character(out, zone.charCodeAt(index));
    if (isBefore) beforeChrist(out);
    end(out, start);
  };
}

function clock(out: RowBuffer, micros: number): void {
  const seconds = Math.floor(micros / 1_000_000);
  out.digits(Math.floor(seconds / 3600), 2);
  character(out, 58);
  out.digits(Math.floor(seconds / 60) % 60, 2);
  character(out, 58);
  out.digits(seconds % 60, 2);
  const fraction = micros - seconds * 1_000_000;
  if (fraction === 0) return;
  character(out, 46);
  out.digits(fraction, 6);
  while (out.bytes[out.at - 1] === zero) out.at -= 1;
}
