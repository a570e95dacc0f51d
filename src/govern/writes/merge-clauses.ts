// The WHEN clauses of a MERGE with their pieces read.
import { isVolatile } from '../../analyze/volatile.ts';
import { displayName, fold } from '../../base/identifier.ts';
import { SqlError } from '../../base/sql-error.ts';
import type { Column, Table } from '../../catalog/securable.ts';
import type { ColumnName, MergeClause, MergeStatement } from '../../parse/write-statement.ts';
import type { BaseTable, Expression, TableRef } from '../../sql/ast.ts';
import { cast, columnRef } from '../../sql/build.ts';
import { positionOf } from '../../sql/position.ts';
import { readExpression, readFrom } from '../../sql/read-parts.ts';
import type { GovernEnvironment } from '../environment.ts';
import { queryParts } from '../query-parts.ts';
import { assignedValues } from './assigned-values.ts';
import { aliasOf, assignedColumns, columnsNamed, columnTypes } from './target.ts';

export interface MergeTarget {
  readonly table: Table;
  readonly mention: BaseTable;
}

export interface WhenClause {
  /** From 1, in the statement's order. */
  readonly number: number;
  readonly when: MergeClause['when'];
  readonly condition: Expression | undefined;
  readonly kind: MergeClause['action']['kind'];
  readonly given: readonly Column[];
  /** One for each given column, in its type. */
  readonly values: readonly Expression[];
}

export async function readClauses(
  environment: GovernEnvironment,
  statement: MergeStatement,
  target: MergeTarget,
): Promise<readonly WhenClause[]> {
  const clauses: WhenClause[] = [];
  for (const [index, clause] of statement.clauses.entries()) {
    refuseWrongAction(clause);
    const condition =
      clause.condition === undefined ? undefined : await readExpression(environment.codec, clause.condition);
    // It is asked once for the clause and once for each of its values.
    if (condition !== undefined && isVolatile(condition)) {
      const message = 'a volatile condition in MERGE is not supported';
      throw new SqlError('featureNotSupported', message, positionOf(condition));
    }
    const assigned = await assignedBy(environment, { clause, statement, target });
    clauses.push({ number: index + 1, when: clause.when, condition, kind: clause.action.kind, ...assigned });
  }
  return clauses;
}

function refuseWrongAction({ when, action }: MergeClause): void {
  const inserts = action.kind === 'insert';
  if (action.kind === 'nothing' || inserts === (when === 'notMatched')) return;
  throw new SqlError(
    'syntaxError',
    `WHEN ${when === 'notMatched' ? 'NOT MATCHED' : 'MATCHED'} cannot ${action.kind} rows`,
  );
}

type Assigned = Pick<WhenClause, 'given' | 'values'>;

async function assignedBy(
  environment: GovernEnvironment,
  facts: { readonly clause: MergeClause; readonly statement: MergeStatement; readonly target: MergeTarget },
): Promise<Assigned> {
  const { clause, target } = facts;
  const { action } = clause;
  switch (action.kind) {
    case 'delete':
    case 'nothing':
      return { given: [], values: [] };
    case 'update': {
      if (action.assignments === undefined) return everyColumn(environment, facts);
      const given = assignedColumns(target.table, target.mention, action.assignments);
      return { given, values: await assignedValues(environment, given, action.assignments) };
    }
    case 'insert': {
      if (action.values === undefined) return everyColumn(environment, facts);
      const given = insertColumns(target.table, action.columns, action.values.length);
      return { given, values: await assignedValues(environment, given, action.values) };
    }
  }
}

function insertColumns(table: Table, names: readonly ColumnName[], count: number): readonly Column[] {
  const columns = names.length === 0 ? table.columns : columnsNamed(table, names);
  if (count === columns.length) return columns;
  throw new SqlError(
    'syntaxError',
    `INSERT has more ${count > columns.length ? 'expressions than target columns' : 'target columns than expressions'}`,
  );
}

/** `UPDATE SET *`, `INSERT *`: every column of the target takes the source's column of that name. */
async function everyColumn(
  environment: GovernEnvironment,
  { statement, target }: { readonly statement: MergeStatement; readonly target: MergeTarget },
): Promise<Assigned> {
  const { source, with: ctes } = statement;
  const text = `${ctes === undefined ? '' : `WITH ${ctes.text}\n`}SELECT * FROM ${source.text}`;
  const { columns } = await queryParts(environment, { text, offset: source.offset });
  const known = new Set(columns.map(({ name }) => fold(name)));
  const alias = sourceAlias(await readFrom(environment.codec, source));
  const types = await columnTypes(environment, target.table.columns);
  const values = target.table.columns.map(({ id, name }) => {
    if (!known.has(fold(name))) {
      throw new SqlError('undefinedColumn', `the source of MERGE has no column ${displayName([name])}`, {
        position: source.offset,
      });
    }
    const type = types.get(id);
    const value = columnRef(alias, name);
    return type === undefined ? value : cast(value, type);
  });
  return { given: target.table.columns, values };
}

export function sourceAlias(ref: TableRef): string {
  if (ref.type === 'BASE_TABLE') return aliasOf(ref);
  if (ref.type === 'SUBQUERY' && ref.alias !== '') return ref.alias;
  throw new SqlError('featureNotSupported', 'the source of MERGE must be one table, view or query with an alias', {
    hint: 'Write USING (SELECT …) AS s.',
  });
}
