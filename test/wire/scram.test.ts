import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  formatScramVerifier,
  parseScramVerifier,
  type ScramVerifier,
  scramVerifierOf,
} from '../../src/base/scram-verifier.ts';
import { endPointHash } from '../../src/wire/end-point-hash.ts';
import { ScramExchange } from '../../src/wire/scram.ts';
import { thrownBy } from '../support/thrown.ts';
import { clientFinal } from './client-scram.ts';

const mock: ScramVerifier = {
  iterations: 4096,
  salt: randomBytes(16),
  storedKey: randomBytes(32),
  serverKey: randomBytes(32),
};

/** Of a user with this verifier; of nobody without one. */
function exchangeOf(verifier: ScramVerifier | undefined, endPointHash?: Buffer): ScramExchange {
  return new ScramExchange({ verifier: verifier ?? mock, isKnown: verifier !== undefined }, endPointHash);
}

function exchanged(
  exchange: ScramExchange,
  password: string,
): { readonly first: string; readonly last: unknown; readonly wanted: string } {
  const bare = `n=,r=${randomBytes(18).toString('base64')}`;
  const first = exchange.first('SCRAM-SHA-256', `n,,${bare}`);
  const { message, wanted } = clientFinal(password, bare, first);
  return { first, last: exchange.final(message), wanted };
}

describe('an exchange', () => {
  test.each(['secret', '', 'pässword ☃', 'a,b=c', 'x'.repeat(1000)])(
    'with the right password %j succeeds, and the server proves itself',
    async (password) => {
      const verifier = await scramVerifierOf(password);
      const { last, wanted } = exchanged(exchangeOf(verifier), password);
      expect(last).toBe(wanted);
    },
  );

  test('a verifier that was stored and read back is the same', async () => {
    const verifier = await scramVerifierOf('secret');
    expect(parseScramVerifier(formatScramVerifier(verifier))).toEqual(verifier);
    expect(parseScramVerifier('md5abc')).toBeUndefined();
    expect(parseScramVerifier('SCRAM-SHA-256$0:AA==$AA==:AA==')).toBeUndefined();
  });

  test('non-ASCII spaces and compatibility forms of a password count as their plain forms', async () => {
    const verifier = await scramVerifierOf('a\u00a0\ufb01');
    const { last, wanted } = exchanged(exchangeOf(verifier), 'a fi');
    expect(last).toBe(wanted);
  });

  test('a wrong password and an unknown user take the same steps to the same end', async () => {
    const wrong = exchanged(exchangeOf(await scramVerifierOf('secret')), 'guess');
    const unknown = exchanged(exchangeOf(undefined), 'guess');
    const shape = (text: string): string =>
      text.replace(/r=[^,]+/, 'r').replace(/s=[^,]+/, (salt) => `s${String(salt.length)}`);
    expect(wrong.last).toBeUndefined();
    expect(unknown.last).toBeUndefined();
    expect(shape(unknown.first)).toBe(shape(wrong.first));
    expect(unknown.first.length).toBe(wrong.first.length);
  });

  test('the nonce begins with the client’s and is another every time', () => {
    const nonces = Array.from(
      { length: 5 },
      () => exchangeOf(undefined).first('SCRAM-SHA-256', 'n,,n=,r=abc').split(',')[0] ?? '',
    );
    expect(nonces.every((nonce) => nonce.startsWith('r=abc') && nonce.length > 25)).toBe(true);
    expect(new Set(nonces).size).toBe(5);
  });

  test('a proof of another exchange does not hold', async () => {
    const verifier = await scramVerifierOf('secret');
    const exchange = exchangeOf(verifier);
    const first = exchange.first('SCRAM-SHA-256', 'n,,n=,r=abc');
    const other = exchangeOf(verifier).first('SCRAM-SHA-256', 'n,,n=,r=abc');
    const proof = /p=.*$/.exec(clientFinal('secret', 'n=,r=abc', other).message)?.[0] ?? '';
    const nonce = /^r=[^,]*/.exec(first)?.[0] ?? '';
    expect(exchange.final(`c=biws,${nonce},${proof}`)).toBeUndefined();
  });

  test.each(['AAAA', 'A'.repeat(44), '='])('the proof %s does not hold', async (proof) => {
    const exchange = exchangeOf(await scramVerifierOf('secret'));
    const nonce = /^r=[^,]*/.exec(exchange.first('SCRAM-SHA-256', 'n,,n=,r=abc'))?.[0] ?? '';
    expect(exchange.final(`c=biws,${nonce},p=${proof}`)).toBeUndefined();
  });

  test.each([
    '',
    'n',
    'n,,',
    'n,,n=',
    'n,,n=,r=',
    'p=tls-server-end-point,,n=,r=abc',
    'n,,m=x,n=,r=abc',
    'x,,n=,r=abc',
    'n,,n=,r=a\u0001',
  ])('the first message %j is refused', (message) => {
    expect(thrownBy(() => exchangeOf(undefined).first('SCRAM-SHA-256', message)).sqlState).toBe('08P01');
  });

  test('a final message with another nonce or other channel binding is refused', () => {
    const proof = `p=${'A'.repeat(43)}=`;
    for (const change of [
      (nonce: string) => `c=biws,r=${nonce}x,${proof}`,
      (nonce: string) => `c=eSws,r=${nonce},${proof}`,
      (nonce: string) => `c=biws,r=${nonce}`,
      () => '',
    ]) {
      const exchange = exchangeOf(undefined);
      const nonce = /^r=([^,]*)/.exec(exchange.first('SCRAM-SHA-256', 'n,,n=,r=abc'))?.[1] ?? '';
      expect(thrownBy(() => exchange.final(change(nonce))).sqlState).toBe('08P01');
    }
  });
});

