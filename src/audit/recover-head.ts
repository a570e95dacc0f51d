// Finds the head of the log at the start of a run. What a crash leaves is an incomplete last line: it is moved into a
// .torn file, for no acknowledged event can be in it. Anything else that is not as it was written stops the start:
// chaining new records to a damaged log would make the damage look like the writer's own.
import { createHash, type KeyObject } from 'node:crypto';
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SqlError } from '../base/sql-error.ts';
import { ChainCheck, tornFault } from './chain-check.ts';
import type { TornFile } from './event.ts';
import { genesis, type Head } from './record.ts';
import { segmentLines } from './segment-lines.ts';
import { listSegments, listTorn, type Segment, tornName } from './segments.ts';

export interface Recovery {
  readonly head: Head;
  /** The run before did not end cleanly; what it left of unfinished lines. */
  readonly unclean: boolean;
  readonly torn: readonly TornFile[];
}

/** @throws SqlError objectNotInPrerequisiteState naming segment, line and sequence of the damage. */
export async function recoverHead(directory: string, publicKey: KeyObject): Promise<Recovery> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await syncPath(dirname(directory));
  const segments = await listSegments(directory);
  const last = segments.at(-1);
  if (last === undefined) return recoveryOf(directory, new ChainCheck(publicKey));
  const check = await recoverSegment(directory, last, publicKey);
  if (check !== undefined) return recoveryOf(directory, check);
  // Nothing complete in it: the next segment takes its name, and the head is in the segment before.
  await rm(join(directory, last.name));
  await syncPath(directory);
  const before = segments.at(-2);
  const checkBefore = before === undefined ? undefined : await recoverSegment(directory, before, publicKey);
  const found = checkBefore ?? new ChainCheck(publicKey);
  if (found.head.sequence + 1 !== last.firstSequence) {
    const expected = String(found.head.sequence + 1);
    throw damaged({ segment: last.name, line: 0, sequence: last.firstSequence }, `records from ${expected} are lost`);
  }
  return recoveryOf(directory, found);
}

/** Checks one segment, cuts its incomplete last line off and makes it durable; undefined when no record is left. */
async function recoverSegment(
  directory: string,
  { name, firstSequence }: Segment,
  publicKey: KeyObject,
): Promise<ChainCheck | undefined> {
  const check = new ChainCheck(publicKey, firstSequence);
  const path = join(directory, name);
  let rest: Buffer = Buffer.alloc(0);
  let line = 0;
  let bytes = 0;
  for await (const chunk of segmentLines(path)) {
    for (const record of chunk.lines) {
      const place = { segment: name, line: ++line, sequence: check.head.sequence + 1 };
      const reason = check.take(record);
      if (reason !== undefined) throw damaged(place, reason);
      bytes += record.length + 1;
    }
    rest = chunk.rest;
  }
  if (rest.length > 0) {
    const next = check.head.sequence + 1;
    const reason = check.run === 'closed' ? 'bytes follow the signed end' : tornFault(rest);
    if (reason !== undefined) throw damaged({ segment: name, line: line + 1, sequence: next }, reason);
    await keepTorn(directory, next, rest);
  }
  await cutDurably(path, bytes);
  return line === 0 ? undefined : check;
}

async function recoveryOf(directory: string, check: ChainCheck): Promise<Recovery> {
  const { head, run } = check;
  const torn: TornFile[] = [];
  // Listed rather than remembered: a crash in the middle of an earlier recovery must not hide a side file.
  for (const file of await listTorn(directory, head.sequence + 1)) {
    const content = await readFile(join(directory, file));
    torn.push({ file, bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') });
  }
  const wasClean = run === 'closed' || head.sequence === genesis.sequence;
  return { head, unclean: !wasClean || torn.length > 0, torn };
}

async function keepTorn(directory: string, nextSequence: number, bytes: Buffer): Promise<void> {
  const attempt = (await listTorn(directory, nextSequence)).length + 1;
  const file = await open(join(directory, tornName(nextSequence, attempt)), 'wx', 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await syncPath(directory);
}

/** Lines of the run before may be in the page cache only: new records must not be durable before them. */
async function cutDurably(path: string, bytes: number): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.truncate(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

interface Place {
  readonly segment: string;
  readonly line: number;
  readonly sequence: number;
}

function damaged({ segment, line, sequence }: Place, reason: string): SqlError {
  const place = `segment ${segment}, line ${String(line)}, record ${String(sequence)}`;
  return new SqlError('objectNotInPrerequisiteState', `audit log is damaged: ${place}: ${reason}`, {
    hint: 'Run "portcullis audit verify", and restore the audit directory from a copy that verifies.',
  });
}
