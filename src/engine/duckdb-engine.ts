// The embedded DuckDB: one instance per process, one file per catalog attached under its id, locked down before anything
// of a client's is seen.
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { quote, quoteLiteral } from '../base/identifier.ts';
import { limits } from '../base/limits.ts';
import { canaryCatalog } from '../rewrite/barrier-probes.ts';
import { maskKeyPlace } from '../rewrite/mask-key.ts';
import { physicalCatalog, physicalName } from '../rewrite/physical.ts';
import type { SqlCodec } from '../sql/sql-codec.ts';
import { DataVersions } from './data-versions.ts';
import { openCodec } from './duckdb-codec.ts';
import { EngineConnection } from './duckdb-connection.ts';
import { mapped } from './duckdb-error.ts';

export interface EngineOptions {
  /** Holds `catalogs/` and `tmp/`. */
  readonly dataDirectory: string;
  /** e.g. `4GB`; undefined: DuckDB's default of 80 % of memory. */
  readonly memoryLimit: string | undefined;
  /** What statements may spill to disk, e.g. `20GB`; undefined: DuckDB's default, 90 % of the disk. */
  readonly tempLimit?: string;
  /** Worker threads of the instance; undefined: DuckDB's default, one per core. */
  readonly threads: number | undefined;
  /** DuckDB has closed the instance after an internal error: nothing runs any more, data are as after a crash. */
  readonly onLost?: (error: unknown) => void;
}

export class DuckDbEngine {
  readonly codec: SqlCodec;
  readonly #instance: DuckDBInstance;
  /** Runs ATTACH and the like, one at a time. */
  readonly #admin: DuckDBConnection;
  readonly catalogDirectory: string;
  readonly #onLost: (error: unknown) => void;
  readonly #versions: DataVersions = new DataVersions();

  private constructor(parts: {
    onLost: ((error: unknown) => void) | undefined;
    codec: SqlCodec;
    instance: DuckDBInstance;
    admin: DuckDBConnection;
    directory: string;
  }) {
    this.codec = parts.codec;
    this.#instance = parts.instance;
    this.#admin = parts.admin;
    this.catalogDirectory = parts.directory;
    this.#onLost = parts.onLost ?? (() => undefined);
  }

  /** @throws SqlError when DuckDB cannot be opened or locked down */
  static async open(options: EngineOptions): Promise<DuckDbEngine> {
    const directory = join(options.dataDirectory, 'catalogs');
    const temporary = join(options.dataDirectory, 'tmp');
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    mkdirSync(temporary, { recursive: true, mode: 0o700 });
    return mapped(async () => {
      const instance = await DuckDBInstance.create(':memory:', startOptions(options, temporary));
      const admin = await instance.connect();
      for (const statement of lockDown(directory, temporary)) await admin.run(statement);
      const codec = await openCodec(await instance.connect());
      return new DuckDbEngine({ codec, instance, admin, directory, onLost: options.onLost });
    });
  }

