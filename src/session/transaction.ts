// What a transaction has done so far: its view of the catalog, changes not yet published, and which file it writes.

import { displayName, fold } from '../base/identifier.ts';
import { limits } from '../base/limits.ts';
import { SqlError } from '../base/sql-error.ts';
import { applyChange } from '../catalog/apply-change.ts';
import type { Change } from '../catalog/change.ts';
import type { ObjectId, Table, View } from '../catalog/securable.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { NewEvent } from '../lineage/lineage-log.ts';
import type { TransactionStatus } from './door.ts';

export type TransactionKind = 'none' | 'implicit' | 'explicit';

export class Transaction {
  kind: TransactionKind = 'none';
  /** An error happened in an explicit transaction: only ROLLBACK is accepted. */
  broken = false;
  /** Nothing may be written in it. */
  readOnly = false;
  /** BEGIN has reached the engine. */
  engineOpen = false;
  /** The catalog whose file is written; DuckDB allows one in a transaction. */
  writes: string | undefined;
  changes: Change[] = [];
  /** By whom each change was decided, and on which catalog. */
  decisions: { readonly actorId: ObjectId; readonly on: CatalogSnapshot }[] = [];
  /** Catalogs whose files this transaction has made. */
  attached: ObjectId[] = [];
  /** The last statement that changed the catalog. */
  statementId = '';
  /** Lineage of what was written. */
  lineage: NewEvent[] = [];
  /** Audit events that must be durable before COMMIT. */
  pendingAudit: Promise<unknown>[] = [];
  /** Statements that wrote. */
  #written = 0;
  /** The latest last, each with how much had been written. */
  #savepoints: { readonly name: string; readonly written: number }[] = [];
  #start: CatalogSnapshot | undefined;
  #overlay:
    | { readonly base: CatalogSnapshot; readonly changes: number; readonly snapshot: CatalogSnapshot }
    | undefined;

  get status(): TransactionStatus {
    if (this.kind !== 'explicit') return 'I';
    return this.broken ? 'E' : 'T';
  }

  /** The newest catalog with this transaction's own changes on it. @throws SqlError serializationFailure */
  snapshot(newest: CatalogSnapshot): CatalogSnapshot {
    if (this.kind !== 'none') this.#start ??= newest;
    if (this.changes.length === 0) return newest;
    const known = this.#overlay;
    if (known !== undefined && known.base === newest && known.changes === this.changes.length) return known.snapshot;
    const snapshot = this.#applied(newest);
    this.#overlay = { base: newest, changes: this.changes.length, snapshot };
    return snapshot;
  }

  #applied(newest: CatalogSnapshot): CatalogSnapshot {
    try {
      return this.changes.reduce((snapshot, change) => applyChange(snapshot, change), newest);
    } catch (cause) {
      throw new SqlError('serializationFailure', 'the catalog has changed under this transaction', { cause });
    }
  }

  /**
   * Data are as of the start of the transaction, policies are the newest: a table whose columns have changed meanwhile, or
   * that did not exist, cannot be read as both.
   */
  checkUnchanged(relations: readonly (Table | View)[], newest: CatalogSnapshot): void {
    const start = this.#start;
    if (this.kind !== 'explicit' || start === undefined || start === newest) return;
    for (const relation of relations) {
      const published = newest.object(relation.id);
      // Made by this transaction itself.
      if (published === undefined) continue;
      if (!sameColumns(start.object(relation.id), published)) {
        const name = displayName(newest.nameOf(relation.id));
        throw new SqlError('serializationFailure', `${relation.kind} ${name} has changed since this transaction began`);
      }
    }
  }

  /** @throws SqlError featureNotSupported for a second catalog */
  writeTo(catalogId: string): void {
    this.#checkWritable();
    if (this.writes !== undefined && this.writes !== catalogId) {
      throw new SqlError('featureNotSupported', 'a transaction can write one catalog only', {
        hint: 'Commit before writing to another catalog.',
      });
    }
    this.writes = catalogId;
    this.#written += 1;
  }

  /** Changes of the catalog that no data file is written for. */
  noteChanges(): void {
    this.#checkWritable();
    this.#written += 1;
  }

  get hasWritten(): boolean {
    return this.#written > 0;
  }

  /** @throws SqlError limitExceeded */
  setSavepoint(name: string): void {
    if (this.#savepoints.length >= limits.savepointsMax) throw new SqlError('limitExceeded', 'too many savepoints');
    this.#savepoints.push({ name: fold(name), written: this.#written });
  }

  /** Also ends those set after it. @throws SqlError invalidSavepoint */
  releaseSavepoint(name: string): void {
    this.#savepoints.length = this.#savepointOf(name);
  }

  /** @throws SqlError invalidSavepoint */
  hasWrittenSince(name: string): boolean {
    return this.#savepoints[this.#savepointOf(name)]?.written !== this.#written;
  }

  /** The savepoint itself stays. @throws SqlError invalidSavepoint */
  returnTo(name: string): void {
    this.#savepoints.length = this.#savepointOf(name) + 1;
    this.broken = false;
  }

  #savepointOf(name: string): number {
    const place = this.#savepoints.findLastIndex((each) => each.name === fold(name));
    if (place >= 0) return place;
    throw new SqlError('invalidSavepoint', `savepoint ${displayName([name])} does not exist`);
  }

  #checkWritable(): void {
    if (this.readOnly) throw new SqlError('readOnlyTransaction', 'cannot write in a read-only transaction');
  }

  begin(kind: 'implicit' | 'explicit', readOnly: boolean): void {
    this.kind = kind;
    this.readOnly = readOnly;
  }

  end(): void {
    this.kind = 'none';
    this.broken = false;
    this.readOnly = false;
    this.engineOpen = false;
    this.writes = undefined;
    this.changes = [];
    this.decisions = [];
    this.attached = [];
    this.pendingAudit = [];
    this.lineage = [];
    this.#written = 0;
    this.#savepoints = [];
    this.#start = undefined;
    this.#overlay = undefined;
  }
}

function sameColumns(before: unknown, now: unknown): boolean {
  if (before === now) return true;
  const [a, b] = [columnsOf(before), columnsOf(now)];
  return a !== undefined && a === b;
}

function columnsOf(object: unknown): string | undefined {
  if (typeof object !== 'object' || object === null || !('columns' in object)) return undefined;
  const { columns } = object as Table | View;
  return JSON.stringify(columns.map((column) => ['id' in column ? column.id : '', column.name, column.type]));
}
