// Who may open a session: what is asked of users that exist and of those that do not, waits after failures, limits per user.

import { mkdtempSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { limits } from '../../src/base/limits.ts';
import type { LoginChallenge, LoginProof, LoginRequest, Session } from '../../src/session/door.ts';
import { CatalogDoor } from '../../src/session/login.ts';
import { openLoginSecret } from '../../src/session/login-secret.ts';
import { type InProcess, startInProcess } from '../support/in-process.ts';

let system: InProcess;
let now = 1_000_000;

beforeAll(async () => {
  system = await startInProcess();
  const admin = await system.as('admin');
  await admin.run("CREATE USER alice PASSWORD 'secret'");
  await admin.run('CREATE USER passwordless');
});
afterAll(async () => {
  await system.close();
});

function doorOf(
  settings: { readonly asksForSecrets?: boolean; readonly sessionsPerUserMax?: number } = {},
): CatalogDoor {
  const services = { ...system.services, clock: { now: () => now } };
  const { asksForSecrets = false, sessionsPerUserMax = 0 } = settings;
  return new CatalogDoor(services, { mockSecret: Buffer.alloc(32, 1), asksForSecrets, oidc: [], sessionsPerUserMax });
}

function request(user: string, facts: Partial<LoginRequest> = {}): LoginRequest {
  const settings = new Map<string, string>();
  return {
    user,
    database: 'system',
    applicationName: '',
    clientAddress: '10.0.0.1',
    encrypted: true,
    settings,
    ...facts,
  };
}

const holds: LoginProof = { kind: 'scram', holds: true };
const fails: LoginProof = { kind: 'scram', holds: false };

async function stateOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'ok',
    (error: unknown) => (error as { readonly sqlState: string }).sqlState,
  );
}

/** Sessions are closed again. */
async function login(door: CatalogDoor, of: LoginRequest, proof: LoginProof): Promise<string> {
  return stateOf(door.login(of, proof).then((session) => session.close()));
}

function shapeOf(challenge: LoginChallenge): unknown {
  if (challenge.kind === 'secret') return challenge.kind;
  const { iterations, salt, storedKey, serverKey } = challenge.verifier;
  return [challenge.kind, iterations, salt.length, storedKey.length, serverKey.length];
}

test('users that do not exist, and those without a password, are asked for the same, with a salt that stays', async () => {
  const alice = await doorOf().challenge(request('alice'));
  for (const user of ['nobody', 'passwordless', 'account users']) {
    const [first, again] = [await doorOf().challenge(request(user)), await doorOf().challenge(request(user))];
    expect(shapeOf(first)).toEqual(shapeOf(alice));
    expect(first).toEqual(again);
    expect(first).toMatchObject({ isKnown: false });
    expect(await login(doorOf(), request(user), fails)).toBe('28P01');
  }
  expect(await doorOf().challenge(request('nobody'))).not.toEqual(await doorOf().challenge(request('somebody')));
});

test('the secret of those salts is kept over a restart, and from others', () => {
  const directory = join(mkdtempSync(join(tmpdir(), 'portcullis-keys-')), 'keys');
  const secret = openLoginSecret(directory);
  expect(secret.length).toBe(32);
  expect(openLoginSecret(directory)).toEqual(secret);
  expect(statSync(join(directory, 'login-secret')).mode & 0o077).toBe(0);
});

test('secrets in clear text are asked for through TLS alone', async () => {
  const token = new Map([['portcullis.authentication', 'token']]);
  expect(shapeOf(await doorOf().challenge(request('alice', { settings: token })))).toBe('secret');
  expect(shapeOf(await doorOf({ asksForSecrets: true }).challenge(request('alice')))).toBe('secret');
  const clear = { encrypted: false };
  expect(shapeOf(await doorOf({ asksForSecrets: true }).challenge(request('alice', clear)))).not.toBe('secret');
  expect(await stateOf(doorOf().challenge(request('alice', { settings: token, ...clear })))).toBe('28000');
  const password: LoginProof = { kind: 'secret', secret: 'secret' };
  expect(await login(doorOf(), request('alice'), password)).toBe('ok');
  expect(await login(doorOf(), request('alice', clear), password)).toBe('28P01');
  for (const user of ['nobody', 'passwordless']) expect(await login(doorOf(), request(user), password)).toBe('28P01');
});

test('a way to authenticate that nobody knows is refused', async () => {
  const settings = new Map([['portcullis.authentication', 'none']]);
  expect(await stateOf(doorOf().challenge(request('alice', { settings })))).toBe('22023');
});

