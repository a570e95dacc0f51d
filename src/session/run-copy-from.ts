// COPY … FROM STDIN: rows are gathered in batches while they come, each batch a statement of its own to admission and timeouts,
// and written when the last is there, as an INSERT decided then.
import { inCopy } from '../base/copy-context.ts';
import { stoppable } from '../base/pause.ts';
import { SqlError } from '../base/sql-error.ts';
import { type CopyStart, planCopy, startCopy } from '../govern/writes/copy.ts';
import type { CopyStatement } from '../parse/copy-statement.ts';
import { addCopied, firstMisfit } from '../rewrite/copied-rows.ts';
import type { SqlType } from '../sql/sql-type.ts';
import { copyFormatOf } from './copy-format.ts';
import type { CopyRow, CopySink, Outcome } from './door.ts';
import { noteWritten } from './lineage-record.ts';
import { demandClient } from './run-copy-to.ts';
import { environmentOf } from './run-governance.ts';
import { admitted } from './run-sealed.ts';
import { changedBy, write } from './run-write.ts';
import type { SessionState } from './session-state.ts';
import type { StatementTrail } from './statement-context.ts';
import { withTimeout } from './statement-timeout.ts';
import { abandonImplicit, commitTransaction, openTransaction } from './transaction-control.ts';

export interface CopyFromRequest {
  readonly statement: Extract<CopyStatement, { kind: 'copyFrom' }>;
  readonly trail: StatementTrail;
}

export async function runCopyFrom(state: SessionState, { statement, trail }: CopyFromRequest): Promise<Outcome> {
  demandClient(statement.source, 'FROM');
  const start = await startCopy(environmentOf(state), statement);
  const names = start.columns.map(({ name }) => name);
  const format = copyFormatOf({ options: statement.options, direction: 'from', columns: names });
  const commits = state.transaction.kind === 'none';
  // Batches are of one transaction, so that an error leaves none of them.
  if (commits) state.transaction.begin('implicit', state.readsOnly);
  state.transaction.writeTo(start.catalogId);
  // What somebody is about to write is evidence before the first row comes.
  await trail.started(start.touched);
  const types = await admitted(state, async () => {
    const connection = await openTransaction(state);
    await changedBy(connection, start.create, []);
    const prepared = await connection.prepare(start.types);
    prepared.close();
    return prepared.columns.map(({ type }) => type);
  });
  return {
    kind: 'copyIn',
    table: start.table.name,
    columns: names.map((name, index) => ({ name, type: types[index] ?? { id: 'VARCHAR' } })),
    format,
    sink: new GatheredRows(state, { start, types, trail, commits }),
  };
}

interface Gathering {
  readonly start: CopyStart;
  readonly types: readonly SqlType[];
  readonly trail: StatementTrail;
  /** There is no transaction around it. */
  readonly commits: boolean;
}

class GatheredRows implements CopySink {
  readonly #state: SessionState;
  readonly #gathering: Gathering;

  constructor(state: SessionState, gathering: Gathering) {
    this.#state = state;
    this.#gathering = gathering;
  }

  async write(rows: readonly CopyRow[]): Promise<void> {
    const { catalogId, columns } = this.#gathering.start;
    if (rows.length === 0) return;
    const json = JSON.stringify(rows.map(({ line, cells }) => [String(line), ...cells]));
    await this.#step(async () => {
      const connection = await openTransaction(this.#state);
      await changedBy(connection, addCopied(catalogId, columns, json), []);
      await this.#checkTypes(rows);
    });
  }

  async finish(): Promise<string> {
    const state = this.#state;
    const { start, trail, commits } = this.#gathering;
    const count = await this.#step(async () => {
      const plan = await planCopy(environmentOf(state), start);
      if (plan.hidesRows) trail.keysMayTell();
      state.transaction.checkUnchanged([plan.table], state.services.catalog.snapshot());
      const written = await write(state, plan, []);
      noteWritten(state, trail, plan.lineage);
      if (commits) await commitTransaction(state);
      return written.count;
    });
    trail.finished(count);
    return `COPY ${String(count)}`;
  }

  async fail(error: unknown): Promise<SqlError> {
    const mapped = this.#state.clientError(error);
    await this.#gathering.trail.failed(mapped);
    await abandonImplicit(this.#state);
    return mapped;
  }

  /** A cancel that came while the client was silent holds as well. */
  async #step<T>(work: () => Promise<T>): Promise<T> {
    const state = this.#state;
    if (state.signal.aborted) throw new SqlError('queryCanceled', 'canceling statement due to user request');
    // Who may no longer act as somebody, or is gone, writes no further row.
    state.identity(state.services.catalog.snapshot());
    const stopTimer = withTimeout(state);
    try {
      return await stoppable(state.signal, () => admitted(state, work));
    } finally {
      stopTimer();
    }
  }

  /** Integers, booleans and the like were read when they came; of the rest the engine says whether it can. */
  async #checkTypes(rows: readonly CopyRow[]): Promise<void> {
    const { start, types } = this.#gathering;
    const doubtful = start.columns
      .map((column, place) => ({ ...column, place }))
      .filter(({ place }) => !readOnArrival.has(types[place]?.id ?? ''));
    if (doubtful.length === 0) return;
    const connection = await openTransaction(this.#state);
    const prepared = await connection.prepare(firstMisfit(doubtful, rows[0]?.line ?? 0));
    try {
      const chunk = await (await prepared.execute([])).next();
      const [line, place] = [Number(chunk?.columns[0]?.[0] ?? 0), Number(chunk?.columns[1]?.[0] ?? 0)];
      if ((chunk?.rowCount ?? 0) === 0) return;
      const row = rows.find((each) => each.line === line);
      throw misfit(start, { line, place, type: types[place], value: row?.cells[place] ?? '' });
    } finally {
      prepared.close();
    }
  }
}

const readOnArrival: ReadonlySet<string> = new Set(
  'BOOLEAN TINYINT SMALLINT INTEGER BIGINT UTINYINT USMALLINT UINTEGER UBIGINT FLOAT DOUBLE VARCHAR BLOB'.split(' '),
);

const typeNames: Readonly<Record<string, string>> = {
  DECIMAL: 'numeric',
  TIMESTAMPTZ: 'timestamp with time zone',
  TIMETZ: 'time with time zone',
};

interface Misfit {
  readonly line: number;
  readonly place: number;
  readonly type: SqlType | undefined;
  readonly value: string;
}

function misfit({ table, columns }: CopyStart, { line, place, type, value }: Misfit): unknown {
  const id = type?.id ?? '';
  const name = typeNames[id] ?? id.toLowerCase();
  const condition = /^(DATE|TIME)/.test(id) ? 'invalidDatetime' : 'invalidTextRepresentation';
  const error = new SqlError(condition, `invalid input syntax for type ${name}: "${value}"`);
  return inCopy(error, { table: table.name, line, column: columns[place]?.name, value });
}
