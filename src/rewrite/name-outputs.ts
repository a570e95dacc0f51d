// Output names. Rewriting changes expressions, and DuckDB names an unnamed output by its text: left alone, a name would tell
// the policy. So an output that rewriting may change is named before: inside a statement as DuckDB would have named the
// original, at its top (on the wire) as PostgreSQL does.

import { reservedPrefix } from '../analyze/resolution.ts';
import type { ResolvedQuery } from '../analyze/resolved-query.ts';
import type { Expression, QueryNode, SelectNode, SelectStatement } from '../sql/ast.ts';
import { named, select, statementOf } from '../sql/build.ts';
import { isExpression, isQueryNode, walk } from '../sql/children.ts';
import { printable } from '../sql/printable.ts';
import type { SqlCodec } from '../sql/sql-codec.ts';
import { postgresName } from './postgres-names.ts';

/** Names by the expression they belong to. */
export type OutputNames = ReadonlyMap<Expression, string>;

/** DuckDB's names for the unnamed outputs of `query` that rewriting may change. */
export async function duckdbNames(codec: SqlCodec, query: ResolvedQuery): Promise<OutputNames> {
  const names = new Map<Expression, string>();
  for (const item of changingOutputs(query)) {
    const text = await codec.spell(statementOf(select({ select_list: [item] })));
    names.set(item, text.replace(/^SELECT /, '').replaceAll(doubleCast, asParsed));
  }
  return names;
}

function changingOutputs(query: ResolvedQuery): readonly Expression[] {
  const items: Expression[] = [];
  walk(query.statement.node, (node) => {
    if (!isExpression(node) && isQueryNode(node) && node.type === 'SELECT_NODE') {
      items.push(...node.select_list.filter((item) => isUnnamed(item) && mayChange(query, item)));
    }
    return true;
  });
  return items;
}

function isUnnamed(item: Expression): boolean {
  return item.alias === '' && item.class !== 'COLUMN_REF' && !expands(item);
}

/** Stars and struct unnesting give several outputs: an alias would change their names. */
function expands(item: Expression): boolean {
  let found = false;
  walk(item, (node) => {
    if (!isExpression(node)) return false;
    if (node.class === 'STAR' || (node.class === 'FUNCTION' && node.function_name === 'unnest')) found = true;
    return !found && node.class !== 'SUBQUERY';
  });
  return found;
}

function mayChange(query: ResolvedQuery, item: Expression): boolean {
  let changes = hasChangingLiteral(item);
  const functions = new Set<unknown>(query.functions.map((use) => use.node));
  walk(item, (node) => {
    if (
      !isExpression(node) ||
      node.class === 'SUBQUERY' ||
      isIntervalPart(node) ||
      query.identities.has(node) ||
      query.guardedCalls.has(node) ||
      functions.has(node)
    ) {
      changes = true;
    }
    return !changes;
  });
  return changes;
}

/**
 * DuckDB's parser spells a type that it has read in quotes where its name is a keyword, and one that it has put in by itself, in
 * what it makes of INTERVAL 3 DAY, without.
 */
const doubleCast = /(trunc\(CAST\((?:'[^']*'|[^()'])+)? AS DOUBLE\)/g;

function asParsed(match: string, interval: string | undefined): string {
  return interval === undefined ? ' AS "DOUBLE")' : match;
}

function isIntervalPart(node: Expression): boolean {
  return node.class === 'FUNCTION' && node.function_name === 'trunc' && node.children[0]?.class === 'CAST';
}

function hasChangingLiteral(item: Expression): boolean {
  const statement = statementOf(select({ select_list: [item] }));
  return printable(statement) !== statement;
}

/** The name an output must be given after rewriting; undefined where it keeps its own. */
export function outputName(written: Expression, rewritten: Expression, names: OutputNames): string | undefined {
  if (rewritten.alias !== '' || written.alias !== '') return undefined;
  // A bare word such as current_user has become a constant: it keeps its own name.
  if (written.class === 'COLUMN_REF') {
    return rewritten.class === 'COLUMN_REF' ? undefined : written.column_names.at(-1);
  }
  return names.get(written);
}

/** The top of a statement for the wire: unnamed outputs get tokens, and each token its PostgreSQL name. */
export interface WireNames {
  readonly statement: SelectStatement;
  readonly names: ReadonlyMap<string, string>;
}

/**
 * Tokens instead of the names themselves, because an alias would be visible to the query's other clauses: ORDER BY max
 * must go on meaning the column of that name.
 */
export function wireNames(original: SelectStatement, rewritten: SelectStatement): WireNames {
  const names = new Map<string, string>();
  const node = tokenized(original.node, rewritten.node, names);
  return { statement: node === rewritten.node ? rewritten : { ...rewritten, node }, names };
}

function tokenized(original: QueryNode, rewritten: QueryNode, names: Map<string, string>): QueryNode {
  if (original.type === 'SET_OPERATION_NODE' && rewritten.type === 'SET_OPERATION_NODE') {
    // BY NAME matches outputs by name: they keep theirs.
    if (original.setop_type === 'UNION_BY_NAME') return rewritten;
    return { ...rewritten, left: tokenized(original.left, rewritten.left, names) };
  }
  if (original.type !== 'SELECT_NODE' || rewritten.type !== 'SELECT_NODE') return rewritten;
  return { ...rewritten, select_list: tokenizedItems(original, rewritten, names) };
}

function tokenizedItems(
  original: SelectNode,
  rewritten: SelectNode,
  names: Map<string, string>,
): readonly Expression[] {
  return rewritten.select_list.map((item, index) => {
    const written = original.select_list[index];
    if (written === undefined || !isUnnamed(written)) return item;
    const token = `${reservedPrefix}c${String(index + 1)}`;
    names.set(token, postgresName(written));
    return named(item, token);
  });
}
