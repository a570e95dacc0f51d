// A use of a system relation becomes a derived table over a value of our own: the rows that the asker may see, as JSON text,
// bound after the client's parameters. Nothing of the catalog is printed into SQL, and what DuckDB sees is a table like any.
import type { SystemUse } from '../analyze/resolved-query.ts';
import { fold } from '../base/identifier.ts';
import { limits } from '../base/limits.ts';
import { SqlError } from '../base/sql-error.ts';
import type { Expression, SelectStatement, TableRef } from '../sql/ast.ts';
import { cast, columnRef, functionCall, named, select, stringConstant, subqueryRef } from '../sql/build.ts';
import { isExpression, walk } from '../sql/children.ts';
import type { SystemRelation, SystemRequest } from '../system/system-relation.ts';
import type { TreeRewriter } from './rewrite-tree.ts';

/** Values that the product binds itself, after the client's: parameter `first` and those that follow it. */
export interface OwnValues {
  readonly first: number;
  readonly texts: readonly string[];
}

/** A number that no Bind of a client reaches, and that its statement does not use. */
export function firstOwnParameter(statement: SelectStatement): number {
  let last: number = limits.parametersMax;
  walk(statement.node, (node) => {
    if (isExpression(node) && node.class === 'PARAMETER') last = Math.max(last, Number(node.identifier));
    return true;
  });
  return last + 1;
}

export function systemRows(rewriter: TreeRewriter, use: SystemUse): TableRef {
  const { context, authorization } = rewriter;
  const request = authorization.systems.get(use);
  if (request === undefined) return context.refuse(`relation ${use.relation.name} was not authorized`);
  const columns = readColumns(use.relation, authorization.resolved.columnsRead(use));
  const parameter = context.ownValue(jsonOf(use.relation, request, columns));
  const [row, rows] = [context.freshName(), context.freshName()];
  const parsed = functionCall('from_json', [ownParameter(parameter), stringConstant(structureOf(columns))]);
  const unnested = select({ select_list: [named(functionCall('unnest', [parsed]), row)] });
  const fields = columns.map(({ name }) => named(columnRef(rows, row, name), name));
  const from_table = subqueryRef(unnested, { alias: rows, sample: null, column_name_alias: [] });
  const { node: mention } = use;
  return subqueryRef(select({ select_list: fields, from_table }), {
    alias: mention.alias === '' ? mention.table_name : mention.alias,
    sample: mention.sample,
    column_name_alias: mention.column_name_alias,
  });
}

type Columns = SystemRelation['columns'];

/** Columns that nobody reads are not even written down. count(*) reads none: one is needed all the same. */
function readColumns({ columns }: SystemRelation, read: ReadonlySet<string> | 'all'): Columns {
  const wanted = columns.filter(({ name }) => read === 'all' || read.has(fold(name)));
  return wanted.length > 0 ? wanted : columns.slice(0, 1);
}

function structureOf(columns: Columns): string {
  return JSON.stringify([Object.fromEntries(columns.map(({ name, type }) => [name, type]))]);
}

function ownParameter(number: number): Expression {
  const parameter: Expression = {
    class: 'PARAMETER',
    type: 'VALUE_PARAMETER',
    alias: '',
    identifier: String(number),
  };
  return cast(parameter, { id: 'VARCHAR', type_info: null });
}

function jsonOf(relation: SystemRelation, request: SystemRequest, columns: Columns): string {
  const names = columns.map(({ name }) => name);
  const rows: string[] = [];
  let characters = 0;
  for (const row of relation.rows(request)) {
    const text = JSON.stringify(row, names);
    characters += text.length;
    if (characters > limits.systemRowsCharactersMax) throw tooMany(relation);
    rows.push(text);
  }
  return `[${rows.join(',')}]`;
}

function tooMany(relation: SystemRelation): SqlError {
  return new SqlError('limitExceeded', `${relation.name} has too many rows to be told at once`, {
    hint: 'Select fewer of its columns, or ask the information_schema of one catalog.',
  });
}
