import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { formatScramVerifier, parseScramVerifier, scramVerifierOf } from '../../src/base/scram-verifier.ts';
import { ScramExchange } from '../../src/wire/scram.ts';
import { thrownBy } from '../support/thrown.ts';
import { clientFinal } from './client-scram.ts';

function exchanged(
  exchange: ScramExchange,
  password: string,
): { readonly first: string; readonly last: unknown; readonly wanted: string } {
  const bare = `n=,r=${randomBytes(18).toString('base64')}`;
  const first = exchange.first(`n,,${bare}`);
  const { message, wanted } = clientFinal(password, bare, first);
  return { first, last: exchange.final(message), wanted };
}

describe('an exchange', () => {
  test.each(['secret', '', 'pässword ☃', 'a,b=c', 'x'.repeat(1000)])(
    'with the right password %j succeeds, and the server proves itself',
    async (password) => {
      const verifier = await scramVerifierOf(password);
      const { last, wanted } = exchanged(new ScramExchange('u', verifier), password);
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
    const { last, wanted } = exchanged(new ScramExchange('u', verifier), 'a fi');
    expect(last).toBe(wanted);
  });

  test('a wrong password and an unknown user take the same steps to the same end', async () => {
    const wrong = exchanged(new ScramExchange('known', await scramVerifierOf('secret')), 'guess');
    const unknown = exchanged(new ScramExchange('unknown', undefined), 'guess');
    const shape = (text: string): string =>
      text.replace(/r=[^,]+/, 'r').replace(/s=[^,]+/, (salt) => `s${String(salt.length)}`);
    expect(wrong.last).toBeUndefined();
    expect(unknown.last).toBeUndefined();
    expect(shape(unknown.first)).toBe(shape(wrong.first));
    expect(unknown.first.length).toBe(wrong.first.length);
  });

  test('the salt of an unknown user stays the same from try to try, as that of a known one does', () => {
    const saltOf = (user: string): string =>
      /s=([^,]+)/.exec(new ScramExchange(user, undefined).first('n,,n=,r=abc'))?.[1] ?? '';
    expect(saltOf('nobody')).toBe(saltOf('nobody'));
    expect(saltOf('nobody')).not.toBe(saltOf('somebody'));
  });

  test('the nonce begins with the client’s and is another every time', () => {
    const nonces = Array.from(
      { length: 5 },
      () => new ScramExchange('u', undefined).first('n,,n=,r=abc').split(',')[0] ?? '',
    );
    expect(nonces.every((nonce) => nonce.startsWith('r=abc') && nonce.length > 25)).toBe(true);
    expect(new Set(nonces).size).toBe(5);
  });

  test('a proof of another exchange does not hold', async () => {
    const verifier = await scramVerifierOf('secret');
    const exchange = new ScramExchange('u', verifier);
    const first = exchange.first('n,,n=,r=abc');
    const other = new ScramExchange('u', verifier).first('n,,n=,r=abc');
    const proof = /p=.*$/.exec(clientFinal('secret', 'n=,r=abc', other).message)?.[0] ?? '';
    const nonce = /^r=[^,]*/.exec(first)?.[0] ?? '';
    expect(exchange.final(`c=biws,${nonce},${proof}`)).toBeUndefined();
  });

  test.each(['AAAA', 'A'.repeat(44), '='])('the proof %s does not hold', async (proof) => {
    const exchange = new ScramExchange('u', await scramVerifierOf('secret'));
    const nonce = /^r=[^,]*/.exec(exchange.first('n,,n=,r=abc'))?.[0] ?? '';
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
    expect(thrownBy(() => new ScramExchange('u', undefined).first(message)).sqlState).toBe('08P01');
  });

  test('a final message with another nonce or other channel binding is refused', () => {
    const proof = `p=${'A'.repeat(43)}=`;
    for (const change of [
      (nonce: string) => `c=biws,r=${nonce}x,${proof}`,
      (nonce: string) => `c=eSws,r=${nonce},${proof}`,
      (nonce: string) => `c=biws,r=${nonce}`,
      () => '',
    ]) {
      const exchange = new ScramExchange('u', undefined);
      const nonce = /^r=([^,]*)/.exec(exchange.first('n,,n=,r=abc'))?.[1] ?? '';
      expect(thrownBy(() => exchange.final(change(nonce))).sqlState).toBe('08P01');
    }
  });
});
