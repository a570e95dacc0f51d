// Personal access tokens: told once, kept as a hash, and at an end when they are dropped, expired, or their user is gone.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LoginRequest, Session } from '../../src/session/door.ts';
import { CatalogDoor } from '../../src/session/login.ts';
import { type InProcess, startInProcess, TestSession } from '../support/in-process.ts';

let system: InProcess;
let door: CatalogDoor;
let admin: TestSession;
let alice: TestSession;
let opened: Session[];

beforeAll(async () => {
  system = await startInProcess();
  admin = await system.as('admin');
  await admin.run("CREATE USER alice PASSWORD 'secret'");
  await admin.run("CREATE USER bob PASSWORD 'secret'");
  alice = await system.as('alice');
  door = new CatalogDoor(system.services);
  opened = [];
});
afterAll(async () => {
  for (const session of opened) await session.close();
  await system.close();
});

const request: LoginRequest = {
  user: 'alice',
  database: 'system',
  applicationName: 'program',
  clientAddress: '10.0.0.1',
  encrypted: true,
  settings: new Map([['portcullis.authentication', 'token']]),
};

async function login(secret: string, facts: Partial<LoginRequest> = {}): Promise<TestSession> {
  const session = await door.login({ ...request, ...facts }, { kind: 'secret', secret });
  opened.push(session);
  return new TestSession(session);
}

async function stateOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'ok',
    (error: unknown) => (error as { readonly sqlState?: string }).sqlState ?? String(error),
  );
}

async function created(clauses = ''): Promise<{ readonly id: string; readonly token: string }> {
  const [[id, token] = []] = await alice.rows(`CREATE TOKEN ${clauses}`);
  return { id: String(id), token: String(token) };
}

test('a token opens sessions of its user alone, through TLS alone', async () => {
  const { token } = await created("COMMENT 'nightly load'");
  expect(token).toMatch(/^pct_[A-Za-z0-9_-]{43}$/);
  const session = await login(token);
  expect(await session.rows('SELECT current_user')).toEqual([['alice']]);
  expect(await stateOf(login(token, { user: 'bob' }))).toBe('28P01');
  expect(await stateOf(login(token, { user: 'nobody' }))).toBe('28P01');
  expect(await stateOf(login(token, { encrypted: false }))).toBe('28P01');
  expect(await stateOf(login(`${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`))).toBe('28P01');
});

test('the token itself is kept nowhere: not in the catalog, not in the evidence', async () => {
  const { id, token } = await created();
  const [entry] = system.services.catalog.snapshot().parts.tokens.values();
  expect(JSON.stringify([...system.services.catalog.snapshot().parts.tokens.values()])).not.toContain(token);
  const evidence = JSON.stringify(system.audit.events);
  expect(evidence).not.toContain(token);
  expect(evidence).not.toContain(entry?.tokenHash);
  const changes = system.audit.of('catalogChanged').flatMap((event) => event.changes as readonly { kind: string }[]);
  expect(changes).toContainEqual(
    expect.objectContaining({ kind: 'createToken', token: expect.objectContaining({ id }) }),
  );
});

test('a login with a token says so in its event', async () => {
  const { id, token } = await created();
  await login(token);
  expect(system.audit.of('login').at(-1)).toMatchObject({ outcome: 'ok', method: 'token', tokenId: id });
});

test('a dropped token ends the sessions made with it, and no others', async () => {
  const { id, token } = await created();
  const other = await created();
  const [session, unconcerned] = [await login(token), await login(other.token)];
  const ended: string[] = [];
  session.session.onTerminated((error) => ended.push(error.sqlState));
  unconcerned.session.onTerminated((error) => ended.push(`other ${error.sqlState}`));
  await alice.run(`DROP TOKEN ${id}`);
  expect(ended).toEqual(['57P01']);
  expect(await stateOf(session.run('SELECT 1'))).toBe('28000');
  expect(await unconcerned.rows('SELECT 1')).toEqual([[1]]);
  expect(await stateOf(login(token))).toBe('28P01');
});

