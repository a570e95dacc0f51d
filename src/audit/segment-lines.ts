// Reads a segment in chunks: memory stays bounded whatever the size of the file.
import { open } from 'node:fs/promises';
import { auditLimits } from './audit-limits.ts';

export interface LineChunk {
  /** Complete lines, without their \n. */
  readonly lines: readonly Buffer[];
  /** What follows the last \n so far: at the end of the file, an incomplete line. */
  readonly rest: Buffer;
}

/** Stops early when a line grows beyond lineBytesMax; then the last `rest` is that long. */
export async function* segmentLines(path: string): AsyncGenerator<LineChunk, void, void> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const chunkBytes = Math.min(size + 1, auditLimits.readChunkBytes);
    let rest: Buffer = Buffer.alloc(0);
    while (rest.length <= auditLimits.lineBytesMax) {
      // A new buffer each time: the lines handed out are views of it.
      const chunk = Buffer.allocUnsafe(chunkBytes);
      const { bytesRead } = await file.read(chunk, 0, chunk.length);
      if (bytesRead === 0) return;
      const split = splitLines(
        rest.length === 0 ? chunk.subarray(0, bytesRead) : Buffer.concat([rest, chunk.subarray(0, bytesRead)]),
      );
      rest = split.rest;
      yield split;
    }
  } finally {
    await file.close();
  }
}

function splitLines(bytes: Buffer): LineChunk {
  const lines: Buffer[] = [];
  let start = 0;
  for (let end = bytes.indexOf(0x0a); end !== -1; end = bytes.indexOf(0x0a, start)) {
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return { lines, rest: bytes.subarray(start) };
}
