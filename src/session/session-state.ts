// Everything that lives as long as a session, in one place that the pipeline and the session's own commands share.

import type { SearchPath } from '../analyze/resolved-query.ts';
import type { AuditActor } from '../audit/event.ts';
import { type Identity, identityOf } from '../authorize/identity.ts';
import { SqlError } from '../base/sql-error.ts';
import { isExpired, tokenById } from '../catalog/access-token.ts';
import type { ObjectId } from '../catalog/securable.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { EngineConnection } from '../engine/duckdb-connection.ts';
import { sqlErrorOf } from '../engine/duckdb-error.ts';
import type { SessionFacts } from '../rewrite/rewrite-context.ts';
import type { Notice } from './door.ts';
import type { OpenSession } from './open-sessions.ts';
import type { PlanRequest } from './plan-query.ts';
import type { RowCursor } from './row-cursor.ts';
import type { Services, SessionLog } from './services.ts';
import type { Settings } from './settings.ts';
import { SqlCursors } from './sql-cursors.ts';
import { Transaction } from './transaction.ts';

/** Why a statement was stopped from outside. */
export type CancelCondition = 'queryCanceled' | 'outOfMemory';

export interface SessionStart {
  readonly services: Services;
  readonly userId: ObjectId;
  readonly settings: Settings;
  readonly sessionId: string;
  readonly clientAddress: string;
  readonly catalog: string;
  /** The personal access token that the login was made with. */
  readonly tokenId?: ObjectId | undefined;
  /** A token, of ours or of an identity provider, proved who it is: something that ends, and that others may get hold of. */
  readonly byToken?: boolean;
}

export class SessionState {
  readonly services: Services;
  readonly settings: Settings;
  readonly transaction: Transaction = new Transaction();
  readonly notices: Notice[] = [];
  readonly cursors: SqlCursors = new SqlCursors();
  /** Who logged in. */
  readonly userId: ObjectId;
  /** SET CURRENT USER. */
  runAsId: ObjectId | undefined;
  currentCatalog: string;
  currentSchema: string | undefined;
  /** The cursor whose rows the engine still streams. */
  openCursor: RowCursor | undefined;
  readonly #start: SessionStart;
  readonly #released: () => void;
  #closed = false;
  /** This session among those of the server. */
  readonly asOpen: OpenSession;
  /** Hears that the session must end. */
  onTerminated: (error: SqlError) => void = () => undefined;
  #connection: EngineConnection | undefined;
  #cancelReason: { readonly condition: CancelCondition; readonly message: string } | undefined;
  #abort: AbortController = new AbortController();

  constructor(start: SessionStart) {
    this.#start = start;
    this.services = start.services;
    this.settings = start.settings;
    this.userId = start.userId;
    this.currentCatalog = start.catalog;
    this.asOpen = {
      userId: start.userId,
      tokenId: start.tokenId,
      terminate: (error) => {
        this.onTerminated(error);
      },
    };
    this.#released = start.services.sessions.add(this.asOpen);
  }

  /** The personal access token that the login was made with. */
  get tokenId(): ObjectId | undefined {
    return this.#start.tokenId;
  }

  get byToken(): boolean {
    return this.#start.byToken === true;
  }

  /** default_transaction_read_only. */
  get readsOnly(): boolean {
    return this.settings.get('default_transaction_read_only') === 'on';
  }

  get log(): SessionLog {
    return this.services.log;
  }

  get path(): SearchPath {
    const { currentCatalog, currentSchema } = this;
    return {
      catalog: currentCatalog,
      schemas: currentSchema === undefined ? [] : [[currentCatalog, currentSchema]],
    };
  }

  get facts(): SessionFacts {
    const sessionUser = this.services.catalog.snapshot().principal(this.userId)?.name ?? '';
    return { sessionUser, currentCatalog: this.currentCatalog, currentSchema: this.currentSchema };
  }

