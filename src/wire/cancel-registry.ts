// Cancel requests come on connections of their own, with a key that only the session's client was told.
import { randomInt, timingSafeEqual } from 'node:crypto';
import type { Session } from '../session/door.ts';

export interface CancelKey {
  readonly processId: number;
  readonly secret: number;
}

const int32Max = 2_147_483_647;

export class CancelRegistry {
  readonly #sessions: Map<number, { readonly secret: number; readonly session: Session }> = new Map();

  register(session: Session): CancelKey {
    let processId = randomInt(1, int32Max);
    while (this.#sessions.has(processId)) processId = randomInt(1, int32Max);
    const key = { processId, secret: randomInt(-int32Max, int32Max) };
    this.#sessions.set(processId, { secret: key.secret, session });
    return key;
  }

  forget(key: CancelKey): void {
    this.#sessions.delete(key.processId);
  }

  /** No answer either way. */
  cancel(key: CancelKey): void {
    const known = this.#sessions.get(key.processId);
    const [given, wanted] = [Buffer.alloc(4), Buffer.alloc(4)];
    given.writeInt32BE(key.secret);
    wanted.writeInt32BE(known?.secret ?? 0);
    if (timingSafeEqual(given, wanted) && known !== undefined) known.session.cancel();
  }
}
