// Cancel requests come on connections of their own, with a key that only the session's client was told.
import { createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import type { Session } from '../session/door.ts';

export interface CancelKey {
  readonly processId: number;
  readonly secret: Buffer;
}

const int32Max = 2_147_483_647;

export class CancelRegistry {
  readonly #sessions: Map<number, { readonly secret: Buffer; readonly session: Session }> = new Map();

  /** @param secretBytes 4 by protocol 3.0, which has no room for more; 32 from 3.2 on */
  register(session: Session, secretBytes: 4 | 32): CancelKey {
    let processId = randomInt(1, int32Max);
    while (this.#sessions.has(processId)) processId = randomInt(1, int32Max);
    const secret = randomBytes(secretBytes);
    this.#sessions.set(processId, { secret, session });
    return { processId, secret };
  }

  forget(key: CancelKey): void {
    this.#sessions.delete(key.processId);
  }

  /** No answer either way, and no time that tells how much of a key was right, or whether there is such a session. */
  cancel(key: CancelKey): void {
    const known = this.#sessions.get(key.processId);
    const matches = timingSafeEqual(digestOf(key.secret), digestOf(known?.secret ?? Buffer.alloc(4)));
    if (matches && known !== undefined) known.session.cancel();
  }
}

/** Of one length, whatever the key's. */
function digestOf(secret: Buffer): Buffer {
  return createHash('sha256').update(secret).digest();
}
