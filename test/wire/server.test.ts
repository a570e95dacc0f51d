// The whole wire over a real socket: node-postgres, and bytes of our own where no driver would send them.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { limits } from '../../src/base/limits.ts';
import { SqlError } from '../../src/base/sql-error.ts';
import { startWireServer, type WireServer } from '../../src/wire/server.ts';
import { bind, cstring, framed, int32, packet, parse, startupBody } from './client-messages.ts';
import { FakeDoor } from './fake-door.ts';
import { loggedIn, RawClient } from './raw-client.ts';

let door: FakeDoor;
let server: WireServer;
let logged: string[];
let clients: pg.Client[];
let raw: RawClient[];

beforeEach(async () => {
  door = await FakeDoor.open();
  logged = [];
  clients = [];
  raw = [];
  const log = {
    info: () => undefined,
    warn: () => undefined,
    error: (_: object, message: string) => logged.push(message),
  };
  server = await startWireServer({ door, host: '127.0.0.1', port: 0, log, connectionsMax: 4, graceMs: 100 });
});
afterEach(async () => {
  for (const client of clients) await client.end().catch(() => undefined);
  for (const client of raw) client.end();
  await server.close();
});

function clientOf(config: pg.ClientConfig = {}): pg.Client {
  const { port } = server;
  const client = new pg.Client({
    host: '127.0.0.1',
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

async function connected(config: pg.ClientConfig = {}): Promise<pg.Client> {
  const client = clientOf(config);
  await client.connect();
  return client;
}

/** What the server answered with instead of a result. */
async function errorOf(work: Promise<unknown>): Promise<pg.DatabaseError> {
  const outcome = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome instanceof pg.DatabaseError) return outcome;
  throw new Error(`no error of the server: ${String(outcome)}`);
}

async function rawClient(): Promise<RawClient> {
  const client = await loggedIn(server.port, 'alice', 'secret');
  raw.push(client);
  return client;
}

async function bareSocket(): Promise<Socket> {
  const socket = connect(server.port, '127.0.0.1');
  await once(socket, 'connect');
  raw.push(new RawClient(socket));
  return socket;
}

describe('login', () => {
  test('the right password opens a session with what the startup packet said', async () => {
    const client = await connected({ application_name: 'tests', options: '-c TimeZone=UTC' });
    expect((await client.query('echo hello')).rows).toEqual([{ echo: 'hello' }]);
    expect(door.logins).toMatchObject([{ user: 'alice', database: 'd', applicationName: 'tests' }]);
    expect(door.logins[0]?.settings.get('TimeZone')).toBe('UTC');
  });

  test.each(['alice', 'nobody'])('a wrong password of %s is refused with 28P01 and recorded', async (user) => {
    const error = await errorOf(clientOf({ user, password: 'guess' }).connect());
    expect([error.code, error.severity]).toEqual(['28P01', 'FATAL']);
    expect(error.message).toBe(`password authentication failed for user "${user}"`);
    expect(door.failures).toEqual([user]);
    expect(door.logins).toEqual([]);
  });

  test('what the door says against a login reaches the client', async () => {
    expect((await errorOf(clientOf({ database: 'nowhere' }).connect())).code).toBe('3D000');
  });

  test('one connection too many is refused with 53300', async () => {
    for (let count = 0; count < 4; count += 1) await connected();
    expect((await errorOf(clientOf().connect())).code).toBe('53300');
  });

  test('far too many connections are hung up on, those that wait for a login too', async () => {
    const most = 4 + limits.connectionsOverMax;
    const sockets = await Promise.all(Array.from({ length: most }, bareSocket));
    const late = connect(server.port, '127.0.0.1');
    late.on('error', () => undefined);
    await once(late, 'close');
    sockets[0]?.destroy();
    await expect
      .poll(async () => {
        const next = await bareSocket();
        next.write(packet(int32(80_877_104)));
        const answer = await Promise.race([once(next, 'data').then(String), once(next, 'close').then(() => 'closed')]);
        next.destroy();
        return answer;
      })
      .toBe('N');
  });

  test('TLS is declined with N, and the login goes on in the clear', async () => {
    const socket = await bareSocket();
    socket.write(packet(int32(80_877_103)));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toBe('N');
    socket.write(packet(startupBody({ user: 'alice' })));
    const [next] = (await once(socket, 'data')) as [Buffer];
    expect(next.subarray(0, 1).toString()).toBe('R');
  });

  test('a query before the password is refused and opens nothing', async () => {
    const socket = await bareSocket();
    socket.write(Buffer.concat([packet(startupBody({ user: 'alice' })), framed('Q', cstring('echo x'))]));
    const chunks: Buffer[] = [];
    socket.on('data', (bytes: Buffer) => chunks.push(bytes));
    await once(socket, 'end');
    expect(Buffer.concat(chunks).toString('latin1')).toContain('C08P01');
    expect(door.sessions).toEqual([]);
  });
});

describe('simple queries', () => {
  test('each statement of a message gives its result', async () => {
    const client = await connected();
    const results = (await client.query('echo a; count 2; create x')) as unknown as readonly pg.QueryResult[];
    expect(results.map((result) => [result.command, result.rows])).toEqual([
      ['SELECT', [{ echo: 'a' }]],
      ['SELECT', [{ n: 0 }, { n: 1 }]],
      ['CREATE', []],
    ]);
  });

  test('a result larger than any buffer comes whole', async () => {
    const client = await connected();
    const { rows } = await client.query<{ n: number }>('count 100000');
    expect(rows.length).toBe(100_000);
    expect(rows.every((row, index) => row.n === index)).toBe(true);
  });

  test('an error has its facts, counts positions from one, and leaves the connection usable', async () => {
    const client = await connected();
    const error = await errorOf(client.query('fail'));
    expect(error).toMatchObject({ code: '42P01', severity: 'ERROR', position: '3', hint: 'Look.', detail: 'D.' });
    expect((await client.query('echo after')).rows).toEqual([{ echo: 'after' }]);
    expect(door.sessions[0]?.calls).toContain('failed 42P01');
  });

  test('an error of ours tells the client nothing and closes the connection', async () => {
    const client = await connected();
    const error = await errorOf(client.query('break'));
    expect([error.code, error.message, error.severity]).toEqual(['XX000', 'internal error', 'FATAL']);
    expect(logged).toEqual(['statement failed unexpectedly']);
  });

  test('notices arrive, and an empty query is answered', async () => {
    const client = await connected();
    const notices: (string | undefined)[] = [];
    client.on('notice', (notice) => notices.push(notice.message));
    await client.query('notice told');
    expect((await client.query('')).rows).toEqual([]);
    expect(notices).toEqual(['told']);
  });
});

describe('extended queries', () => {
  test('a parameter goes there and back, NULL too', async () => {
    const client = await connected();
    expect((await client.query('parameter', ['ä"\\'])).rows).toEqual([{ parameter: 'ä"\\' }]);
    expect((await client.query('parameter', [null])).rows).toEqual([{ parameter: null }]);
  });

  test('a prepared statement is parsed once and bound each time', async () => {
    const client = await connected();
    for (const value of ['a', 'b']) {
      const query = { name: 'named', text: 'parameter', values: [value] };
      expect((await client.query(query)).rows).toEqual([{ parameter: value }]);
    }
    expect(door.sessions[0]?.calls.filter((call) => call === 'parse named').length).toBe(1);
  });

  test('binary results are binary', async () => {
    const client = await connected();
    const query = { text: 'count 3', values: [], binary: true, queryMode: 'extended' } as pg.QueryConfig;
    expect((await client.query(query)).rows).toEqual([{ n: 0 }, { n: 1 }, { n: 2 }]);
  });

  test('after an error everything is skipped until Sync, and then goes on', async () => {
    const client = await rawClient();
    client.send(
      framed('P', parse('', 'unparsable')),
      framed('B', bind({})),
      framed('E', Buffer.concat([cstring(''), int32(0)])),
      framed('Q', cstring('echo skipped')),
      framed('S'),
      framed('P', parse('', 'echo on')),
      framed('B', bind({})),
      framed('E', Buffer.concat([cstring(''), int32(0)])),
      framed('S'),
    );
    expect(await client.codesUntilReady(2)).toBe('EZ12DCZ');
    expect(door.sessions[0]?.calls).toEqual(['parse ', 'failed 42601', 'sync', 'parse ', 'bind ', 'execute ', 'sync']);
  });

  test('pipelined messages in one segment, or cut anywhere, are answered in order', async () => {
    const messages = Buffer.concat([
      framed('P', parse('s', 'echo one')),
      framed('D', Buffer.from('Ss\0')),
      framed('B', bind({ portal: 'p', statement: 's' })),
      framed('D', Buffer.from('Pp\0')),
      framed('E', Buffer.concat([cstring('p'), int32(0)])),
      framed('C', Buffer.from('Ss\0')),
      framed('S'),
      framed('Q', cstring('echo two')),
    ]);
    const whole = await rawClient();
    whole.send(messages);
    expect(await whole.codesUntilReady(2)).toBe('1tT2TDC3ZTDCZ');
    const cut = await rawClient();
    for (const byte of messages) cut.send(Buffer.from([byte]));
    expect(await cut.codesUntilReady(2)).toBe('1tT2TDC3ZTDCZ');
  });

  test('a statement without rows is described as such', async () => {
    const client = await rawClient();
    client.send(framed('P', parse('s', 'create x')), framed('D', Buffer.from('Ss\0')), framed('S'));
    expect(await client.codesUntilReady(1)).toBe('1tnZ');
  });

  test('a message of no known type ends the connection', async () => {
    const client = await rawClient();
    client.send(framed('?'));
    expect(await client.codesUntilEnd()).toBe('E');
  });
});

describe('cancel and close', () => {
  async function waiting(): Promise<{ readonly client: pg.Client; readonly error: Promise<pg.DatabaseError> }> {
    const client = await connected();
    const error = errorOf(client.query('wait'));
    await expect.poll(() => door.sessions[0]?.calls).toContain('query wait');
    return { client, error };
  }

  async function cancel(processId: number, secret: number): Promise<void> {
    const socket = await bareSocket();
    socket.write(packet(Buffer.concat([int32(80_877_102), int32(processId), int32(secret)])));
    await once(socket, 'close');
  }

  function keyOf(client: pg.Client): readonly [number, number] {
    const { processID, secretKey } = client as unknown as { readonly processID: number; readonly secretKey: number };
    return [processID, secretKey];
  }

  test('a cancel request with the right key ends the statement with 57014', async () => {
    const { client, error } = await waiting();
    await cancel(...keyOf(client));
    expect((await error).code).toBe('57014');
    expect((await client.query('echo after')).rows).toEqual([{ echo: 'after' }]);
  });

  test('a cancel request with a wrong key ends nothing', async () => {
    const { client, error } = await waiting();
    const [processId, secret] = keyOf(client);
    await cancel(processId, secret ^ 1);
    await cancel(processId === 1 ? 2 : processId - 1, secret);
    expect(door.sessions[0]?.cancels).toBe(0);
    await cancel(processId, secret);
    expect((await error).code).toBe('57014');
  });

  test('a client that goes away closes its session', async () => {
    const client = await connected();
    await client.end();
    await expect.poll(() => door.sessions[0]?.closed).toBe(true);
  });

  test('a client that is silent for too long is told so and closed, one that waits for an answer is not', async () => {
    const client = await rawClient();
    const [session] = door.sessions;
    if (session !== undefined) {
      session.idleLimit = { timeoutMs: 20, error: new SqlError('idleSessionTimeout', 'too silent') };
    }
    client.send(framed('Q', cstring('wait')));
    await expect.poll(() => session?.calls).toContain('query wait');
    await delay(60);
    session?.cancel();
    expect(await client.codesUntilEnd()).toBe('EZE');
    await expect.poll(() => session?.closed).toBe(true);
  });

  test('a session that is ended from elsewhere stops what it does, tells its client and closes', async () => {
    const client = await rawClient();
    client.send(framed('Q', cstring('wait')));
    await expect.poll(() => door.sessions[0]?.calls).toContain('query wait');
    door.sessions[0]?.terminate(new SqlError('adminShutdown', 'the token was dropped'));
    expect(await client.codesUntilEnd()).toBe('E');
    expect(door.sessions[0]?.cancels).toBeGreaterThan(0);
  });

  test('who does not log in for too long is told so and closed', async () => {
    const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
    const hasty = await startWireServer({ door, host: '127.0.0.1', port: 0, log, authenticationTimeoutMs: 20 });
    const socket = connect(hasty.port, '127.0.0.1');
    const chunks: Buffer[] = [];
    socket.on('data', (bytes: Buffer) => chunks.push(bytes));
    await once(socket, 'end');
    await hasty.close();
    expect(Buffer.concat(chunks).toString()).toContain('canceling authentication due to timeout');
  });

  test('a server that stops tells its idle clients', async () => {
    const client = await rawClient();
    await server.close();
    expect(await client.codesUntilEnd()).toBe('E');
  });
});
