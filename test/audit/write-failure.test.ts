import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { SegmentFiles } from '../../src/audit/segment-files.ts';
import { segmentFiles } from '../../src/audit/segment-files.ts';
import { verifyLog } from '../../src/audit/verify.ts';
import {
  filesWith,
  kindsOf,
  linesOf,
  login,
  openLocalLog,
  scratch,
  signing,
  snapshotOf,
  systemError,
} from '../support/audit-fixtures.ts';

/** A disk with so many bytes left; a write takes what fits and then fails, as the kernel does. */
function smallDisk(): { files: SegmentFiles; free: number } {
  const disk = {
    free: Number.POSITIVE_INFINITY,
    files: filesWith({
      write: (file, bytes) => {
        const fits = Math.min(bytes.length, disk.free);
        if (fits === 0) throw systemError('ENOSPC');
        disk.free -= fits;
        return writeSync(file, bytes.subarray(0, fits));
      },
    }),
  };
  return disk;
}

test('on a full disk appends fail with 53100, no part of them stays, and service resumes when there is room', async () => {
  using place = scratch();
  const disk = smallDisk();
  const warnings: string[] = [];
  const notices = { warn: (_facts: object, message: string) => warnings.push(message) };
  const { log, stop } = await openLocalLog(place.directory, { files: disk.files, notices });
  await log.append(login('before'));
  const sound = linesOf(place.directory);
  disk.free = 100;
  await expect(log.append(login('refused'))).rejects.toMatchObject({
    condition: 'diskFull',
    cause: { code: 'ENOSPC' },
  });
  await expect(log.append(login('refused too'))).rejects.toMatchObject({ sqlState: '53100' });
  expect([...snapshotOf(place.directory).keys()]).toEqual(['0000000000000001.jsonl']);
  expect(readFileSync(join(place.directory, '0000000000000001.jsonl'), 'utf8')).toBe(`${sound.join('\n')}\n`);
  disk.free = Number.POSITIVE_INFINITY;
  await expect(log.append(login('after'))).resolves.toBe(4);
  await log.close();
  stop();
  expect(kindsOf(place.directory)).toEqual(['opened', 'login', 'resumed', 'login', 'closed']);
  expect(JSON.parse(linesOf(place.directory)[2] ?? '')).toMatchObject({ event: { rejected: 2, code: 'ENOSPC' } });
  expect(warnings).toEqual(['audit log cannot be written', 'audit log cannot be written']);
  expect(await verifyLog({ directory: place.directory, publicKey: signing.publicKey })).toMatchObject({
    ok: true,
    end: 'clean',
  });
});

test('after a failed sync the segment is cut back and a new one begins', async () => {
  using place = scratch();
  let failing = false;
  const sync = (file: number): void => {
    if (failing) {
      failing = false;
      throw systemError('EIO');
    }
    segmentFiles.sync(file);
  };
  const { log, stop } = await openLocalLog(place.directory, { files: filesWith({ sync }) });
  await log.append(login('before'));
  failing = true;
  await expect(log.append(login('lost'))).rejects.toMatchObject({ condition: 'diskFull', cause: { code: 'EIO' } });
  await log.append(login('after'));
  await log.close();
  stop();
  expect([...snapshotOf(place.directory).keys()]).toEqual(['0000000000000001.jsonl', '0000000000000003.jsonl']);
  expect(linesOf(place.directory).join('')).not.toContain('lost');
});

test('nothing is written while the bytes of a failed write cannot be cut off', async () => {
  using place = scratch();
  let broken = false;
  const whenSound =
    <A extends unknown[]>(call: (...args: A) => void) =>
    (...args: A): void => {
      if (broken) throw systemError('EIO');
      call(...args);
    };
  const files = filesWith({ sync: whenSound(segmentFiles.sync), truncate: whenSound(segmentFiles.truncate) });
  const { log, stop } = await openLocalLog(place.directory, { files });
  broken = true;
  await expect(log.append(login('lost 1'))).rejects.toMatchObject({ condition: 'diskFull' });
  const left = linesOf(place.directory);
  await expect(log.append(login('lost 2'))).rejects.toMatchObject({ condition: 'diskFull' });
  expect(linesOf(place.directory)).toEqual(left);
  broken = false;
  await log.append(login('after'));
  await log.close();
  stop();
  expect(linesOf(place.directory).join('')).not.toContain('lost');
  expect(await verifyLog({ directory: place.directory, publicKey: signing.publicKey })).toMatchObject({
    ok: true,
    end: 'clean',
  });
});

