// The bytes of one client, in the clear or through TLS: gathered before they are written, with backpressure, and with the one
// change from clear to TLS that a connection may make.
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { limits } from '../base/limits.ts';
import type { TlsCertificate } from './tls-identity.ts';

/** PostgreSQL's registered protocol id: a TLS server that speaks something else is not answered by mistake (ALPACA). */
const alpnProtocol = 'postgresql';

export interface ChannelEvents {
  readonly received: (bytes: Buffer) => void;
  readonly failed: (error: Error) => void;
  /** Once, when nothing more will come or go. */
  readonly closed: () => void;
}

export class Channel {
  readonly #events: ChannelEvents;
  readonly #received: (bytes: Buffer) => void;
  #socket: Socket;
  #certificate: TlsCertificate | undefined;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #closed = false;
  #lingering: NodeJS.Timeout | undefined;
  readonly remoteAddress: string;

  constructor(socket: Socket, events: ChannelEvents) {
    this.#socket = socket;
    this.#events = events;
    // The address is gone with the socket, and what fails last still wants to name it.
    this.remoteAddress = socket.remoteAddress ?? '';
    this.#received = (bytes) => {
      events.received(bytes);
    };
    socket.setNoDelay(true);
    socket.setKeepAlive(true, limits.keepAliveMs);
    this.#attach(socket);
  }

  /** Of the TLS connection; undefined in the clear. */
  get certificate(): TlsCertificate | undefined {
    return this.#certificate;
  }

  /** Whether enough has been gathered to be written. */
  get isFull(): boolean {
    return this.#pendingBytes >= limits.writeBufferBytes;
  }

  /**
   * From here on everything is TLS.
   * @param hello bytes of the handshake that were read already
   * @param alpnRequired a client that did not ask in the clear first must say in the handshake that it speaks PostgreSQL
   */
  secure(certificate: TlsCertificate, hello: Buffer | undefined, alpnRequired: boolean): void {
    const plain = this.#socket;
    plain.off('data', this.#received);
    plain.pause();
    if (hello !== undefined) plain.unshift(hello);
    const secured = new TLSSocket(plain, {
      isServer: true,
      secureContext: certificate.context,
      ALPNProtocols: [alpnProtocol],
    });
    secured.once('secure', () => {
      if (!alpnRequired || secured.alpnProtocol === alpnProtocol) return;
      this.#events.failed(new TypeError('direct TLS without the ALPN protocol "postgresql"'));
      this.destroy();
    });
    this.#certificate = certificate;
    this.#socket = secured;
    this.#attach(secured);
  }

  send(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
  }

  /** Writes what was gathered; false when the client is slow to read. */
  flush(): boolean {
    if (this.#pending.length === 0 || this.#socket.destroyed) return true;
    const bytes = this.#pending.length === 1 ? this.#pending[0] : Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    return bytes === undefined || this.#socket.write(bytes);
  }

  /** Writes, and waits while the client is slow to read. */
  async drained(): Promise<void> {
    const socket = this.#socket;
    if (this.flush() || socket.destroyed) return;
    await new Promise<void>((resolve) => {
      // Both go: a long answer to a slow client comes here thousands of times.
      const go = (): void => {
        socket.off('drain', go);
        socket.off('close', go);
        resolve();
      };
      socket.on('drain', go);
      socket.on('close', go);
    });
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Writes what is left and says goodbye; a client that does not take it is not waited for long. */
  end(): void {
    this.flush();
    this.#socket.end();
    this.#lingering ??= setTimeout(() => {
      this.destroy();
    }, limits.lingerMs);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #attach(socket: Socket): void {
    socket.on('data', this.#received);
    socket.on('error', this.#events.failed);
    socket.on('close', () => {
      if (this.#closed) return;
      this.#closed = true;
      clearTimeout(this.#lingering);
      this.#events.closed();
    });
  }
}
