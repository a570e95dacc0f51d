// What the two threads of the audit log tell one another. The log posts, the writer answers in the same order.
import type { Checkpoint, LogRecord } from './event.ts';
import type { Run } from './log-writer.ts';

export type WriterRequest =
  | { readonly kind: 'open'; readonly time: string; readonly recovered: LogRecord | undefined }
  /** Event lines joined by \n: one string crosses threads far cheaper than many. */
  | { readonly kind: 'append'; readonly events: string }
  | { readonly kind: 'checkpoint'; readonly time: string }
  | { readonly kind: 'close'; readonly time: string };

export interface WriteFailure {
  /** ENOSPC, EIO … */
  readonly code: string;
  readonly message: string;
}

export type WriterReply =
  | { readonly kind: 'opened' }
  /** The events of the oldest `posts` unanswered append requests are durable and got these numbers. */
  | { readonly kind: 'durable'; readonly posts: number; readonly runs: readonly Run[] }
  | { readonly kind: 'rejected'; readonly posts: number; readonly failure: WriteFailure }
  | { readonly kind: 'checkpoint'; readonly checkpoint: Checkpoint }
  /** Opening or a timed checkpoint did not succeed. */
  | { readonly kind: 'failed'; readonly request: 'open' | 'checkpoint'; readonly failure: WriteFailure }
  | { readonly kind: 'closed'; readonly failure: WriteFailure | undefined };

/** The writer's thread as the log sees it: a Worker, or in tests a MessagePort. */
export interface WriterPort {
  postMessage(request: WriterRequest): void;
  on(event: 'message', listener: (reply: WriterReply) => void): unknown;
}
