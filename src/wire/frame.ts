// Bytes -> frames, whatever the partition of the bytes. Lengths are checked before anything is kept.
import { limits } from '../base/limits.ts';
import { SqlError } from '../base/sql-error.ts';

export interface Frame {
  /** The message's letter; undefined for a startup packet, which has none. */
  readonly code: string | undefined;
  readonly body: Buffer;
}

/** Length words count themselves. */
const lengthBytes = 4;

/** How far the client has come: who has not proved itself yet may make the server keep little. */
export type FramePhase = 'startup' | 'authentication' | 'session';

const lengthMax: Readonly<Record<FramePhase, number>> = {
  startup: limits.startupBytesMax,
  authentication: limits.authenticationBytesMax,
  session: limits.frameBytesMax,
};

export class Framer {
  #chunks: Buffer[] = [];
  #buffered = 0;
  #phase: FramePhase = 'startup';

  /** Startup packets have no letter; once authentication has begun every frame has one. */
  enter(phase: FramePhase): void {
    this.#phase = phase;
  }

  push(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#chunks.push(bytes);
    this.#buffered += bytes.length;
  }

  get buffered(): number {
    return this.#buffered;
  }

  /** The next whole frame, or undefined until more bytes come. @throws SqlError protocolViolation */
  next(): Frame | undefined {
    const codeBytes = this.#phase === 'startup' ? 0 : 1;
    const headBytes = codeBytes + lengthBytes;
    if (this.#buffered < headBytes) return undefined;
    const head = this.#peek(headBytes);
    const length = head.readInt32BE(codeBytes);
    if (length < lengthBytes || length > lengthMax[this.#phase]) {
      throw new SqlError('protocolViolation', 'invalid message length');
    }
    if (this.#buffered < codeBytes + length) return undefined;
    const frame = this.#take(codeBytes + length);
    const code = codeBytes === 0 ? undefined : String.fromCharCode(frame[0] ?? 0);
    return { code, body: frame.subarray(headBytes) };
  }

  /** The first bytes, joined only as far as needed. */
  #peek(count: number): Buffer {
    const [first] = this.#chunks;
    if (first !== undefined && first.length >= count) return first;
    this.#join();
    return this.#chunks[0] ?? Buffer.alloc(0);
  }

  #take(count: number): Buffer {
    if ((this.#chunks[0]?.length ?? 0) < count) this.#join();
    const first = this.#chunks[0] ?? Buffer.alloc(0);
    const taken = first.subarray(0, count);
    const rest = first.subarray(count);
    if (rest.length === 0) this.#chunks.shift();
    else this.#chunks[0] = rest;
    this.#buffered -= count;
    return taken;
  }

  /** Only when a frame is whole or its head is cut: each byte is copied a bounded number of times. */
  #join(): void {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
  }
}