test('within a transaction too the next statement finds its token gone', async () => {
  const { id, token } = await created();
  const session = await login(token);
  await session.run('BEGIN');
  expect(await session.rows('SELECT 1')).toEqual([[1]]);
  await alice.run(`DROP TOKEN '${id}'`);
  expect(await stateOf(session.run('SELECT 2'))).toBe('28000');
});

test('an expired token opens nothing, and its sessions end with it', async () => {
  const { token } = await created("EXPIRES AT '2199-01-01'");
  let now = Date.UTC(2198, 0, 1);
  const services = { ...system.services, clock: { now: () => now } };
  const later = new CatalogDoor(services);
  const session = await later.login(request, { kind: 'secret', secret: token });
  opened.push(session);
  expect(await new TestSession(session).rows('SELECT 1')).toEqual([[1]]);
  now = Date.UTC(2199, 0, 1);
  expect(await stateOf(new TestSession(session).run('SELECT 1'))).toBe('28000');
  expect(await stateOf(later.login(request, { kind: 'secret', secret: token }))).toBe('28P01');
});

test('what a token opened makes no other token and sets no password of its user', async () => {
  const { token, id } = await created();
  const session = await login(token);
  expect(await stateOf(session.run('CREATE TOKEN'))).toBe('42501');
  expect(await stateOf(session.run("ALTER USER alice PASSWORD 'mine'"))).toBe('42501');
  // It may end itself, and hears that it has.
  expect((await session.run(`DROP TOKEN ${id}`)).tag).toBe('DROP TOKEN');
});

test('an administrator who acts as another gets no token of theirs', async () => {
  await admin.run("SET CURRENT USER = 'alice'");
  expect(await stateOf(admin.run('CREATE TOKEN'))).toBe('42501');
  await admin.run('RESET CURRENT USER');
});

test('tokens of others are not there, but for administrators', async () => {
  const { id } = await created();
  const bob = await system.as('bob');
  expect(await stateOf(bob.run(`DROP TOKEN ${id}`))).toBe('42704');
  expect(await stateOf(bob.run('DROP TOKEN 999999'))).toBe('42704');
  expect(await stateOf(bob.run('SHOW TOKENS FOR alice'))).toBe('42501');
  expect(await bob.rows('SHOW TOKENS')).toEqual([]);
  const ids = (await admin.rows('SHOW TOKENS FOR alice')).map(([first]) => first);
  expect(ids).toContain(id);
  expect((await alice.rows('SHOW TOKENS')).map(([first]) => first)).toEqual(ids);
  await admin.run(`DROP TOKEN ${id}`);
  expect((await alice.rows('SHOW TOKENS')).map(([first]) => first)).not.toContain(id);
});

test('a user has so many tokens and no more, and none that has expired already', async () => {
  const carol = await (async () => {
    await admin.run("CREATE USER carol PASSWORD 'secret'");
    return system.as('carol');
  })();
  expect(await stateOf(carol.run("CREATE TOKEN EXPIRES AT '2001-01-01'"))).toBe('22023');
  expect(await stateOf(carol.run('CREATE TOKEN EXPIRES IN 0 DAYS'))).toBe('22023');
  expect(await stateOf(carol.run('CREATE TOKEN EXPIRES IN 999999 DAYS'))).toBe('22023');
  for (let count = 0; count < 100; count += 1) await carol.run('CREATE TOKEN EXPIRES IN 1 DAY');
  expect(await stateOf(carol.run('CREATE TOKEN'))).toBe('54000');
});

test('with its user a token is gone, also when the name comes back', async () => {
  await admin.run("CREATE USER dave PASSWORD 'secret'");
  const [[, token] = []] = await (await system.as('dave')).rows('CREATE TOKEN');
  await admin.run('DROP USER dave');
  await admin.run("CREATE USER dave PASSWORD 'secret'");
  expect(await stateOf(login(String(token), { user: 'dave' }))).toBe('28P01');
});
