// TLS on the wire: by request and direct, what must not be taken from before the handshake, and certificates that change.
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startWireServer, type WireServer } from '../../src/wire/server.ts';
import { TlsIdentity } from '../../src/wire/tls-identity.ts';
import { cstring, framed, int32, packet, startupBody } from './client-messages.ts';
import { FakeDoor } from './fake-door.ts';

const certificates = new URL('../support/certificates/', import.meta.url).pathname;
const ca = ['rsa', 'ec'].map((name) => readFileSync(join(certificates, `${name}.crt`)));
const sslRequest = packet(int32(80_877_103));
const gssRequest = packet(int32(80_877_104));

let directory: string;
let door: FakeDoor;
let identity: TlsIdentity;
let servers: WireServer[];
let sockets: Socket[];
let clients: pg.Client[];

function install(name: string): void {
  copyFileSync(join(certificates, `${name}.crt`), join(directory, 'server.crt'));
  copyFileSync(join(certificates, `${name}.key`), join(directory, 'server.key'));
}

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'portcullis-tls-'));
  door = await FakeDoor.open();
  install('rsa');
  identity = new TlsIdentity({ certificate: join(directory, 'server.crt'), key: join(directory, 'server.key') });
  servers = [];
  sockets = [];
  clients = [];
});
afterEach(async () => {
  for (const client of clients) await client.end().catch(() => undefined);
  for (const socket of sockets) socket.destroy();
  for (const server of servers) await server.close();
});

async function started(options: { readonly requireTls?: boolean; readonly tls?: boolean } = {}): Promise<number> {
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const server = await startWireServer({
    door,
    host: '127.0.0.1',
    port: 0,
    log,
    tls: options.tls === false ? undefined : identity,
    requireTls: options.requireTls ?? false,
    graceMs: 100,
  });
  servers.push(server);
  return server.port;
}

async function plain(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

async function received(socket: Socket): Promise<Buffer> {
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  return bytes;
}

/** Everything until the server hangs up. */
async function untilEnd(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (bytes: Buffer) => chunks.push(bytes));
  if (!socket.readableEnded && !socket.destroyed) await Promise.race([once(socket, 'end'), once(socket, 'close')]);
  return Buffer.concat(chunks).toString('latin1');
}

async function handshake(options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connectTls({ ca, servername: 'localhost', ...options });
  sockets.push(socket);
  socket.on('error', () => undefined);
  await once(socket, 'secureConnect');
  return socket;
}

async function upgraded(port: number): Promise<TLSSocket> {
  const socket = await plain(port);
  socket.write(sslRequest);
  expect((await received(socket)).toString()).toBe('S');
  return handshake({ socket });
}

function clientOf(port: number, config: pg.ClientConfig): pg.Client {
  const client = new pg.Client({
    host: 'localhost',
    port,
    user: 'alice',
    password: 'secret',
    database: 'd',
    ...config,
  });
  client.on('error', () => undefined);
  clients.push(client);
  return client;
}

async function query(port: number, config: pg.ClientConfig): Promise<unknown> {
  const client = clientOf(port, config);
  await client.connect();
  return (await client.query('echo hello')).rows;
}

test('a client that asks for TLS gets it, and checks the certificate', async () => {
  const port = await started();
  expect(await query(port, { ssl: { ca } })).toEqual([{ echo: 'hello' }]);
  await expect(clientOf(port, { ssl: { ca: ca.slice(1) } }).connect()).rejects.toThrow('self-signed certificate');
});

test('a large result comes whole through TLS', async () => {
  const client = clientOf(await started(), { ssl: { ca } });
  await client.connect();
  const { rows } = await client.query<{ n: number }>('count 100000');
  expect(rows.every((row, index) => row.n === index)).toBe(true);
  expect(rows.length).toBe(100_000);
});

test('direct TLS with the protocol name postgresql needs no request', async () => {
  const socket = await handshake({ port: await started(), host: 'localhost', ALPNProtocols: ['postgresql'] });
  socket.write(packet(startupBody({ user: 'alice' })));
  expect((await received(socket)).subarray(0, 1).toString()).toBe('R');
});

test('direct TLS without the protocol name, or with another, is hung up on', async () => {
  const port = await started();
  const nameless = await handshake({ port, host: 'localhost' });
  expect(await untilEnd(nameless)).toBe('');
  await expect(handshake({ port, host: 'localhost', ALPNProtocols: ['http/1.1'] })).rejects.toThrow(/no application/);
});

test('bytes sent in the clear behind the TLS request are never taken for the client’s', async () => {
  const socket = await plain(await started());
  const smuggled = packet(startupBody({ user: 'alice', database: 'smuggled' }));
  socket.write(Buffer.concat([sslRequest, smuggled]));
  const answer = await untilEnd(socket);
  expect(answer).toContain('C08P01');
  expect(answer).toContain('received unencrypted data after SSL request');
});

test('bytes sent in the clear between the answer and the handshake are no messages either', async () => {
  const socket = await plain(await started());
  socket.write(sslRequest);
  expect((await received(socket)).toString()).toBe('S');
  socket.write(packet(startupBody({ user: 'alice' })));
  // At most a TLS alert record.
  expect(await untilEnd(socket)).not.toContain('SCRAM');
  expect(door.logins).toEqual([]);
});

