// One session's connection to DuckDB. It runs what is sealed, and a handful of constant statements of its own.
import {
  type DuckDBConnection,
  type DuckDBDataChunk,
  type DuckDBPreparedStatement,
  type DuckDBResult,
  DuckDBTypeId,
} from '@duckdb/node-api';
import { quoteLiteral } from '../base/identifier.ts';
import { limits } from '../base/limits.ts';
import { SqlError } from '../base/sql-error.ts';
import type { ExecutableDdl, ExecutableQuery } from '../rewrite/executable-query.ts';
import { physicalCatalog } from '../rewrite/physical.ts';
import { checkColumnCount } from '../sql/check-ast.ts';
import type { ResultColumn, RowChunk, SqlType, SqlValue } from '../sql/sql-type.ts';
import { isEngineFailure, mapped, sqlErrorOf } from './duckdb-error.ts';
import { duckTypeOf, sqlTypeOf } from './duckdb-types.ts';
import { chunkReader, duckValueOf } from './duckdb-values.ts';

export interface EngineParameter {
  readonly type: SqlType;
  readonly value: SqlValue;
}

/** Rows of one execution; fetched in order, once. */
export interface ResultStream {
  readonly columns: readonly ResultColumn[];
  /** undefined after the last chunk. @throws SqlError */
  next(): Promise<RowChunk | undefined>;
  /** Rows a write changed; 0 for reads. */
  readonly rowsChanged: number;
}

export interface PreparedQuery {
  readonly columns: readonly ResultColumn[];
  /** Canonical type spellings, per column. */
  readonly typeTexts: readonly string[];
  /** By parameter number; undefined where DuckDB could not tell. */
  readonly parameterTypes: readonly (SqlType | undefined)[];
  /** Reads stream; writes are complete when this resolves. @throws SqlError */
  execute(parameters: readonly EngineParameter[]): Promise<ResultStream>;
  /** Frees it; the connection may go on. */
  close(): void;
}

export class EngineConnection {
  readonly #connection: DuckDBConnection;
  /** Statements that nobody uses now, by text, the longest unused first. */
  readonly #idle: Map<string, DuckDBPreparedStatement> = new Map();
  /** What runs in the engine now. */
  readonly #running: Set<Promise<unknown>> = new Set();

  readonly #onFailure: (error: unknown) => void;

  /** @param onFailure told of internal errors of DuckDB's */
  constructor(connection: DuckDBConnection, onFailure: (error: unknown) => void = () => undefined) {
    this.#connection = connection;
    this.#onFailure = onFailure;
  }

  /** @throws SqlError for what cannot be bound */
  async prepare(query: ExecutableQuery): Promise<PreparedQuery> {
    // Physical names are ids that are never reused: the same text means the same tables for ever.
    const statement =
      this.#takeIdle(query.sql) ?? (await this.#track(mapped(() => this.#connection.prepare(query.sql))));
    try {
      return preparedQuery(statement, query.writes !== undefined, {
        track: (work) => this.#track(work),
        giveBack: () => {
          if (query.repeatable) this.#giveBack(query.sql, statement);
          else statement.destroySync();
        },
      });
    } catch (error) {
      statement.destroySync();
      throw sqlErrorOf(error);
    }
  }

