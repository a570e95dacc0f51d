// CatalogStore in an embedded SQLite file: WAL, fsync on every commit.
import { Kysely, SqliteDialect, sql } from 'kysely';
import Database from 'libsql';
import { limits } from '../base/limits.ts';
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

  /** In pages that SQLite puts together: a row for each entry would take most of a start. */
  async load(): Promise<readonly StoreEntry[]> {
    const page = sql<number>`sequence / ${sql.lit(limits.storePageEntries)}`;
    const facts = sql`json_array(id, state, "by", statement_id, at, catalog_id)`;
    const rows = await this.#db
      .selectFrom('entry')
      .select(sql<string>`group_concat(${facts} || ',' || changes, ',' ORDER BY sequence)`.as('list'))
      .where('state', '!=', 'discarded')
      .groupBy(page)
      .orderBy(page)
      .execute();
    return rows.flatMap(({ list }) => entriesOf(list));
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

type Facts = readonly [
  id: string,
  state: EntryState,
  by: string,
  statementId: string,
  at: number,
  catalogId: string | null,
];

/** Facts and changes of one entry after another, as JSON. */
function entriesOf(list: string): readonly StoreEntry[] {
  const values = JSON.parse(`[${list}]`) as readonly unknown[];
  const entries: StoreEntry[] = [];
  for (let index = 0; index < values.length; index += 2) {
    const [id, state, by, statementId, at, catalogId] = values[index] as Facts;
    const changes = values[index + 1] as readonly Change[];
    entries.push({ id, state, changes, by, statementId, at, catalogId: catalogId ?? undefined });
  }
  return entries;
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
