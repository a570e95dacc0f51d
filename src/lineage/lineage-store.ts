// Lineage in an embedded SQLite file. What a write comes to is durable before it commits; reads are written in groups.
import { createHash } from 'node:crypto';
import Database from 'libsql';
import { limits } from '../base/limits.ts';
import { SqlError } from '../base/sql-error.ts';
import type { ObjectId } from '../catalog/securable.ts';
import type { RecordedEvent, RecordedName } from '../system/recorded-lineage.ts';
import type { LineageLog, NewEvent } from './lineage-log.ts';
import { type Packed, packed, unpacked } from './packed-edges.ts';

/** Each takes the file from one format to the next. */
const migrations: readonly string[] = [
  `CREATE TABLE flow (id INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, target TEXT, edges TEXT NOT NULL);
   CREATE INDEX flow_target ON flow (target);
   CREATE TABLE flow_source (source TEXT NOT NULL, flow INTEGER NOT NULL, PRIMARY KEY (source, flow)) WITHOUT ROWID;
   CREATE TABLE event (id INTEGER PRIMARY KEY AUTOINCREMENT, flow INTEGER NOT NULL, statement_id TEXT NOT NULL, command TEXT NOT NULL,
     principal TEXT NOT NULL, run_as TEXT NOT NULL, at INTEGER NOT NULL);
   CREATE INDEX event_flow ON event (flow, id);
   CREATE TABLE name (object TEXT PRIMARY KEY, kind TEXT NOT NULL, parts TEXT NOT NULL, columns TEXT NOT NULL) WITHOUT ROWID`,
];

interface EventRow {
  readonly id: number;
  readonly statement_id: string;
  readonly command: string;
  readonly principal: string;
  readonly run_as: string;
  readonly at: number;
  readonly target: string | null;
  readonly edges: string;
}

const eventColumns = 'e.id, e.statement_id, e.command, e.principal, e.run_as, e.at, f.target, f.edges';

export class LineageStore implements LineageLog {
  readonly #db: Database.Database;
  readonly #onLost: (error: unknown) => void;
  readonly #knownFlows: Map<string, number> = new Map();
  readonly #knownNames: Map<ObjectId, string> = new Map();
  #reads: { readonly event: NewEvent; readonly names: ReadonlyMap<ObjectId, RecordedName> }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #recorded = 0;

  private constructor(db: Database.Database, onLost: (error: unknown) => void) {
    this.#db = db;
    this.#onLost = onLost;
  }

  /**
   * @param onLost told of reads that could not be written
   * @throws SqlError objectNotInPrerequisiteState for a file of a newer program
   */
  static open(file: string, onLost: (error: unknown) => void): LineageStore {
    const db = new Database(file);
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    migrate(db);
    return new LineageStore(db, onLost);
  }