test.each(['alice', 'nobody'])(
  'after too many failures %s waits, longer and longer, also with the right password',
  async (user) => {
    const door = doorOf();
    for (let count = 1; count < limits.failedLoginsFree; count += 1) {
      expect(await login(door, request(user), fails)).toBe('28P01');
    }
    expect(await stateOf(door.challenge(request(user)))).toBe('ok');
    for (const waitMs of [1_000, 2_000, 4_000]) {
      expect(await login(door, request(user), fails)).toBe('28P01');
      expect(await stateOf(door.challenge(request(user)))).toBe('28000');
      expect(await login(door, request(user), holds)).toBe('28000');
      now += waitMs - 1;
      expect(await stateOf(door.challenge(request(user)))).toBe('28000');
      now += 1;
      expect(await stateOf(door.challenge(request(user)))).toBe('ok');
    }
  },
);

test('attempts side by side count one by one', async () => {
  const door = doorOf();
  const wrong: LoginProof = { kind: 'secret', secret: 'guess' };
  const states = await Promise.all(Array.from({ length: 20 }, () => login(door, request('alice'), wrong)));
  expect(states.filter((state) => state === '28P01')).toHaveLength(limits.failedLoginsFree);
});

test('who is throttled elsewhere is not locked out here, and a success forgets failures', async () => {
  const door = doorOf();
  for (let count = 0; count < limits.failedLoginsFree; count += 1) await login(door, request('alice'), fails);
  expect(await stateOf(door.challenge(request('ALICE')))).toBe('28000');
  const elsewhere = { clientAddress: '10.0.0.2' };
  expect(await login(door, request('alice', elsewhere), holds)).toBe('ok');
  for (let round = 0; round < 3; round += 1) {
    for (let count = 1; count < limits.failedLoginsFree; count += 1)
      await login(door, request('alice', elsewhere), fails);
    expect(await login(door, request('alice', elsewhere), holds)).toBe('ok');
  }
  now += limits.failedLoginMemoryMs + 1;
  await login(door, request('alice'), fails);
  expect(await login(door, request('alice'), holds)).toBe('ok');
});

test('one address cannot go through many users, nor one network of IPv6 through its addresses', async () => {
  const door = doorOf();
  for (let count = 0; count < limits.failedLoginsOfAddressFree; count += 1) {
    const clientAddress = `2001:db8::1:${count.toString(16)}`;
    await login(door, request(`user${String(count)}`, { clientAddress }), fails);
  }
  expect(await stateOf(door.challenge(request('alice', { clientAddress: '2001:db8::ffff:1' })))).toBe('28000');
  expect(await stateOf(door.challenge(request('alice', { clientAddress: '2001:db8:0:1::1' })))).toBe('ok');
});

test('a user has so many sessions and no more, until one closes', async () => {
  const door = doorOf({ sessionsPerUserMax: 2 });
  const sessions: Session[] = [await door.login(request('alice'), holds), await door.login(request('alice'), holds)];
  expect(await login(door, request('alice'), holds)).toBe('53300');
  expect(await login(door, request('admin'), holds)).toBe('ok');
  await sessions[0]?.close();
  await sessions[0]?.close();
  expect(await login(door, request('alice'), holds)).toBe('ok');
  await sessions[1]?.close();
});

test('every end of a login is an event', async () => {
  const door = doorOf();
  const from = system.audit.events.length;
  await login(door, request('alice'), holds);
  for (let count = 0; count < limits.failedLoginsFree; count += 1) await login(door, request('alice'), fails);
  await stateOf(door.challenge(request('alice')));
  await login(door, request('alice', { clientAddress: 'other', database: 'nowhere' }), holds);
  const told = system.audit.events.slice(from).flatMap((event) => {
    return event.kind === 'login' ? [[event.outcome, event.method ?? event.reason]] : [];
  });
  expect(told).toEqual([
    ['ok', 'password'],
    ...Array.from({ length: limits.failedLoginsFree }, () => [
      'failed',
      'password authentication failed for user "alice"',
    ]),
    ['failed', 'too many failed logins'],
    ['failed', 'database nowhere does not exist'],
  ]);
});

test('the own password may be changed by its user alone, also by a ready verifier', async () => {
  const alice = await system.as('alice');
  const { scramVerifier = '' } = system.services.catalog.snapshot().principalByName('alice') as {
    scramVerifier?: string;
  };
  await alice.run("ALTER USER alice PASSWORD 'other'");
  expect(await login(doorOf(), request('alice'), { kind: 'secret', secret: 'other' })).toBe('ok');
  await alice.run(`ALTER USER "alice" PASSWORD '${scramVerifier}'`);
  expect(await login(doorOf(), request('alice'), { kind: 'secret', secret: 'secret' })).toBe('ok');
  expect(await stateOf(alice.run("ALTER USER admin PASSWORD 'mine'"))).toBe('42501');
  const costly = scramVerifier.replace('$4096:', '$9999999:');
  expect(await stateOf(alice.run(`ALTER USER alice PASSWORD '${costly}'`))).toBe('22023');
  expect(await stateOf(alice.run(`ALTER USER alice PASSWORD 'md5${'0'.repeat(32)}'`))).toBe('22023');
  expect(await login(doorOf(), request('alice'), { kind: 'secret', secret: 'secret' })).toBe('ok');
});
