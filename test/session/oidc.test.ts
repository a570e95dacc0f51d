// Access tokens of an identity provider as passwords: what is checked of them, keys that change, and what their claims become.

import { once } from 'node:events';
import { mkdtempSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LoginRequest } from '../../src/session/door.ts';
import { CatalogDoor } from '../../src/session/login.ts';
import type { OidcProvider } from '../../src/session/oidc.ts';
import { type InProcess, startInProcess, TestSession } from '../support/in-process.ts';

interface Key {
  readonly id: string;
  readonly algorithm: string;
  readonly secret: CryptoKey;
  readonly jwk: JWK;
}

let system: InProcess;
let keys: { readonly first: Key; readonly second: Key; readonly elliptic: Key };
let file: string;
let http: Server;
let published: readonly Key[];
let asked = 0;

async function keyOf(id: string, algorithm: string): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
  return { id, algorithm, secret: privateKey, jwk: { ...(await exportJWK(publicKey)), kid: id, alg: algorithm } };
}

let writes = 0;

function publish(...list: readonly Key[]): void {
  published = list;
  writeFileSync(file, JSON.stringify({ keys: list.map(({ jwk }) => jwk) }));
  // Two writes within one tick of the file system's clock must still be told apart here.
  writes += 1;
  utimesSync(file, new Date(), new Date(Date.now() + writes * 1_000));
}

