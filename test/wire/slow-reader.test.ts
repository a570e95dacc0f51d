// What a client does not read is not made: backpressure from its socket to whatever gives the rows, in the clear and through TLS.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Door } from '../../src/session/door.ts';
import { startWireServer, type WireServer } from '../../src/wire/server.ts';
import { TlsIdentity } from '../../src/wire/tls-identity.ts';
import { cstring, framed, int32, packet, startupBody } from './client-messages.ts';
import { FakeDoor } from './fake-door.ts';

const certificates = new URL('../support/certificates/', import.meta.url).pathname;
const [certificate, key] = [`${certificates}rsa.crt`, `${certificates}rsa.key`];

let door: FakeDoor;
let server: WireServer;
let sockets: Socket[];

beforeEach(async () => {
  door = await FakeDoor.open();
  sockets = [];
  // A secret in clear text: SCRAM is not what is tested here.
  const open: Door = {
    userOfToken: () => Promise.resolve(undefined),
    challenge: () => Promise.resolve({ kind: 'secret' }),
    login: (request, proof) => door.login(request, proof),
  };
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const tls = new TlsIdentity({ certificate, key });
  server = await startWireServer({ door: open, host: '127.0.0.1', port: 0, log, tls, graceMs: 100 });
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await server.close();
});

const login = [packet(startupBody({ user: 'alice' })), framed('p', cstring('secret'))];

async function plain(): Promise<Socket> {
  const socket = connect(server.port, '127.0.0.1');
  sockets.push(socket);
  await once(socket, 'connect');
  return socket;
}

async function secured(): Promise<Socket> {
  const socket = connectTls({
    port: server.port,
    host: 'localhost',
    ca: readFileSync(certificate),
    ALPNProtocols: ['postgresql'],
  });
  sockets.push(socket);
  await once(socket, 'secureConnect');
  return socket;
}

/** When a number has stopped growing. */
async function settled(number: () => number): Promise<number> {
  for (;;) {
    const before = number();
    await delay(100);
    if (before > 0 && number() === before) return before;
  }
}

test.each([
  ['in the clear', plain],
  ['through TLS', secured],
])('a client that does not read %s stops the rows, and gets all of them when it does', async (_, open) => {
  const socket = await open();
  socket.pause();
  socket.write(Buffer.concat([...login, framed('Q', cstring('stream 4000'))]));
  await expect.poll(() => door.sessions.length).toBe(1);
  const stopped = await settled(() => door.sessions[0]?.chunksGiven ?? 0);
  // Each chunk is 64 KiB: what sockets and one buffer of ours hold, not the 250 MiB that there are.
  expect(stopped).toBeLessThan(400);
  let received = 0;
  socket.on('data', (bytes: Buffer) => (received += bytes.length));
  socket.resume();
  await expect.poll(() => door.sessions[0]?.chunksGiven, { timeout: 30_000 }).toBe(4_000);
  await expect.poll(() => received, { timeout: 30_000 }).toBeGreaterThan(4_000 * 65_536);
});

test('a client that asks much and reads nothing is not read from either', async () => {
  const socket = await plain();
  socket.pause();
  socket.write(Buffer.concat([...login, framed('Q', cstring('stream 4000'))]));
  await expect.poll(() => door.sessions.length).toBe(1);
  await settled(() => door.sessions[0]?.chunksGiven ?? 0);
  const megabyte = Buffer.concat(Array.from({ length: 16 }, () => framed('Q', cstring(`echo ${'x'.repeat(65_536)}`))));
  let accepted = 0;
  for (let count = 0; count < 64; count += 1) socket.write(megabyte, () => (accepted += 1));
  // Sockets hold some megabytes; the rest waits at the client.
  expect(await settled(() => accepted + 1)).toBeLessThan(32);
});

test('a client that goes away while rows wait for it frees its session', async () => {
  const socket = await plain();
  socket.pause();
  socket.write(Buffer.concat([...login, framed('Q', cstring('stream 4000'))]));
  await expect.poll(() => door.sessions.length).toBe(1);
  await settled(() => door.sessions[0]?.chunksGiven ?? 0);
  socket.destroy();
  await expect.poll(() => door.sessions[0]?.closed).toBe(true);
  expect(door.sessions[0]?.cancels).toBeGreaterThan(0);
});

test('a thousand clients stay connected without a word, and each is answered then', { timeout: 120_000 }, async () => {
  const clients = await Promise.all(Array.from({ length: 1_000 }, plain));
  const greeted = clients.map((socket) => untilReady(socket));
  for (const socket of clients) socket.write(Buffer.concat(login));
  await Promise.all(greeted);
  expect(door.sessions.length).toBe(1_000);
  const answered = clients.map((socket) => untilReady(socket));
  for (const socket of clients) socket.write(framed('Q', cstring('echo x')));
  expect(new Set(await Promise.all(answered))).toEqual(new Set([true]));
});

/** Resolves at the next ReadyForQuery, which is what the server says last. */
async function untilReady(socket: Socket): Promise<boolean> {
  const ready = Buffer.concat([Buffer.from('Z'), int32(5), Buffer.from('I')]);
  let tail: Buffer = Buffer.alloc(0);
  return new Promise((resolve) => {
    const listen = (bytes: Buffer): void => {
      tail = Buffer.concat([tail, bytes]).subarray(-ready.length);
      if (!tail.equals(ready)) return;
      socket.off('data', listen);
      resolve(true);
    };
    socket.on('data', listen);
  });
}
