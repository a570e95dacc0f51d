// A client that logs in by SCRAM and then sends whatever bytes it is given.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type Frame, Framer } from '../../src/wire/frame.ts';
import { cstring, framed, int32, packet, startupBody } from './client-messages.ts';
import { clientFinal } from './client-scram.ts';

export class RawClient {
  readonly #socket: Socket;
  readonly #framer = new Framer();
  #ended = false;
  /** What the server said until it was ready for the first query. */
  greeting: readonly Frame[] = [];

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#framer.enter('session');
    socket.on('error', () => undefined);
    socket.on('end', () => {
      this.#ended = true;
    });
  }

  /** From here on the answers are read as frames. */
  listen(): this {
    this.#socket.on('data', (bytes) => {
      this.#framer.push(bytes);
    });
    return this;
  }

  send(...messages: readonly Buffer[]): void {
    this.#socket.write(Buffer.concat(messages));
  }

  /** The next message of the server; undefined when it has hung up. */
  async next(): Promise<Frame | undefined> {
    for (;;) {
      const frame = this.#framer.next();
      if (frame !== undefined) return frame;
      if (this.#ended) return undefined;
      await Promise.race([once(this.#socket, 'data'), once(this.#socket, 'end')]);
    }
  }

  /** The letters of the messages up to the n-th ReadyForQuery. */
  async codesUntilReady(count: number): Promise<string> {
    let codes = '';
    while (codes.split('Z').length <= count) {
      const frame = await this.next();
      if (frame === undefined) return `${codes} and hung up`;
      codes += frame.code ?? '';
    }
    return codes;
  }

  async codesUntilEnd(): Promise<string> {
    let codes = '';
    for (let frame = await this.next(); frame !== undefined; frame = await this.next()) codes += frame.code ?? '';
    return codes;
  }

  end(): void {
    this.#socket.destroy();
  }
}

export interface LoginOptions {
  readonly minor?: number;
  readonly settings?: Readonly<Record<string, string>>;
}

export async function loggedIn(
  port: number,
  user: string,
  password: string,
  { minor = 0, settings = {} }: LoginOptions = {},
): Promise<RawClient> {
  const socket = connect(port, '127.0.0.1');
  const client = new RawClient(socket).listen();
  await once(socket, 'connect');
  const greeting: Frame[] = [];
  const until = async (wanted: string): Promise<Frame | undefined> => {
    for (;;) {
      const frame = await client.next();
      if (frame === undefined) return undefined;
      greeting.push(frame);
      if (frame.code === wanted) return frame;
    }
  };
  client.send(packet(startupBody({ user, ...settings }, minor)));
  await until('R');
  const bare = 'n=,r=clientnonce';
  const first = `n,,${bare}`;
  client.send(framed('p', Buffer.concat([cstring('SCRAM-SHA-256'), int32(first.length), Buffer.from(first)])));
  const serverFirst = (await until('R'))?.body.subarray(4).toString() ?? '';
  client.send(framed('p', Buffer.from(clientFinal(password, bare, serverFirst).message)));
  await until('Z');
  client.greeting = greeting;
  return client;
}
