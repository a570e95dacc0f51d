// What a door (the PostgreSQL wire, later REST) needs of the rest: log in, and one Session per connection.
// The wire layer is written against this file alone.
import type { ScramVerifier } from '../base/scram-verifier.ts';
import type { SqlError } from '../base/sql-error.ts';
import type { ResultColumn, RowChunk, SqlType, SqlValue } from '../sql/sql-type.ts';

export interface LoginRequest {
  readonly user: string;
  /** The startup packet's `database`; defaults to the user's name as in PostgreSQL, so doors pass what they got. */
  readonly database: string | undefined;
  readonly applicationName: string;
  readonly clientAddress: string;
  /** The client speaks through TLS. */
  readonly encrypted: boolean;
  /** Other startup parameters (client_encoding, options already split …), applied like SET. */
  readonly settings: ReadonlyMap<string, string>;
}

/** How a client is to prove itself. */
export type LoginChallenge =
  /** By SCRAM; a verifier that nobody knows belongs to no user, or to one without a password, and no proof holds for it. */
  | { readonly kind: 'scram'; readonly verifier: ScramVerifier; readonly isKnown: boolean }
  /** By a secret in clear text: asked for through TLS alone. */
  | { readonly kind: 'secret' };

export type LoginProof =
  /** Whether the client's proof holds for the challenge's verifier, which is for the door's caller to find out. */
  | { readonly kind: 'scram'; readonly holds: boolean }
  /** A password, or a token. */
  | { readonly kind: 'secret'; readonly secret: string };

export interface Door {
  /**
   * The same for users that do not exist, each time.
   * @throws SqlError invalidAuthorization after too many failed logins, or when a token was announced without TLS
   */
  challenge(request: LoginRequest): Promise<LoginChallenge>;
  /** Whose token it is, for clients that send nothing else; undefined: nobody's. It proves nothing yet. */
  userOfToken(secret: string): Promise<string | undefined>;
  /**
   * Opens a session for a client that has proved itself. Leaves a login event, of failures too, durable before it resolves.
   * @throws SqlError invalidPassword, tooManyConnections, undefinedCatalog, invalidParameterValue …
   */
  login(request: LoginRequest, proof: LoginProof): Promise<Session>;
}

/** How long a client may be silent, and what it is told then. */
export interface IdleLimit {
  readonly timeoutMs: number;
  readonly error: SqlError;
}

/** ReadyForQuery's byte. */
export type TransactionStatus = 'I' | 'T' | 'E';

export interface Notice {
  readonly severity: 'NOTICE' | 'WARNING' | 'INFO';
  readonly sqlState: string;
  readonly message: string;
  readonly detail?: string;
  readonly hint?: string;
}

/** What executing a statement or a portal gives. */
export type Outcome =
  | {
      readonly kind: 'rows';
      readonly columns: readonly ResultColumn[];
      /** Pulled by the door; a thrown SqlError ends the statement as failed. Not resumed after `return()`. */
      readonly chunks: AsyncIterable<RowChunk>;
      /** After the last chunk: the CommandComplete tag ("SELECT 3"), or undefined when the row limit suspended the portal. */
      readonly tag: () => string | undefined;
    }
  /** COPY … TO STDOUT: the rows of a query, to be spelled as the statement asks. */
  | {
      readonly kind: 'copyOut';
      readonly columns: readonly ResultColumn[];
      readonly format: CopyFormat;
      readonly chunks: AsyncIterable<RowChunk>;
      readonly tag: () => string;
    }
  /** COPY … FROM STDIN: the door reads rows from the client and hands them to the sink. */
  | {
      readonly kind: 'copyIn';
      readonly table: string;
      readonly columns: readonly ResultColumn[];
      readonly format: CopyFormat;
      readonly sink: CopySink;
    }
  /** A statement without rows: its CommandComplete tag. */
  | { readonly kind: 'done'; readonly tag: string }
  /** An empty query string. */
  | { readonly kind: 'empty' };

/** A row that a client copies: values as text that the engine reads. */
export interface CopyRow {
  /** From 1, with the header. */
  readonly line: number;
  readonly cells: readonly (string | null)[];
}

