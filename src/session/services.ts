// What every session of a server shares.
import type { Analyzer } from '../analyze/bodies.ts';
import type { AuditLog } from '../audit/event.ts';
import type { Clock } from '../base/clock.ts';
import type { LiveCatalog } from '../catalog/live-catalog.ts';
import type { CatalogEngine } from '../clients/catalog-engine.ts';
import type { DuckDbEngine } from '../engine/duckdb-engine.ts';
import type { LineageLog } from '../lineage/lineage-log.ts';
import type { Rewriter } from '../rewrite/rewrite.ts';
import type { SqlCodec } from '../sql/sql-codec.ts';
import type { Admission } from './admission.ts';
import type { ChangePlans } from './change-plans.ts';
import type { HeldBytes } from './held-bytes.ts';
import type { OpenSessions } from './open-sessions.ts';
import type { PlanCache } from './plan-query.ts';

/** A pino-like logger; objects first. */
export interface SessionLog {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

export interface Services {
  readonly catalog: LiveCatalog;
  readonly engine: DuckDbEngine;
  readonly codec: SqlCodec;
  readonly analyzer: Analyzer;
  readonly rewriter: Rewriter;
  readonly audit: AuditLog;
  readonly lineage: LineageLog;
  /** Answers what clients ask of PostgreSQL's catalogs. */
  readonly catalogs: CatalogEngine;
  readonly admission: Admission;
  readonly plans: PlanCache;
  /** Of all sessions. */
  readonly held: HeldBytes;
  readonly changePlans: ChangePlans;
  readonly clock: Clock;
  readonly log: SessionLog;
  /** Of one answer; 0: none. Bytes are counted as the engine gives them, roughly those of a text answer. */
  readonly resultLimits: { readonly rows: number; readonly bytes: number };
  /** Default of statement_timeout. */
  readonly statementTimeoutMs: number;
  /** Defaults of idle_session_timeout and idle_in_transaction_session_timeout; 0: none. */
  readonly idleTimeouts: { readonly sessionMs: number; readonly inTransactionMs: number };
  readonly sessions: OpenSessions;
}
