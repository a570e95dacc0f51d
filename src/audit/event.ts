// What the audit log holds: one union of event kinds. Fields are facts, never rows, passwords or tokens.

export interface AuditActor {
  /** Who logged in. */
  readonly principal: string;
  /** Whose rights held (SET CURRENT USER); equals `principal` otherwise. */
  readonly runAs: string;
  readonly clientAddress: string;
  readonly application: string;
  readonly sessionId: string;
}

export interface TouchedObject {
  /** Object id: survives renames. */
  readonly id: string;
  /** Full name at the time. */
  readonly name: string;
  readonly action: string;
  /** Names of columns; '*' when they cannot be told apart. */
  readonly columns: readonly string[];
  readonly masked: readonly string[];
  readonly filtered: boolean;
}

export type AuditEvent =
  | { readonly kind: 'serverStarted'; readonly version: string; readonly recoveredSequence: number }
  | { readonly kind: 'serverStopped' }
  | {
      readonly kind: 'login';
      readonly actor: AuditActor;
      readonly outcome: 'ok' | 'failed';
      /** Of a failure. */
      readonly reason?: string;
      /** What proved who it was. */
      readonly method?: 'password' | 'token' | 'oidc';
      readonly tokenId?: string;
    }
  | { readonly kind: 'logout'; readonly actor: AuditActor }
  | {
      readonly kind: 'statementStarted';
      readonly actor: AuditActor;
      readonly statementId: string;
      /** e.g. SELECT, INSERT, GRANT */
      readonly command: string;
      /** With secrets removed, cut to limits.auditStatementBytesMax. */
      readonly text: string;
      readonly catalogVersion: number;
      readonly objects: readonly TouchedObject[];
    }
  | {
      readonly kind: 'statementDenied';
      readonly actor: AuditActor;
      readonly statementId: string;
      readonly command: string;
      readonly text: string;
      readonly catalogVersion: number;
      readonly objects: readonly TouchedObject[];
      readonly sqlState: string;
      /** What was missing, in full (the client may have been told less). */
      readonly reason: string;
    }
  | {
      readonly kind: 'statementFinished';
      readonly actor: AuditActor;
      readonly statementId: string;
      readonly outcome: 'succeeded' | 'failed' | 'cancelled';
      readonly sqlState?: string;
      readonly rows: number;
      readonly durationMs: number;
      /** A key collided on a table that hides rows from the writer: the row it met may be hidden. */
      readonly mayTellOfHiddenRow?: true;
    }
  | {
      readonly kind: 'catalogChanged';
      readonly actor: AuditActor;
      readonly statementId: string;
      readonly catalogVersion: number;
      /** The changes as stored, without secrets. */
      readonly changes: readonly unknown[];
    };

/** A signed statement that the log's record `sequence` has the hash `headHash`, and so every record before it is fixed. */
export interface Checkpoint {
  /** opened: first record of a run; closed: last record of a clean stop. */
  readonly kind: 'opened' | 'checkpoint' | 'closed';
  /** 0 with 64 zeros for headHash: nothing was there yet. */
  readonly sequence: number;
  readonly headHash: string;
  readonly time: string;
  /** Ed25519, base64; over what: checkpoint.ts. */
  readonly signature: string;
}

export interface TornFile {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Records the log writes about itself; `append` takes none of them. */
export type LogRecord =
  | Checkpoint
  /** The run before ended without a `closed`: what was cut off its incomplete last line is kept in `torn`. */
  | { readonly kind: 'recovered'; readonly torn: readonly TornFile[] }
  /** Writing works again; `rejected` events were refused meanwhile, and so was what they would have told of. */
  | { readonly kind: 'resumed'; readonly rejected: number; readonly code: string };

export interface AuditLog {
  /**
   * Queues the event; resolves when it is durable (fdatasync), with its sequence number.
   * @throws SqlError diskFull when it cannot be written: then nothing may be answered.
   */
  append(event: AuditEvent): Promise<number>;
  /** Writes the signed end and releases the files. */
  close(): Promise<void>;
}
