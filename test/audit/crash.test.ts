import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { recoverHead } from '../../src/audit/recover-head.ts';
import type { SegmentFiles } from '../../src/audit/segment-files.ts';
import { verifyLog } from '../../src/audit/verify.ts';
import {
  eventLine,
  filesWith,
  fixedTime,
  kindsOf,
  linesOf,
  login,
  openWriter,
  restore,
  type Scratch,
  type Snapshot,
  scratch,
  signing,
  snapshotOf,
  systemError,
} from '../support/audit-fixtures.ts';

let place: Scratch;
beforeEach(() => {
  place = scratch();
});
afterEach(() => place[Symbol.dispose]());

function verify(): ReturnType<typeof verifyLog> {
  return verifyLog({ directory: place.directory, publicKey: signing.publicKey });
}

function replaceLog(snapshot: Snapshot): void {
  rmSync(place.directory, { recursive: true });
  mkdirSync(place.directory);
  restore(place.directory, snapshot);
}

function withCut(snapshot: Snapshot, name: string, bytes: number): Snapshot {
  return new Map([...snapshot].map(([key, content]) => [key, key === name ? content.subarray(0, bytes) : content]));
}

test('a crash at any byte of the last write loses no acknowledged event, and the log goes on and says so', async () => {
  const writer = await openWriter(place.directory);
  writer.append([eventLine(login('acknowledged 1')), eventLine(login('acknowledged 2'))]);
  const name = '0000000000000001.jsonl';
  const before = snapshotOf(place.directory).get(name) as Buffer;
  const acknowledged = linesOf(place.directory);
  writer.append([eventLine(login('in flight 1')), eventLine(login('in flight 2'))]);
  const whole = snapshotOf(place.directory);
  const inFlight = linesOf(place.directory).slice(acknowledged.length);
  for (let bytes = before.length; bytes <= (whole.get(name) as Buffer).length; bytes++) {
    const cut = withCut(whole, name, bytes);
    replaceLog(cut);
    const next = await openWriter(place.directory);
    next.append([eventLine(login('after'))]);
    next.close(fixedTime);
    const lines = linesOf(place.directory);
    const survived = inFlight.filter((line) => (cut.get(name) as Buffer).includes(`${line}\n`));
    expect(lines.slice(0, acknowledged.length + survived.length)).toEqual([...acknowledged, ...survived]);
    expect(kindsOf(place.directory).slice(-4)).toEqual(['recovered', 'opened', 'login', 'closed']);
    expect(await verify()).toMatchObject({ ok: true, end: 'clean', recoveries: 1 });
  }
});

test('a crash at any byte of the very first write is recovered from', async () => {
  await openWriter(place.directory);
  const name = '0000000000000001.jsonl';
  const whole = snapshotOf(place.directory);
  for (let bytes = 0; bytes <= (whole.get(name) as Buffer).length; bytes++) {
    replaceLog(withCut(whole, name, bytes));
    (await openWriter(place.directory)).close(fixedTime);
    expect(await verify()).toMatchObject({ ok: true, end: 'clean', recoveries: bytes === 0 ? 0 : 1 });
  }
});

test('a crash at any byte of the first write after a clean stop is recovered from, also when it happens twice', async () => {
  (await openWriter(place.directory)).close(fixedTime);
  await openWriter(place.directory);
  const name = '0000000000000003.jsonl';
  const whole = snapshotOf(place.directory);
  for (let bytes = 0; bytes <= (whole.get(name) as Buffer).length; bytes += 3) {
    replaceLog(withCut(whole, name, bytes));
    expect(await verify()).toMatchObject({ ok: true });
    // The second crash comes when the side file is written and nothing else.
    await recoverHead(place.directory, signing.publicKey);
    (await openWriter(place.directory)).close(fixedTime);
    expect(await verify()).toMatchObject({ ok: true, end: 'clean' });
  }
});

