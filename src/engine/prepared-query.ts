// One statement of a session in DuckDB: prepared, run over the very data it was planned for, and given back.
import type { DuckDBDataChunk, DuckDBPreparedStatement, DuckDBResult } from '@duckdb/node-api';
import { DuckDBTypeId } from '@duckdb/node-api';
import { limits } from '../base/limits.ts';
import { SqlError } from '../base/sql-error.ts';
import type { ExecutableQuery } from '../rewrite/executable-query.ts';
import { checkColumnCount } from '../sql/check-ast.ts';
import type { ResultColumn, RowChunk, SqlType, SqlValue } from '../sql/sql-type.ts';
import type { DataStamp, DataVersions } from './data-versions.ts';
import { mapped, sqlErrorOf } from './duckdb-error.ts';
import { duckTypeOf, sqlTypeOf, typeTextOf } from './duckdb-types.ts';
import { duckValueOf } from './duckdb-values.ts';
import { chunkReader } from './duckdb-vectors.ts';
import type { IdleStatements } from './idle-statements.ts';

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

/** What a statement needs of its connection. */
export interface StatementHome {
  readonly versions: DataVersions;
  readonly idle: IdleStatements;
  readonly inTransaction: () => boolean;
  readonly prepareText: (sql: string) => Promise<DuckDBPreparedStatement>;
  readonly track: <T>(work: Promise<T>) => Promise<T>;
  /** Runs a write to a catalog. */
  readonly write: <T>(catalogId: string, work: () => Promise<T>) => Promise<T>;
  /** A transaction around this statement alone. */
  readonly beginOwn: () => Promise<void>;
  readonly endOwn: () => void;
}

interface Planned {
  readonly statement: DuckDBPreparedStatement;
  /** undefined: other sessions were committing all the while. */
  readonly stamp: DataStamp | undefined;
  readonly signature: string;
}

/** @throws SqlError for what cannot be bound */
export async function prepareQuery(home: StatementHome, query: ExecutableQuery): Promise<PreparedQuery> {
  const run = new StatementRun(home, query, await planned(home, query));
  const { statement } = run.plan;
  try {
    // A write shows no rows; with a parameter whose type is not known yet it has no columns that could be told.
    const columns = query.writes === undefined ? columnsOf(statement) : [];
    return {
      columns,
      typeTexts: columns.map((_, index) => typeTextOf(statement.columnType(index))),
      parameterTypes: parameterTypesOf(statement, query),
      execute: (parameters) => run.execute(parameters, columns),
      close: () => {
        run.close();
      },
    };
  } catch (error) {
    statement.destroySync();
    throw sqlErrorOf(error);
  }
}

/** The stamp is taken before DuckDB looks at the data: what is committed meanwhile makes the plan a stale one. */
async function planned(home: StatementHome, query: ExecutableQuery): Promise<Planned> {
  const stamp = home.versions.stamp(query.reads);
  const idle = home.idle.take(query.sql, stamp);
  return idle === undefined ? plannedNow(home, query) : { statement: idle, stamp, signature: signatureOf(idle) };
}

async function plannedNow(home: StatementHome, query: ExecutableQuery): Promise<Planned> {
  const stamp = home.versions.stamp(query.reads);
  const statement = await home.prepareText(query.sql);
  return { statement, stamp, signature: signatureOf(statement) };
}

class StatementRun {
  readonly #home: StatementHome;
  readonly #query: ExecutableQuery;
  #plan: Planned;
  #sound = true;
  #ownTransaction = false;
  /** By a transaction that has run something already: what others commit is not seen. */
  #dataAreFixed = false;

  constructor(home: StatementHome, query: ExecutableQuery, plan: Planned) {
    this.#home = home;
    this.#query = query;
    this.#plan = plan;
  }

  get plan(): Planned {
    return this.#plan;
  }

  async execute(parameters: readonly EngineParameter[], columns: readonly ResultColumn[]): Promise<ResultStream> {
    try {
      const result = await this.#result(parameters);
      const readChunk = chunkReader(columns.map((column) => column.type));
      return {
        columns,
        rowsChanged: result.rowsChanged,
        next: () =>
          this.#guarded(() => this.#home.track(result.fetchChunk()).then((chunk) => rowsOf(chunk, readChunk))),
      };
    } catch (error) {
      this.#sound = false;
      throw sqlErrorOf(error);
    }
  }

