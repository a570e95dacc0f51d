// One data directory, one process: a lock file with the owner's process id. A lock of a process that is gone is taken over.
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { limits } from './base/limits.ts';

/** The data directory is in use by a living process. */
export class DataDirectoryInUse extends Error {
  override readonly name = 'DataDirectoryInUse';
}

/** @returns a function that gives the directory back @throws DataDirectoryInUse */
export async function lockDataDirectory(directory: string): Promise<() => void> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = join(directory, 'portcullis.pid');
  const deadline = performance.now() + limits.lockWaitMs;
  while (!create(file)) {
    const owner = ownerOf(file);
    if (owner === undefined || isAlive(owner)) {
      if (performance.now() > deadline) {
        throw new DataDirectoryInUse(`data directory ${directory} is in use by process ${String(owner ?? 'unknown')}`);
      }
      await delay(100);
    } else {
      rmSync(file, { force: true });
    }
  }
  return () => {
    rmSync(file, { force: true });
  };
}

/** undefined while the file is just being written or removed. */
function ownerOf(file: string): number | undefined {
  try {
    const owner = Number(readFileSync(file, 'utf8').trim());
    return Number.isInteger(owner) && owner > 0 ? owner : undefined;
  } catch {
    return undefined;
  }
}

function create(file: string): boolean {
  try {
    const handle = openSync(file, 'wx', 0o600);
    writeSync(handle, `${String(process.pid)}\n`);
    closeSync(handle);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: alive, and somebody else's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
