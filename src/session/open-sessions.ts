// The sessions of a server, to count them per user and to end those whose right to be there has gone.
import type { SqlError } from '../base/sql-error.ts';
import type { ObjectId } from '../catalog/securable.ts';

export interface OpenSession {
  readonly userId: ObjectId;
  /** The personal access token that the login was made with. */
  readonly tokenId: ObjectId | undefined;
  readonly terminate: (error: SqlError) => void;
}

export class OpenSessions {
  readonly #sessions: Set<OpenSession> = new Set();
  readonly #counts: Map<ObjectId, number> = new Map();

  /** Gives what is to be called when the session has closed; calling it again does nothing. */
  add(session: OpenSession): () => void {
    const { userId } = session;
    this.#sessions.add(session);
    this.#counts.set(userId, this.countOf(userId) + 1);
    return () => {
      if (!this.#sessions.delete(session)) return;
      const left = this.countOf(userId) - 1;
      if (left > 0) this.#counts.set(userId, left);
      else this.#counts.delete(userId);
    };
  }

  countOf(userId: ObjectId): number {
    return this.#counts.get(userId) ?? 0;
  }

  terminate(concerns: (session: OpenSession) => boolean, error: SqlError): void {
    for (const session of [...this.#sessions].filter(concerns)) session.terminate(error);
  }
}
