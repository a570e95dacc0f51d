// One socket: bytes to frames, frames to the conversations, answers back, with backpressure both ways.
import type { Socket } from 'node:net';
import { limits } from '../base/limits.ts';
import { SqlError } from '../base/sql-error.ts';
import type { Door, Session } from '../session/door.ts';
import { backendKeyData, errorResponse, negotiateProtocolVersion } from './backend.ts';
import type { CancelKey, CancelRegistry } from './cancel-registry.ts';
import { Channel } from './channel.ts';
import { ConnectionClosed, Conversation } from './conversation.ts';
import { type Frame, Framer } from './frame.ts';
import { decodeFrontend } from './frontend.ts';
import { LoginConversation } from './login-conversation.ts';
import { decodeStartup, type StartupPacket } from './startup.ts';
import type { TlsIdentity } from './tls-identity.ts';
import type { WireLog } from './wire-log.ts';

export interface ConnectionParts {
  readonly socket: Socket;
  readonly door: Door;
  readonly cancels: CancelRegistry;
  readonly log: WireLog;
  /** Undefined: TLS is not offered. */
  readonly tls: TlsIdentity | undefined;
  /** Nobody logs in in the clear. */
  readonly requireTls: boolean;
  readonly authenticationTimeoutMs: number;
  /** This connection is one too many. */
  readonly refused: boolean;
}

/** The newest minor version of protocol 3 that is spoken: PostgreSQL 18's. */
const protocolMinorMax = 2;

/** The first byte of a TLS handshake record; that of a startup packet is the high byte of a small length, 0. */
const tlsHandshakeByte = 0x16;

