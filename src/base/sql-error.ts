// The one error class for everything a client may be told.
import { type Condition, sqlStates } from './sql-state.ts';

export interface SqlErrorOptions {
  /** A sentence with more facts; no data of rows, no policy text, no name the reader may not know. */
  readonly detail?: string;
  /** A sentence saying what to do. */
  readonly hint?: string;
  /** 0-based character offset into the statement as the client sent it. */
  readonly position?: number;
  readonly cause?: unknown;
}

/** An error for the client: `message` is lower case, without full stop, and names the object. */
export class SqlError extends Error {
  override readonly name = 'SqlError';
  readonly condition: Condition;
  readonly detail: string | undefined;
  readonly hint: string | undefined;
  readonly position: number | undefined;

  constructor(condition: Condition, message: string, options: SqlErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.condition = condition;
    this.detail = options.detail;
    this.hint = options.hint;
    this.position = options.position;
  }

  /** The five-character SQLSTATE of the condition. */
  get sqlState(): string {
    return sqlStates[this.condition];
  }
}