  record(events: readonly NewEvent[], names: ReadonlyMap<ObjectId, RecordedName>): readonly number[] {
    if (events.length === 0) return [];
    return this.#inTransaction(() => {
      this.#keepNames(names);
      return events.map((event) => this.#insert(event));
    });
  }

  forget(ids: readonly number[]): void {
    if (ids.length === 0) return;
    this.#inTransaction(() => {
      const statement = this.#db.prepare('DELETE FROM event WHERE id = ?');
      for (const id of ids) statement.run(id);
    });
  }

  rename(names: ReadonlyMap<ObjectId, RecordedName>): void {
    if (names.size === 0) return;
    this.#flush();
    this.#inTransaction(() => {
      const statement = this.#db.prepare('UPDATE name SET parts = ?, columns = ? WHERE object = ?');
      for (const [id, { parts, columns }] of names) statement.run(JSON.stringify(parts), JSON.stringify(columns), id);
    });
    this.#knownNames.clear();
  }

  noteRead(event: NewEvent, names: ReadonlyMap<ObjectId, RecordedName>): void {
    this.#reads.push({ event, names });
    if (this.#reads.length >= limits.lineageReadsPerGroup) this.#flush();
    else {
      this.#timer ??= setTimeout(() => {
        this.#flush();
      }, limits.lineageReadDelayMs).unref();
    }
  }

  *events(): Iterable<RecordedEvent> {
    this.#flush();
    let before = Number.MAX_SAFE_INTEGER;
    const page = this.#db.prepare(
      `SELECT ${eventColumns} FROM event e JOIN flow f ON f.id = e.flow WHERE e.id < ? ORDER BY e.id DESC LIMIT ${String(limits.storePageEntries)}`,
    );
    for (;;) {
      const rows = page.all(before) as EventRow[];
      yield* rows.map(eventOf);
      const last = rows.at(-1);
      if (last === undefined) return;
      before = last.id;
    }
  }

  latestOf(objects: readonly ObjectId[], side: 'source' | 'target'): readonly RecordedEvent[] {
    this.#flush();
    const flows =
      side === 'target'
        ? 'SELECT id FROM flow WHERE target IN (SELECT value FROM json_each(?))'
        : 'SELECT flow FROM flow_source WHERE source IN (SELECT value FROM json_each(?))';
    const rows = this.#db
      .prepare(
        `SELECT ${eventColumns} FROM event e JOIN flow f ON f.id = e.flow WHERE f.target IS NOT NULL AND e.id IN
         (SELECT max(id) FROM event WHERE flow IN (${flows}) GROUP BY flow) ORDER BY e.id DESC LIMIT ${String(limits.lineageFlowsMax)}`,
      )
      .all(JSON.stringify(objects)) as EventRow[];
    return rows.map(eventOf);
  }

  nameOf(id: ObjectId): RecordedName | undefined {
    const row = this.#db.prepare('SELECT kind, parts, columns FROM name WHERE object = ?').get(id) as
      | { readonly kind: 'table' | 'view'; readonly parts: string; readonly columns: string }
      | undefined;
    if (row === undefined) return undefined;
    return {
      kind: row.kind,
      parts: JSON.parse(row.parts) as readonly string[],
      columns: JSON.parse(row.columns) as Readonly<Record<string, string>>,
    };
  }

  close(): void {
    this.#flush();
    clearTimeout(this.#timer);
    this.#db.close();
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const reads = this.#reads;
    this.#reads = [];
    if (reads.length === 0) return;
    try {
      this.#inTransaction(() => {
        for (const { event, names } of reads) {
          this.#keepNames(names);
          this.#insert(event);
        }
      });
      this.#recorded += reads.length;
      if (this.#recorded >= limits.lineageEventsPerSweep) this.#sweep();
    } catch (error) {
      // That a table was read is in the audit log, without which nothing is answered.
      this.#onLost(error);
    }
  }

  /** The oldest reads go first when there are too many; writes are kept. */
  #sweep(): void {
    this.#recorded = 0;
    this.#db
      .prepare(
        `DELETE FROM event WHERE id IN (SELECT e.id FROM event e JOIN flow f ON f.id = e.flow WHERE f.target IS NULL ORDER BY e.id DESC
         LIMIT -1 OFFSET ?)`,
      )
      .run(limits.lineageReadsMax);
  }

  #insert(event: NewEvent): number {
    const { statementId, command, principal, runAs, at } = event;
    const flow = this.#flowOf(event);
    const { lastInsertRowid } = this.#db
      .prepare('INSERT INTO event (flow, statement_id, command, principal, run_as, at) VALUES (?, ?, ?, ?, ?, ?)')
      .run(flow, statementId, command, principal, runAs, at);
    return Number(lastInsertRowid);
  }

  /** The same edges again, as every night, are kept once. */
  #flowOf({ target, edges }: NewEvent): number {
    const text = JSON.stringify(edges.map(packed));
    const hash = createHash('sha256')
      .update(JSON.stringify([target ?? null, text]))
      .digest('hex');
    const known = this.#knownFlows.get(hash) ?? this.#storedFlow(hash);
    if (known !== undefined) return known;
    const { lastInsertRowid } = this.#db
      .prepare('INSERT INTO flow (hash, target, edges) VALUES (?, ?, ?)')
      .run(hash, target ?? null, text);
    const id = Number(lastInsertRowid);
    const link = this.#db.prepare('INSERT INTO flow_source (source, flow) VALUES (?, ?)');
    for (const source of new Set(edges.map((edge) => edge.source))) link.run(source, id);
    return this.#remember(hash, id);
  }

  #storedFlow(hash: string): number | undefined {
    const row = this.#db.prepare('SELECT id FROM flow WHERE hash = ?').get(hash) as { readonly id: number } | undefined;
    return row === undefined ? undefined : this.#remember(hash, row.id);
  }

  #remember(hash: string, id: number): number {
    if (this.#knownFlows.size >= limits.lineageKnownFlowsMax) this.#knownFlows.clear();
    this.#knownFlows.set(hash, id);
    return id;
  }

  #keepNames(names: ReadonlyMap<ObjectId, RecordedName>): void {
    for (const [id, name] of names) {
      const text = JSON.stringify(name);
      if (this.#knownNames.get(id) === text) continue;
      this.#db
        .prepare('INSERT OR REPLACE INTO name (object, kind, parts, columns) VALUES (?, ?, ?, ?)')
        .run(id, name.kind, JSON.stringify(name.parts), JSON.stringify(name.columns));
      if (this.#knownNames.size >= limits.lineageKnownFlowsMax) this.#knownNames.clear();
      this.#knownNames.set(id, text);
    }
  }

  #inTransaction<T>(work: () => T): T {
    try {
      this.#db.exec('BEGIN IMMEDIATE');
      const result = work();
      this.#db.exec('COMMIT');
      return result;
    } catch (cause) {
      if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
      // Flows of the failed transaction are not there.
      this.#knownFlows.clear();
      this.#knownNames.clear();
      throw new SqlError('diskFull', 'lineage cannot be written', { cause });
    }
  }
}

function migrate(db: Database.Database): void {
  const [{ user_version: version } = { user_version: 0 }] = db.pragma('user_version') as {
    readonly user_version: number;
  }[];
  if (version > migrations.length) {
    throw new SqlError('objectNotInPrerequisiteState', 'the lineage was written by a newer version of portcullis');
  }
  for (const [index, statements] of migrations.entries()) {
    if (index < version) continue;
    db.exec(`BEGIN; ${statements}; PRAGMA user_version = ${String(index + 1)}; COMMIT`);
  }
}

function eventOf(row: EventRow): RecordedEvent {
  return {
    id: row.id,
    statementId: row.statement_id,
    command: row.command,
    principal: row.principal,
    runAs: row.run_as,
    at: row.at,
    target: row.target ?? undefined,
    edges: (JSON.parse(row.edges) as readonly Packed[]).map(unpacked),
  };
}
