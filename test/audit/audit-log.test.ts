import { createPublicKey } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type AuditLogOptions, openAuditLog } from '../../src/audit/audit-log.ts';
import type { AuditEvent, Checkpoint } from '../../src/audit/event.ts';
import { verifyLog } from '../../src/audit/verify.ts';
import { SqlError } from '../../src/base/sql-error.ts';
import { fixedClock, kindsOf, linesOf, login, type Scratch, scratch, snapshotOf } from '../support/audit-fixtures.ts';

function optionsIn({ directory, keyDirectory }: Scratch): AuditLogOptions {
  return { directory, keyDirectory, clock: fixedClock };
}

function publicKeyIn({ keyDirectory }: Scratch): string {
  return readFileSync(join(keyDirectory, 'audit-signing.pub'), 'utf8');
}

test('an event appended through the writer thread is in the log when append resolves', async () => {
  using place = scratch();
  const log = await openAuditLog(optionsIn(place));
  const sequence = await log.append(login('first'));
  const line = JSON.parse(linesOf(place.directory)[sequence - 1] ?? '') as {
    sequence: number;
    time: string;
    event: AuditEvent;
  };
  expect(line).toMatchObject({ sequence, time: '2026-11-23T10:00:00.000Z', event: login('first') });
  await log.close();
});

test('concurrent appends get rising sequence numbers in the order of the calls', async () => {
  using place = scratch();
  const log = await openAuditLog({ ...optionsIn(place), checkpointEvents: 100, segmentBytes: 50_000 });
  const names = Array.from({ length: 2_500 }, (_, i) => String(i));
  const sequences = await Promise.all(names.map((name) => log.append(login(name))));
  expect(sequences).toEqual([...sequences].sort((a, b) => a - b));
  const lines = linesOf(place.directory);
  const logged = sequences.map(
    (sequence) => (JSON.parse(lines[sequence - 1] ?? '') as { event: { reason: string } }).event.reason,
  );
  expect(logged).toEqual(names);
  await log.close();
  expect(await verifyLog({ directory: place.directory, publicKey: publicKeyIn(place) })).toMatchObject({
    ok: true,
    end: 'clean',
  });
});

test('a restart continues the chain in a segment of its own', async () => {
  using place = scratch();
  for (const name of ['one', 'two', 'three']) {
    const log = await openAuditLog(optionsIn(place));
    await log.append(login(name));
    await log.close();
  }
  expect([...snapshotOf(place.directory).keys()]).toEqual([
    '0000000000000001.jsonl',
    '0000000000000004.jsonl',
    '0000000000000007.jsonl',
  ]);
  expect(kindsOf(place.directory).join(' ')).toBe(Array(3).fill('opened login closed').join(' '));
  expect(await verifyLog({ directory: place.directory, publicKey: publicKeyIn(place) })).toMatchObject({
    ok: true,
    records: 9,
  });
});

test('the log signs after so many events, after so long, at its beginning and at its end', async () => {
  using place = scratch();
  const checkpoints: Checkpoint[] = [];
  let tick = (): void => undefined;
  const timer = {
    every: (_intervalMs: number, callback: () => void) => {
      tick = callback;
      return () => undefined;
    },
  };
  const options = {
    ...optionsIn(place),
    timer,
    checkpointEvents: 2,
    onCheckpoint: (c: Checkpoint) => checkpoints.push(c),
  };
  const log = await openAuditLog(options);
  await Promise.all([log.append(login('a')), log.append(login('b')), log.append(login('c'))]);
  tick();
  tick();
  await log.append(login('d'));
  await log.close();
  const kinds = 'opened login login checkpoint login checkpoint login closed';
  expect(kindsOf(place.directory).join(' ')).toBe(kinds);
  expect(checkpoints.map(({ kind, sequence }) => `${kind} ${String(sequence)}`)).toEqual([
    'opened 0',
    'checkpoint 3',
    'checkpoint 5',
    'closed 7',
  ]);
  for (const anchor of checkpoints) {
    expect(await verifyLog({ directory: place.directory, publicKey: publicKeyIn(place), anchor })).toMatchObject({
      ok: true,
    });
  }
});

test('when the directory cannot be written appends fail with 53100, and succeed again without a restart', async () => {
  using place = scratch();
  const log = await openAuditLog({ ...optionsIn(place), segmentBytes: 1 });
  await log.append(login('before'));
  renameSync(place.directory, `${place.directory}.away`);
  const refused = await log.append(login('refused')).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(SqlError);
  expect((refused as SqlError).sqlState).toBe('53100');
  renameSync(`${place.directory}.away`, place.directory);
  await log.append(login('after'));
  await log.close();
  expect(kindsOf(place.directory)).toEqual(['opened', 'login', 'resumed', 'login', 'closed']);
  expect(await verifyLog({ directory: place.directory, publicKey: publicKeyIn(place) })).toMatchObject({
    ok: true,
    end: 'clean',
  });
});

