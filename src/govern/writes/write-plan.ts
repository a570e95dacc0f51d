// What one write comes to: sealed statements in order, what they are allowed by, and what the client is told.
import type { TouchedObject } from '../../audit/event.ts';
import type { Authorization } from '../../authorize/authorization.ts';
import type { ObjectId, Table } from '../../catalog/securable.ts';
import type { WrittenLineage } from '../../lineage/recorded.ts';
import type { ExecutableQuery } from '../../rewrite/executable-query.ts';
import type { RewrittenQuery } from '../../rewrite/rewrite.ts';

export interface WriteStep {
  readonly query: ExecutableQuery;
  /** Its rows are those of the command tag. */
  readonly counts: boolean;
}

/** RETURNING: one query over the rows that were written. */
export interface Returning {
  readonly query: RewrittenQuery;
  /** The same over the table itself, to be described before there are rows. */
  readonly described: ExecutableQuery;
  readonly authorization: Authorization;
}

export interface WritePlan {
  readonly table: Table;
  readonly catalogId: ObjectId;
  readonly authorizations: readonly Authorization[];
  readonly touched: readonly TouchedObject[];
  readonly steps: readonly WriteStep[];
  /** Run after the answer's rows have been read. */
  readonly cleanup: readonly ExecutableQuery[];
  readonly returning: Returning | undefined;
  /** Never run: what holds parameters that the first step does not. */
  readonly alsoDescribed?: ExecutableQuery;
  /** The tag before the number of rows. */
  readonly tag: string;
  /** A tag that tells no number. */
  readonly uncounted?: true;
  /** Where what is written comes from. */
  readonly lineage: WrittenLineage;
  /** Does the table hide rows from the writer? A key that collides then may tell of one. */
  readonly hidesRows: boolean;
}

export function step(query: ExecutableQuery): WriteStep {
  return { query, counts: false };
}

export function counted(query: ExecutableQuery): WriteStep {
  return { query, counts: true };
}
