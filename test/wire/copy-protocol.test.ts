// COPY message by message: what clients send around it, what is ignored, and what a client that goes leaves behind.
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { bind, cstring, framed, int32, parse } from './client-messages.ts';
import { loggedIn, type RawClient } from './raw-client.ts';

let server: RunningServer;
let client: RawClient;

beforeAll(async () => {
  server = await startServer({ adminPassword: 'admin-pw' });
  client = await connected('system');
  for (const sql of ['CREATE CATALOG c', 'CREATE SCHEMA c.s', 'CREATE TABLE c.s.t (id INT, word TEXT)'])
    await answers(sql);
  client.end();
});
afterAll(async () => {
  await server.stop();
});
beforeEach(async () => {
  client = await connected('c');
  await answers('DELETE FROM s.t');
});

function connected(database: string): Promise<RawClient> {
  return loggedIn(server.pgPort, 'admin', 'admin-pw', { settings: { database } });
}

const query = (sql: string): Buffer => framed('Q', cstring(sql));
const data = (text: string): Buffer => framed('d', Buffer.from(text));
const done = framed('c');
const fail = framed('f', cstring('enough'));
const sync = framed('S');
const flush = framed('H');
const copy = 'COPY s.t FROM STDIN';

async function answers(sql: string): Promise<string> {
  client.send(query(sql));
  return client.codesUntilReady(1);
}

async function count(): Promise<string> {
  const other = await connected('c');
  other.send(query('SELECT count(*) FROM s.t'));
  let text = '';
  for (let frame = await other.next(); frame !== undefined && frame.code !== 'Z'; frame = await other.next()) {
    if (frame.code === 'D') text = frame.body.subarray(6).toString();
  }
  other.end();
  return text;
}

function extended(sql: string): readonly Buffer[] {
  return [
    framed('P', parse('', sql)),
    framed('B', bind({})),
    framed('D', Buffer.concat([Buffer.from('P'), cstring('')])),
    framed('E', Buffer.concat([cstring(''), int32(0)])),
  ];
}

test('the simple protocol, the bytes in any parts', async () => {
  const rows = '1\ta\\tb\r\n22\té\r\n';
  const bytes = Buffer.from(rows);
  for (let size = 1; size <= bytes.length; size += 1) {
    const parts: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += size) parts.push(framed('d', bytes.subarray(at, at + size)));
    client.send(query(copy), ...parts, done);
    expect(await client.codesUntilReady(1)).toBe('GCZ');
  }
  expect(await count()).toBe(String(2 * bytes.length));
});

test('binary in any parts', async () => {
  const head = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
  const row = Buffer.concat([Buffer.from([0, 2]), int32(4), int32(7), int32(2), Buffer.from('ab')]);
  const bytes = Buffer.concat([head, row, row, Buffer.from([255, 255])]);
  for (let size = 1; size <= bytes.length; size += 1) {
    const parts: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += size) parts.push(framed('d', bytes.subarray(at, at + size)));
    client.send(query(`${copy} BINARY`), ...parts, done);
    expect(await client.codesUntilReady(1)).toBe('GCZ');
  }
  expect(await count()).toBe(String(2 * bytes.length));
});

test('several statements of one message', async () => {
  client.send(query(`SELECT 1; ${copy}; ${copy}; SELECT 2`), data('1\ta\n'), done, data('2\tb\n'), done);
  expect(await client.codesUntilReady(1)).toBe('TDCGCGCTDCZ');
  expect(await count()).toBe('2');
});

test('the extended protocol: Sync and Flush before CopyDone are ignored', async () => {
  client.send(...extended(copy), sync, flush, data('1\ta\n'), sync, data('2\tb\n'), done, sync);
  expect(await client.codesUntilReady(1)).toBe('12nGCZ');
  expect(await count()).toBe('2');
});

test('after an error what was already sent is ignored, and nothing is written', async () => {
  client.send(query(copy), data('1\ta\n'), data('x\tb\n2\tc\n'), data('3\td\n'), done, query('SELECT 1'));
  expect(await client.codesUntilReady(2)).toBe('GEZTDCZ');
  client.send(...extended(copy), data('x\tb\n'), done, flush, sync, query('SELECT 1'));
  expect(await client.codesUntilReady(2)).toBe('12nGEZTDCZ');
  expect(await count()).toBe('0');
});

test('CopyFail, and messages that do not belong', async () => {
  client.send(query(copy), data('1\ta\n'), fail);
  expect(await client.codesUntilReady(1)).toBe('GEZ');
  client.send(query(copy), data('1\ta\n'), query('SELECT 1'));
  expect(await client.codesUntilReady(1)).toBe('GEZ');
  expect(await answers('SELECT 1')).toBe('TDCZ');
  expect(await count()).toBe('0');
});

test('copy messages without COPY are ignored', async () => {
  client.send(data('1'), done, fail, query('SELECT 1'));
  expect(await client.codesUntilReady(1)).toBe('TDCZ');
});

test('in a transaction an error makes it a failed one', async () => {
  client.send(query('BEGIN'), query(copy), data('x\n'), done, query('SELECT 1'), query('ROLLBACK'), query('SELECT 1'));
  expect(await client.codesUntilReady(5)).toBe('CZGEZEZCZTDCZ');
});

test('a client that hangs up in the middle writes nothing and frees the session', async () => {
  for (let round = 0; round < 5; round += 1) {
    const leaving = await connected('c');
    leaving.send(query(copy), data('1\ta\n2\tb\n'));
    expect((await leaving.next())?.code).toBe('G');
    if (round % 2 === 0) leaving.send(framed('X'));
    else leaving.end();
    await delay(50);
  }
  expect(await count()).toBe('0');
  // The table is free for others to write.
  client.send(query(copy), data('1\ta\n'), done);
  expect(await client.codesUntilReady(1)).toBe('GCZ');
  expect(await count()).toBe('1');
});

test('what is revoked while a client copies is not written', async () => {
  const admin = await connected('system');
  const run = async (sql: string): Promise<void> => {
    admin.send(query(sql));
    expect(await admin.codesUntilReady(1)).toBe('CZ');
  };
  await run("CREATE USER ann PASSWORD 'admin-pw'");
  await run('GRANT USE CATALOG, USE SCHEMA ON CATALOG c TO ann');
  await run('GRANT SELECT, INSERT ON TABLE c.s.t TO ann');
  const ann = await loggedIn(server.pgPort, 'ann', 'admin-pw', { settings: { database: 'c' } });
  ann.send(query(copy), data('1\ta\n'));
  expect((await ann.next())?.code).toBe('G');
  await run('REVOKE INSERT ON TABLE c.s.t FROM ann');
  ann.send(data('2\tb\n'), done);
  expect(await ann.codesUntilReady(1)).toBe('EZ');
  expect(await count()).toBe('0');
  admin.end();
  ann.end();
});
