import { generateKeyPairSync } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { checkpointOf } from '../../src/audit/checkpoint.ts';
import type { Checkpoint } from '../../src/audit/event.ts';
import { type Head, sealRecord } from '../../src/audit/record.ts';
import { type Verification, verifyLog } from '../../src/audit/verify.ts';
import {
  eventLine,
  fixedTime,
  linesOf,
  login,
  openWriter,
  restore,
  type Scratch,
  type Snapshot,
  scratch,
  signing,
  snapshotOf,
  writeSampleLog,
} from '../support/audit-fixtures.ts';

// One sound log, written once and only read; each test changes its own copy.
let source: Scratch;
let sound: Snapshot;
let checkpoints: readonly Checkpoint[];
let lineCount: number;

let place: Scratch;

beforeAll(async () => {
  source = scratch();
  checkpoints = await writeSampleLog(source.directory, 11);
  sound = snapshotOf(source.directory);
  lineCount = linesOf(source.directory).length;
});
afterAll(() => source[Symbol.dispose]());

beforeEach(() => {
  place = scratch();
  restore(place.directory, sound);
  return () => place[Symbol.dispose]();
});

function verify(anchor?: Checkpoint): Promise<Verification> {
  const { publicKey } = signing;
  return verifyLog({ directory: place.directory, publicKey, ...(anchor === undefined ? {} : { anchor }) });
}

/** Writes the lines back into the segments they came from, after a change of the line array. */
function writeLines(change: (lines: string[]) => void): void {
  const name = [...sound.keys()][2] ?? '';
  const lines = (sound.get(name)?.toString() ?? '').split('\n').slice(0, -1);
  change(lines);
  writeFileSync(join(place.directory, name), lines.map((line) => `${line}\n`).join(''));
}

const anySegment = fc.nat().map((n) => [...sound.keys()][n % sound.size] ?? '');
const lastAnchor = (): Checkpoint => checkpoints.at(-1) as Checkpoint;

test('a log that was closed cleanly verifies, over all its segments and runs', async () => {
  expect(sound.size).toBeGreaterThan(5);
  expect(await verify()).toMatchObject({
    ok: true,
    end: 'clean',
    records: lineCount,
    recoveries: 0,
    unsignedEvents: 0,
  });
});

test('every changed bit is found, and the first bad line is named', async () => {
  const anyBit = fc.tuple(anySegment, fc.nat(), fc.integer({ min: 0, max: 7 }));
  await fc.assert(
    fc.asyncProperty(anyBit, async ([name, offset, bit]) => {
      const original = sound.get(name) as Buffer;
      const changed = Buffer.from(original);
      const at = offset % changed.length;
      changed.writeUInt8(changed.readUInt8(at) ^ (1 << bit), at);
      writeFileSync(join(place.directory, name), changed);
      const line = original.subarray(0, at).toString().split('\n').length;
      const sequence = Number(name.slice(0, 16)) + line - 1;
      const finding = await verify();
      writeFileSync(join(place.directory, name), original);
      expect(finding).toMatchObject({ ok: false, segment: name, line, sequence });
    }),
    { numRuns: 400 },
  );
});

test('a removed line that is not at the end is found where the records jump', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), async (n) => {
      let removed = 0;
      writeLines((lines) => {
        removed = n % (lines.length - 1);
        lines.splice(removed, 1);
      });
      expect(await verify()).toMatchObject({ ok: false, line: removed + 1, reason: expect.stringContaining('lost') });
    }),
    { numRuns: 10 },
  );
});

test('a duplicated line is found', async () => {
  writeLines((lines) => lines.splice(1, 0, lines[0] ?? ''));
  expect(await verify()).toMatchObject({
    ok: false,
    line: 2,
    reason: expect.stringContaining('duplicated or out of order'),
  });
});

test('swapped lines are found at the first of them', async () => {
  writeLines((lines) => lines.reverse());
  expect(await verify()).toMatchObject({ ok: false, line: 1, reason: expect.stringContaining('records are lost') });
});

test('an added empty line is found', async () => {
  writeLines((lines) => lines.splice(1, 0, ''));
  expect(await verify()).toMatchObject({ ok: false, line: 2, reason: 'the line is no audit record' });
});

test('a missing, emptied, renamed or repeated segment is found', async () => {
  const [first = '', second = ''] = [...sound.keys()];
  const path = (name: string): string => join(place.directory, name);
  rmSync(path(second));
  expect(await verify()).toMatchObject({ ok: false, line: 0, reason: expect.stringContaining('a segment is lost') });
  writeFileSync(path(second), '');
  expect(await verify()).toMatchObject({ ok: false, segment: second, line: 0, reason: 'the segment is empty' });
  writeFileSync(path(second), sound.get(second) ?? '');
  writeFileSync(path('0000000000000002.jsonl'), sound.get(first) ?? '');
  expect(await verify()).toMatchObject({ ok: false, segment: '0000000000000002.jsonl', line: 0 });
  rmSync(path('0000000000000002.jsonl'));
  renameSync(path(first), path('0000000000000000.jsonl'));
  expect(await verify()).toMatchObject({ ok: false, segment: '0000000000000000.jsonl', line: 0 });
});

test('no log at all is not a sound log', async () => {
  for (const name of sound.keys()) rmSync(join(place.directory, name));
  expect(await verify()).toMatchObject({ ok: false, reason: 'there is no audit log' });
});

