// Writes bytes durably at the end of the log's newest segment, or not at all: after a failure the segment is cut back to
// what was durable before and never written to again (the page cache cannot be trusted after a failed sync: the kernel
// marks the pages clean, and the next sync succeeds without them). The next write begins a new segment.
import { join } from 'node:path';
import type { SegmentFiles } from './segment-files.ts';
import { segmentName } from './segments.ts';

interface OpenSegment {
  readonly path: string;
  readonly file: number;
  durableBytes: number;
}

export interface SegmentWriterOptions {
  readonly directory: string;
  readonly files: SegmentFiles;
  /** A write that would grow a segment beyond this begins a new one. */
  readonly segmentBytes: number;
}

export class SegmentWriter {
  readonly #directory: string;
  readonly #files: SegmentFiles;
  readonly #segmentBytes: number;
  #segment: OpenSegment | undefined;
  /** May hold bytes that were not acknowledged: must be cut back before anything else is written. */
  #suspect: OpenSegment | undefined;

  constructor({ directory, files, segmentBytes }: SegmentWriterOptions) {
    this.#directory = directory;
    this.#files = files;
    this.#segmentBytes = segmentBytes;
  }

  /**
   * @param firstSequence of the records in `bytes`
   * @throws what the file system said; then nothing of `bytes` counts
   */
  append(firstSequence: number, bytes: Uint8Array): void {
    this.#cutSuspect();
    try {
      const segment = this.#segmentFor(firstSequence, bytes.length);
      this.#writeAll(segment.file, bytes);
      this.#files.sync(segment.file);
      segment.durableBytes += bytes.length;
    } catch (error) {
      this.#suspect = this.#segment;
      this.#segment = undefined;
      this.#tryCutSuspect();
      throw error;
    }
  }

  close(): void {
    const segment = this.#segment;
    this.#segment = undefined;
    if (segment !== undefined) this.#files.close(segment.file);
  }

  #segmentFor(firstSequence: number, bytes: number): OpenSegment {
    const current = this.#segment;
    if (current !== undefined && current.durableBytes + bytes <= this.#segmentBytes) return current;
    this.close();
    const path = join(this.#directory, segmentName(firstSequence));
    const segment = { path, file: this.#files.create(path), durableBytes: 0 };
    this.#segment = segment;
    this.#files.syncDirectory(this.#directory);
    return segment;
  }

  #writeAll(file: number, bytes: Uint8Array): void {
    for (let written = 0; written < bytes.length; ) written += this.#files.write(file, bytes.subarray(written));
  }

  #cutSuspect(): void {
    const suspect = this.#suspect;
    if (suspect === undefined) return;
    this.#files.truncate(suspect.file, suspect.durableBytes);
    this.#files.sync(suspect.file);
    if (suspect.durableBytes === 0) {
      // The next segment begins at the same record, so it takes the same name.
      this.#files.remove(suspect.path);
      this.#files.syncDirectory(this.#directory);
    }
    this.#suspect = undefined;
    this.#files.close(suspect.file);
  }

  #tryCutSuspect(): void {
    try {
      this.#cutSuspect();
    } catch {
      // The disk is still broken: `append` cuts first, and fails as long as it cannot. The first error is what is told.
    }
  }
}
