// SCRAM-SHA-256, server side (RFC 5802, RFC 7677). An unknown user takes the same steps as a known one with a wrong password.
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { type ScramVerifier, scramIterationsDefault } from '../base/scram-verifier.ts';
import { SqlError } from '../base/sql-error.ts';

export const scramMechanism = 'SCRAM-SHA-256';

/** Salts of users that do not exist are stable within a process, like those of users that do. */
const mockSecret = randomBytes(32);

function mockVerifier(user: string): ScramVerifier {
  const salt = createHmac('sha256', mockSecret).update(user).digest().subarray(0, 16);
  return { iterations: scramIterationsDefault, salt, storedKey: randomBytes(32), serverKey: randomBytes(32) };
}

/** One exchange. Both steps throw protocolViolation for malformed messages. */
export class ScramExchange {
  readonly #verifier: ScramVerifier;
  readonly #known: boolean;
  #clientFirstBare = '';
  #serverFirst = '';
  #gs2Header = '';
  #nonce = '';

  constructor(user: string, verifier: ScramVerifier | undefined) {
    this.#known = verifier !== undefined;
    this.#verifier = verifier ?? mockVerifier(user);
  }

  /** client-first-message -> server-first-message */
  first(message: string): string {
    const [, header = '', binding = '', bare = ''] = /^((p=[^,]*|[ny]),(?:a=[^,]*)?,)(.*)$/s.exec(message) ?? [];
    if (header === '' || binding.startsWith('p')) throw malformedScram('channel binding is not offered');
    const clientNonce = /^(?:m=[^,]*,)?n=[^,]*,r=([\x21-\x2b\x2d-\x7e]+)(?:,|$)/.exec(bare)?.[1];
    if (clientNonce === undefined || bare.startsWith('m=')) throw malformedScram('malformed SCRAM message');
    this.#gs2Header = header;
    this.#clientFirstBare = bare;
    this.#nonce = clientNonce + randomBytes(18).toString('base64');
    const { salt, iterations } = this.#verifier;
    this.#serverFirst = `r=${this.#nonce},s=${salt.toString('base64')},i=${String(iterations)}`;
    return this.#serverFirst;
  }

  /** client-final-message -> server-final-message, or undefined when the proof does not hold */
  final(message: string): string | undefined {
    const [, withoutProof = '', binding = '', nonce = '', proofText = ''] =
      /^(c=([A-Za-z0-9+/=]*),r=([^,]*)(?:,[a-z]=[^,]*)*),p=([A-Za-z0-9+/=]+)$/s.exec(message) ?? [];
    if (withoutProof === '') throw malformedScram('malformed SCRAM message');
    if (Buffer.from(binding, 'base64').toString() !== this.#gs2Header || nonce !== this.#nonce) {
      throw malformedScram('SCRAM message does not match the exchange');
    }
    const proof = Buffer.from(proofText, 'base64');
    const authMessage = `${this.#clientFirstBare},${this.#serverFirst},${withoutProof}`;
    if (!this.#proves(proof, authMessage)) return undefined;
    const signature = createHmac('sha256', this.#verifier.serverKey).update(authMessage).digest('base64');
    return `v=${signature}`;
  }

  #proves(proof: Buffer, authMessage: string): boolean {
    if (proof.length !== 32) return false;
    const signature = createHmac('sha256', this.#verifier.storedKey).update(authMessage).digest();
    const clientKey = Buffer.from(proof.map((byte, index) => byte ^ (signature[index] ?? 0)));
    const storedKey = createHash('sha256').update(clientKey).digest();
    // Compared also for unknown users: the time must not tell them apart.
    return timingSafeEqual(storedKey, this.#verifier.storedKey) && this.#known;
  }
}

function malformedScram(message: string): SqlError {
  return new SqlError('protocolViolation', message);
}
