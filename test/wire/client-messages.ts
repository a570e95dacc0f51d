// What a client sends, byte by byte: for tests that no driver would send for us.

export function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

export function cstring(text: string): Buffer {
  return Buffer.from(`${text}\0`);
}

export function framed(code: string, body: Buffer = Buffer.alloc(0)): Buffer {
  return Buffer.concat([Buffer.from(code), int32(body.length + 4), body]);
}

/** A packet without letter, as before authentication. */
export function packet(body: Buffer): Buffer {
  return Buffer.concat([int32(body.length + 4), body]);
}

export function startupBody(settings: Readonly<Record<string, string>>, minor = 0): Buffer {
  const pairs = Object.entries(settings).flatMap(([name, value]) => [cstring(name), cstring(value)]);
  return Buffer.concat([int32((3 << 16) | minor), ...pairs, Buffer.from([0])]);
}

export function parse(name: string, text: string, oids: readonly number[] = []): Buffer {
  return Buffer.concat([cstring(name), cstring(text), int16(oids.length), ...oids.map(int32)]);
}

export interface BindParts {
  readonly portal?: string;
  readonly statement?: string;
  readonly formats?: readonly number[];
  readonly values?: readonly (string | undefined)[];
  readonly resultFormats?: readonly number[];
}

export function bind({
  portal = '',
  statement = '',
  formats = [],
  values = [],
  resultFormats = [],
}: BindParts): Buffer {
  const fields = values.map((value) =>
    value === undefined ? int32(-1) : Buffer.concat([int32(Buffer.byteLength(value)), Buffer.from(value)]),
  );
  const codes = (list: readonly number[]): readonly Buffer[] => [int16(list.length), ...list.map(int16)];
  const head = [cstring(portal), cstring(statement), ...codes(formats)];
  return Buffer.concat([...head, int16(values.length), ...fields, ...codes(resultFormats)]);
}
