// Output names. Rewriting changes expressions, and DuckDB names an unnamed output by its text: left alone, a name would tell
// the policy. So an output that rewriting may change is named before: inside a statement as DuckDB would have named the
// original, at its top (on the wire) as PostgreSQL does.

import { reservedPrefix } from '../analyze/resolution.ts';
import type { ResolvedQuery } from '../analyze/resolved-query.ts';
import { SqlError } from '../base/sql-error.ts';
import type { Expression, QueryNode, SelectNode, SelectStatement } from '../sql/ast.ts';
import { named, select, statementOf } from '../sql/build.ts';
import { isExpression, walk } from '../sql/children.ts';
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
    if (isExpression(node)) return true;
    const outputs = node.type === 'PIVOT' ? node.aggregates : node.type === 'SELECT_NODE' ? node.select_list : [];
    items.push(...outputs.filter((item) => isUnnamed(item) && mayChange(query, item)));
    return true;
  });
  return items;
}

function isUnnamed(item: Expression): boolean {
  return item.alias === '' && item.class !== 'COLUMN_REF' && !expands(item);
}

/** A star gives several outputs: an alias would change their names. */
function expands(item: Expression): boolean {
  let found = false;
  walk(item, (node) => {
    if (!isExpression(node)) return false;
    found ||= node.class === 'STAR';
    return !found && node.class !== 'SUBQUERY';
  });
  return found;
}

/** UNNEST of a struct gives an output per field; an alias would be an error. */
function isUnnest(item: Expression): boolean {
  return item.class === 'FUNCTION' && item.function_name === 'unnest';
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
      query.listParameters.has(node) ||
      (node.class === 'COLUMN_REF' && query.columnNames.has(node)) ||
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

/**
 * The name an output must be given after rewriting; undefined where it keeps its own. What has changed and has no name of its
 * own must get one: DuckDB would name it by the text that it has now.
 * @throws SqlError featureNotSupported
 */
export function outputName(written: Expression, rewritten: Expression, names: OutputNames): string | undefined {
  if (rewritten.alias !== '' || written.alias !== '') return undefined;
  if (written.class === 'COLUMN_REF') {
    // A bare word such as current_user has become a constant: it keeps its own name.
    return rewritten.class === 'COLUMN_REF' ? undefined : written.column_names.at(-1);
  }
  // Also where nothing has changed yet: printing respells some literals.
  const name = names.get(written);
  // The columns of a star keep their names.
  if (name !== undefined || rewritten === written || (written.class === 'STAR' && !written.columns)) return name;
  throw new SqlError('featureNotSupported', 'this expression needs a name of its own here', {
    hint: 'Write it without COLUMNS(…), or compute it in a subquery first and name it with AS.',
  });
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
    if (written === undefined || !isUnnamed(written) || (isUnnest(written) && item.alias === '')) return item;
    const token = `${reservedPrefix}c${String(index + 1)}`;
    names.set(token, postgresName(written));
    return named(item, token);
  });
}