beforeAll(async () => {
  system = await startInProcess();
  const admin = await system.as('admin');
  await admin.run('CREATE USER `alice@corp.example`');
  await admin.run("CREATE USER `bob@corp.example` PASSWORD 'secret'");
  await admin.run('CREATE GROUP analysts');
  await admin.run('CREATE GROUP engineers');
  await admin.run('CREATE GROUP untouched');
  await admin.run('ALTER GROUP untouched ADD USER `alice@corp.example`');
  file = join(mkdtempSync(join(tmpdir(), 'portcullis-jwks-')), 'jwks.json');
  keys = {
    first: await keyOf('first', 'RS256'),
    second: await keyOf('second', 'RS256'),
    elliptic: await keyOf('elliptic', 'ES384'),
  };
  publish(keys.first);
  http = createServer((_, response) => {
    asked += 1;
    response.end(JSON.stringify({ keys: published.map(({ jwk }) => jwk) }));
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
});
afterAll(async () => {
  http.close();
  await system.close();
});

function doorOf(facts: Partial<OidcProvider> = {}): CatalogDoor {
  const provider: OidcProvider = {
    issuer: 'https://idp.example',
    audience: 'portcullis',
    jwks: file,
    algorithms: ['RS256'],
    userClaim: 'email',
    groupsClaim: 'groups',
    groups: {
      'idp-analysts': 'analysts',
      'idp-engineers': 'engineers',
      'idp-developers': 'engineers',
      lost: 'nowhere',
    },
    createUsers: false,
    clockToleranceSeconds: 5,
    ...facts,
  };
  return new CatalogDoor(system.services, {
    mockSecret: Buffer.alloc(32),
    asksForSecrets: true,
    oidc: [provider],
    sessionsPerUserMax: 0,
  });
}

interface Signing {
  readonly key?: Key;
  readonly expires?: string | number;
}

async function tokenOf(claims: JWTPayload = {}, { key = keys.first, expires = '5m' }: Signing = {}): Promise<string> {
  const payload = { iss: 'https://idp.example', aud: 'portcullis', email: 'alice@corp.example', ...claims };
  const token = new SignJWT(payload).setProtectedHeader({ alg: key.algorithm, kid: key.id }).setIssuedAt();
  return (expires === 'never' ? token : token.setExpirationTime(expires)).sign(key.secret);
}

const request: LoginRequest = {
  user: 'alice@corp.example',
  database: 'system',
  applicationName: 'bi',
  clientAddress: '10.0.0.1',
  encrypted: true,
  settings: new Map(),
};

async function login(secret: string, door = doorOf(), facts: Partial<LoginRequest> = {}): Promise<string> {
  try {
    const session = await door.login({ ...request, ...facts }, { kind: 'secret', secret });
    await session.close();
    return 'ok';
  } catch (error) {
    return (error as { readonly sqlState?: string }).sqlState ?? String(error);
  }
}

const now = (): number => Math.floor(Date.now() / 1_000);

function groupsOf(user: string): readonly string[] {
  const snapshot = system.services.catalog.snapshot();
  const id = snapshot.principalByName(user)?.id ?? '';
  return [...snapshot.groupsOf(id)].map((group) => snapshot.principal(group)?.name ?? '').toSorted();
}

test('a token of the provider opens a session of the user it names, and says so in the event', async () => {
  expect(await login(await tokenOf())).toBe('ok');
  expect(await login(await tokenOf({ email: 'Alice@Corp.Example' }))).toBe('ok');
  expect(system.audit.of('login').at(-1)).toMatchObject({ outcome: 'ok', method: 'oidc' });
  expect(await login(await tokenOf({ aud: ['other', 'portcullis'] }))).toBe('ok');
});

const refusals: readonly (readonly [string, () => Promise<string>])[] = [
  ['of another issuer', () => tokenOf({ iss: 'https://other.example' })],
  ['for another audience', () => tokenOf({ aud: 'other' })],
  ['of another user', () => tokenOf({ email: 'bob@corp.example' })],
  ['of nobody', () => tokenOf({ email: '' })],
  ['whose user is no name', () => tokenOf({ email: ['alice@corp.example'] })],
  ['whose address is not verified', () => tokenOf({ email_verified: false })],
  ['that has expired', () => tokenOf({}, { expires: now() - 60 })],
  ['that never expires', () => tokenOf({}, { expires: 'never' })],
  ['that does not hold yet', () => tokenOf({ nbf: now() + 60 })],
  ['signed by a key of the same name', async () => tokenOf({}, { key: await keyOf('first', 'RS256') })],
  ['signed by a key that is not published', () => tokenOf({}, { key: keys.second })],
  ['by an algorithm that is not allowed', () => tokenOf({}, { key: keys.elliptic })],
  ['that was changed', async () => `${(await tokenOf()).split('.').slice(0, 2).join('.')}.AAAA`],
  [
    'that nobody signed',
    () => {
      const payload = { iss: 'https://idp.example', aud: 'portcullis', email: 'alice@corp.example' };
      return Promise.resolve(new UnsecuredJWT(payload).setExpirationTime('5m').encode());
    },
  ],
  [
    'signed with the public key as if it were a shared secret',
    async () => {
      const payload = { iss: 'https://idp.example', aud: 'portcullis', email: 'alice@corp.example' };
      const token = new SignJWT(payload).setProtectedHeader({ alg: 'HS256', kid: 'first' }).setExpirationTime('5m');
      return token.sign(new TextEncoder().encode(JSON.stringify(keys.first.jwk)));
    },
  ],
  ['that is none', () => Promise.resolve('a.b.c')],
];

test.each(refusals)('a token %s is refused like a wrong password', async (_, token) => {
  expect(await login(await token(), doorOf(), { clientAddress: `10.1.0.${String(Math.random())}` })).toBe('28P01');
});

test('clocks may differ by so much and no more', async () => {
  expect(await login(await tokenOf({}, { expires: now() - 2 }))).toBe('ok');
  expect(await login(await tokenOf({}, { expires: now() - 10 }))).toBe('28P01');
});

test('no token is taken in the clear', async () => {
  expect(await login(await tokenOf(), doorOf(), { encrypted: false })).toBe('28P01');
});

test('keys in a file change with the file', async () => {
  const door = doorOf();
  publish(keys.second);
  expect(await login(await tokenOf({}, { key: keys.second }), door)).toBe('ok');
  expect(await login(await tokenOf({}, { key: keys.first }), door)).toBe('28P01');
  publish(keys.first);
  expect(await login(await tokenOf({}, { key: keys.first }), door)).toBe('ok');
});

test('keys behind a URL are asked for once, not at every login, and a provider that does not answer lets nobody in', async () => {
  const { port } = http.address() as { readonly port: number };
  const door = doorOf({ jwks: `http://127.0.0.1:${String(port)}/jwks` });
  for (let count = 0; count < 3; count += 1) expect(await login(await tokenOf(), door)).toBe('ok');
  expect(asked).toBe(1);
  expect(await login(await tokenOf(), doorOf({ jwks: 'http://127.0.0.1:1/jwks' }))).toBe('28P01');
});

test('groups that the provider decides about follow it at every login, others stay as they are', async () => {
  await login(await tokenOf({ groups: ['idp-analysts', 'idp-developers', 'unheard of'] }));
  expect(groupsOf('alice@corp.example')).toEqual(['account users', 'analysts', 'engineers', 'untouched']);
  const version = system.services.catalog.snapshot().version;
  await login(await tokenOf({ groups: ['idp-analysts', 'idp-engineers'] }));
  expect(system.services.catalog.snapshot().version).toBe(version);
  await login(await tokenOf({ groups: 'idp-analysts' }));
  expect(groupsOf('alice@corp.example')).toEqual(['account users', 'untouched']);
  const changes = system.audit.of('catalogChanged').flatMap((event) => event.changes as readonly { kind: string }[]);
  expect(changes.filter(({ kind }) => kind === 'removeMember')).toHaveLength(2);
});

test('users are made at their first login only where that is wanted, once, and without a password', async () => {
  const [carol, settings] = [{ email: 'carol@corp.example' }, { user: 'carol@corp.example' }];
  expect(await login(await tokenOf(carol), doorOf(), settings)).toBe('28P01');
  const door = doorOf({ createUsers: true });
  const token = await tokenOf({ ...carol, groups: ['idp-analysts'] });
  expect(await Promise.all([1, 2, 3].map(() => login(token, door, settings)))).toEqual(['ok', 'ok', 'ok']);
  expect(groupsOf('carol@corp.example')).toEqual(['account users', 'analysts']);
  expect(system.services.catalog.snapshot().principalByName('carol@corp.example')).toMatchObject({
    scramVerifier: undefined,
  });
});

test('a group or the group of everybody is no user, whatever a token says', async () => {
  const door = doorOf({ createUsers: true });
  for (const name of ['analysts', 'account users']) {
    expect(await login(await tokenOf({ email: name }), door, { user: name })).toBe('28P01');
  }
});

test('who got hold of a token cannot outlast it by a password or a token of ours', async () => {
  const session = new TestSession(await doorOf().login(request, { kind: 'secret', secret: await tokenOf() }));
  for (const sql of ['CREATE TOKEN', "ALTER USER `alice@corp.example` PASSWORD 'mine'"]) {
    await expect(session.run(sql)).rejects.toMatchObject({ sqlState: '42501' });
  }
  await session.session.close();
});

test('a password is still a password', async () => {
  expect(await login('secret', doorOf(), { user: 'bob@corp.example' })).toBe('ok');
});