test('a log cut anywhere within its last run never claims a clean end, and differs from any anchor of what was cut', async () => {
  const name = [...sound.keys()].at(-1) ?? '';
  const content = sound.get(name) as Buffer;
  for (let bytes = 1; bytes < content.length; bytes++) {
    const nearLineEnd = content.subarray(Math.max(0, bytes - 2), bytes + 1).includes(0x0a);
    if (!nearLineEnd && bytes % 11 !== 0) continue;
    writeFileSync(join(place.directory, name), content.subarray(0, bytes));
    const finding = await verify();
    const atLineEnd = content[bytes - 1] === 0x0a;
    expect(finding).toMatchObject({ ok: true, end: atLineEnd ? 'open' : 'torn' });
    // The anchor of a clean end is signed for the record before the signed end itself.
    const holds = finding.ok && finding.head.sequence >= lastAnchor().sequence;
    expect((await verify(lastAnchor())).ok).toBe(holds);
  }
});

test('segments removed from the end are found with an anchor, and with nothing else', async () => {
  const names = [...sound.keys()];
  const firstOfSecondRun = checkpoints.find(({ kind }) => kind === 'closed')?.sequence ?? 0;
  for (const name of names.filter((n) => Number(n.slice(0, 16)) > firstOfSecondRun + 1))
    rmSync(join(place.directory, name));
  expect(await verify()).toMatchObject({ ok: true, end: 'clean' });
  expect(await verify(lastAnchor())).toMatchObject({ ok: false, reason: expect.stringContaining('cut off the end') });
});

test('every checkpoint is an anchor for the log it was signed in, and for no other', async () => {
  for (const anchor of checkpoints) expect(await verify(anchor)).toMatchObject({ ok: true });
  using other = scratch();
  await writeSampleLog(other.directory, 12);
  const otherWriter = await openWriter(other.directory, { checkpointEvents: 1 });
  const [foreign] = otherWriter.append([eventLine(login('elsewhere'))]).checkpoints;
  rmSync(place.directory, { recursive: true });
  renameSync(other.directory, place.directory);
  expect(await verify(foreign)).toMatchObject({ ok: true });
  expect(await verify(lastAnchor())).toMatchObject({
    ok: false,
    reason: expect.stringContaining('not the one that the anchor'),
  });
});

test('an anchor that was changed is refused', async () => {
  const changed = { ...lastAnchor(), sequence: 1 };
  expect(await verify(changed)).toMatchObject({ ok: false, reason: 'the anchor is not signed by this key' });
  expect(checkpointOf({ ...lastAnchor(), level: 30, msg: 'checkpoint' })).toEqual(lastAnchor());
  expect(checkpointOf({ ...lastAnchor(), headHash: 7 })).toBeUndefined();
  expect(checkpointOf('checkpoint')).toBeUndefined();
});

test('a log with another key does not verify', async () => {
  const { publicKey } = generateKeyPairSync('ed25519');
  expect(await verifyLog({ directory: place.directory, publicKey })).toMatchObject({
    line: 1,
    reason: 'the signature is not valid',
  });
});

/** A forger without the key: writes the whole log anew with right hashes, events changed, old signatures kept. */
function rechain(rewrite: (eventJson: string, index: number) => string | undefined): void {
  const events = [...sound.values()].flatMap((content) => content.toString().split('\n').slice(0, -1));
  for (const name of sound.keys()) rmSync(join(place.directory, name));
  let head: Head = { sequence: 0, hash: '0'.repeat(64) };
  let text = '';
  for (const [index, line] of events.entries()) {
    const eventJson = rewrite(JSON.stringify((JSON.parse(line) as { event: unknown }).event), index);
    if (eventJson === undefined) continue;
    const sealed = sealRecord(head, fixedTime, eventJson);
    head = sealed.head;
    text += sealed.line;
  }
  writeFileSync(join(place.directory, '0000000000000001.jsonl'), text);
}

test('a changed event whose chain was computed anew is found at the next signature', async () => {
  rechain((json, index) => (index === 1 ? json.replace('alice', 'mallory') : json));
  expect(await verify()).toMatchObject({ ok: false, sequence: 6, reason: 'the signature is of another record' });
});

test('a forger cannot do without signatures: more events than the writer leaves unsigned are found', async () => {
  const filler = JSON.stringify(login('forged'));
  let head: Head = { sequence: 0, hash: '0'.repeat(64) };
  let text = '';
  const opened = JSON.stringify((JSON.parse(linesOf(source.directory)[0] ?? '') as { event: unknown }).event);
  for (const json of [opened, ...Array<string>(1_001).fill(filler)]) {
    const sealed = sealRecord(head, fixedTime, json);
    head = sealed.head;
    text += sealed.line;
  }
  for (const name of sound.keys()) rmSync(join(place.directory, name));
  writeFileSync(join(place.directory, '0000000000000001.jsonl'), text);
  expect(await verify()).toMatchObject({ ok: false, line: 1_002, reason: 'a checkpoint is missing before it' });
});

test('a run that begins without the end of the one before, or a record outside a run, is found', async () => {
  rechain((json) => (json.startsWith('{"kind":"checkpoint"') || json.includes('"closed"') ? undefined : json));
  expect(await verify()).toMatchObject({ ok: false, reason: expect.stringContaining('end of the one before is lost') });
  rmSync(join(place.directory, '0000000000000001.jsonl'));
  const stray = sealRecord({ sequence: 0, hash: '0'.repeat(64) }, fixedTime, JSON.stringify(login('stray')));
  writeFileSync(join(place.directory, '0000000000000001.jsonl'), stray.line);
  expect(await verify()).toMatchObject({ ok: false, reason: 'a record stands outside any run of the server' });
});

test('a line longer than any record is damage, not a reason to read on', async () => {
  const name = [...sound.keys()].at(-1) ?? '';
  writeFileSync(join(place.directory, name), Buffer.alloc(20_000_000, 0x61));
  expect(await verify()).toMatchObject({
    ok: false,
    segment: name,
    line: 1,
    reason: expect.stringContaining('too long'),
  });
});