test('a log that cannot write its end says so on close', async () => {
  using place = scratch();
  const disk = smallDisk();
  const { log, stop } = await openLocalLog(place.directory, { files: disk.files });
  disk.free = 0;
  await expect(log.close()).rejects.toMatchObject({ condition: 'diskFull' });
  stop();
});

test('a signature that cannot be written is told to the operator and made later', async () => {
  using place = scratch();
  const disk = smallDisk();
  const warnings: string[] = [];
  const notices = { warn: (_facts: object, message: string) => warnings.push(message) };
  const { log, stop } = await openLocalLog(place.directory, { files: disk.files, notices });
  await log.append(login('a'));
  disk.free = 0;
  log.checkpoint();
  await expect(log.append(login('b'))).rejects.toMatchObject({ condition: 'diskFull' });
  disk.free = Number.POSITIVE_INFINITY;
  log.checkpoint();
  await log.close();
  stop();
  expect(warnings).toContain('audit log: checkpoint failed');
  expect(kindsOf(place.directory)).toEqual(['opened', 'login', 'resumed', 'checkpoint', 'closed']);
});

test('when the writer thread is gone, everything that waits and everything new is rejected', async () => {
  using place = scratch();
  const { log, stop } = await openLocalLog(place.directory, { queueEventsMax: 1 });
  stop();
  const settled = Promise.allSettled([log.append(login('a')), log.append(login('b'))]);
  log.fail({ exitCode: 1 });
  expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await expect(log.append(login('c'))).rejects.toMatchObject({ condition: 'diskFull', cause: { exitCode: 1 } });
  await expect(log.close()).rejects.toMatchObject({ condition: 'diskFull' });
});

test('events of one turn cross to the writer in one message', async () => {
  using place = scratch();
  const { log, posts, stop } = await openLocalLog(place.directory);
  await Promise.all([log.append(login('a')), log.append(login('b')), log.append(login('c'))]);
  expect(posts).toEqual(['append']);
  await log.close();
  stop();
});

test('everything queued while one write is under way is written together', async () => {
  using place = scratch();
  let syncs = 0;
  const sync = (file: number): void => {
    syncs += 1;
    segmentFiles.sync(file);
  };
  const { log, posts, stop } = await openLocalLog(place.directory, { files: filesWith({ sync }) });
  syncs = 0;
  const appended: Promise<number>[] = [];
  for (const name of ['a', 'b', 'c', 'd']) {
    appended.push(log.append(login(name)));
    await Promise.resolve();
  }
  expect(await Promise.all(appended)).toEqual([2, 3, 4, 5]);
  expect({ posts: posts.length, syncs }).toEqual({ posts: 4, syncs: 1 });
  await log.close();
  stop();
});

test('beyond the bound of the queue appends wait their turn, and close waits for them', async () => {
  using place = scratch();
  const { log, posts, stop } = await openLocalLog(place.directory, { queueEventsMax: 3 });
  const appended = Promise.all(Array.from({ length: 10 }, (_, i) => log.append(login(String(i)))));
  await log.close();
  expect(await appended).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  expect(posts).toEqual(['append', 'append', 'append', 'append', 'close']);
  stop();
});

test('the real files are created new, private to the owner, and made durable by name', () => {
  using place = scratch();
  const path = join(place.directory, 'x');
  const file = segmentFiles.create(path);
  expect(() => segmentFiles.create(path)).toThrow('EEXIST');
  segmentFiles.write(file, Buffer.from('ab'));
  segmentFiles.truncate(file, 1);
  segmentFiles.sync(file);
  segmentFiles.close(file);
  segmentFiles.syncDirectory(place.directory);
  expect(readFileSync(path, 'utf8')).toBe('a');
  segmentFiles.remove(path);
  segmentFiles.remove(path);
  expect(() => closeSync(openSync(path, 'r'))).toThrow('ENOENT');
});
