// SCRAM-SHA-256 and SCRAM-SHA-256-PLUS, server side (RFC 5802, RFC 7677). A user that does not exist takes the same steps as one
// with a wrong password.
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { ScramVerifier } from '../base/scram-verifier.ts';
import { SqlError } from '../base/sql-error.ts';

const plain = 'SCRAM-SHA-256';
const bound = 'SCRAM-SHA-256-PLUS';

export interface ScramChallenge {
  readonly verifier: ScramVerifier;
  /** False: no proof holds. */
  readonly isKnown: boolean;
}

/** One exchange. Both steps throw protocolViolation for malformed messages. */
export class ScramExchange {
  readonly #challenge: ScramChallenge;
  readonly #endPointHash: Buffer | undefined;
  #clientFirstBare = '';
  #serverFirst = '';
  /** What the client's final message must repeat: the GS2 header and the bytes that bind the channel. */
  #channelBinding: Buffer = Buffer.alloc(0);
  #nonce = '';

  /** @param endPointHash of the server's certificate (tls-server-end-point); undefined where there is no channel to bind to */
  constructor(challenge: ScramChallenge, endPointHash: Buffer | undefined) {
    this.#challenge = challenge;
    this.#endPointHash = endPointHash;
  }

  /** What is offered, the best first. */
  get mechanisms(): readonly string[] {
    return this.#endPointHash === undefined ? [plain] : [bound, plain];
  }

  /** client-first-message -> server-first-message */
  first(mechanism: string, message: string): string {
    if (!this.mechanisms.includes(mechanism)) {
      throw malformedScram('the client selected an authentication mechanism that was not offered');
    }
    const [, header = '', binding = '', bare = ''] = /^((p=[^,]*|[ny]),(?:a=[^,]*)?,)(.*)$/s.exec(message) ?? [];
    if (header === '') throw malformedScram('malformed SCRAM message');
    this.#channelBinding = Buffer.concat([Buffer.from(header), this.#boundBytes(mechanism, binding)]);
    const clientNonce = /^(?:m=[^,]*,)?n=[^,]*,r=([\x21-\x2b\x2d-\x7e]+)(?:,|$)/.exec(bare)?.[1];
    if (clientNonce === undefined || bare.startsWith('m=')) throw malformedScram('malformed SCRAM message');
    this.#clientFirstBare = bare;
    this.#nonce = clientNonce + randomBytes(18).toString('base64');
    const { salt, iterations } = this.#challenge.verifier;
    this.#serverFirst = `r=${this.#nonce},s=${salt.toString('base64')},i=${String(iterations)}`;
    return this.#serverFirst;
  }

  #boundBytes(mechanism: string, binding: string): Buffer {
    if (mechanism === bound) {
      if (binding !== 'p=tls-server-end-point') throw malformedScram('unsupported SCRAM channel binding type');
      return this.#endPointHash ?? Buffer.alloc(0);
    }
    if (binding.startsWith('p')) throw malformedScram('channel binding was announced for a mechanism without it');
    // It can bind channels and was told that we cannot: somebody in between removed the offer (RFC 5802, section 6).
    if (binding === 'y' && this.#endPointHash !== undefined) {
      throw malformedScram('the client supports channel binding but believes that the server does not');
    }
    return Buffer.alloc(0);
  }

  /** client-final-message -> server-final-message, or undefined when the proof does not hold */
  final(message: string): string | undefined {
    const [, withoutProof = '', binding = '', nonce = '', proofText = ''] =
      /^(c=([A-Za-z0-9+/=]*),r=([^,]*)(?:,[a-z]=[^,]*)*),p=([A-Za-z0-9+/=]+)$/s.exec(message) ?? [];
    if (withoutProof === '') throw malformedScram('malformed SCRAM message');
    if (!Buffer.from(binding, 'base64').equals(this.#channelBinding) || nonce !== this.#nonce) {
      throw malformedScram('SCRAM message does not match the exchange');
    }
    const proof = Buffer.from(proofText, 'base64');
    const authMessage = `${this.#clientFirstBare},${this.#serverFirst},${withoutProof}`;
    if (!this.#proves(proof, authMessage)) return undefined;
    const { serverKey } = this.#challenge.verifier;
    const signature = createHmac('sha256', serverKey).update(authMessage).digest('base64');
    return `v=${signature}`;
  }

  #proves(proof: Buffer, authMessage: string): boolean {
    if (proof.length !== 32) return false;
    const { verifier, isKnown } = this.#challenge;
    const signature = createHmac('sha256', verifier.storedKey).update(authMessage).digest();
    const clientKey = Buffer.from(proof.map((byte, index) => byte ^ (signature[index] ?? 0)));
    const storedKey = createHash('sha256').update(clientKey).digest();
    // Compared also for unknown users: the time must not tell them apart.
    return timingSafeEqual(storedKey, verifier.storedKey) && isKnown;
  }
}

function malformedScram(message: string): SqlError {
  return new SqlError('protocolViolation', message);
}