  async connect(): Promise<EngineConnection> {
    return mapped(
      async () =>
        new EngineConnection(await this.#instance.connect(), {
          versions: this.#versions,
          onFailure: (error) => {
            void this.#checkLost(error);
          },
          onStuck: this.#onLost,
        }),
    );
  }

  /** Not every internal error closes the instance. */
  async #checkLost(error: unknown): Promise<void> {
    try {
      await this.#admin.run('SELECT 1');
    } catch {
      this.#onLost(error);
    }
  }

  /** Attaches the file of a catalog, making it when it is not there. */
  async attach(catalogId: string): Promise<void> {
    const name = quote(physicalCatalog(catalogId));
    await mapped(async () => {
      await this.#admin.run(`ATTACH IF NOT EXISTS ${quoteLiteral(this.fileOf(catalogId))} AS ${name} (TYPE duckdb)`);
      await this.#admin.run(`CREATE SCHEMA IF NOT EXISTS ${name}."_portcullis"`);
      await this.#admin.run(`CREATE TABLE IF NOT EXISTS ${name}."_portcullis"."applied" (entry VARCHAR PRIMARY KEY)`);
      await this.#makeMaskKey(catalogId);
    });
  }

  /** The secret of the catalog's keyed masks: made once, and never outside its file. */
  async #makeMaskKey(catalogId: string): Promise<void> {
    const { schema, table, column } = maskKeyPlace;
    const name = `${quote(physicalCatalog(catalogId))}.${quote(schema)}.${quote(table)}`;
    await this.#admin.run(`CREATE TABLE IF NOT EXISTS ${name} (${quote(column)} VARCHAR NOT NULL)`);
    const key = randomBytes(limits.maskKeyBytes).toString('base64url');
    await this.#admin.run(`INSERT INTO ${name} SELECT $1 WHERE NOT EXISTS (SELECT 1 FROM ${name})`, [key]);
  }

  /** Forgets a catalog and removes its file. Statements that still read it keep what they have opened. */
  async release(catalogId: string): Promise<void> {
    await mapped(() => this.#admin.run(`DETACH DATABASE IF EXISTS ${quote(physicalCatalog(catalogId))}`));
    for (const ending of ['', '.wal']) rmSync(`${this.fileOf(catalogId)}${ending}`, { force: true });
  }

  /** Was the data of this catalog change committed? */
  async isApplied(catalogId: string, entryId: string): Promise<boolean> {
    const table = `${quote(physicalCatalog(catalogId))}."_portcullis"."applied"`;
    const reader = await mapped(() => this.#admin.runAndReadAll(`SELECT 1 FROM ${table} WHERE entry = $1`, [entryId]));
    return reader.currentRowCount > 0;
  }

  /** Ids of the tables in a catalog's file. */
  async tablesOf(catalogId: string): Promise<readonly string[]> {
    const reader = await mapped(() =>
      this.#admin.runAndReadAll(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = $1 AND schema_name = 'main'",
        [physicalCatalog(catalogId)],
      ),
    );
    return reader.getRows().map((row) => String(row[0]).slice('o_'.length));
  }

  /** Drops a table that no catalog entry names any more. */
  async sweep(catalogId: string, tableId: string): Promise<void> {
    await mapped(() => this.#admin.run(`DROP TABLE IF EXISTS ${physicalName(catalogId, tableId)} CASCADE`));
  }

  /** Makes the tables that barrier probes read: many hidden rows whose value is no UUID, few visible ones whose is. */
  async openCanary(): Promise<void> {
    const name = quote(canaryCatalog);
    const uuid = "'00000000-0000-0000-0000-' || lpad(i::VARCHAR, 12, '0')";
    await mapped(async () => {
      await this.#admin.run(`ATTACH ':memory:' AS ${name}`);
      await this.#admin.run(`CREATE TABLE ${name}.main.guarded AS SELECT i AS id, CASE WHEN i % 100 = 0 THEN 'a' ELSE 'b' END
        AS tenant, CASE WHEN i % 100 = 0 THEN ${uuid} ELSE 'SECRET-' || i END AS x FROM range(${String(limits.canaryRows)}) r(i)`);
      await this.#admin.run(`CREATE TABLE ${name}.main.allowed AS SELECT unnest(['a', 'z']) AS tenant`);
      await this.#admin.run(`CREATE TABLE ${name}.main.other AS SELECT i AS id FROM range(5000) r(i)`);
    });
  }

  async closeCanary(): Promise<void> {
    await mapped(() => this.#admin.run(`DETACH ${quote(canaryCatalog)}`));
  }

  fileOf(catalogId: string): string {
    return join(this.catalogDirectory, `${physicalCatalog(catalogId)}.duckdb`);
  }

  close(): void {
    this.#admin.disconnectSync();
    this.#instance.closeSync();
  }
}

function startOptions(options: EngineOptions, temporary: string): Record<string, string> {
  return {
    temp_directory: temporary,
    autoload_known_extensions: 'false',
    autoinstall_known_extensions: 'false',
    allow_community_extensions: 'false',
    allow_unsigned_extensions: 'false',
    allow_persistent_secrets: 'false',
    ...(options.memoryLimit === undefined ? {} : { memory_limit: options.memoryLimit }),
    ...(options.tempLimit === undefined ? {} : { max_temp_directory_size: options.tempLimit }),
    ...(options.threads === undefined ? {} : { threads: String(options.threads) }),
  };
}

/** Only the catalogs' and temporary directories stay reachable, and nothing can be set any more. */
function lockDown(...directories: readonly string[]): readonly string[] {
  const list = directories.map((directory) => quoteLiteral(`${directory}/`)).join(', ');
  return [
    // Sessions speak UTC to the engine; the wire formats in the session's zone.
    "SET GLOBAL TimeZone = 'UTC'",
    // Fails in 1.5.6 with an internal error on some empty inputs (found by the fuzz): a window function with QUALIFY … = 1.
    "SET GLOBAL disabled_optimizers = 'top_n_window_elimination'",
    `SET allowed_directories = [${list}]`,
    'SET enable_external_access = false',
    'SET lock_configuration = true',
  ];
}
