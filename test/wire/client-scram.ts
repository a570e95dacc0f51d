// The client's side of SCRAM-SHA-256 (RFC 5802), by node:crypto alone.
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';

export interface Final {
  readonly message: string;
  /** What the server must answer to prove itself. */
  readonly wanted: string;
}

/** @param binding the GS2 header and what binds the channel; without: no binding */
export function clientFinal(
  password: string,
  clientFirstBare: string,
  serverFirst: string,
  binding: Buffer = Buffer.from('n,,'),
): Final {
  const [, nonce = '', salt = '', iterations = ''] = /^r=(.*),s=(.*),i=(\d+)$/.exec(serverFirst) ?? [];
  const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
  const salted = pbkdf2Sync(password, Buffer.from(salt, 'base64'), Number(iterations), 32, 'sha256');
  const clientKey = hmac(salted, 'Client Key');
  const withoutProof = `c=${binding.toString('base64')},r=${nonce}`;
  const authMessage = `${clientFirstBare},${serverFirst},${withoutProof}`;
  const signature = hmac(createHash('sha256').update(clientKey).digest(), authMessage);
  const proof = Buffer.from(clientKey.map((byte, index) => byte ^ (signature[index] ?? 0)));
  return {
    message: `${withoutProof},p=${proof.toString('base64')}`,
    wanted: `v=${hmac(hmac(salted, 'Server Key'), authMessage).toString('base64')}`,
  };
}
