// SCRAM-SHA-256 verifiers (RFC 5802, RFC 7677) in PostgreSQL's stored form:
// SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>, all base64.
import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const deriveKey = promisify(pbkdf2);

export interface ScramVerifier {
  readonly iterations: number;
  readonly salt: Buffer;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

/** PostgreSQL's default (scram_iterations). */
export const scramIterationsDefault = 4096;

/** Makes a verifier from a clear-text password, which is not kept. */
export async function scramVerifierOf(
  password: string,
  salt: Buffer = randomBytes(16),
  iterations: number = scramIterationsDefault,
): Promise<ScramVerifier> {
  const salted = await deriveKey(saslPrep(password), salt, iterations, 32, 'sha256');
  const clientKey = createHmac('sha256', salted).update('Client Key').digest();
  return {
    iterations,
    salt,
    storedKey: createHash('sha256').update(clientKey).digest(),
    serverKey: createHmac('sha256', salted).update('Server Key').digest(),
  };
}

/** Is this the password that the verifier was made of? For passwords that come in clear text. */
export async function isPasswordOf(password: string, verifier: ScramVerifier): Promise<boolean> {
  const { storedKey } = await scramVerifierOf(password, verifier.salt, verifier.iterations);
  return timingSafeEqual(storedKey, verifier.storedKey);
}

export function formatScramVerifier(v: ScramVerifier): string {
  const b64 = (bytes: Buffer): string => bytes.toString('base64');
  return `SCRAM-SHA-256$${String(v.iterations)}:${b64(v.salt)}$${b64(v.storedKey)}:${b64(v.serverKey)}`;
}

const STORED = /^SCRAM-SHA-256\$(\d{1,7}):([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]+):([A-Za-z0-9+/=]+)$/;

/** Reads the stored form; undefined when the text is not one. */
export function parseScramVerifier(text: string): ScramVerifier | undefined {
  const m = STORED.exec(text);
  if (m === null) return undefined;
  const [, iterations = '', salt = '', stored = '', server = ''] = m;
  const verifier = {
    iterations: Number(iterations),
    salt: Buffer.from(salt, 'base64'),
    storedKey: Buffer.from(stored, 'base64'),
    serverKey: Buffer.from(server, 'base64'),
  };
  const sound = verifier.iterations >= 1 && verifier.storedKey.length === 32 && verifier.serverKey.length === 32;
  return sound ? verifier : undefined;
}

/** The part of SASLprep (RFC 4013) that changes real passwords: non-ASCII spaces become spaces, then NFKC. As
 * PostgreSQL does, a password the profile would forbid is used as it is. */
function saslPrep(password: string): string {
  return password.replace(/[\u00A0\u1680\u2000-\u200B\u202F\u205F\u3000]/gu, ' ').normalize('NFKC');
}
