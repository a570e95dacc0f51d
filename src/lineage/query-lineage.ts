// The lineage of one query: for each of its columns what it is made of and what decides about it, from the very tree and facts
// that enforcement uses.
import type { Authorization } from '../authorize/authorization.ts';
import type { GuardEffect } from '../rewrite/rewrite-context.ts';
import { fixedParts, type OutputPart } from './rowset.ts';
import { traceExpression } from './trace-expression.ts';
import { traceFrom } from './trace-from.ts';
import { traceQueryNode } from './trace-query.ts';
import { merged, type Traced } from './traced.ts';
import { TreeTracer } from './tree-tracer.ts';

export interface QueryLineage {
  /** As far as the text tells: a star over what is not known stands as `open`. */
  readonly parts: readonly OutputPart[];
  /** What decides which rows there are: it influences every column. */
  readonly rows: Traced;
}

/**
 * @param effects what the guards came to for the reader; none for a definition that holds for every reader
 * @throws SqlError statementTooComplex
 */
export function queryLineage(authorization: Authorization, effects: readonly GuardEffect[]): QueryLineage {
  const parts = { queryNode: traceQueryNode, from: traceFrom, expression: traceExpression };
  return TreeTracer.of(parts, authorization, effects).queryNode(authorization.resolved.statement.node, undefined);
}

/** For each of `width` outputs everything that makes it and decides about it. */
export function outputsOf({ parts, rows }: QueryLineage, width: number): readonly Traced[] {
  return fixedParts(parts, width).map((value) => merged([value, rows]));
}
