// One statement of one session: who, on what catalog, and its trail in the audit log.
import { randomUUID } from 'node:crypto';
import type { AuditActor, AuditEvent, TouchedObject } from '../audit/event.ts';
import { limits } from '../base/limits.ts';
import { SqlError } from '../base/sql-error.ts';
import { sqlStates } from '../base/sql-state.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import { redactSecrets } from '../parse/redact.ts';
import type { Services } from './services.ts';

export interface StatementFacts {
  readonly actor: AuditActor;
  readonly snapshot: CatalogSnapshot;
  readonly command: string;
  readonly text: string;
}

/** The trail of one statement: started or denied, then finished. */
export class StatementTrail {
  readonly statementId: string = randomUUID();
  readonly facts: StatementFacts;
  readonly #services: Services;
  readonly #startedAt: number;
  #keysMayTell = false;
  #state: 'new' | 'started' | 'finished' = 'new';

  constructor(services: Services, facts: StatementFacts) {
    this.#services = services;
    this.facts = facts;
    this.#startedAt = services.clock.now();
  }

  /** A key that collides may be that of a row the writer does not see: the one thing a write can tell of it. */
  keysMayTell(): void {
    this.#keysMayTell = true;
  }

  get isNew(): boolean {
    return this.#state === 'new';
  }

  /** Resolves when the event is durable: nothing of the answer may leave before. */
  async started(objects: readonly TouchedObject[]): Promise<void> {
    this.#state = 'started';
    await this.#append({ kind: 'statementStarted', ...this.#common(), objects });
  }

  /** For statements that touch no securable: the event goes with the next group, and nobody waits. */
  startedUnwaited(): void {
    void this.started([]).catch((error: unknown) => {
      this.#services.log.error({ err: error }, 'audit event lost');
    });
  }

  /** A failed statement; resolves when that is durable. */
  async failed(error: SqlError): Promise<void> {
    if (this.#state === 'finished') return;
    if (this.#state === 'new' && isDenial(error)) {
      this.#state = 'finished';
      const reason = reasonOf(error);
      await this.#append({ kind: 'statementDenied', ...this.#common(), objects: [], sqlState: error.sqlState, reason });
      return;
    }
    if (this.#state === 'new') await this.started([]);
    await this.#finish(error.condition === 'queryCanceled' ? 'cancelled' : 'failed', 0, error.sqlState);
  }

  /** Not waited for by the answer: what had to be durable before it was the start. */
  finished(rows: number): void {
    if (this.#state === 'finished') return;
    void this.#finish('succeeded', rows).catch((error: unknown) => {
      this.#services.log.error({ err: error }, 'audit event lost');
    });
  }

  async #finish(outcome: 'succeeded' | 'failed' | 'cancelled', rows: number, sqlState?: string): Promise<void> {
    this.#state = 'finished';
    const { statementId, facts } = this;
    await this.#append({
      kind: 'statementFinished',
      actor: facts.actor,
      statementId,
      outcome,
      rows,
      durationMs: this.#services.clock.now() - this.#startedAt,
      ...(sqlState === undefined ? {} : { sqlState }),
      ...(this.#keysMayTell && sqlState === sqlStates.uniqueViolation ? { mayTellOfHiddenRow: true as const } : {}),
    });
  }

  #common(): { actor: AuditActor; statementId: string; command: string; text: string; catalogVersion: number } {
    const { actor, command, text, snapshot } = this.facts;
    return {
      actor,
      statementId: this.statementId,
      command,
      text: shortened(redactSecrets(text)),
      catalogVersion: snapshot.version,
    };
  }

  async #append(event: AuditEvent): Promise<void> {
    await this.#services.audit.append(event);
  }
}

/** Denials, and the not-found errors that may stand for one. */
function isDenial(error: SqlError): boolean {
  return error.condition === 'insufficientPrivilege' || reasonOf(error) !== error.message;
}

/** What was missing, in full: rules put it in the cause. */
function reasonOf(error: SqlError): string {
  const { cause } = error;
  if (cause instanceof SqlError) return `${error.message}: ${reasonOf(cause)}`;
  if (typeof cause === 'object' && cause !== null && 'missing' in cause) return String(cause.missing);
  return error.message;
}

function shortened(text: string): string {
  return text.length <= limits.auditStatementBytesMax ? text : `${text.slice(0, limits.auditStatementBytesMax)}…`;
}
