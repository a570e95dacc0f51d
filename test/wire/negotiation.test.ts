// Versions of protocol 3, its options, and the cancel keys that go with them.
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startWireServer, type WireServer } from '../../src/wire/server.ts';
import { framed, int32, packet } from './client-messages.ts';
import { FakeDoor } from './fake-door.ts';
import { loggedIn, type RawClient } from './raw-client.ts';

let door: FakeDoor;
let server: WireServer;
let clients: RawClient[];

beforeEach(async () => {
  door = await FakeDoor.open();
  clients = [];
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  server = await startWireServer({ door, host: '127.0.0.1', port: 0, log, graceMs: 100 });
});
afterEach(async () => {
  for (const client of clients) client.end();
  await server.close();
});

/** Logs in asking for protocol 3.`minor`. */
async function client(minor: number, settings: Readonly<Record<string, string>> = {}): Promise<RawClient> {
  const opened = await loggedIn(server.port, 'alice', 'secret', { minor, settings });
  clients.push(opened);
  return opened;
}

const negotiated = (minor: number, options: readonly string[]): Buffer =>
  Buffer.concat([int32((3 << 16) | minor), int32(options.length), ...options.map((name) => Buffer.from(`${name}\0`))]);

test.each([
  ['3.0', 0, 4],
  ['3.1', 1, 4],
  ['3.2', 2, 32],
])('%s is spoken without negotiation, and its cancel key has the size it allows', async (_, minor, secretBytes) => {
  const { greeting } = await client(minor);
  expect(greeting.map((frame) => frame.code).join('')).toMatch(/^RRRRKS*Z$/);
  expect(greeting.find((frame) => frame.code === 'K')?.body.length).toBe(4 + secretBytes);
});

test('a newer minor version is negotiated down to 3.2', async () => {
  const { greeting } = await client(9999);
  expect(greeting[0]).toEqual({ code: 'v', body: negotiated(2, []) });
  expect(greeting.find((frame) => frame.code === 'K')?.body.length).toBe(36);
});

test('options of the protocol that nobody knows are named, whatever the version', async () => {
  const { greeting } = await client(0, { '_pq_.new': '1', '_pq_.other': 'x' });
  expect(greeting[0]).toEqual({ code: 'v', body: negotiated(0, ['_pq_.new', '_pq_.other']) });
});

async function cancel(...parts: readonly Buffer[]): Promise<void> {
  const socket = connect(server.port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(packet(Buffer.concat([int32(80_877_102), ...parts])));
  socket.resume();
  await once(socket, 'close');
}

test('a key of 256 bits cancels only its own session, and only as a whole', async () => {
  const [own, other] = [await client(2), await client(2)];
  const key = own.greeting.find((frame) => frame.code === 'K')?.body ?? Buffer.alloc(0);
  own.send(framed('Q', Buffer.from('wait\0')));
  other.send(framed('Q', Buffer.from('wait\0')));
  await expect.poll(() => door.sessions.map((session) => session.calls)).toEqual([['query wait'], ['query wait']]);
  await cancel(key.subarray(0, 8));
  await cancel(key.subarray(0, 35), Buffer.from([(key[35] ?? 0) ^ 1]));
  await cancel(key, Buffer.from([0]));
  expect(door.sessions.map((session) => session.cancels)).toEqual([0, 0]);
  await cancel(key);
  expect(door.sessions.map((session) => session.cancels)).toEqual([1, 0]);
  expect(await own.codesUntilReady(1)).toBe('EZ');
});
