// INSERT [OVERWRITE]: what it reads is authorized like any query; new rows get their defaults, their columns' types and the
// writer's own filter before anything is written.
import type { Authorization } from '../../authorize/authorization.ts';
import { modifyTable } from '../../authorize/rules.ts';
import { displayName, fold } from '../../base/identifier.ts';
import { SqlError } from '../../base/sql-error.ts';
import type { Column, Table } from '../../catalog/securable.ts';
import type { InsertStatement } from '../../parse/write-statement.ts';
import { refuseMaskedReads } from '../../rewrite/masked-values.ts';
import { insertedRows } from '../../rewrite/new-rows.ts';
import { deleteByScratch, insertFromScratch, insertQuery } from '../../rewrite/physical-writes.ts';
import type { GuardEffect } from '../../rewrite/rewrite-context.ts';
import type { RowCheck } from '../../rewrite/row-checks.ts';
import { dropScratch, fillScratch } from '../../rewrite/scratch.ts';
import type { OwnValues } from '../../rewrite/system-rows.ts';
import type { Expression, QueryNode, SelectNode, SelectStatement } from '../../sql/ast.ts';
import { integerConstant, select, star, subqueryRef } from '../../sql/build.ts';
import { readCtes, readQuery } from '../../sql/read-parts.ts';
import type { GovernEnvironment, NamedType } from '../environment.ts';
import { tableNamed } from '../find.ts';
import { newRowChecks } from '../new-row-checks.ts';
import { anyInto, flowOf, writtenLineage } from '../written-lineage.ts';
import { defaultOf, typedValues, valuesOf } from './assigned-values.ts';
import { conflictSteps } from './conflict.ts';
import { guardedRows } from './guarded-rows.ts';
import { returningOf } from './returning.ts';
import { columnsNamed, columnTypes, mentionOf, physicalTargetOf } from './target.ts';
import { touchedByWrite } from './touched.ts';
import { counted, step, type WritePlan, type WriteStep } from './write-plan.ts';

/** The rows a statement gives, before they are those of the table. */
export interface InsertSource {
  readonly authorization: Authorization;
  readonly effects: readonly GuardEffect[];
  readonly rows: QueryNode;
  readonly given: readonly Column[];
  /** Of the product's own parameters in `rows`. */
  readonly values: OwnValues;
}

export async function planInsert(environment: GovernEnvironment, statement: InsertStatement): Promise<WritePlan> {
  const { codec, access } = environment;
  const table = tableNamed(environment, statement.table);
  modifyTable(access, table, 'INSERT');
  if (statement.overwrite === true) modifyTable(access, table, 'DELETE');
  const source = await readSource(environment, statement, table);
  const checks = await newRowChecks(environment, table);
  const target = physicalTargetOf(environment, table);
  const { catalogId } = target;
  const flow =
    source === undefined
      ? undefined
      : flowOf(
          source,
          source.given.map(({ id }) => id),
        );
  const flows = flow === undefined ? [] : [flow];
  const common = {
    lineage: writtenLineage(table, flows),
    table,
    catalogId,
    tag: 'INSERT 0',
    hidesRows: checks.length > 0,
    touched: touchedByWrite(environment, source === undefined ? [] : [source], {
      table,
      action: 'INSERT',
      columns: source?.given ?? [],
    }),
  };
  const authorizations = source === undefined ? [] : [source.authorization];
  const direct = [statement.overwrite, statement.conflict, statement.returning].every((part) => part === undefined);
  const { rows, ids } = await newRows(environment, { table, source, checks, whole: !direct });
  if (direct) {
    const query = await insertQuery(codec, target, { source: rows, ids, values: source?.values });
    return { ...common, authorizations, steps: [counted(query)], cleanup: [], returning: undefined };
  }
  const ctes = await readCtes(codec, statement.with);
  const wanted = { table, alias: statement.alias, list: statement.returning, ctes };
  if (statement.conflict !== undefined) {
    const { conflict } = statement;
    const solved = await conflictSteps(environment, { ...wanted, conflict, checks, source, rows, ids });
    const { updates } = solved;
    const fromRows = flow === undefined || updates === undefined ? [] : [anyInto(flow, updates.given)];
    const lineage = writtenLineage(table, [...flows, ...(updates === undefined ? [] : [updates.flow]), ...fromRows]);
    return { ...common, ...solved, lineage, authorizations: [...authorizations, ...solved.authorizations] };
  }
  const returning = await returningOf(environment, { ...wanted, scratch: '__pc_new' });
  const swept = statement.overwrite === true ? await sweep(environment, table, source) : { steps: [], cleanup: [] };
  return {
    ...common,
    authorizations,
    steps: [
      step(await fillScratch(codec, '__pc_new', { rows, catalogId, values: source?.values })),
      ...swept.steps,
      counted(insertFromScratch(target, { from: '__pc_new', ids })),
    ],
    cleanup: [...swept.cleanup, dropScratch('__pc_new', catalogId)],
    returning,
  };
}

