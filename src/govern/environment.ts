// What a governance statement may use, and what it gives back. It changes nothing itself: the session runs the DDL, commits
// the changes and sends the answer.
import type { Analyzer } from '../analyze/bodies.ts';
import type { ResolvedQuery, SearchPath } from '../analyze/resolved-query.ts';
import type { TouchedObject } from '../audit/event.ts';
import type { Access } from '../authorize/access.ts';
import type { Authorization } from '../authorize/authorization.ts';
import type { Identity } from '../authorize/identity.ts';
import type { Change } from '../catalog/change.ts';
import type { PastCatalog, PastPoint } from '../catalog/past.ts';
import type { ObjectId, ResolutionContext } from '../catalog/securable.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { WrittenLineage } from '../lineage/recorded.ts';
import type { Span } from '../parse/statement.ts';
import type { ExecutableDdl, ExecutableQuery } from '../rewrite/executable-query.ts';
import type { Rewriter } from '../rewrite/rewrite.ts';
import type { SessionFacts } from '../rewrite/rewrite-context.ts';
import type { Answer } from '../sql/answer.ts';
import type { BaseTable, SelectStatement } from '../sql/ast.ts';
import type { SqlCodec } from '../sql/sql-codec.ts';

export interface NamedType {
  readonly name: string;
  /** DuckDB's canonical spelling. */
  readonly type: string;
}

export interface GovernEnvironment {
  readonly snapshot: CatalogSnapshot;
  readonly access: Access;
  readonly identity: Identity;
  /** Who runs the statement: owner of what it creates. */
  readonly actorId: ObjectId;
  readonly path: SearchPath;
  readonly session: SessionFacts;
  /** How unnamed outputs of what the client reads are called. */
  readonly outputNames: 'postgres' | 'duckdb';
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The session's, for times without an offset. */
  readonly timeZone: string;
  /** Fires when the statement is cancelled: long work looks at it between two steps. */
  readonly signal: AbortSignal;
  readonly codec: SqlCodec;
  readonly analyzer: Analyzer;
  readonly rewriter: Rewriter;
  /** An id that no object has, had or will get from another session. */
  newId(): ObjectId;
  /** The catalog as it was; undefined: there is no such version. */
  catalogOf(point: PastPoint): Promise<PastCatalog | undefined>;
  /** Parsed, analyzed and authorized as the session's user. */
  authorizeQuery(query: Span): Promise<Authorization>;
  /** The same for a tree. @param unread tells of a mention that is written without being read */
  authorizeStatement(
    statement: SelectStatement,
    unread?: (resolved: ResolvedQuery) => BaseTable | undefined,
  ): Promise<Authorization>;
  /** Output names and types of a sealed query, without running it. */
  describe(query: ExecutableQuery): Promise<readonly NamedType[]>;
}

/** Physical work, in the session's transaction. */
export type PhysicalWork =
  | { readonly kind: 'ddl'; readonly ddl: ExecutableDdl }
  | { readonly kind: 'write'; readonly query: ExecutableQuery };

export interface Governed {
  readonly tag: string;
  readonly changes?: readonly Change[];
  readonly work?: readonly PhysicalWork[];
  /** The catalog whose file must exist first. */
  readonly attach?: ObjectId;
  readonly answer?: Answer;
  readonly touched?: readonly TouchedObject[];
  readonly notice?: string;
  /** Where the rows of what is made come from. */
  readonly lineage?: WrittenLineage;
}

/** What stored bodies keep of the session that made them. */
export function contextOf(environment: GovernEnvironment): ResolutionContext {
  const { currentCatalog, currentSchema } = environment.session;
  return { catalog: currentCatalog, schema: currentSchema };
}
