// The writer's side of the protocol. Group commit without timers: whatever was posted while one write was on its way to
// the disk is taken off the port together and becomes the next write.
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { auditLimits } from './audit-limits.ts';
import { codeOf, type LogWriter, type Written } from './log-writer.ts';
import type { WriteFailure, WriterReply, WriterRequest } from './writer-protocol.ts';

/** Answers requests on the port until `close`. */
export function serveWriter(port: MessagePort, writer: LogWriter): void {
  port.on('message', (first: WriterRequest) => {
    let next: WriterRequest | undefined = first;
    while (next !== undefined) {
      if (next.kind === 'append') next = appendTogether(port, writer, next.events);
      else {
        control(port, writer, next);
        next = received(port);
      }
    }
  });
}

/** Writes these events and those that wait behind them; gives the request that was met after them. */
function appendTogether(port: MessagePort, writer: LogWriter, first: string): WriterRequest | undefined {
  const texts = [first];
  let length = first.length;
  let next: WriterRequest | undefined;
  while (length < auditLimits.commitBytesMax) {
    next = received(port);
    if (next?.kind !== 'append') break;
    texts.push(next.events);
    length += next.events.length;
    next = undefined;
  }
  const posts = texts.length;
  const outcome = attempt(port, () => writer.append(texts.flatMap((text) => text.split('\n'))));
  if ('failure' in outcome) reply(port, { kind: 'rejected', posts, failure: outcome.failure });
  else reply(port, { kind: 'durable', posts, runs: outcome.written.runs });
  return next;
}

function control(port: MessagePort, writer: LogWriter, request: Exclude<WriterRequest, { kind: 'append' }>): void {
  switch (request.kind) {
    case 'open': {
      const outcome = attempt(port, () => writer.open(request.time, request.recovered));
      if ('failure' in outcome) reply(port, { kind: 'failed', request: 'open', failure: outcome.failure });
      else reply(port, { kind: 'opened' });
      return;
    }
    case 'checkpoint': {
      const outcome = attempt(port, () => writer.checkpoint(request.time));
      if ('failure' in outcome) reply(port, { kind: 'failed', request: 'checkpoint', failure: outcome.failure });
      return;
    }
    case 'close': {
      const outcome = attempt(port, () => writer.close(request.time));
      reply(port, { kind: 'closed', failure: 'failure' in outcome ? outcome.failure : undefined });
    }
  }
}

/** A failed write is an answer, not the end of the thread; checkpoints are told as soon as they are durable. */
function attempt(port: MessagePort, write: () => Written): { written: Written } | { failure: WriteFailure } {
  try {
    const { runs, checkpoints } = write();
    for (const checkpoint of checkpoints) reply(port, { kind: 'checkpoint', checkpoint });
    return { written: { runs, checkpoints } };
  } catch (error) {
    return { failure: { code: codeOf(error), message: error instanceof Error ? error.message : String(error) } };
  }
}

function received(port: MessagePort): WriterRequest | undefined {
  return (receiveMessageOnPort(port) as { message: WriterRequest } | undefined)?.message;
}

function reply(port: MessagePort, message: WriterReply): void {
  port.postMessage(message);
}