test('GSS encryption is declined with N, and TLS may be asked for next', async () => {
  const socket = await plain(await started());
  socket.write(gssRequest);
  expect((await received(socket)).toString()).toBe('N');
  socket.write(sslRequest);
  expect((await received(socket)).toString()).toBe('S');
});

test.each([
  ['GSS twice', [gssRequest, gssRequest]],
  ['TLS twice', [sslRequest, sslRequest]],
])('asking for %s ends the connection', async (_, requests) => {
  const socket = await plain(await started({ tls: false }));
  socket.write(Buffer.concat(requests));
  expect(await untilEnd(socket)).toContain('C08P01');
});

test('asking for TLS inside TLS ends the connection', async () => {
  const socket = await upgraded(await started());
  socket.write(sslRequest);
  expect(await untilEnd(socket)).toContain('C08P01');
});

test('where TLS is required nobody is asked for a password in the clear', async () => {
  const port = await started({ requireTls: true });
  const socket = await plain(port);
  socket.write(packet(startupBody({ user: 'alice' })));
  const answer = await untilEnd(socket);
  expect(answer).toContain('C28000');
  expect(answer).not.toContain('SCRAM');
  expect(await query(port, { ssl: { ca } })).toEqual([{ echo: 'hello' }]);
});

test('where TLS is not offered the client is told so and may go on', async () => {
  const port = await started({ tls: false });
  await expect(clientOf(port, { ssl: { ca } }).connect()).rejects.toThrow('does not support SSL');
  expect(await query(port, {})).toEqual([{ echo: 'hello' }]);
});

test.each(['rsa', 'ec'])('a login is bound to the %s certificate by a client that can', async (name) => {
  install(name);
  identity.reload();
  const port = await started();
  const client = clientOf(port, { ssl: { ca }, enableChannelBinding: true });
  const { connection } = client as unknown as {
    connection: { sendSASLInitialResponseMessage: (name: string) => void };
  };
  const chosen: string[] = [];
  const send = connection.sendSASLInitialResponseMessage.bind(connection);
  connection.sendSASLInitialResponseMessage = (mechanism, ...rest: []) => {
    chosen.push(mechanism);
    send(mechanism, ...rest);
  };
  await client.connect();
  expect(chosen).toEqual(['SCRAM-SHA-256-PLUS']);
  expect((await client.query('echo bound')).rows).toEqual([{ echo: 'bound' }]);
});

test('a secret in clear text goes through TLS, and a wrong one is refused', async () => {
  const port = await started();
  const options = { ssl: { ca }, options: '-c secret=yes' };
  expect(await query(port, options)).toEqual([{ echo: 'hello' }]);
  await expect(clientOf(port, { ...options, password: 'guess' }).connect()).rejects.toMatchObject({ code: '28P01' });
});

test('a renewed certificate is used by new connections and leaves the old ones alone', async () => {
  const port = await started();
  const before = await upgraded(port);
  install('ec');
  identity.reload();
  const after = await upgraded(port);
  expect(before.getPeerX509Certificate()?.fingerprint256).not.toBe(after.getPeerX509Certificate()?.fingerprint256);
  before.write(packet(startupBody({ user: 'alice' })));
  expect((await received(before)).subarray(0, 1).toString()).toBe('R');
});

test('a certificate and key that do not belong together, or are none, are refused and change nothing', async () => {
  const port = await started();
  copyFileSync(join(certificates, 'ec.key'), join(directory, 'server.key'));
  expect(() => identity.reload()).toThrow();
  writeFileSync(join(directory, 'server.crt'), 'nothing of the kind');
  expect(() => identity.reload()).toThrow();
  expect(await query(port, { ssl: { ca } })).toEqual([{ echo: 'hello' }]);
});

test('a cancel request may come through TLS or in the clear, also where TLS is required', async () => {
  const port = await started({ requireTls: true });
  for (const open of [upgraded, plain]) {
    const client = clientOf(port, { ssl: { ca } });
    await client.connect();
    const waiting = client.query('wait').catch((error: unknown) => (error as pg.DatabaseError).code);
    await expect.poll(() => door.sessions.at(-1)?.calls).toContain('query wait');
    const { processID, secretKey } = client as unknown as { readonly processID: number; readonly secretKey: number };
    const socket = await open(port);
    socket.write(packet(Buffer.concat([int32(80_877_102), int32(processID), int32(secretKey)])));
    expect(await untilEnd(socket)).toBe('');
    expect(await waiting).toBe('57014');
  }
});

test('an unfinished handshake holds no session, and the next client is served', async () => {
  const port = await started();
  const socket = await plain(port);
  socket.write(Buffer.concat([Buffer.from([0x16, 3, 1, 0, 200]), Buffer.alloc(20)]));
  const garbage = await plain(port);
  garbage.write(Buffer.concat([Buffer.from([0x16, 3, 1, 0, 2, 9, 9]), framed('Q', cstring('x'))]));
  await untilEnd(garbage);
  expect(await query(port, { ssl: { ca } })).toEqual([{ echo: 'hello' }]);
});

test('files that do not exist are an error at start', () => {
  expect(() => new TlsIdentity({ certificate: join(directory, 'none'), key: join(directory, 'none') })).toThrow(
    'ENOENT',
  );
});
