// The files of <data>/audit/: <sequence of its first record, 16 digits>.jsonl, so that names sort as records do, and
// <sequence the next record had>.<n>.torn with what was cut off an incomplete last line. Other files are passed over.
import { readdir } from 'node:fs/promises';

export interface Segment {
  readonly name: string;
  readonly firstSequence: number;
}

export function segmentName(firstSequence: number): string {
  return `${padded(firstSequence)}.jsonl`;
}

const SEGMENT = /^(\d{16})\.jsonl$/;

/** In order; empty when the directory is not there. */
export async function listSegments(directory: string): Promise<readonly Segment[]> {
  const segments: Segment[] = [];
  for (const name of await namesIn(directory)) {
    const digits = SEGMENT.exec(name)?.[1];
    if (digits !== undefined) segments.push({ name, firstSequence: Number(digits) });
  }
  return segments.sort((a, b) => a.firstSequence - b.firstSequence);
}

export function tornName(nextSequence: number, attempt: number): string {
  return `${padded(nextSequence)}.${String(attempt)}.torn`;
}

/** What was cut off where the record `nextSequence` was to stand. */
export async function listTorn(directory: string, nextSequence: number): Promise<readonly string[]> {
  const front = `${padded(nextSequence)}.`;
  return (await namesIn(directory)).filter((name) => name.startsWith(front) && name.endsWith('.torn')).sort();
}

async function namesIn(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  });
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

function padded(sequence: number): string {
  return String(sequence).padStart(16, '0');
}