  #takeIdle(sql: string): DuckDBPreparedStatement | undefined {
    const idle = this.#idle.get(sql);
    this.#idle.delete(sql);
    return idle;
  }

  #giveBack(sql: string, statement: DuckDBPreparedStatement): void {
    this.#idle.get(sql)?.destroySync();
    this.#idle.delete(sql);
    this.#idle.set(sql, statement);
    if (this.#idle.size <= limits.idleStatementsMax) return;
    for (const [oldest, unused] of this.#idle) {
      this.#idle.delete(oldest);
      unused.destroySync();
      return;
    }
  }

  async runDdl(ddl: ExecutableDdl): Promise<void> {
    for (const statement of ddl.statements) await this.#run(statement);
  }

  async begin(): Promise<void> {
    await this.#run('BEGIN TRANSACTION');
  }

  async commit(): Promise<void> {
    await this.#run('COMMIT');
  }

  async rollback(): Promise<void> {
    await this.#run('ROLLBACK');
  }

  /** Writes the marker of a catalog change into the file its data goes to; part of the open transaction. */
  async markApplied(catalogId: string, entryId: string): Promise<void> {
    const table = `"${physicalCatalog(catalogId)}"."_portcullis"."applied"`;
    await this.#run(`INSERT INTO ${table} VALUES (${quoteLiteral(entryId)})`);
  }

  /**
   * Stops what runs now; it throws queryCanceled. Without anything running: no effect. Repeated while the same work goes on,
   * since DuckDB forgets an interrupt that comes just before a query starts.
   */
  interrupt(): void {
    this.#interrupt([...this.#running]);
  }

  #interrupt(targets: readonly Promise<unknown>[]): void {
    if (!targets.some((work) => this.#running.has(work))) return;
    this.#connection.interrupt();
    setTimeout(() => {
      this.#interrupt(targets);
    }, limits.interruptRepeatMs);
  }

  /** Stops what runs and frees the connection. Disconnecting under a running query would leave it running. */
  async close(): Promise<void> {
    this.interrupt();
    await Promise.allSettled(this.#running);
    for (const statement of this.#idle.values()) statement.destroySync();
    this.#idle.clear();
    this.#connection.disconnectSync();
  }

  async #run(sql: string): Promise<void> {
    await this.#track(mapped(() => this.#connection.run(sql)));
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

interface StatementHome {
  readonly track: <T>(work: Promise<T>) => Promise<T>;
  /** The statement may be used again. */
  readonly giveBack: () => void;
}

function preparedQuery(statement: DuckDBPreparedStatement, writes: boolean, home: StatementHome): PreparedQuery {
  const { track } = home;
  let sound = true;
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await mapped(work);
    } catch (error) {
      sound = false;
      throw error;
    }
  };
  const columns = columnsOf(statement);
  const signature = signatureOf(statement);
  const readChunk = chunkReader(columns.map((column) => column.type));
  const readIfAny = (chunk: DuckDBDataChunk | null): RowChunk | undefined =>
    chunk === null || chunk.rowCount === 0 ? undefined : readChunk(chunk);
  return {
    columns,
    typeTexts: columns.map((_, index) => statement.columnType(index).toString()),
    parameterTypes: parameterTypesOf(statement),
    execute: (parameters) =>
      track(
        guarded(async () => {
          bind(statement, parameters);
          const result = writes ? await statement.run() : await statement.stream();
          return streamOf(result, columns, (work) => guarded(() => track(work).then(readIfAny)));
        }),
      ),
    close: () => {
      // Values of other types than DuckDB had inferred make it bind the statement anew, to other types.
      if (sound && signatureOf(statement) === signature) home.giveBack();
      else statement.destroySync();
    },
  };
}

/** Types of parameters and, where these can change them, of columns. */
function signatureOf(statement: DuckDBPreparedStatement): string {
  if (statement.parameterCount === 0) return '';
  const parameters = Array.from({ length: statement.parameterCount }, (_, index) =>
    statement.parameterTypeId(index + 1),
  );
  const columns = Array.from({ length: statement.columnCount }, (_, index) => statement.columnType(index).toString());
  return JSON.stringify([parameters, columns]);
}

function streamOf(
  result: DuckDBResult,
  columns: readonly ResultColumn[],
  read: (work: Promise<DuckDBDataChunk | null>) => Promise<RowChunk | undefined>,
): ResultStream {
  return {
    columns,
    rowsChanged: result.rowsChanged,
    next: () => read(result.fetchChunk()),
  };
}

function columnsOf(statement: DuckDBPreparedStatement): readonly ResultColumn[] {
  checkColumnCount(statement.columnCount);
  if (statement.columnCount > 0 && statement.columnTypeId(0) === DuckDBTypeId.INVALID) {
    throw new SqlError('undefinedParameter', 'could not determine the type of a parameter', {
      hint: 'Add a cast, for example $1::text.',
    });
  }
  return Array.from({ length: statement.columnCount }, (_, index) => ({
    name: statement.columnName(index),
    type: sqlTypeOf(statement.columnType(index)),
  }));
}

function parameterTypesOf(statement: DuckDBPreparedStatement): readonly (SqlType | undefined)[] {
  const types: (SqlType | undefined)[] = [];
  for (let index = 1; index <= statement.parameterCount; index += 1) {
    // Parameters are named by their number; DuckDB's own order is that of appearance.
    const number = Number(statement.parameterName(index));
    types[number - 1] = parameterTypeOf(statement, index);
  }
  return Array.from(types);
}

function parameterTypeOf(statement: DuckDBPreparedStatement, index: number): SqlType | undefined {
  // INVALID (0), ANY and the unresolved types have no SqlType: the client's choice holds, else text.
  const typeId = statement.parameterTypeId(index);
  if (typeId === DuckDBTypeId.INVALID) return undefined;
  try {
    const type = sqlTypeOf(statement.parameterType(index));
    return type.id === 'NULL' ? undefined : type;
  } catch {
    return undefined;
  }
}

function bind(statement: DuckDBPreparedStatement, parameters: readonly EngineParameter[]): void {
  statement.clearBindings();
  for (let index = 1; index <= statement.parameterCount; index += 1) {
    const parameter = parameters[Number(statement.parameterName(index)) - 1];
    if (parameter === undefined) continue;
    if (parameter.value === null) statement.bindNull(index);
    else statement.bindValue(index, duckValueOf(parameter.type, parameter.value), duckTypeOf(parameter.type));
  }
}