test('the incomplete line is kept in a side file that the chained record names', async () => {
  const writer = await openWriter(place.directory);
  writer.append([eventLine(login('a'))]);
  const name = '0000000000000001.jsonl';
  const content = snapshotOf(place.directory).get(name) as Buffer;
  writeFileSync(join(place.directory, name), content.subarray(0, -10));
  const { torn, unclean } = await recoverHead(place.directory, signing.publicKey);
  expect(unclean).toBe(true);
  expect(torn).toMatchObject([{ file: '0000000000000002.1.torn' }]);
  const kept = snapshotOf(place.directory).get('0000000000000002.1.torn') as Buffer;
  expect(Buffer.concat([snapshotOf(place.directory).get(name) as Buffer, kept])).toEqual(content.subarray(0, -10));
  await openWriter(place.directory);
  expect(JSON.parse(linesOf(place.directory)[1] ?? '')).toMatchObject({ event: { kind: 'recovered', torn } });
});

test('a log that is damaged otherwise is not continued, and the error names the place', async () => {
  const writer = await openWriter(place.directory);
  writer.append([eventLine(login('alice'))]);
  const name = '0000000000000001.jsonl';
  const content = snapshotOf(place.directory).get(name) as Buffer;
  writeFileSync(join(place.directory, name), content.toString().replace('alice', 'malry'));
  await expect(openWriter(place.directory)).rejects.toMatchObject({
    condition: 'objectNotInPrerequisiteState',
    message: expect.stringContaining(`segment ${name}, line 2, record 2: the record was changed`),
  });
  // A whole record without its line end is torn; a whole record with another byte for it was tampered with.
  writeFileSync(join(place.directory, name), `${content.toString().slice(0, -1)} `);
  await expect(openWriter(place.directory)).rejects.toThrow('line end of the record was changed');
});

test('bytes after the signed end stop the start', async () => {
  (await openWriter(place.directory)).close(fixedTime);
  const name = '0000000000000001.jsonl';
  writeFileSync(join(place.directory, name), '{"seq', { flag: 'a' });
  await expect(openWriter(place.directory)).rejects.toThrow('bytes follow the signed end');
  expect(await verify()).toMatchObject({ ok: false, line: 3, reason: 'the line is incomplete' });
});

test('an empty last segment does not hide that the one before it is missing', async () => {
  (await openWriter(place.directory)).close(fixedTime);
  writeFileSync(join(place.directory, '0000000000000009.jsonl'), '');
  await expect(openWriter(place.directory)).rejects.toThrow('records from 3 are lost');
});

const calls = ['create', 'write', 'sync', 'truncate', 'close', 'remove', 'syncDirectory'] as const;

/** Real files of which three calls in a row fail with EIO, from the given one on: the clean-up after the first fails too. */
function failingFiles(firstFailing: number): { files: SegmentFiles; repaired: boolean } {
  let count = 0;
  const state = { repaired: false, files: filesWith({}) };
  const wrapped = calls.map((name) => {
    const real = state.files[name] as (...parameters: readonly unknown[]) => unknown;
    const call = (...parameters: readonly unknown[]): unknown => {
      count += 1;
      if (!state.repaired && count >= firstFailing && count < firstFailing + 3) throw systemError('EIO');
      return real(...parameters);
    };
    return [name, call] as const;
  });
  state.files = filesWith(Object.fromEntries(wrapped));
  return state;
}

test('whichever call to the file system fails, exactly the acknowledged events are in the log, and it verifies', async () => {
  const openingCalls = 4;
  for (let firstFailing = openingCalls + 1; firstFailing < 60; firstFailing++) {
    replaceLog(new Map());
    const disk = failingFiles(firstFailing);
    const writer = await openWriter(place.directory, { files: disk.files, segmentBytes: 900 });
    const acknowledged: string[] = [];
    for (let i = 0; i < 12; i++) {
      const name = `event ${String(i)}`;
      try {
        writer.append([eventLine(login(name))]);
        acknowledged.push(name);
      } catch (error) {
        expect(error).toMatchObject({ code: 'EIO' });
      }
    }
    disk.repaired = true;
    writer.close(fixedTime);
    const logged = linesOf(place.directory).flatMap((line) => /"reason":"(event \d+)"/.exec(line)?.[1] ?? []);
    expect(logged).toEqual(acknowledged);
    expect(acknowledged.length).toBeGreaterThanOrEqual(9);
    expect(await verify()).toMatchObject({ ok: true, end: 'clean' });
  }
});
