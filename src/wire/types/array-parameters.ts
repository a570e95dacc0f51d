// Arrays as parameters: PostgreSQL's text ({1,NULL,"a b"}; its documentation, section 8.15.6) and binary form (array_recv) -> lists.
import { SqlError } from '../../base/sql-error.ts';
import type { ParameterValue } from '../../session/door.ts';
import type { SqlType, SqlValue } from '../../sql/sql-type.ts';

/** PostgreSQL's own limit (MAXDIM). */
const dimensionsMax = 6;

export type DecodeText = (text: string, type: SqlType) => ParameterValue;
export type DecodeBinary = (bytes: Buffer, oid: number) => ParameterValue;

/** A list of lists of … as deep as the value is. */
type Nested = null | string | Buffer | readonly Nested[];

export function isList(type: SqlType): type is Extract<SqlType, { readonly id: 'LIST' | 'ARRAY' }> {
  return type.id === 'LIST' || type.id === 'ARRAY';
}

function leafOf(type: SqlType): SqlType {
  return isList(type) ? leafOf(type.child) : type;
}

/** @throws SqlError invalidTextRepresentation */
export function arrayOfText(text: string, type: SqlType, decode: DecodeText): ParameterValue {
  const leaf = leafOf(type);
  const nested = new ArrayText(text).whole();
  return listOf(nested, (item) => decode(String(item), leaf), leaf);
}

/** @throws SqlError invalidTextRepresentation */
export function arrayOfBinary(bytes: Buffer, type: SqlType, decode: DecodeBinary): ParameterValue {
  if (bytes.length < 12) throw malformed();
  const dimensions = bytes.readInt32BE(0);
  const oid = bytes.readInt32BE(8);
  if (dimensions < 0 || dimensions > dimensionsMax || bytes.length < 12 + 8 * dimensions) throw malformed();
  const sizes = Array.from({ length: dimensions }, (_, index) => bytes.readInt32BE(12 + 8 * index));
  const reader = new ArrayBinary(bytes, 12 + 8 * dimensions);
  const nested = dimensions === 0 ? [] : reader.read(sizes);
  reader.expectEnd();
  return listOf(nested, (item) => decode(item as Buffer, oid), leafOf(type));
}

/** The elements' own type is what they were decoded as; without any, the one that was declared. */
function listOf(nested: Nested, decode: (item: string | Buffer) => ParameterValue, leaf: SqlType): ParameterValue {
  let type: SqlType | undefined;
  let depth = 0;
  const valueOf = (item: Nested, level: number): SqlValue => {
    if (item === null) return null;
    if (typeof item !== 'string' && !Buffer.isBuffer(item)) {
      depth = Math.max(depth, level + 1);
      return item.map((each) => valueOf(each, level + 1));
    }
    const decoded = decode(item);
    type ??= decoded.type;
    return decoded.value;
  };
  const value = valueOf(nested, 0);
  let list: SqlType = type ?? leaf;
  for (let level = 0; level < depth; level += 1) list = { id: 'LIST', child: list };
  return { type: list, value };
}

class ArrayText {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): Nested {
    this.#skipSpaces();
    // Bounds, which lists do not have: [1:2]={…}
    const bounds = /^(\[[+-]?\d+(:[+-]?\d+)?\])+\s*=\s*/.exec(this.#text.slice(this.#at));
    this.#at += bounds?.[0].length ?? 0;
    const value = this.#list(0);
    this.#skipSpaces();
    if (this.#at < this.#text.length) throw malformed(this.#text);
    return value;
  }

  #list(depth: number): Nested {
    if (depth >= dimensionsMax || this.#text[this.#at] !== '{') throw malformed(this.#text);
    this.#at += 1;
    const items: Nested[] = [];
    this.#skipSpaces();
    if (this.#text[this.#at] === '}') {
      this.#at += 1;
      return items;
    }
    for (;;) {
      this.#skipSpaces();
      items.push(this.#text[this.#at] === '{' ? this.#list(depth + 1) : this.#item());
      this.#skipSpaces();
      const next = this.#text[this.#at];
      this.#at += 1;
      if (next === '}') return items;
      if (next !== ',') throw malformed(this.#text);
    }
  }

  #item(): string | null {
    if (this.#text[this.#at] === '"') return this.#quoted();
    let item = '';
    for (;;) {
      const character = this.#text[this.#at];
      if (character === undefined || character === '{' || character === '"') throw malformed(this.#text);
      if (character === ',' || character === '}') break;
      if (character === '\\') this.#at += 1;
      item += this.#text[this.#at] ?? '';
      this.#at += 1;
    }
    const word = item.trim();
    if (word === '') throw malformed(this.#text);
    return word.toUpperCase() === 'NULL' ? null : word;
  }

  #quoted(): string {
    let item = '';
    this.#at += 1;
    while (this.#text[this.#at] !== '"') {
      if (this.#text[this.#at] === '\\') this.#at += 1;
      const character = this.#text[this.#at];
      if (character === undefined) throw malformed(this.#text);
      item += character;
      this.#at += 1;
    }
    this.#at += 1;
    return item;
  }

  #skipSpaces(): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at += 1;
  }
}

class ArrayBinary {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  /** Each element takes four bytes at least, so that no size can make more of them than there are bytes. */
  read([size = 0, ...inner]: readonly number[]): Nested {
    if (size < 0 || size > this.#bytes.length / 4) throw malformed();
    const items: Nested[] = [];
    for (let index = 0; index < size; index += 1) items.push(inner.length > 0 ? this.read(inner) : this.#item());
    return items;
  }

  #item(): Buffer | null {
    if (this.#at + 4 > this.#bytes.length) throw malformed();
    const length = this.#bytes.readInt32BE(this.#at);
    this.#at += 4;
    if (length === -1) return null;
    if (length < 0 || this.#at + length > this.#bytes.length) throw malformed();
    const item = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return item;
  }

  expectEnd(): void {
    if (this.#at !== this.#bytes.length) throw malformed();
  }
}

function malformed(text?: string): SqlError {
  return text === undefined
    ? new SqlError('invalidTextRepresentation', 'incorrect binary data format in bind parameter')
    : new SqlError('invalidTextRepresentation', `malformed array literal: "${text}"`);
}