  /**
   * A plan that turns out stale once its result is open (from then on the result's data are fixed) is made anew, its result or
   * error thrown away: both may come from rows that a filter should have kept out.
   */
  async #result(parameters: readonly EngineParameter[]): Promise<DuckDBResult> {
    const { writes } = this.#query;
    // A write is planned inside its transaction, whose data are fixed.
    if (writes !== undefined) return this.#home.write(writes, () => this.#run(parameters));
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await this.#attempt(parameters);
      if (outcome !== undefined) return outcome.result ?? thrown(outcome.error);
      await this.#planAnew(attempt);
    }
  }

  /** undefined: stale. */
  async #attempt(
    parameters: readonly EngineParameter[],
  ): Promise<{ readonly result?: DuckDBResult; readonly error?: unknown } | undefined> {
    const fixed = this.#dataAreFixed;
    // From the first run of a transaction on its data are fixed.
    this.#dataAreFixed = this.#home.inTransaction();
    const isCurrent = (): boolean =>
      fixed || (this.#plan.stamp !== undefined && this.#home.versions.stamp(this.#query.reads) === this.#plan.stamp);
    try {
      const result = await this.#run(parameters);
      return isCurrent() ? { result } : undefined;
    } catch (error) {
      return isCurrent() ? { error } : undefined;
    }
  }

  async #planAnew(attempt: number): Promise<void> {
    const { statement } = this.#plan;
    statement.destroySync();
    const { versions, inTransaction, beginOwn } = this.#home;
    await versions.settled();
    if (attempt >= limits.stalePlanAttemptsMax && !inTransaction()) {
      await beginOwn();
      this.#ownTransaction = true;
      this.#dataAreFixed = true;
    }
    this.#plan = await plannedNow(this.#home, this.#query);
  }

  #run(parameters: readonly EngineParameter[]): Promise<DuckDBResult> {
    const { statement } = this.#plan;
    bind(statement, this.#query, parameters);
    return this.#home.track(this.#query.writes === undefined ? statement.stream() : statement.run());
  }

  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await mapped(work);
    } catch (error) {
      this.#sound = false;
      throw error;
    }
  }

  close(): void {
    const { statement, stamp, signature } = this.#plan;
    // Values of other types than DuckDB had inferred make it bind the statement anew, to other types.
    const reusable =
      this.#query.repeatable && this.#sound && stamp !== undefined && signatureOf(statement) === signature;
    if (reusable && !this.#ownTransaction) this.#home.idle.giveBack(this.#query.sql, statement, stamp);
    else statement.destroySync();
    if (this.#ownTransaction) this.#home.endOwn();
    this.#ownTransaction = false;
  }
}

function thrown(error: unknown): never {
  throw error;
}

function rowsOf(chunk: DuckDBDataChunk | null, read: (chunk: DuckDBDataChunk) => RowChunk): RowChunk | undefined {
  return chunk === null || chunk.rowCount === 0 ? undefined : read(chunk);
}

/** Types of parameters and, where these can change them, of columns. */
function signatureOf(statement: DuckDBPreparedStatement): string {
  if (statement.parameterCount === 0) return '';
  const parameters = Array.from({ length: statement.parameterCount }, (_, index) =>
    statement.parameterTypeId(index + 1),
  );
  const columns = Array.from({ length: statement.columnCount }, (_, index) =>
    // A type that only a parameter could tell has no spelling.
    statement.columnTypeId(index) === DuckDBTypeId.INVALID ? '' : statement.columnType(index).toString(),
  );
  return JSON.stringify([parameters, columns]);
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

/** The client's; the product's own come after them. */
function parameterTypesOf(
  statement: DuckDBPreparedStatement,
  query: ExecutableQuery,
): readonly (SqlType | undefined)[] {
  const firstOwn = query.values?.first ?? Number.POSITIVE_INFINITY;
  const types: (SqlType | undefined)[] = [];
  for (let index = 1; index <= statement.parameterCount; index += 1) {
    // Parameters are named by their number; DuckDB's own order is that of appearance.
    const number = query.parameterNumber(Number(statement.parameterName(index)));
    if (number < firstOwn && number <= limits.parametersMax) types[number - 1] = parameterTypeOf(statement, index);
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

function bind(
  statement: DuckDBPreparedStatement,
  query: ExecutableQuery,
  parameters: readonly EngineParameter[],
): void {
  const own = query.values;
  statement.clearBindings();
  for (let index = 1; index <= statement.parameterCount; index += 1) {
    const number = query.parameterNumber(Number(statement.parameterName(index)));
    // Ours first: a client that binds more values than its statement has must not reach them.
    const text = own?.texts[number - own.first];
    if (text !== undefined) {
      statement.bindVarchar(index, text);
      continue;
    }
    const parameter = parameters[number - 1];
    if (parameter === undefined) continue;
    if (parameter.value === null) statement.bindNull(index);
    else statement.bindValue(index, duckValueOf(parameter.type, parameter.value), duckTypeOf(parameter.type));
  }
}
