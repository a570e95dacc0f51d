// The one error class for everything a client may be told.
import { type Condition, sqlStates } from './sql-state.ts';

export interface SqlErrorOptions {
  /** A sentence with more facts; no data of rows, no policy text, no name the reader may not know. */
  readonly detail?: string;
  /** A sentence saying what to do. */
  readonly hint?: string;
  /** 0-based character offset into the statement as the client sent it. */
  readonly position?: number;
  /** Names the log entry that holds what the client is not told. */
  readonly id?: string;
  /** Where it happened, when that is no place in the statement: a line of what a client copies. */
  readonly context?: string;
  readonly cause?: unknown;
}

/** An error for the client: `message` is lower case, without full stop, and names the object. */
export class SqlError extends Error {
  override readonly name = 'SqlError';
  readonly condition: Condition;
  readonly detail: string | undefined;
  readonly hint: string | undefined;
  readonly position: number | undefined;
  readonly id: string | undefined;
  readonly context: string | undefined;

  constructor(condition: Condition, message: string, options: SqlErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.condition = condition;
    this.detail = options.detail;
    this.hint = options.hint;
    this.position = options.position;
    this.id = options.id;
    this.context = options.context;
  }

  /** The five-character SQLSTATE of the condition. */
  get sqlState(): string {
    return sqlStates[this.condition];
  }
}

/** The same error at a place further on: a span's position becomes a statement's, a statement's a message's. */
export function shiftedBy(error: SqlError, offset: number): SqlError {
  if (error.position === undefined || offset === 0) return error;
  return changed(error, { position: error.position + offset });
}

/** The same error of a text that the client did not write. */
export function withoutPosition(error: SqlError): SqlError {
  return error.position === undefined ? error : changed(error, { position: undefined });
}

/** The same error, with what was found out about it afterwards. */
export function explained(
  error: SqlError,
  facts: { readonly message?: string; readonly hint?: string; readonly position?: number },
): SqlError {
  return changed(error, facts);
}

export function inContext(error: SqlError, context: string): SqlError {
  return changed(error, { context });
}

function changed(
  error: SqlError,
  facts: {
    readonly message?: string;
    readonly hint?: string;
    readonly position?: number | undefined;
    readonly context?: string;
  },
): SqlError {
  const { detail, id } = error;
  const hint = facts.hint ?? error.hint;
  const position = 'position' in facts ? facts.position : error.position;
  const context = facts.context ?? error.context;
  return new SqlError(error.condition, facts.message ?? error.message, {
    ...(position === undefined ? {} : { position }),
    ...(detail === undefined ? {} : { detail }),
    ...(hint === undefined ? {} : { hint }),
    ...(id === undefined ? {} : { id }),
    ...(context === undefined ? {} : { context }),
    cause: error.cause,
  });
}
