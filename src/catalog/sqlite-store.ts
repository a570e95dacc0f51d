// CatalogStore in an embedded SQLite file: WAL, fsync on every commit.
import { Kysely, SqliteDialect, sql } from 'kysely';
import Database from 'libsql';
import { SqlError } from '../base/sql-error.ts';
import type { Change } from './change.ts';
import type { CatalogStore, EntryState, StoreEntry } from './store.ts';

interface Tables {
  readonly format: { readonly version: number };
  readonly entry: {
    readonly sequence?: number;
    readonly id: string;
    readonly state: EntryState;
    readonly changes: string;
    readonly by: string;
    readonly statement_id: string;
    readonly at: number;
    readonly catalog_id: string | null;
  };
}

/** Each takes the store from one format to the next. The number of them is the format this program writes. */
const migrations: readonly ((db: Kysely<Tables>) => Promise<void>)[] = [
  async (db) => {
    await db.schema
      .createTable('entry')
      .addColumn('sequence', 'integer', (column) => column.primaryKey().autoIncrement())
      .addColumn('id', 'text', (column) => column.notNull().unique())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('changes', 'text', (column) => column.notNull())
      .addColumn('by', 'text', (column) => column.notNull())
      .addColumn('statement_id', 'text', (column) => column.notNull())
      .addColumn('at', 'integer', (column) => column.notNull())
      .addColumn('catalog_id', 'text')
      .execute();
  },
];

export class SqliteCatalogStore implements CatalogStore {
  readonly #db: Kysely<Tables>;

  private constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  /** @throws SqlError objectNotInPrerequisiteState for a store of a newer program */
  static async open(file: string): Promise<SqliteCatalogStore> {
    const database = new Database(file);
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database }) });
    await migrate(db);
    return new SqliteCatalogStore(db);
  }

  async load(): Promise<readonly StoreEntry[]> {
    const rows = await this.#db
      .selectFrom('entry')
      .selectAll()
      .where('state', '!=', 'discarded')
      .orderBy('sequence')
      .execute();
    return rows.map((row) => ({
      id: row.id,
      state: row.state,
      changes: JSON.parse(row.changes) as readonly Change[],
      by: row.by,
      statementId: row.statement_id,
      at: row.at,
      catalogId: row.catalog_id ?? undefined,
    }));
  }

  async append(entry: StoreEntry): Promise<void> {
    const row = {
      id: entry.id,
      state: entry.state,
      changes: JSON.stringify(entry.changes),
      by: entry.by,
      statement_id: entry.statementId,
      at: entry.at,
      catalog_id: entry.catalogId ?? null,
    };
    await written(() => this.#db.insertInto('entry').values(row).execute());
  }

  async settle(entryId: string, state: 'committed' | 'discarded'): Promise<void> {
    await written(() => this.#db.updateTable('entry').set({ state }).where('id', '=', entryId).execute());
  }

  async close(): Promise<void> {
    await this.#db.destroy();
  }
}

async function migrate(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('format')
    .ifNotExists()
    .addColumn('version', 'integer', (c) => c.notNull())
    .execute();
  const row = await db.selectFrom('format').select('version').executeTakeFirst();
  const version = row?.version ?? 0;
  if (version > migrations.length) {
    throw new SqlError(
      'objectNotInPrerequisiteState',
      'the catalog store was written by a newer version of Portcullis',
      {
        hint: 'Start that version, or restore a backup.',
      },
    );
  }
  if (version === migrations.length) return;
  await db.transaction().execute(async (transaction) => {
    for (const step of migrations.slice(version)) await step(transaction);
    await sql`DELETE FROM format`.execute(transaction);
    await transaction.insertInto('format').values({ version: migrations.length }).execute();
  });
}

async function written<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const full = cause instanceof Error && /disk is full|SQLITE_FULL|ENOSPC/i.test(cause.message);
    if (full) throw new SqlError('diskFull', 'the catalog cannot be written: disk full', { cause });
    throw new SqlError('internalError', 'internal error', { cause });
  }
}
