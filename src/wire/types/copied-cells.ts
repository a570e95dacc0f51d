// A cell that a client copies -> text as the engine reads it. Types whose PostgreSQL spelling the engine would read otherwise, or too
// generously, are read here.
import { assert } from '../../base/assert.ts';
import type { SqlType } from '../../sql/sql-type.ts';
import type { Format } from '../frontend.ts';
import { wireTypeOf } from './oid.ts';
import { decodeParameter } from './parameters.ts';
import { defaultSpelling } from './spelling.ts';
import { textWriterOf } from './text.ts';

/** @throws SqlError */
export function copiedText(bytes: Buffer, type: SqlType, format: Format): string {
  const { type: read, value } = decodeParameter(
    { format, bytes },
    type,
    format === 'binary' ? wireTypeOf(type).oid : 0,
  );
  assert(value !== null, 'the cell is not NULL');
  if (value instanceof Uint8Array) return blobText(value);
  if (typeof value === 'string' || typeof value === 'boolean') return String(value);
  return textWriterOf(read, defaultSpelling)(value);
}

/** Every byte escaped. */
function blobText(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex').replace(/../g, '\\x$&');
}
