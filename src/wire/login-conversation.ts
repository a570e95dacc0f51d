// From the startup message to an authenticated session: SCRAM, one message at a time.
import { SqlError } from '../base/sql-error.ts';
import type { Door, LoginRequest, Session } from '../session/door.ts';
import {
  authenticationOk,
  authenticationSasl,
  authenticationSaslContinue,
  authenticationSaslFinal,
} from './backend.ts';
import { MessageReader, malformed } from './reader.ts';
import { ScramExchange, scramMechanism } from './scram.ts';

export interface LoginStep {
  readonly send: readonly Buffer[];
  /** Present when the client has proved itself. */
  readonly session?: Session;
}

export class LoginConversation {
  readonly #door: Door;
  readonly #request: LoginRequest;
  readonly #exchange: ScramExchange;
  #step: 'first' | 'final' = 'first';

  constructor(door: Door, request: LoginRequest) {
    this.#door = door;
    this.#request = request;
    this.#exchange = new ScramExchange(request.user, door.credentialOf(request.user));
  }

  start(): readonly Buffer[] {
    return [authenticationSasl([scramMechanism])];
  }

  /** @throws SqlError invalidPassword, protocolViolation, and what the door says */
  async answer(body: Buffer): Promise<LoginStep> {
    if (this.#step === 'first') {
      this.#step = 'final';
      return { send: [authenticationSaslContinue(this.#exchange.first(initialResponse(body)))] };
    }
    const final = this.#exchange.final(body.toString('utf8'));
    if (final === undefined) {
      await this.#door.loginFailed(this.#request, 'password authentication failed');
      throw new SqlError('invalidPassword', `password authentication failed for user "${this.#request.user}"`);
    }
    const session = await this.#door.login(this.#request);
    return { send: [authenticationSaslFinal(final), authenticationOk()], session };
  }
}

/** SASLInitialResponse: mechanism, then the length-counted first message. */
function initialResponse(body: Buffer): string {
  const reader = new MessageReader(body);
  if (reader.text() !== scramMechanism) {
    throw new SqlError('protocolViolation', 'the client selected an authentication mechanism that was not offered');
  }
  const length = reader.int32();
  if (length !== reader.left) throw malformed();
  return reader.rest().toString('utf8');
}
