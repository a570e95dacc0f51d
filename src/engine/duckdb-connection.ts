// One session's connection to DuckDB. It runs what is sealed, and a handful of constant statements of its own.
import type { DuckDBConnection } from '@duckdb/node-api';
import { quoteLiteral } from '../base/identifier.ts';
import { limits } from '../base/limits.ts';
import type { ExecutableDdl, ExecutableQuery } from '../rewrite/executable-query.ts';
import { physicalCatalog } from '../rewrite/physical.ts';
import { DataVersions } from './data-versions.ts';
import { isEngineFailure, mapped } from './duckdb-error.ts';
import { IdleStatements } from './idle-statements.ts';
import { type PreparedQuery, prepareQuery, type StatementHome } from './prepared-query.ts';

export interface ConnectionParts {
  /** Shared by all connections of an instance. */
  readonly versions: DataVersions;
  /** Told of internal errors of DuckDB's. */
  readonly onFailure: (error: unknown) => void;
  /** Told of a statement that cannot be stopped. */
  readonly onStuck: (error: unknown) => void;
}

export class EngineConnection {
  readonly #connection: DuckDBConnection;
  readonly #home: StatementHome;
  readonly #versions: DataVersions;
  readonly #idle: IdleStatements = new IdleStatements();
  /** What runs in the engine now. */
  readonly #running: Set<Promise<unknown>> = new Set();
  /** Of these, what begins and ends transactions: nothing may end the process for the time a commit takes. */
  readonly #commands: WeakSet<Promise<unknown>> = new WeakSet();
  readonly #onFailure: (error: unknown) => void;
  readonly #onStuck: (error: unknown) => void;
  #inTransaction = false;
  /** Catalogs that the open transaction has written. */
  #written: Set<string> = new Set();
  /** The end of a transaction that a statement had for itself. */
  #ending: Promise<unknown> | undefined;

  constructor(connection: DuckDBConnection, parts?: ConnectionParts) {
    this.#connection = connection;
    this.#versions = parts?.versions ?? new DataVersions();
    this.#onFailure = parts?.onFailure ?? (() => undefined);
    this.#onStuck = parts?.onStuck ?? (() => undefined);
    this.#home = {
      versions: this.#versions,
      idle: this.#idle,
      inTransaction: () => this.#inTransaction,
      prepareText: (sql) => this.#track(mapped(() => this.#connection.prepare(sql))),
      track: (work) => this.#track(work),
      write: (catalogId, work) => this.#write(catalogId, work),
      beginOwn: () => this.#run('BEGIN TRANSACTION'),
      endOwn: () => {
        this.#ending = this.#run('ROLLBACK').catch(this.#onFailure);
      },
    };
  }

  /** @throws SqlError for what cannot be bound */
  async prepare(query: ExecutableQuery): Promise<PreparedQuery> {
    await this.#ending;
    return prepareQuery(this.#home, query);
  }

  async runDdl(ddl: ExecutableDdl): Promise<void> {
    await this.#write(ddl.writes, async () => {
      for (const statement of ddl.statements) await this.#run(statement);
    });
  }

  async begin(): Promise<void> {
    await this.#ending;
    await this.#run('BEGIN TRANSACTION');
    this.#inTransaction = true;
  }

  async commit(): Promise<void> {
    try {
      await this.#versions.during(this.#written, () => this.#run('COMMIT'));
    } finally {
      this.#ended();
    }
  }

  /** Does the open transaction still take statements? After some errors it does not. */
  async isUsable(): Promise<boolean> {
    try {
      await this.#run('SELECT 1');
      return true;
    } catch {
      return false;
    }
  }

  async rollback(): Promise<void> {
    try {
      await this.#run('ROLLBACK');
    } finally {
      this.#ended();
    }
  }

  #ended(): void {
    this.#inTransaction = false;
    this.#written = new Set();
  }

  /** Own plans are stale at once: the transaction sees its own rows. Outside a transaction a write commits by itself. */
  async #write<T>(catalogId: string, work: () => Promise<T>): Promise<T> {
    this.#idle.clear();
    if (!this.#inTransaction) return this.#versions.during(new Set([catalogId]), work);
    this.#written.add(catalogId);
    return work();
  }

  /** Writes the marker of a catalog change into the file its data goes to; part of the open transaction. */
  async markApplied(catalogId: string, entryId: string): Promise<void> {
    const table = `"${physicalCatalog(catalogId)}"."_portcullis"."applied"`;
    await this.#write(catalogId, () => this.#run(`INSERT INTO ${table} VALUES (${quoteLiteral(entryId)})`));
  }

  /**
   * Stops what runs now; it throws queryCanceled. Without anything running: no effect. Repeated while the same work goes on,
   * since DuckDB forgets an interrupt that comes just before a query starts.
   */
  interrupt(): void {
    this.#interrupt([...this.#running], performance.now() + limits.stuckStatementMs);
  }

  #interrupt(targets: readonly Promise<unknown>[], deadline: number): void {
    if (!targets.some((work) => this.#running.has(work))) return;
    this.#connection.interrupt();
    const stoppable = targets.some((work) => this.#running.has(work) && !this.#commands.has(work));
    if (stoppable && performance.now() > deadline) {
      // A function of DuckDB's that never looks: its thread, and its place among the running statements, are lost for good.
      this.#onStuck(new Error('a statement goes on although it was interrupted'));
      return;
    }
    setTimeout(() => {
      this.#interrupt(targets, deadline);
    }, limits.interruptRepeatMs);
  }

  /** Stops what runs and frees the connection. Disconnecting under a running query would leave it running. */
  async close(): Promise<void> {
    this.interrupt();
    await Promise.allSettled(this.#running);
    this.#idle.clear();
    this.#connection.disconnectSync();
  }

  async #run(sql: string): Promise<void> {
    const work = mapped(() => this.#connection.run(sql));
    this.#commands.add(work);
    await this.#track(work);
  }

  #track<T>(work: Promise<T>): Promise<T> {
    this.#running.add(work);
    const done = (): void => {
      this.#running.delete(work);
    };
    work.then(done, (error: unknown) => {
      done();
      if (isEngineFailure(error)) this.#onFailure(error);
    });
    return work;
  }
}
