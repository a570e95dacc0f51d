// One socket: bytes to frames, frames to the conversations, answers back, with backpressure both ways.
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { limits } from '../base/limits.ts';
import { SqlError } from '../base/sql-error.ts';
import type { Door, Session } from '../session/door.ts';
import { backendKeyData, errorResponse, negotiateProtocolVersion } from './backend.ts';
import type { CancelKey, CancelRegistry } from './cancel-registry.ts';
import { ConnectionClosed, Conversation } from './conversation.ts';
import { type Frame, Framer } from './frame.ts';
import { decodeFrontend } from './frontend.ts';
import { LoginConversation } from './login-conversation.ts';
import { decodeStartup, type StartupPacket } from './startup.ts';
import type { WireLog } from './wire-log.ts';

export interface ConnectionParts {
  readonly socket: Socket;
  readonly door: Door;
  readonly cancels: CancelRegistry;
  readonly log: WireLog;
  /** This connection is one too many. */
  readonly refused: boolean;
}

export class Connection {
  readonly #parts: ConnectionParts;
  readonly #framer: Framer = new Framer();
  #login: LoginConversation | undefined;
  #conversation: Conversation | undefined;
  #session: Session | undefined;
  #key: CancelKey | undefined;
  #working = false;
  #closed = false;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  readonly #authenticationTimer: NodeJS.Timeout;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    const { socket } = parts;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, limits.keepAliveMs);
    this.#authenticationTimer = setTimeout(() => {
      this.#fatal(new SqlError('invalidAuthorization', 'canceling authentication due to timeout'));
    }, limits.authenticationTimeoutMs);
    socket.on('data', (bytes) => {
      this.#received(bytes);
    });
    socket.on('error', (error) => {
      parts.log.info({ err: error }, 'connection error');
    });
    socket.on('close', () => {
      void this.#end();
    });
  }

  get busy(): boolean {
    return this.#working;
  }

  /** Server shutdown: an idle connection is told and closed, a busy one is left to finish. */
  shutDown(): void {
    if (!this.#working) this.terminate();
  }

  terminate(): void {
    this.#session?.cancel();
    this.#fatal(new SqlError('adminShutdown', 'terminating connection due to administrator command'));
  }

  #received(bytes: Buffer): void {
    this.#framer.push(bytes);
    if (this.#framer.buffered > limits.pendingFrameBytesMax && this.#working) this.#parts.socket.pause();
    if (!this.#working) void this.#work();
  }

  /** One frame after another, never two at once. */
  async #work(): Promise<void> {
    this.#working = true;
    try {
      for (let frame = this.#framer.next(); frame !== undefined && !this.#closed; frame = this.#framer.next()) {
        await this.#frame(frame);
      }
      this.#flush();
      if (!this.#closed) this.#parts.socket.resume();
    } catch (error) {
      this.#broken(error);
    } finally {
      this.#working = false;
    }
  }

  #broken(error: unknown): void {
    if (error instanceof ConnectionClosed) {
      this.#flush();
      this.#parts.socket.end();
      this.#closed = true;
      return;
    }
    if (!(error instanceof SqlError)) this.#parts.log.error({ err: error }, 'connection failed');
    this.#fatal(error instanceof SqlError ? error : new SqlError('internalError', 'internal error', { cause: error }));
  }

  async #frame(frame: Frame): Promise<void> {
    if (frame.code === undefined) await this.#startup(decodeStartup(frame.body));
    else if (this.#conversation !== undefined) await this.#message(this.#conversation, frame);
    else await this.#authenticate(frame);
  }

  async #startup(packet: StartupPacket): Promise<void> {
    switch (packet.kind) {
      case 'sslRequest':
      case 'gssRequest':
        // Neither is offered; the client goes on in the clear or hangs up.
        this.#send(Buffer.from('N'));
        this.#flush();
        return;
      case 'cancel':
        this.#parts.cancels.cancel(packet);
        this.#closed = true;
        this.#parts.socket.destroy();
        return;
      case 'startup':
        await this.#begin(packet);
    }
  }

  async #begin(packet: Extract<StartupPacket, { readonly kind: 'startup' }>): Promise<void> {
    if (this.#parts.refused) throw new SqlError('tooManyConnections', 'sorry, too many clients already');
    this.#framer.endStartup();
    if (packet.minor > 0 || packet.unknownOptions.length > 0) {
      this.#send(negotiateProtocolVersion(0, packet.unknownOptions));
    }
    const { user, database, settings } = packet;
    this.#login = new LoginConversation(this.#parts.door, {
      user,
      database,
      settings,
      applicationName: settings.get('application_name') ?? '',
      clientAddress: this.#parts.socket.remoteAddress ?? '',
    });
    for (const bytes of this.#login.start()) this.#send(bytes);
    await this.#drained();
  }

  async #authenticate(frame: Frame): Promise<void> {
    const message = decodeFrontend(frame);
    if (message.kind === 'terminate') throw new ConnectionClosed('terminated');
    if (message.kind !== 'password' || this.#login === undefined) {
      throw new SqlError('protocolViolation', 'expected an authentication message');
    }
    const step = await this.#login.answer(message.body);
    for (const bytes of step.send) this.#send(bytes);
    if (step.session !== undefined) this.#open(step.session);
    this.#flush();
  }

  #open(session: Session): void {
    clearTimeout(this.#authenticationTimer);
    this.#login = undefined;
    if (this.#closed) {
      void session.close();
      return;
    }
    this.#session = session;
    this.#key = this.#parts.cancels.register(session);
    this.#conversation = new Conversation(session, (error, errorId) => {
      this.#parts.log.error({ err: error, errorId }, 'statement failed unexpectedly');
    });
    this.#send(backendKeyData(this.#key.processId, this.#key.secret));
    for (const bytes of this.#conversation.greeting()) this.#send(bytes);
  }

  async #message(conversation: Conversation, frame: Frame): Promise<void> {
    for await (const bytes of conversation.answer(decodeFrontend(frame))) {
      // The client is gone: what it asked for is not worth finishing.
      if (this.#closed) return;
      this.#send(bytes);
      if (this.#pendingBytes >= limits.writeBufferBytes) await this.#drained();
    }
    if (frame.code === 'H') this.#flush();
  }

  #send(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
  }

  #flush(): boolean {
    if (this.#pending.length === 0 || this.#parts.socket.destroyed) return true;
    const bytes = this.#pending.length === 1 ? this.#pending[0] : Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    return bytes === undefined || this.#parts.socket.write(bytes);
  }

  /** Writes, and waits while the client is slow to read. */
  async #drained(): Promise<void> {
    const { socket } = this.#parts;
    if (this.#flush() || socket.destroyed) return;
    await Promise.race([once(socket, 'drain'), once(socket, 'close')]);
  }

  #fatal(error: SqlError): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#send(errorResponse(error, { severity: 'FATAL' }));
    this.#flush();
    this.#parts.socket.end();
  }

  /** The socket is gone: stop what runs, then free the session. */
  async #end(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#authenticationTimer);
    if (this.#key !== undefined) this.#parts.cancels.forget(this.#key);
    const session = this.#session;
    this.#session = undefined;
    if (session === undefined) return;
    session.cancel();
    try {
      await session.close();
    } catch (error) {
      this.#parts.log.warn({ err: error }, 'session did not close cleanly');
    }
  }
}