describe('channel binding', () => {
  const hash = Buffer.alloc(32, 7);
  const bare = 'n=,r=abc';

  test('is offered first where there is a channel to bind to, and not elsewhere', () => {
    expect(exchangeOf(undefined, hash).mechanisms).toEqual(['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256']);
    expect(exchangeOf(undefined).mechanisms).toEqual(['SCRAM-SHA-256']);
  });

  test.each([
    ['the certificate of the server', hash, true],
    ['another certificate', Buffer.alloc(32, 8), false],
    ['nothing', Buffer.alloc(0), false],
  ])('holds for %s: %#', async (_, seen, holds) => {
    const exchange = exchangeOf(await scramVerifierOf('secret'), hash);
    const header = 'p=tls-server-end-point,,';
    const first = exchange.first('SCRAM-SHA-256-PLUS', `${header}${bare}`);
    const { message, wanted } = clientFinal('secret', bare, first, Buffer.concat([Buffer.from(header), seen]));
    if (holds) expect(exchange.final(message)).toBe(wanted);
    else expect(thrownBy(() => exchange.final(message)).sqlState).toBe('08P01');
  });

  test.each([
    ['a client that was made to believe it is not offered', hash, 'SCRAM-SHA-256', 'y,,'],
    ['binding without the mechanism for it', hash, 'SCRAM-SHA-256', 'p=tls-server-end-point,,'],
    ['the mechanism without binding', hash, 'SCRAM-SHA-256-PLUS', 'n,,'],
    ['another kind of binding', hash, 'SCRAM-SHA-256-PLUS', 'p=tls-unique,,'],
    ['a mechanism that was not offered', undefined, 'SCRAM-SHA-256-PLUS', 'p=tls-server-end-point,,'],
    ['a mechanism that nobody knows', hash, 'PLAIN', 'n,,'],
  ])('%s is refused', (_, endPointHash, mechanism, header) => {
    const exchange = exchangeOf(undefined, endPointHash);
    expect(thrownBy(() => exchange.first(mechanism, `${header}${bare}`)).sqlState).toBe('08P01');
  });

  test('a client that cannot bind, or knows that there is nothing to bind to, logs in without', async () => {
    const verifier = await scramVerifierOf('secret');
    for (const [endPointHash, flag] of [
      [hash, 'n'],
      [undefined, 'n'],
      [undefined, 'y'],
    ] as const) {
      const exchange = exchangeOf(verifier, endPointHash);
      const first = exchange.first('SCRAM-SHA-256', `${flag},,${bare}`);
      const { message, wanted } = clientFinal('secret', bare, first, Buffer.from(`${flag},,`));
      expect(exchange.final(message)).toBe(wanted);
    }
  });
});

describe('the hash that a channel is bound to', () => {
  const derOf = (name: string): Buffer =>
    new X509Certificate(readFileSync(new URL(`../support/certificates/${name}.crt`, import.meta.url))).raw;

  test.each([
    ['rsa', 'sha256'],
    ['ec', 'sha384'],
  ])('of the %s certificate is %s, as its signature', (name, hash) => {
    expect(endPointHash(derOf(name))).toEqual(createHash(hash).update(derOf(name)).digest());
  });

  test('is not defined for Ed25519', () => {
    expect(endPointHash(derOf('ed25519'))).toBeUndefined();
  });

  test('is not made of what is no certificate', () => {
    const der = derOf('rsa');
    for (let length = 0; length < 60; length += 1) expect(endPointHash(der.subarray(0, length))).toBeUndefined();
    expect(endPointHash(Buffer.from('30840000000030', 'hex'))).toBeUndefined();
  });
});
