// The body of the audit writer's thread: see serve-writer.ts.
import type { KeyObject } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../base/assert.ts';
import { LogWriter } from './log-writer.ts';
import type { Head } from './record.ts';
import { segmentFiles } from './segment-files.ts';
import { SegmentWriter } from './segment-writer.ts';
import { serveWriter } from './serve-writer.ts';

/** What the thread is started with. */
export interface WriterSettings {
  readonly directory: string;
  readonly segmentBytes: number;
  readonly checkpointEvents: number;
  readonly head: Head;
  readonly privateKey: KeyObject;
}

assert(parentPort !== null, 'writer-worker.ts runs as a worker thread');
const { directory, segmentBytes, ...rest } = workerData as WriterSettings;
serveWriter(
  parentPort,
  new LogWriter({ ...rest, segments: new SegmentWriter({ directory, segmentBytes, files: segmentFiles }) }),
);
