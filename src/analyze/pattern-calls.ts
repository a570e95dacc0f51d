// LIKE, ILIKE and GLOB. DuckDB matches by trying: with each further run of wildcards the time is multiplied by the text's length
// (measured: 23 s on 2,000 rows, not interruptible; a stack overflow for a million wildcards). So a pattern is left to it only
// where one run of wildcards, besides one at the end, bounds the time; others are matched by RE2 (rewrite/linear-patterns.ts).
import { SqlError } from '../base/sql-error.ts';
import type { Expression, FunctionCall } from '../sql/ast.ts';
import { isExpression, walk } from '../sql/children.ts';
import { positionOf } from '../sql/position.ts';
import type { FunctionClass } from './functions/function-class.ts';
import { functionLimits } from './functions/function-limits.ts';

export type PatternClass = Extract<FunctionClass, { kind: 'pattern' }>;

/** A call whose pattern must be looked at with the values. */
export interface PatternGuard {
  readonly kind: 'pattern';
  readonly pattern: PatternClass;
  /** Empty: none. */
  readonly escape: string;
}

/** A text constant; undefined for anything else. */
export function textOf(node: Expression | undefined): string | undefined {
  if (node?.class !== 'CONSTANT' || node.value.is_null || node.value.type.id !== 'VARCHAR') return undefined;
  return typeof node.value.value === 'string' ? node.value.value : undefined;
}

/** True when DuckDB's own matcher takes time in proportion to the text, whatever it is. */
export function isLinear(known: PatternClass, node: FunctionCall): boolean {
  const pattern = textOf(node.children[1]);
  if (pattern === undefined || Buffer.byteLength(pattern) > functionLimits.patternBytesMax) return false;
  // Such constants are cut into pieces that are searched for one after another.
  if (known.searched && !pattern.includes('_')) return true;
  const many = known.language === 'glob' ? '*' : '%';
  const runs = pattern.split(many).filter((piece, index) => index > 0 && piece !== '');
  return runs.length <= 1;
}

/** @throws SqlError featureNotSupported for what cannot be matched in time; undefined: the call may stay as it is */
export function patternGuard(known: PatternClass, node: FunctionCall): PatternGuard | undefined {
  if (isLinear(known, node)) return undefined;
  const escape = node.children.length > 2 ? textOf(node.children[2]) : '';
  // Letters and digits could not be told from the names of a regular expression's own escapes.
  if (escape === undefined || !/^[!-/:-@[-^`{-~]?$/.test(escape)) {
    throw new SqlError('featureNotSupported', 'this ESCAPE is not supported for this pattern', positionOf(node));
  }
  if (hasCollation(node)) {
    throw new SqlError('featureNotSupported', 'COLLATE is not supported for this pattern', positionOf(node));
  }
  return { kind: 'pattern', pattern: known, escape };
}

function hasCollation(node: Expression): boolean {
  let found = false;
  walk(node, (inner) => {
    found ||= isExpression(inner) && inner.class === 'COLLATE';
    return !found;
  });
  return found;
}
