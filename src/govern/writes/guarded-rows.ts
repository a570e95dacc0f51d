// The rows of the target that the writer sees, with what is to become of them: one SELECT over the guarded table, on the
// way of every query. What it gives first is which row it is.

import type { ResolvedQuery, TableUse } from '../../analyze/resolved-query.ts';
import { type RowTarget, refuseWholeRows } from '../../analyze/whole-rows.ts';
import type { Authorization } from '../../authorize/authorization.ts';
import { assert } from '../../base/assert.ts';
import { displayName, fold } from '../../base/identifier.ts';
import { SqlError } from '../../base/sql-error.ts';
import type { Table } from '../../catalog/securable.ts';
import type { GuardEffect } from '../../rewrite/rewrite-context.ts';
import { rowColumn } from '../../rewrite/scratch.ts';
import type { OwnValues } from '../../rewrite/system-rows.ts';
import type { BaseTable, CteMap, Expression, SelectNode, TableRef } from '../../sql/ast.ts';
import { columnRef, crossJoin, named, select, statementOf } from '../../sql/build.ts';
import type { GovernEnvironment } from '../environment.ts';
import { aliasOf } from './target.ts';

export interface RowsWanted {
  readonly table: Table;
  readonly mention: BaseTable;
  /** Beside the target; it does not see the target. */
  readonly from: TableRef | undefined;
  readonly where: Expression | undefined;
  /** Expressions to give with each row. */
  readonly values: readonly Expression[];
  readonly ctes: CteMap;
  /** Other relations of which no whole row may be shown. */
  readonly alsoWritten?: readonly RowTarget[];
}

export interface GuardedRows {
  readonly authorization: Authorization;
  readonly effects: readonly GuardEffect[];
  readonly use: TableUse | undefined;
  /** Gives the row and the values; each row once. */
  readonly rows: SelectNode;
  /** Of the product's own parameters in `rows`. */
  readonly values: OwnValues;
}

export async function guardedRows(environment: GovernEnvironment, wanted: RowsWanted): Promise<GuardedRows> {
  const { mention, from, where, values, table } = wanted;
  const alias = aliasOf(mention);
  if (from !== undefined) refuseSameAlias(from, alias);
  const pieces = [...values, ...(where === undefined ? [] : [where]), ...(from === undefined ? [] : [from])];
  refuseWholeRows(pieces, [{ alias, columns: table.columns }, ...(wanted.alsoWritten ?? [])]);
  const statement = statementOf(
    select({
      select_list: values.length === 0 ? [columnOfNobody] : values,
      // On the left side: a relation of FROM could otherwise read the target laterally.
      from_table: from === undefined ? mention : crossJoin(from, mention),
      where_clause: where ?? null,
      cte_map: wanted.ctes,
    }),
  );
  const unread = (resolved: ResolvedQuery): BaseTable | undefined =>
    where === undefined && from === undefined && readsNothing(resolved, mention) ? mention : undefined;
  const authorization = await environment.authorizeStatement(statement, unread);
  const tree = await rowsTree(environment, authorization, mention);
  const { node, effects } = tree;
  return {
    authorization,
    effects,
    values: tree.values,
    use: useOf(authorization, mention),
    rows: {
      ...node,
      select_list: [columnRef(alias, rowColumn), ...(values.length === 0 ? [] : node.select_list)],
      modifiers: from === undefined ? [] : distinctRows(alias),
    },
  };
}

/** Nothing is asked of the rows: the list may not be empty. */
const columnOfNobody: Expression = {
  class: 'CONSTANT',
  type: 'VALUE_CONSTANT',
  alias: '',
  value: { type: { id: 'NULL', type_info: null }, is_null: true },
};

/** One row with several partners takes one of them, as in PostgreSQL. */
function distinctRows(alias: string): SelectNode['modifiers'] {
  return [{ type: 'DISTINCT_MODIFIER', distinct_on_targets: [columnRef(alias, rowColumn)] }];
}

export interface RowsTree {
  readonly node: SelectNode;
  readonly effects: readonly GuardEffect[];
  readonly values: OwnValues;
}

/** The rewritten tree; the guarded target in it also gives `rowColumn`. */
export async function rowsTree(
  { rewriter, session }: GovernEnvironment,
  authorization: Authorization,
  mention: BaseTable,
): Promise<RowsTree> {
  const target = { node: mention, as: 'rows' } as const;
  const { statement, effects, values } = await rewriter.tree({ authorization, session, outputNames: 'duckdb', target });
  const { node } = statement;
  assert(node.type === 'SELECT_NODE', 'the rows of a write are one SELECT');
  return { node: { ...node, select_list: node.select_list.map((item) => named(item, '')) }, effects, values };
}

export function useOf(authorization: Authorization, mention: BaseTable): TableUse | undefined {
  return authorization.resolved.relations.find((use): use is TableUse => use.kind === 'table' && use.node === mention);
}

function readsNothing(resolved: ResolvedQuery, mention: BaseTable): boolean {
  const use = resolved.relations.find((each) => each.node === mention);
  if (use === undefined) return false;
  const read = resolved.columnsRead(use);
  return read !== 'all' && read.size === 0;
}

/** @throws SqlError duplicateAlias */
export function refuseSameAlias(from: TableRef, alias: string): void {
  if (from.type === 'JOIN') {
    refuseSameAlias(from.left, alias);
    refuseSameAlias(from.right, alias);
    return;
  }
  const own = from.alias === '' && from.type === 'BASE_TABLE' ? from.table_name : from.alias;
  if (fold(own) !== fold(alias)) return;
  throw new SqlError('duplicateAlias', `table name ${displayName([alias])} specified more than once`, {
    hint: 'Give one of them another alias.',
  });
}
