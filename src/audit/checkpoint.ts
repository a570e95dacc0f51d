// Checkpoints: the log's head, signed. The signature (Ed25519) is over the UTF-8 bytes of
//   portcullis audit 1\n<kind>\n<sequence>\n<headHash>\n<time>\n
// A checkpoint stands in the log as the event of the record after its head, and is told to `onCheckpoint`, so that one
// kept elsewhere (an anchor) shows later that the log still holds everything up to it.
import { type KeyObject, sign, verify } from 'node:crypto';
import type { Checkpoint } from './event.ts';
import type { Head } from './record.ts';

const KINDS: readonly string[] = ['opened', 'checkpoint', 'closed'] satisfies Checkpoint['kind'][];

export function isSignedKind(kind: unknown): kind is Checkpoint['kind'] {
  return typeof kind === 'string' && KINDS.includes(kind);
}

/** Kinds that only the log itself may write: an event must not pass for one of them. */
export function isLogRecordKind(kind: unknown): boolean {
  return isSignedKind(kind) || kind === 'recovered' || kind === 'resumed';
}

export interface Claim {
  readonly kind: Checkpoint['kind'];
  readonly head: Head;
  readonly time: string;
}

export function signCheckpoint(privateKey: KeyObject, { kind, head, time }: Claim): Checkpoint {
  const claim = { kind, sequence: head.sequence, headHash: head.hash, time };
  return { ...claim, signature: sign(null, signedBytes(claim), privateKey).toString('base64') };
}

export function isSignedBy(publicKey: KeyObject, checkpoint: Checkpoint): boolean {
  return verify(null, signedBytes(checkpoint), publicKey, Buffer.from(checkpoint.signature, 'base64'));
}

/** Reads a checkpoint out of JSON from anywhere (a log line, an anchor file); other fields are passed over. */
export function checkpointOf(value: unknown): Checkpoint | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { kind, sequence, headHash, time, signature } = value as Record<string, unknown>;
  if (!isSignedKind(kind) || typeof sequence !== 'number' || !Number.isSafeInteger(sequence)) return undefined;
  if (typeof headHash !== 'string' || typeof time !== 'string' || typeof signature !== 'string') return undefined;
  return { kind, sequence, headHash, time, signature };
}

function signedBytes({ kind, sequence, headHash, time }: Omit<Checkpoint, 'signature'>): Buffer {
  return Buffer.from(`portcullis audit 1\n${kind}\n${String(sequence)}\n${headHash}\n${time}\n`);
}