export class Connection {
  readonly #parts: ConnectionParts;
  readonly #framer: Framer = new Framer();
  #login: LoginConversation | undefined;
  #conversation: Conversation | undefined;
  #session: Session | undefined;
  #key: CancelKey | undefined;
  #working = false;
  #closed = false;
  #cancelKeyBytes: 4 | 32 = 4;
  /** Nothing has come yet. */
  #untouched = true;
  #silence: NodeJS.Timeout | undefined;
  readonly #requested: Set<'sslRequest' | 'gssRequest'> = new Set();
  readonly #channel: Channel;
  readonly #authenticationTimer: NodeJS.Timeout;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    this.#authenticationTimer = setTimeout(() => {
      this.#fatal(new SqlError('invalidAuthorization', 'canceling authentication due to timeout'));
    }, parts.authenticationTimeoutMs);
    this.#channel = new Channel(parts.socket, {
      received: (bytes) => {
        this.#received(bytes);
      },
      failed: (error) => {
        parts.log.info({ err: error }, 'connection error');
      },
      closed: () => {
        void this.#end();
      },
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
    // Who is still logging in, or shaking hands, has nothing to lose.
    if (this.#session === undefined) this.#channel.destroy();
    this.#fatal(new SqlError('adminShutdown', 'terminating connection due to administrator command'));
  }

  #received(bytes: Buffer): void {
    // After a fatal error nothing that still comes is kept.
    if (this.#closed) return;
    clearTimeout(this.#silence);
    const { tls } = this.#parts;
    if (this.#untouched && tls !== undefined && bytes[0] === tlsHandshakeByte) {
      this.#untouched = false;
      this.#channel.secure(tls.current, bytes, true);
      return;
    }
    this.#untouched = false;
    this.#framer.push(bytes);
    if (this.#framer.buffered > limits.pendingFrameBytesMax && this.#working) this.#channel.pause();
    if (!this.#working) void this.#work();
  }

  /** One frame after another, never two at once. */
  async #work(): Promise<void> {
    this.#working = true;
    try {
      for (let frame = this.#framer.next(); frame !== undefined && !this.#closed; frame = this.#framer.next()) {
        await this.#frame(frame);
      }
      this.#channel.flush();
      if (!this.#closed) this.#channel.resume();
    } catch (error) {
      this.#broken(error);
    } finally {
      this.#working = false;
    }
    this.#watchSilence();
  }

  /** From here on the client is expected to say something. */
  #watchSilence(): void {
    const limit = this.#closed ? undefined : this.#session?.idleLimit;
    if (limit === undefined) return;
    this.#silence = setTimeout(() => {
      if (!this.#working) this.#fatal(limit.error);
    }, limit.timeoutMs);
  }

  #broken(error: unknown): void {
    if (error instanceof ConnectionClosed) {
      this.#channel.end();
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
        this.#encryption(packet.kind);
        return;
      case 'cancel':
        this.#parts.cancels.cancel(packet.key);
        this.#closed = true;
        this.#channel.end();
        return;
      case 'startup':
        await this.#begin(packet);
    }
  }

  /** Each may be asked for once. GSS is never offered; without TLS the client goes on in the clear or hangs up. */
  #encryption(kind: 'sslRequest' | 'gssRequest'): void {
    if (this.#requested.has(kind) || this.#channel.certificate !== undefined) {
      throw new SqlError('protocolViolation', 'encryption was negotiated already');
    }
    this.#requested.add(kind);
    const { tls } = this.#parts;
    if (kind === 'gssRequest' || tls === undefined) {
      this.#channel.send(Buffer.from('N'));
      this.#channel.flush();
      return;
    }
    // What was sent before the handshake is from nobody knows whom: read after it, it would count as the client's (CVE-2021-23214).
    if (this.#framer.buffered > 0) {
      throw new SqlError('protocolViolation', 'received unencrypted data after SSL request');
    }
    this.#channel.send(Buffer.from('S'));
    this.#channel.flush();
    this.#channel.secure(tls.current, undefined, false);
  }

  async #begin(packet: Extract<StartupPacket, { readonly kind: 'startup' }>): Promise<void> {
    if (this.#parts.refused) throw new SqlError('tooManyConnections', 'sorry, too many clients already');
    if (this.#parts.requireTls && this.#channel.certificate === undefined) {
      throw new SqlError('invalidAuthorization', 'connections must be encrypted', {
        hint: 'Connect with TLS, e.g. sslmode=require.',
      });
    }
    this.#framer.enter('authentication');
    const minor = Math.min(packet.minor, protocolMinorMax);
    if (minor >= 2) this.#cancelKeyBytes = 32;
    if (packet.minor > minor || packet.unknownOptions.length > 0) {
      this.#channel.send(negotiateProtocolVersion(minor, packet.unknownOptions));
    }
    const { user, database, settings } = packet;
    const { certificate } = this.#channel;
    const request = {
      user,
      database,
      settings,
      applicationName: settings.get('application_name') ?? '',
      clientAddress: this.#channel.remoteAddress,
      encrypted: certificate !== undefined,
    };
    this.#login = await LoginConversation.begin(this.#parts.door, request, certificate?.endPointHash);
    this.#channel.send(this.#login.start());
    await this.#channel.drained();
  }

  async #authenticate(frame: Frame): Promise<void> {
    const message = decodeFrontend(frame);
    if (message.kind === 'terminate') throw new ConnectionClosed('terminated');
    if (message.kind !== 'password' || this.#login === undefined) {
      throw new SqlError('protocolViolation', 'expected an authentication message');
    }
    const step = await this.#login.answer(message.body);
    for (const bytes of step.send) this.#channel.send(bytes);
    if (step.session !== undefined) this.#open(step.session);
    this.#channel.flush();
  }

  #open(session: Session): void {
    clearTimeout(this.#authenticationTimer);
    this.#login = undefined;
    if (this.#closed) {
      void session.close();
      return;
    }
    this.#framer.enter('session');
    this.#session = session;
    session.onTerminated((error) => {
      session.cancel();
      this.#fatal(error);
    });
    this.#key = this.#parts.cancels.register(session, this.#cancelKeyBytes);
    this.#conversation = new Conversation(session, (error, errorId) => {
      this.#parts.log.error({ err: error, errorId }, 'statement failed unexpectedly');
    });
    this.#channel.send(backendKeyData(this.#key.processId, this.#key.secret));
    for (const bytes of this.#conversation.greeting()) this.#channel.send(bytes);
  }

  async #message(conversation: Conversation, frame: Frame): Promise<void> {
    for await (const bytes of conversation.answer(decodeFrontend(frame))) {
      // The client is gone: what it asked for is not worth finishing.
      if (this.#closed) return;
      this.#channel.send(bytes);
      if (this.#channel.isFull) await this.#channel.drained();
    }
    if (frame.code === 'H') this.#channel.flush();
  }

  #fatal(error: SqlError): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#channel.send(errorResponse(error, { severity: 'FATAL' }));
    this.#channel.end();
  }

  /** The socket is gone: stop what runs, then free the session. */
  async #end(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#authenticationTimer);
    clearTimeout(this.#silence);
    if (this.#key !== undefined) this.#parts.cancels.forget(this.#key);
    const session = this.#session;
    this.#session = undefined;
    if (session === undefined) return;
    session.cancel();
    try {
      await this.#conversation?.close();
      await session.close();
    } catch (error) {
      this.#parts.log.warn({ err: error }, 'session did not close cleanly');
    }
  }
}
