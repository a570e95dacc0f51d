// The few messages that are exchanged with the embedded PostgreSQL, in its own protocol: so values come in its own spelling and in
// its own binary format.
import type { CatalogColumn, CatalogRefusal } from './catalog-protocol.ts';

function message(type: string, ...parts: readonly (Buffer | string)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(`${part}\0`) : part)));
  const head = Buffer.alloc(5);
  head.write(type, 0, 'latin1');
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

function int16(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2);
  for (const [index, value] of values.entries()) bytes.writeInt16BE(value, index * 2);
  return bytes;
}

function int32(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeInt32BE(value | 0, index * 4);
  return bytes;
}

export function parseAndDescribe(text: string, parameterOids: readonly number[]): Buffer {
  return Buffer.concat([
    message('P', '', text, int16(parameterOids.length), int32(...parameterOids)),
    message('D', Buffer.from('S'), ''),
    message('S'),
  ]);
}

/** @param formats of the results: one for each column, 0 text, 1 binary */
export function bindAndExecute(
  parameters: readonly (string | Uint8Array | null)[],
  formats: readonly number[],
  rowsMax: number,
): Buffer {
  const given = parameters.map((value) => (value instanceof Uint8Array ? 1 : 0));
  const values = parameters.map((value) => {
    if (value === null) return int32(-1);
    const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : Buffer.from(value);
    return Buffer.concat([int32(bytes.length), bytes]);
  });
  return Buffer.concat([
    message(
      'B',
      '',
      '',
      int16(given.length, ...given),
      int16(parameters.length),
      ...values,
      int16(formats.length, ...formats),
    ),
    message('E', '', int32(rowsMax)),
    message('S'),
  ]);
}

export interface Exchange {
  readonly parameterOids: readonly number[];
  readonly columns: readonly CatalogColumn[] | undefined;
  readonly rows: readonly (readonly (Uint8Array | null)[])[];
  readonly refusal: CatalogRefusal | undefined;
}

/** What came back for one of the above. */
export function readExchange(bytes: Uint8Array): Exchange {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let parameterOids: readonly number[] = [];
  let columns: readonly CatalogColumn[] | undefined;
  let refusal: CatalogRefusal | undefined;
  const rows: (readonly (Uint8Array | null)[])[] = [];
  for (let at = 0; at + 5 <= all.length; at += 1 + all.readUInt32BE(at + 1)) {
    const body = all.subarray(at + 5, at + 1 + all.readUInt32BE(at + 1));
    switch (String.fromCharCode(all[at] ?? 0)) {
      case 't':
        parameterOids = Array.from({ length: body.readUInt16BE(0) }, (_, index) => body.readUInt32BE(2 + index * 4));
        break;
      case 'T':
        columns = columnsOf(body);
        break;
      case 'D':
        rows.push(valuesOf(body));
        break;
      case 'E':
        refusal ??= refusalOf(body);
        break;
      default:
        break;
    }
  }
  return { parameterOids, columns, rows, refusal };
}

function columnsOf(body: Buffer): readonly CatalogColumn[] {
  const columns: CatalogColumn[] = [];
  let at = 2;
  for (let left = body.readUInt16BE(0); left > 0; left -= 1) {
    const end = body.indexOf(0, at);
    const name = body.toString('utf8', at, end);
    // Table and attribute numbers stand before the type: they mean nothing outside of this instance.
    columns.push({
      name,
      oid: body.readUInt32BE(end + 7),
      length: body.readInt16BE(end + 11),
      modifier: body.readInt32BE(end + 13),
    });
    at = end + 19;
  }
  return columns;
}

function valuesOf(body: Buffer): readonly (Uint8Array | null)[] {
  const values: (Uint8Array | null)[] = [];
  let at = 2;
  for (let left = body.readUInt16BE(0); left > 0; left -= 1) {
    const length = body.readInt32BE(at);
    at += 4;
    // Copied: the bytes lie in the memory of the instance.
    values.push(length < 0 ? null : Uint8Array.from(body.subarray(at, at + length)));
    at += Math.max(0, length);
  }
  return values;
}

function refusalOf(body: Buffer): CatalogRefusal {
  const fields = new Map<string, string>();
  for (let at = 0; at < body.length && body[at] !== 0; ) {
    const end = body.indexOf(0, at + 1);
    fields.set(String.fromCharCode(body[at] ?? 0), body.toString('utf8', at + 1, end));
    at = end + 1;
  }
  const position = fields.get('P');
  return {
    sqlState: fields.get('C') ?? 'XX000',
    message: fields.get('M') ?? '',
    hint: fields.get('H'),
    position: position === undefined ? undefined : Number(position),
  };
}
