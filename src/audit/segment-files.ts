// What the writer asks of the file system, all synchronous: it runs in a thread of its own, where nothing waits in
// libuv's pool behind queries. A port, so that tests can have disks that are full or broken.
import { closeSync, fdatasyncSync, fsyncSync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs';

export interface SegmentFiles {
  /** A new file, 0600; fails when it exists. */
  create(path: string): number;
  /** May write less than asked. */
  write(file: number, bytes: Uint8Array): number;
  /** Data and length durable. */
  sync(file: number): void;
  truncate(file: number, bytes: number): void;
  close(file: number): void;
  /** Also when it is not there: the step may be tried again after it succeeded. */
  remove(path: string): void;
  /** Names of created and removed files durable. */
  syncDirectory(path: string): void;
}

export const segmentFiles: SegmentFiles = {
  create: (path) => openSync(path, 'ax', 0o600),
  write: (file, bytes) => writeSync(file, bytes),
  sync: fdatasyncSync,
  truncate: ftruncateSync,
  close: closeSync,
  remove: (path) => rmSync(path, { force: true }),
  syncDirectory: (path) => {
    const directory = openSync(path, 'r');
    try {
      fsyncSync(directory);
    } finally {
      closeSync(directory);
    }
  },
};