test('nothing can be appended after close, and close may be called twice', async () => {
  using place = scratch();
  const log = await openAuditLog(optionsIn(place));
  const last = log.append(login('last'));
  const closed = log.close();
  await expect(log.append(login('late'))).rejects.toMatchObject({ condition: 'adminShutdown' });
  await expect(last).resolves.toBe(2);
  await closed;
  await log.close();
});

test('an event cannot pass for a record of the log itself', async () => {
  using place = scratch();
  const log = await openAuditLog(optionsIn(place));
  await expect(log.append({ kind: 'closed' } as unknown as AuditEvent)).rejects.toThrow('only the audit log itself');
  await log.close();
});

test('an event too large for a line is refused and nothing of it is written', async () => {
  using place = scratch();
  const log = await openAuditLog(optionsIn(place));
  await expect(log.append(login('x'.repeat(5_000_000)))).rejects.toMatchObject({ condition: 'limitExceeded' });
  await log.close();
  expect(kindsOf(place.directory)).toEqual(['opened', 'closed']);
});

test('the signing key is readable by the owner only, and is nowhere in the log', async () => {
  using place = scratch();
  const log = await openAuditLog(optionsIn(place));
  await log.append(login('a'));
  await log.close();
  const path = join(place.keyDirectory, 'audit-signing.key');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(place.keyDirectory).mode & 0o777).toBe(0o700);
  const secret = readFileSync(path, 'utf8').split('\n')[1] ?? '';
  expect(secret).not.toBe('');
  expect(linesOf(place.directory).join('')).not.toContain(secret);
  expect(createPublicKey(publicKeyIn(place)).asymmetricKeyType).toBe('ed25519');
});

test('the log does not start with a key that is missing, foreign, unreadable or readable by others', async () => {
  using place = scratch();
  await (await openAuditLog(optionsIn(place))).close();
  const path = join(place.keyDirectory, 'audit-signing.key');
  const original = readFileSync(path);
  const refuses = async (why: string): Promise<void> => {
    await expect(openAuditLog(optionsIn(place))).rejects.toThrow(why);
  };
  chmodSync(path, 0o644);
  await refuses('may be read by others');
  rmSync(path);
  await refuses('is missing');
  writeFileSync(path, 'no key', { mode: 0o600 });
  await refuses('no private key');
  using other = scratch();
  await (await openAuditLog(optionsIn(other))).close();
  writeFileSync(path, readFileSync(join(other.keyDirectory, 'audit-signing.key')));
  await refuses('does not belong to');
  rmSync(join(place.keyDirectory, 'audit-signing.pub'));
  await refuses('the signature is not valid');
  rmSync(join(place.keyDirectory, 'audit-signing.pub'));
  writeFileSync(path, original);
  await (await openAuditLog(optionsIn(place))).close();
});

test('the key may not be kept within the directory of the log', async () => {
  using place = scratch();
  mkdirSync(join(place.directory, 'keys'));
  const options = { ...optionsIn(place), keyDirectory: join(place.directory, 'keys') };
  await expect(openAuditLog(options)).rejects.toThrow('not kept within the log');
});

test('after an unclean stop the operator is told, and the log goes on', async () => {
  using place = scratch();
  const log = await openAuditLog(optionsIn(place));
  await log.append(login('last words'));
  await log.close();
  const [name = '', content = Buffer.alloc(0)] = [...snapshotOf(place.directory)][0] ?? [];
  writeFileSync(join(place.directory, name), content.subarray(0, -40));
  const warnings: string[] = [];
  const notices = { warn: (_facts: object, message: string) => warnings.push(message) };
  await (await openAuditLog({ ...optionsIn(place), log: notices })).close();
  expect(warnings).toEqual(['audit log was not closed by the run before']);
  expect(kindsOf(place.directory)).toEqual(['opened', 'login', 'recovered', 'opened', 'closed']);
});

test('a log that cannot write its first record does not open', async () => {
  using place = scratch();
  mkdirSync(join(place.directory, '0000000000000001.jsonl'));
  await expect(openAuditLog(optionsIn(place))).rejects.toMatchObject({
    condition: 'diskFull',
    cause: { code: 'EEXIST' },
  });
});

test('time signs the log without being asked', async () => {
  using place = scratch();
  let onCheckpoint = (_checkpoint: Checkpoint): void => undefined;
  const signed = new Promise<Checkpoint>((resolve) => {
    onCheckpoint = (checkpoint) => (checkpoint.kind === 'checkpoint' ? resolve(checkpoint) : undefined);
  });
  const log = await openAuditLog({
    ...optionsIn(place),
    checkpointIntervalMs: 5,
    onCheckpoint: (c) => onCheckpoint(c),
  });
  await log.append(login('a'));
  expect(await signed).toMatchObject({ sequence: 2 });
  await log.close();
});
