// What bounds the audit log, with reasons; the number of waiting events is limits.auditQueueEventsMax.

export const auditLimits = {
  /** A new segment begins beyond this: small enough to ship and scan, large enough to have few. */
  segmentBytes: 67_108_864,
  /** Events between two signatures: what a writer of the files without the key could forge at the very end. */
  checkpointEventsMax: 1_000,
  checkpointIntervalMs: 60_000,
  /** One line; also bounds the memory of readers. Statement texts are cut to 64 KiB, lists of objects to thousands. */
  lineBytesMax: 16_777_216,
  /** JSON text of one event: as UTF-8, with the rest of its line, it stays below lineBytesMax. */
  eventCharsMax: 4_194_304,
  /** Text joined into one write and fdatasync: latency of the last event in it. */
  commitBytesMax: 8_388_608,
  /** Events in one message to the writer: some 2 ms of its work. Their text, but for the last event's. */
  postEvents: 256,
  postChars: 1_048_576,
  /** Messages posted to the writer and not answered: beyond it events gather here. */
  postsInFlightMax: 16,
  /** Text waiting for the writer; beyond it `append` waits, as it does beyond limits.auditQueueEventsMax. */
  queueBytesMax: 134_217_728,
  /** What a reader takes from a segment at once. */
  readChunkBytes: 1_048_576,
} as const;