/** Exactly one of `finish` and `fail` ends it. */
export interface CopySink {
  /** @throws SqlError; then `fail` is still to be called */
  write(rows: readonly CopyRow[]): Promise<void>;
  /** All rows have come: writes them. @returns the CommandComplete tag @throws SqlError, as `write` */
  finish(): Promise<string>;
  /** Nothing is written. @returns what the client is told, once that is durable */
  fail(error: unknown): Promise<SqlError>;
}

/** How COPY spells rows. Delimiter, quote and escape are each one ASCII character. */
export type CopyFormat =
  | { readonly kind: 'binary' }
  | { readonly kind: 'text'; readonly delimiter: string; readonly nullText: string; readonly header: CopyHeader }
  | {
      readonly kind: 'csv';
      readonly delimiter: string;
      readonly nullText: string;
      readonly header: CopyHeader;
      readonly quote: string;
      readonly escape: string;
      /** By place: whether a column's values are always in quotes; of COPY FROM, whether NULL's text is a string in it. */
      readonly forced: readonly boolean[];
      /** By place, of COPY FROM: whether NULL's text is NULL in quotes too. */
      readonly forcedNull: readonly boolean[];
    };

/** `match`: of COPY FROM; the first line must have the columns' names. */
export type CopyHeader = 'none' | 'skip' | 'match';

export interface StatementDescription {
  /** One per $n; the client's OID decides when it gave one. Undefined: could not be inferred (wire says text). */
  readonly parameterTypes: readonly (SqlType | undefined)[];
  /** Undefined for a statement without rows (NoData). */
  readonly columns: readonly ResultColumn[] | undefined;
}

/** The value of a parameter, decoded by the wire according to the type that Describe told (or the client's OID). */
export interface ParameterValue {
  readonly type: SqlType;
  readonly value: SqlValue;
}

/** The settings that decide how values are spelled in text, as SHOW tells them. */
export interface Spelling {
  readonly timeZone: string;
  readonly dateStyle: string;
  readonly intervalStyle: string;
  readonly byteaOutput: string;
  readonly extraFloatDigits: number;
}

/** One connected principal. Calls are made one at a time, except `cancel` and `close`. */
export interface Session {
  readonly transactionStatus: TransactionStatus;
  readonly spelling: Spelling;
  /** Between statements, as the settings and the transaction are now; undefined: none. */
  readonly idleLimit: IdleLimit | undefined;
  /** Called when the session must end although its client did not ask for it. */
  onTerminated(listener: (error: SqlError) => void): void;
  /** Every ParameterStatus to report after login, and those changed since the last call. */
  takeParameterChanges(): readonly (readonly [name: string, value: string])[];
  takeNotices(): readonly Notice[];

  /** Simple protocol: each statement in turn; stops at the first error by throwing it. Implicit transaction as in PostgreSQL. */
  simpleQuery(text: string): AsyncIterable<Outcome>;

  /** @param parameterTypes by position; undefined where the client left the type open. */
  parse(name: string, text: string, parameterTypes: readonly (SqlType | undefined)[]): Promise<void>;
  describeStatement(name: string): Promise<StatementDescription>;
  /** Types for decoding parameters at Bind: same as describeStatement's, without planning when not needed. */
  parameterTypes(statement: string): Promise<readonly (SqlType | undefined)[]>;
  bind(portal: string, statement: string, parameters: readonly ParameterValue[]): Promise<void>;
  describePortal(name: string): Promise<readonly ResultColumn[] | undefined>;
  /** @param maxRows 0 for all. */
  execute(portal: string, maxRows: number): Promise<Outcome>;
  closeStatement(name: string): Promise<void>;
  closePortal(name: string): Promise<void>;
  /** Ends the implicit transaction of an extended-protocol sequence: commits, or rolls back after an error. */
  sync(): Promise<void>;
  /** The door tells that it answered an error (also its own), so that an open transaction turns to E. */
  failed(error: SqlError): void;

  /** Interrupts what runs now; it then throws queryCanceled. Safe at any time. */
  cancel(): void;
  /** Rolls back and frees everything. Idempotent. */
  close(): Promise<void>;
}
