// The shapes in which types, literals and bodies are parsed: whatever else a text turns out to be is not one of them.
import { assert } from '../base/assert.ts';
import type { Cast, Expression, SelectStatement } from '../sql/ast.ts';
import type { LogicalType } from '../sql/ast-leaf.ts';
import { isBareSelect } from '../sql/read-parts.ts';

export function nullOf({ type }: { readonly type: string }): string {
  return `CAST(NULL AS ${type})`;
}

/** Types are canonical spellings; a function without any still gives a statement. */
export function nullsOf(typed: readonly { readonly type: string }[]): string {
  return `SELECT ${(typed.length === 0 ? [{ type: 'INTEGER' }] : typed).map(nullOf).join(', ')}`;
}

export function typeAt(casts: readonly Cast[] | undefined, index: number): LogicalType {
  const found = casts?.[index];
  assert(found !== undefined, 'a type was not parsed');
  return found.cast_type;
}

/** The select list, if the statement is nothing but a list of casts. */
export function castsOf(statement: SelectStatement): readonly Cast[] | undefined {
  const { node } = statement;
  if (!isBareSelect(node)) return undefined;
  const casts = node.select_list.filter((item: Expression): item is Cast => item.class === 'CAST' && !item.try_cast);
  return casts.length === node.select_list.length ? casts : undefined;
}

/** A constant, also one with a sign, a cast around it (DATE '…', TRUE) or an interval's functions. */
export function isLiteral(node: Expression): boolean {
  switch (node.class) {
    case 'CONSTANT':
      return true;
    case 'CAST':
      return isLiteral(node.child);
    case 'FUNCTION':
      return literalFunctions.has(node.function_name) && node.schema === '' && node.children.every(isLiteral);
    default:
      return false;
  }
}

/** What DuckDB's parser makes of -1 and INTERVAL '…'. */
const literalFunctions: ReadonlySet<string> = new Set(
  '- trunc to_years to_months to_days to_hours to_minutes to_seconds to_milliseconds to_microseconds to_weeks'.split(
    ' ',
  ),
);
