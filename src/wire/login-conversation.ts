// From the startup message to an authenticated session: SCRAM, or a secret through TLS, one message at a time.
import { SqlError } from '../base/sql-error.ts';
import type { Door, LoginChallenge, LoginRequest, Session } from '../session/door.ts';
import {
  authenticationCleartext,
  authenticationOk,
  authenticationSasl,
  authenticationSaslContinue,
  authenticationSaslFinal,
} from './backend.ts';
import { MessageReader, malformed } from './reader.ts';
import { ScramExchange } from './scram.ts';

export interface LoginStep {
  readonly send: readonly Buffer[];
  /** Present when the client has proved itself. */
  readonly session?: Session;
}

export class LoginConversation {
  readonly #door: Door;
  readonly #request: LoginRequest;
  readonly #exchange: ScramExchange | undefined;
  #step: 'first' | 'final' = 'first';

  private constructor(door: Door, request: LoginRequest, exchange: ScramExchange | undefined) {
    this.#door = door;
    this.#request = request;
    this.#exchange = exchange;
  }

  /**
   * @param endPointHash what SCRAM-SHA-256-PLUS binds to; undefined in the clear
   * @throws SqlError what the door says
   */
  static async begin(door: Door, request: LoginRequest, endPointHash: Buffer | undefined): Promise<LoginConversation> {
    const challenge: LoginChallenge = await door.challenge(request);
    const exchange = challenge.kind === 'secret' ? undefined : new ScramExchange(challenge, endPointHash);
    return new LoginConversation(door, request, exchange);
  }

  start(): Buffer {
    return this.#exchange === undefined ? authenticationCleartext() : authenticationSasl(this.#exchange.mechanisms);
  }

  /** @throws SqlError protocolViolation, and what the door says */
  async answer(body: Buffer): Promise<LoginStep> {
    if (this.#exchange === undefined) {
      const session = await this.#door.login(this.#request, { kind: 'secret', secret: passwordOf(body) });
      return { send: [authenticationOk()], session };
    }
    if (this.#step === 'first') {
      this.#step = 'final';
      const { mechanism, message } = initialResponse(body);
      return { send: [authenticationSaslContinue(this.#exchange.first(mechanism, message))] };
    }
    const signature = this.#exchange.final(body.toString('utf8'));
    const session = await this.#door.login(this.#request, { kind: 'scram', holds: signature !== undefined });
    if (signature === undefined) {
      // The door has refused already; a session without proof must not be.
      await session.close();
      throw new SqlError('invalidPassword', 'password authentication failed');
    }
    return { send: [authenticationSaslFinal(signature), authenticationOk()], session };
  }
}

/** PasswordMessage: one string. */
function passwordOf(body: Buffer): string {
  const reader = new MessageReader(body);
  const password = reader.text();
  reader.end();
  return password;
}

/** SASLInitialResponse: mechanism, then the length-counted first message. */
function initialResponse(body: Buffer): { readonly mechanism: string; readonly message: string } {
  const reader = new MessageReader(body);
  const mechanism = reader.text();
  const length = reader.int32();
  if (length !== reader.left) throw malformed();
  return { mechanism, message: reader.rest().toString('utf8') };
}
