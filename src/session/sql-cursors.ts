// DECLARE, FETCH, MOVE, CLOSE: cursors by name, over the same rows in portions as portals have. Forward only.
import { limits } from '../base/limits.ts';
import { SqlError } from '../base/sql-error.ts';
import type { CursorStatement } from '../parse/cursor-statement.ts';
import type { Statement } from '../parse/statement.ts';
import type { Outcome } from './door.ts';
import type { RowCursor } from './row-cursor.ts';
import { runQuery } from './run-query.ts';
import type { SessionState } from './session-state.ts';
import type { StatementTrail } from './statement-context.ts';

interface Declared {
  readonly cursor: RowCursor;
  readonly hold: boolean;
  /** Its transaction has been committed: no later one takes it away. */
  readonly kept?: true;
}

/** Of one session. */
export class SqlCursors {
  readonly #declared: Map<string, Declared> = new Map();

  /** @throws SqlError duplicateCursor, limitExceeded */
  add(name: string, declared: Declared): void {
    this.#declared.set(name, declared);
  }

  has(name: string): boolean {
    return this.#declared.has(name);
  }

  checkNew(name: string): void {
    if (this.#declared.has(name)) throw new SqlError('duplicateCursor', `cursor "${name}" already exists`);
    if (this.#declared.size >= limits.portalsMax) throw new SqlError('limitExceeded', 'too many cursors');
  }

  /** @throws SqlError invalidCursorName */
  of(name: string): RowCursor {
    const declared = this.#declared.get(name);
    if (declared === undefined) throw new SqlError('invalidCursorName', `cursor "${name}" does not exist`);
    return declared.cursor;
  }

  close(name: string | undefined): void {
    const names = name === undefined ? [...this.#declared.keys()] : [name];
    for (const each of names) {
      this.of(each).close();
      this.#declared.delete(each);
    }
  }

  /** Those WITH HOLD keep their rows, which are read before COMMIT. */
  async beforeCommit(): Promise<void> {
    for (const { cursor, hold } of this.#declared.values()) if (hold) await cursor.detach();
  }

  transactionEnded(committed: boolean): void {
    for (const [name, declared] of this.#declared) {
      if (declared.kept === true) continue;
      if (committed && declared.hold) {
        this.#declared.set(name, { ...declared, kept: true });
        continue;
      }
      declared.cursor.close();
      this.#declared.delete(name);
    }
  }
}

export function isCursorStatement(statement: Statement): statement is CursorStatement {
  return ['declareCursor', 'fetch', 'move', 'closeCursor'].includes(statement.kind);
}

export interface CursorRequest {
  readonly statement: CursorStatement;
  readonly trail: StatementTrail;
}

export async function runCursorStatement(state: SessionState, { statement, trail }: CursorRequest): Promise<Outcome> {
  switch (statement.kind) {
    case 'declareCursor':
      return declare(state, statement, trail);
    case 'fetch': {
      const cursor = forward(state, statement);
      trail.startedUnwaited();
      const before = cursor.rowsSent;
      const sent = (): number => cursor.rowsSent - before;
      return {
        kind: 'rows',
        columns: cursor.columns,
        chunks: statement.count === 0 ? noChunks() : cursor.chunks(rowsOf(statement)),
        tag: () => {
          trail.finished(sent());
          return `FETCH ${String(sent())}`;
        },
      };
    }
    case 'move': {
      const cursor = forward(state, statement);
      trail.startedUnwaited();
      const before = cursor.rowsSent;
      if (statement.count !== 0) await readAll(cursor.chunks(rowsOf(statement)));
      trail.finished(0);
      return { kind: 'done', tag: `MOVE ${String(cursor.rowsSent - before)}` };
    }
    case 'closeCursor':
      trail.startedUnwaited();
      state.cursors.close(statement.name);
      trail.finished(0);
      return { kind: 'done', tag: 'CLOSE CURSOR' };
  }
}

async function* noChunks(): AsyncGenerator<never> {
  await Promise.resolve();
}

async function readAll(chunks: AsyncIterable<unknown>): Promise<void> {
  const rows = chunks[Symbol.asyncIterator]();
  while ((await rows.next()).done !== true);
}

type Move = Extract<CursorStatement, { kind: 'fetch' | 'move' }>;

function forward(state: SessionState, { name, count }: Move): RowCursor {
  const cursor = state.cursors.of(name);
  if (count !== 'backward') return cursor;
  throw new SqlError('objectNotInPrerequisiteState', 'cursor can only scan forward', {
    hint: 'Declare it again to start from the first row.',
  });
}

/** 0: all of them. */
function rowsOf({ count }: Move): number {
  return typeof count === 'number' ? count : 0;
}

async function declare(
  state: SessionState,
  { name, scroll, hold, query }: Extract<CursorStatement, { kind: 'declareCursor' }>,
  trail: StatementTrail,
): Promise<Outcome> {
  if (scroll) {
    throw new SqlError('featureNotSupported', 'SCROLL cursors are not supported', { hint: 'Declare it NO SCROLL.' });
  }
  if (!hold && state.transaction.kind !== 'explicit') {
    throw new SqlError('noActiveTransaction', 'DECLARE CURSOR can only be used in transaction blocks');
  }
  state.cursors.checkNew(name);
  const found: RowCursor[] = [];
  const onCursor = (cursor: RowCursor): void => {
    found.push(cursor);
  };
  const summary = undefined;
  await runQuery(state, { query, summary, parameters: [], maxRows: 0, onCursor, trail });
  for (const cursor of found) {
    // Outside of a block nothing else keeps its rows.
    if (state.transaction.kind === 'explicit') state.cursors.add(name, { cursor, hold });
    else {
      await cursor.detach();
      state.cursors.add(name, { cursor, hold, kept: true });
    }
  }
  return { kind: 'done', tag: 'DECLARE CURSOR' };
}
