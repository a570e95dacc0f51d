// Reads the fields of one message; running out of bytes is a protocol violation, never an exception of Node's.
import { SqlError } from '../base/sql-error.ts';

export class MessageReader {
  readonly #body: Buffer;
  #at = 0;

  constructor(body: Buffer) {
    this.#body = body;
  }

  get left(): number {
    return this.#body.length - this.#at;
  }

  int8(): number {
    return this.bytes(1).readUInt8(0);
  }

  int16(): number {
    return this.bytes(2).readInt16BE(0);
  }

  /** Counts are unsigned in practice: up to 65,535 parameters. */
  uint16(): number {
    return this.bytes(2).readUInt16BE(0);
  }

  int32(): number {
    return this.bytes(4).readInt32BE(0);
  }

  uint32(): number {
    return this.bytes(4).readUInt32BE(0);
  }

  bytes(count: number): Buffer {
    if (count < 0 || count > this.left) throw malformed();
    const bytes = this.#body.subarray(this.#at, this.#at + count);
    this.#at += count;
    return bytes;
  }

  text(): string {
    const end = this.#body.indexOf(0, this.#at);
    if (end < 0) throw malformed();
    const text = this.#body.toString('utf8', this.#at, end);
    this.#at = end + 1;
    return text;
  }

  rest(): Buffer {
    return this.bytes(this.left);
  }

  /** Nothing may be left over. */
  end(): void {
    if (this.left > 0) throw malformed();
  }
}

export function malformed(): SqlError {
  return new SqlError('protocolViolation', 'malformed message');
}
