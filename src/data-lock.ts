// One data directory, one process: a lock file with the owner's process id. A lock of a process that is gone is taken over.
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** The data directory is in use by a living process. */
export class DataDirectoryInUse extends Error {
  override readonly name = 'DataDirectoryInUse';
}

/** @returns a function that gives the directory back @throws DataDirectoryInUse */
export function lockDataDirectory(directory: string): () => void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = join(directory, 'portcullis.pid');
  if (!create(file)) {
    const owner = Number(readFileSync(file, 'utf8').trim());
    if (isAlive(owner))
      throw new DataDirectoryInUse(`data directory ${directory} is in use by process ${String(owner)}`);
    rmSync(file, { force: true });
    if (!create(file)) throw new DataDirectoryInUse(`data directory ${directory} is in use`);
  }
  return () => {
    rmSync(file, { force: true });
  };
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