/** INSERT OVERWRITE puts its rows in the place of those the writer sees. */
async function sweep(
  environment: GovernEnvironment,
  table: Table,
  source: InsertSource | undefined,
): Promise<Pick<WritePlan, 'steps' | 'cleanup'>> {
  if (source !== undefined) {
    const own = source.effects.filter((effect) => effect.use.table.id === table.id);
    refuseMaskedReads({ authorization: source.authorization, effects: own });
  }
  const mention = mentionOf(environment, table, undefined);
  const nothing = { from: undefined, where: undefined, values: [], ctes: { map: [] } };
  const found = await guardedRows(environment, { table, mention, ...nothing });
  const target = physicalTargetOf(environment, table);
  const { catalogId } = target;
  const steps: readonly WriteStep[] = [
    step(await fillScratch(environment.codec, '__pc_rows', { rows: found.rows, catalogId, values: found.values })),
    step(deleteByScratch(target, '__pc_rows')),
  ];
  return { steps, cleanup: [dropScratch('__pc_rows', catalogId)] };
}

interface NewRows {
  readonly table: Table;
  readonly source: Pick<InsertSource, 'rows' | 'given'> | undefined;
  readonly checks: readonly RowCheck[];
  /** All columns, also those that stay NULL. */
  readonly whole: boolean;
}

export async function newRows(
  environment: GovernEnvironment,
  { table, source, checks, whole }: NewRows,
): Promise<{ readonly rows: SelectNode; readonly ids: readonly string[] }> {
  const given = source?.given ?? [];
  const needed = new Set(checks.flatMap(({ columns }) => [...columns]));
  const missing = table.columns
    .filter((column) => !given.includes(column))
    .filter(({ id, default: value }) => whole || source === undefined || value !== undefined || needed.has(id));
  const added: [string, Expression][] = [];
  for (const column of missing) added.push([column.id, await defaultOf(environment, column)]);
  const types = await columnTypes(environment, [...given, ...missing]);
  const rows = source?.rows ?? select({ select_list: [integerConstant('1')] });
  return {
    rows: insertedRows({ rows, extra: [], given }, { types, added, checks }),
    ids: [...given.map(({ id }) => id), ...added.map(([id]) => id)],
  };
}

/** undefined for DEFAULT VALUES. */
async function readSource(
  environment: GovernEnvironment,
  statement: InsertStatement,
  table: Table,
): Promise<InsertSource | undefined> {
  const { codec, rewriter, session } = environment;
  const columns = statement.columns.length === 0 ? table.columns : columnsNamed(table, statement.columns);
  if (statement.source === undefined) return undefined;
  const written = await typedValues(environment, await readQuery(codec, statement.source), columns);
  const values = valuesOf(written)?.list.values[0];
  const query = withCtes(written, await readCtes(codec, statement.with));
  const authorization = await environment.authorizeStatement(query);
  const tree = await rewriter.tree({ authorization, session, outputNames: 'duckdb' });
  const outputs: readonly NamedType[] =
    values?.map(() => ({ name: '', type: '' })) ?? (await environment.describe(await rewriter.seal(tree)));
  const given =
    statement.byName === true
      ? columnsOfNames(table, statement, outputs)
      : columnsOfPlaces(columns, statement, outputs);
  return { authorization, effects: tree.effects, rows: tree.statement.node, given, values: tree.values };
}

function withCtes(statement: SelectStatement, ctes: Awaited<ReturnType<typeof readCtes>>): SelectStatement {
  if (ctes.map.length === 0) return statement;
  if (statement.node.cte_map.map.length === 0) return { ...statement, node: { ...statement.node, cte_map: ctes } };
  const inner = subqueryRef(statement.node, { alias: '', sample: null, column_name_alias: [] });
  return { ...statement, node: select({ select_list: [star()], from_table: inner, cte_map: ctes }) };
}

function columnsOfPlaces(
  columns: readonly Column[],
  statement: InsertStatement,
  outputs: readonly NamedType[],
): readonly Column[] {
  if (outputs.length > columns.length) {
    throw new SqlError('syntaxError', 'INSERT has more expressions than target columns');
  }
  if (outputs.length < columns.length && statement.columns.length > 0) {
    throw new SqlError('syntaxError', 'INSERT has more target columns than expressions');
  }
  return columns.slice(0, outputs.length);
}

function columnsOfNames(table: Table, statement: InsertStatement, outputs: readonly NamedType[]): readonly Column[] {
  if (statement.columns.length > 0) throw new SqlError('syntaxError', 'BY NAME takes no column list');
  const found = outputs.map(({ name }) => table.columns.find((column) => fold(column.name) === fold(name)));
  const missing = found.indexOf(undefined);
  if (missing >= 0) {
    const name = displayName([outputs[missing]?.name ?? '']);
    throw new SqlError('undefinedColumn', `column ${name} of table ${displayName([table.name])} does not exist`);
  }
  const columns = found.filter((column) => column !== undefined);
  if (new Set(columns).size < columns.length)
    throw new SqlError('duplicateColumn', 'a column is specified more than once');
  return columns;
}