  /** The catalog as this session's next statement sees it. */
  snapshot(): CatalogSnapshot {
    return this.transaction.snapshot(this.services.catalog.snapshot());
  }

  /** Whose rights hold now. @throws SqlError invalidAuthorization when the user has been dropped */
  identity(snapshot: CatalogSnapshot): Identity {
    const now = this.services.clock.now();
    const id = this.runAsId ?? this.userId;
    this.#demandToken(now);
    if (snapshot.principal(this.userId)?.kind !== 'user' || snapshot.principal(id)?.kind !== 'user') {
      throw new SqlError('invalidAuthorization', 'the user of this session no longer exists');
    }
    // SET CURRENT USER is an administrator's: who is one no longer acts as nobody else.
    if (this.runAsId !== undefined && !identityOf(snapshot, this.userId, now).isMetastoreAdmin) {
      throw new SqlError('insufficientPrivilege', 'permission denied to act as another user', {
        hint: 'RESET CURRENT USER first.',
      });
    }
    return identityOf(snapshot, id, now);
  }

  /** As of now, whatever a transaction sees: a token that was dropped ends what it began. */
  #demandToken(now: number): void {
    if (this.tokenId === undefined) return;
    const token = tokenById(this.services.catalog.snapshot(), this.tokenId);
    if (token === undefined || isExpired(token, now)) {
      throw new SqlError('invalidAuthorization', 'the token of this session is no longer valid');
    }
  }

  planRequest(snapshot: CatalogSnapshot): PlanRequest {
    const outputNames = this.settings.get('portcullis.column_names') === 'duckdb' ? 'duckdb' : 'postgres';
    return { snapshot, identity: this.identity(snapshot), path: this.path, session: this.facts, outputNames };
  }

  actor(snapshot: CatalogSnapshot): AuditActor {
    const nameOf = (id: ObjectId): string => snapshot.principal(id)?.name ?? '';
    return {
      principal: nameOf(this.userId),
      runAs: nameOf(this.runAsId ?? this.userId),
      clientAddress: this.#start.clientAddress,
      application: this.settings.get('application_name'),
      sessionId: this.#start.sessionId,
    };
  }

  /** The engine connection, ready for another statement. */
  async connection(): Promise<EngineConnection> {
    if (this.openCursor !== undefined) {
      await this.openCursor.detach();
      this.openCursor = undefined;
    }
    this.demandOpen();
    if (this.#connection === undefined) {
      const connection = await this.services.engine.connect();
      if (this.#closed) await connection.close();
      this.demandOpen();
      this.#connection = connection;
    }
    return this.#connection;
  }

  /** The client may go while its statement is being prepared: what begins then would be ended by nobody. @throws SqlError */
  demandOpen(): void {
    if (this.#closed) throw new SqlError('queryCanceled', 'the session has been closed');
  }

  /** Fires when the running statement is cancelled. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** A new statement: an old cancel request is not for it. */
  resetCancel(): void {
    this.#cancelReason = undefined;
    if (this.#abort.signal.aborted) this.#abort = new AbortController();
  }

  /** @param condition what the client is told of it; a cancel of its own by default */
  cancel(message: string, condition: CancelCondition = 'queryCanceled'): void {
    this.#cancelReason ??= { condition, message };
    this.#abort.abort();
    this.#connection?.interrupt();
  }

  /** What the client is told of an error: DuckDB's mapped, a cancel with its reason. */
  clientError(error: unknown, statement = ''): SqlError {
    const mapped = sqlErrorOf(error, statement);
    if (mapped.condition !== 'queryCanceled' || this.#cancelReason === undefined) return mapped;
    return new SqlError(this.#cancelReason.condition, this.#cancelReason.message, { cause: mapped.cause });
  }

  /** Also ends a result that nobody reads any more: it has a place in the engine. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#released();
    this.openCursor?.close();
    this.openCursor = undefined;
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.close();
  }
}
