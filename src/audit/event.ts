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
  | { readonly kind: 'login'; readonly actor: AuditActor; readonly outcome: 'ok' | 'failed'; readonly reason?: string }
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
    }
  | {
      readonly kind: 'catalogChanged';
      readonly actor: AuditActor;
      readonly statementId: string;
      readonly catalogVersion: number;
      /** The changes as stored, without secrets. */
      readonly changes: readonly unknown[];
    };

export interface AuditLog {
  /**
   * Queues the event; resolves when it is durable (fdatasync), with its sequence number.
   * @throws SqlError diskFull when it cannot be written: then nothing may be answered.
   */
  append(event: AuditEvent): Promise<number>;
  /** Writes the signed end and releases the files. */
  close(): Promise<void>;
}
