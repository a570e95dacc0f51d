// What the command line, the environment and the configuration file come to.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Environment, parseCommand, type ServeConfig } from '../src/config.ts';

const directory = mkdtempSync(join(tmpdir(), 'portcullis-config-'));

function fileOf(content: unknown): string {
  const file = join(directory, 'portcullis.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

function serve(argv: readonly string[], env: Environment = {}): ServeConfig {
  const command = parseCommand(['serve', ...argv], env, '0');
  if (command.kind !== 'serve') throw new Error('no serve command');
  return command.config;
}

const tls = ['--tls-cert', 'server.crt', '--tls-key', 'server.key'];

test('the command line goes before the environment, that before the file, and that before the default', () => {
  const file = fileOf({ 'pg-port': 1, 'http-port': 2, 'max-connections': '3', demo: true });
  const env = { PORTCULLIS_HTTP_PORT: '20', PORTCULLIS_DEMO: '' };
  expect(serve(['--config', file, '--pg-port', '10'], env)).toMatchObject({
    pgPort: 10,
    httpPort: 20,
    connectionsMax: 3,
    demo: true,
    authenticationTimeoutMs: 60_000,
  });
  expect(serve([`--config=${file}`]).pgPort).toBe(1);
  expect(serve([], { PORTCULLIS_CONFIG: file }).httpPort).toBe(2);
  expect(serve(['--external-root', '/a', '/b']).externalRoots).toEqual(['/a', '/b']);
  expect(serve(['--config', fileOf({ 'external-root': ['/c'] })]).externalRoots).toEqual(['/c']);
});

test('identity providers come from the file, with safe defaults', () => {
  const [provider] = serve([
    '--config',
    fileOf({ oidc: [{ issuer: 'https://i', audience: 'a', jwks: 'https://i/keys' }] }),
  ]).oidc;
  expect(provider).toEqual({
    issuer: 'https://i',
    audience: 'a',
    jwks: 'https://i/keys',
    algorithms: ['RS256', 'ES256'],
    userClaim: 'email',
    groupsClaim: 'groups',
    groups: {},
    createUsers: false,
    clockToleranceSeconds: 30,
  });
});

const provider = { issuer: 'https://i', audience: 'a', jwks: 'https://i/keys' };

test.each([
  ['an option that nobody knows', { 'pg-prot': 1 }, 'pg-prot'],
  ['a value that the option refuses', { 'pg-port': 'many' }, '"pg-port": Use an integer'],
  ['a list where a value is wanted', { 'pg-port': [1] }, 'pg-port'],
  ['a provider without audience', { oidc: [{ issuer: 'https://i', jwks: 'f' }] }, 'audience'],
  ['a provider with a field that nobody knows', { oidc: [{ ...provider, audiences: 'b' }] }, 'audiences'],
  ['a symmetric algorithm', { oidc: [{ ...provider, algorithms: ['HS256'] }] }, 'algorithms'],
  ['no algorithm', { oidc: [{ ...provider, algorithms: [] }] }, 'algorithms'],
  ['keys in the clear', { oidc: [{ ...provider, jwks: 'http://i/keys' }] }, 'https'],
  ['what is no JSON', '{', 'is not JSON'],
  ['what is no object', [], 'expected object'],
])('a file with %s is refused, naming it', (_, content, named) => {
  expect(() => serve(['--config', fileOf(content)])).toThrow(named);
});

test('a file that does not exist is refused', () => {
  expect(() => serve(['--config', join(directory, 'none')])).toThrow('cannot be read');
});

test('a variable that its option refuses is refused, naming it', () => {
  expect(() => serve([], { PORTCULLIS_PG_PORT: 'x' })).toThrow('PORTCULLIS_PG_PORT');
});

test('beyond loopback TLS is required unless --insecure says otherwise', () => {
  const beyond = ['--host', '0.0.0.0'];
  expect(() => serve(beyond)).toThrow('without TLS needs --insecure');
  expect(serve([...beyond, ...tls])).toMatchObject({ requireTls: true });
  expect(serve([...beyond, ...tls, '--insecure'])).toMatchObject({ requireTls: false });
  expect(serve([...beyond, '--insecure'])).toMatchObject({ requireTls: false, tls: undefined });
  expect(serve(tls)).toMatchObject({ requireTls: false });
  expect(serve(tls, { PORTCULLIS_REQUIRE_TLS: 'true' })).toMatchObject({ requireTls: true });
});

test.each([
  ['a certificate without key', ['--tls-cert', 'a']],
  ['a key without certificate', ['--tls-key', 'a']],
  ['TLS required without certificate', ['--require-tls']],
  ['the demo beyond loopback', ['--demo', '--host', '0.0.0.0', '--insecure']],
])('%s is refused', (_, argv) => {
  expect(() => serve(argv)).toThrow();
});

test('--help names every option of serve', () => {
  const command = parseCommand(['serve', '--help'], {}, '0');
  const text = command.kind === 'print' ? command.text : '';
  for (const option of ['--config', '--require-tls', '--idle-session-timeout', '--password-authentication']) {
    expect(text).toContain(option);
  }
});
