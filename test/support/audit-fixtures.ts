// Builders for tests of the audit log: directories, events, a clock, logs written in this thread, and failing disks.
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import type { AuditEvent, Checkpoint } from '../../src/audit/event.ts';
import { LogWriter } from '../../src/audit/log-writer.ts';
import { type AuditNotices, QueuedAuditLog } from '../../src/audit/queued-audit-log.ts';
import { recoverHead } from '../../src/audit/recover-head.ts';
import { type SegmentFiles, segmentFiles } from '../../src/audit/segment-files.ts';
import { SegmentWriter } from '../../src/audit/segment-writer.ts';
import { serveWriter } from '../../src/audit/serve-writer.ts';
import type { WriterPort } from '../../src/audit/writer-protocol.ts';
import type { Clock } from '../../src/base/clock.ts';

export const fixedTime = '2026-11-23T10:00:00.000Z';
export const fixedClock: Clock = { now: () => Date.parse(fixedTime) };
/** One pair for all tests of a file: making one is slow, and no test depends on which it is. */
export const signing: { readonly privateKey: KeyObject; readonly publicKey: KeyObject } =
  generateKeyPairSync('ed25519');

export interface Scratch extends Disposable {
  readonly root: string;
  readonly directory: string;
  readonly keyDirectory: string;
}

/** In memory where the system has such a place: these tests open and sync thousands of files. */
const scratchParent = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

export function scratch(): Scratch {
  const root = mkdtempSync(join(scratchParent, 'portcullis-audit-'));
  const directory = join(root, 'audit');
  mkdirSync(directory);
  const remove = (): void => rmSync(root, { recursive: true, force: true });
  return { root, directory, keyDirectory: join(root, 'keys'), [Symbol.dispose]: remove };
}

const actor = {
  principal: 'alice',
  runAs: 'alice',
  clientAddress: '127.0.0.1:5',
  application: 'psql',
  sessionId: 's1',
};

export function login(reason: string): AuditEvent {
  return { kind: 'login', actor, outcome: 'ok', reason };
}

export function statement(text: string): AuditEvent {
  const identity = { actor, statementId: 'q1', command: 'SELECT', catalogVersion: 3 };
  return { kind: 'statementStarted', ...identity, text, objects: [] };
}

/** An event as the log posts it to the writer. */
export function eventLine(event: AuditEvent, time: string = fixedTime): string {
  return time + JSON.stringify(event);
}

export interface WriterSetup {
  readonly files?: SegmentFiles;
  readonly segmentBytes?: number;
  readonly checkpointEvents?: number;
}

/** Recovers the directory and begins a run, in this thread. */
export async function openWriter(directory: string, setup: WriterSetup = {}): Promise<LogWriter> {
  const { head, unclean, torn } = await recoverHead(directory, signing.publicKey);
  const { files = segmentFiles, segmentBytes = 1_000_000, checkpointEvents = 1_000 } = setup;
  const segments = new SegmentWriter({ directory, files, segmentBytes });
  const writer = new LogWriter({ head, privateKey: signing.privateKey, segments, checkpointEvents });
  writer.open(fixedTime, unclean ? { kind: 'recovered', torn } : undefined);
  return writer;
}

/** Two clean runs over several segments; each event is a write of its own. Gives all checkpoints. */
export async function writeSampleLog(directory: string, eventsPerRun: number): Promise<readonly Checkpoint[]> {
  const checkpoints: Checkpoint[] = [];
  for (const run of ['one', 'two']) {
    const writer = await openWriter(directory, { segmentBytes: 1_500, checkpointEvents: 4 });
    for (let i = 0; i < eventsPerRun; i++) {
      checkpoints.push(...writer.append([eventLine(login(`${run} ${String(i)} ä`))]).checkpoints);
    }
    checkpoints.push(...writer.close(fixedTime).checkpoints);
  }
  return checkpoints;
}

/** Name -> content of the segments. */
export type Snapshot = ReadonlyMap<string, Buffer>;

export function snapshotOf(directory: string): Snapshot {
  const names = readdirSync(directory).sort();
  return new Map(names.map((name) => [name, readFileSync(join(directory, name))]));
}

export function restore(directory: string, snapshot: Snapshot): void {
  for (const [name, content] of snapshot) writeFileSync(join(directory, name), content);
}

/** The lines of all segments together. */
export function linesOf(directory: string): readonly string[] {
  const segments = [...snapshotOf(directory)].filter(([name]) => name.endsWith('.jsonl'));
  return segments.flatMap(([, content]) => content.toString().split('\n').slice(0, -1));
}

/** `event.kind` of each record. */
export function kindsOf(directory: string): readonly string[] {
  return linesOf(directory).map((line) => (JSON.parse(line) as { event: { kind: string } }).event.kind);
}

/** A file system error as Node throws it. */
export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: made by a test`), { code });
}

/** The real files, with some calls replaced. */
export function filesWith(replaced: Partial<SegmentFiles>): SegmentFiles {
  return { ...segmentFiles, ...replaced };
}

export interface LocalLog {
  readonly log: QueuedAuditLog;
  /** Requests posted to the writer so far. */
  readonly posts: string[];
  stop(): void;
}

export interface LocalLogSetup extends WriterSetup {
  readonly queueEventsMax?: number;
  readonly notices?: AuditNotices;
  readonly clock?: Clock;
}

/** The log with its writer behind a message channel in this thread, so that tests can break its disk. */
export async function openLocalLog(directory: string, setup: LocalLogSetup = {}): Promise<LocalLog> {
  const { port1, port2 } = new MessageChannel();
  serveWriter(port2, await openWriter(directory, setup));
  const posts: string[] = [];
  const port: WriterPort = {
    postMessage: (request) => {
      posts.push(request.kind);
      port1.postMessage(request);
    },
    on: (event, listener) => port1.on(event, listener),
  };
  const { clock = fixedClock, notices, queueEventsMax } = setup;
  const log = new QueuedAuditLog({ port, clock, log: notices, queueEventsMax });
  return { log, posts, stop: () => port1.close() };
}
