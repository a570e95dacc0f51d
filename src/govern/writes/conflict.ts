// INSERT … ON CONFLICT, taken apart: which new rows meet a row of the same key is found first, then those are updated as by
// UPDATE and the others inserted.
import { modifyTable, selectRelation } from '../../authorize/rules.ts';
import { assert } from '../../base/assert.ts';
import { displayName, fold } from '../../base/identifier.ts';
import { SqlError } from '../../base/sql-error.ts';
import type { Column, Table } from '../../catalog/securable.ts';
import type { Assignment, ConflictClause } from '../../parse/write-statement.ts';
import { barrier } from '../../rewrite/barrier.ts';
import { refuseMaskedReads, refuseMaskedValues } from '../../rewrite/masked-values.ts';
import { changedRows, onceEach } from '../../rewrite/new-rows.ts';
import { physicalCatalog, physicalTable } from '../../rewrite/physical.ts';
import { insertFromScratch, keyProbe, type PhysicalTarget, updateFromScratch } from '../../rewrite/physical-writes.ts';
import type { RowCheck } from '../../rewrite/row-checks.ts';
import { dropScratch, fillScratch, rowColumn, scratchRelation } from '../../rewrite/scratch.ts';
import { unionOf } from '../../rewrite/union.ts';
import type { Expression, SelectNode, TableRef } from '../../sql/ast.ts';
import {
  and,
  baseTable,
  caseWhen,
  cast,
  columnRef,
  crossJoin,
  equal,
  exists,
  integerConstant,
  isNull,
  joinOn,
  named,
  not,
  nullConstant,
  or,
  select,
  subqueryRef,
} from '../../sql/build.ts';
import { readExpression } from '../../sql/read-parts.ts';
import type { GovernEnvironment } from '../environment.ts';
import { type Flow, flowOf } from '../written-lineage.ts';
import { assignedValues } from './assigned-values.ts';
import { guardedRows, useOf } from './guarded-rows.ts';
import type { InsertSource } from './insert.ts';
import { type ReturningWanted, returningOf } from './returning.ts';
import { aliasOf, assignedColumns, columnsNamed, columnTypes, mentionOf, physicalTargetOf } from './target.ts';
import { counted, step, type WritePlan } from './write-plan.ts';

export interface Conflict extends Omit<ReturningWanted, 'scratch'> {
  readonly conflict: ConflictClause;
  readonly checks: readonly RowCheck[];
  readonly source: InsertSource | undefined;
  /** The new rows, checked, all columns as `ids`. */
  readonly rows: SelectNode;
  readonly ids: readonly string[];
}

type Solved = Pick<WritePlan, 'steps' | 'cleanup' | 'returning' | 'authorizations' | 'alsoDescribed'> & {
  /** DO UPDATE: what goes into which columns, apart from EXCLUDED. */
  readonly updates?: { readonly given: readonly Column[]; readonly flow: Flow };
};

export async function conflictSteps(environment: GovernEnvironment, wanted: Conflict): Promise<Solved> {
  const { conflict, checks, table } = wanted;
  const keys = columnsNamed(table, conflict.target);
  refuseHiddenKeys(keys, checks, table);
  const target = physicalTargetOf(environment, table);
  if (keys.length > 0) {
    selectRelation(environment.access, table, { columns: new Set(keys.map(({ name }) => fold(name))) });
    await environment.describe(keyProbe(target, idsOf(keys)));
  }
  const place: Place = { environment, wanted, keys, target };
  if (conflict.update === undefined) return wanted.list === undefined ? skip(place) : skipAndReturn(place);
  return update(place, conflict.update);
}

/** That a row was skipped, or updated, must tell of visible rows alone: those with the keys of a new row that is visible. */
function refuseHiddenKeys(keys: readonly Column[], checks: readonly RowCheck[], table: Table): void {
  const covered = new Set(keys.map(({ id }) => id));
  if (checks.every(({ columns }) => columns.size > 0 && [...columns].every((id) => covered.has(id)))) return;
  throw new SqlError('featureNotSupported', `ON CONFLICT is not supported on table ${displayName([table.name])}`, {
    hint: 'The table has a row filter: the conflict target must hold every column that the filter reads.',
  });
}

interface Place {
  readonly environment: GovernEnvironment;
  readonly wanted: Conflict;
  readonly keys: readonly Column[];
  readonly target: PhysicalTarget;
}

/** DO NOTHING without RETURNING is the engine's own. */
async function skip({ environment, wanted, keys, target }: Place): Promise<Solved> {
  const { catalogId } = target;
  const { rows, ids } = wanted;
  return {
    authorizations: [],
    steps: [
      step(await fillScratch(environment.codec, '__pc_new', { rows, catalogId, values: wanted.source?.values })),
      counted(insertFromScratch(target, { from: '__pc_new', ids, onConflict: idsOf(keys) })),
    ],
    cleanup: [dropScratch('__pc_new', catalogId)],
    returning: undefined,
  };
}

/** With RETURNING it must be known which rows went in: those that meet no row, one for each key. */
async function skipAndReturn(place: Place): Promise<Solved> {
  const { environment, wanted, keys, target } = place;
  const { catalogId } = target;
  const { rows, ids } = wanted;
  if (keys.length === 0) {
    throw new SqlError('featureNotSupported', 'RETURNING needs ON CONFLICT with its columns', {
      hint: 'Write ON CONFLICT (column) DO NOTHING.',
    });
  }
  const first = {
    ...unmatched(place, [...ids]),
    modifiers: [{ type: 'DISTINCT_MODIFIER' as const, distinct_on_targets: onePerKey(keys) }],
  };
  const { codec } = environment;
  return {
    authorizations: [],
    steps: [
      step(await fillScratch(codec, '__pc_new', { rows, catalogId, values: wanted.source?.values })),
      step(await fillScratch(codec, '__pc_answer', { rows: first, catalogId, values: undefined })),
      counted(insertFromScratch(target, { from: '__pc_answer', ids })),
    ],
    cleanup: [dropScratch('__pc_new', catalogId), dropScratch('__pc_answer', catalogId)],
    returning: await returningOf(environment, { ...wanted, scratch: '__pc_answer' }),
  };
}

/** A key with a NULL in it meets nothing: each such row is one of its own. */
function onePerKey(keys: readonly Column[]): readonly Expression[] {
  const columns = keys.map(({ id }) => columnRef(fresh, id));
  return [...columns, caseWhen([[or(columns.map(isNull)), rowNumberOf()]], integerConstant('0'))];
}

/** The scratch table's own numbering of its rows. */
function rowNumberOf(): Expression {
  return columnRef(fresh, 'rowid');
}

async function update(place: Place, assignments: readonly Assignment[]): Promise<Solved> {
  const { environment, wanted, keys, target } = place;
  const { table, alias, ctes, checks, conflict, source, ids, rows } = wanted;
  const { catalogId } = target;
  const { codec } = environment;
  if (keys.length === 0) throw new SqlError('syntaxError', 'ON CONFLICT DO UPDATE needs its columns');
  modifyTable(environment.access, table, 'UPDATE');
  if (source !== undefined) refuseMaskedReads(source);
  const mention = mentionOf(environment, table, alias);
  const given = assignedColumns(table, mention, assignments);
  const values = await assignedValues(environment, given, assignments);
  const where = conflict.where === undefined ? undefined : await readExpression(codec, conflict.where);
  const from = await excludedOf(environment, table);
  const alsoWritten = [{ alias: excluded, columns: table.columns }];
  const found = await guardedRows(environment, { table, mention, values, from, where, ctes, alsoWritten });
  const use = useOf(found.authorization, mention);
  refuseMaskedValues({ values, authorization: found.authorization, effects: found.effects, target: use });
  const met = matched(place, found.rows, aliasOf(mention));
  const once = onceEach(met, [rowColumn, ...idsOf(given)]);
  const changed = changedRows({ rows: once, extra: [rowColumn], given }, { table, catalogId, checks });
  const answer = unionOf([scratchRows('__pc_rows', ids), scratchRows('__pc_clause1', ids)]);
  const returning = await returningOf(environment, { ...wanted, scratch: '__pc_answer' });
  const answering =
    returning === undefined
      ? []
      : [step(await fillScratch(codec, '__pc_answer', { rows: answer, catalogId, values: undefined }))];
  const scratches = [
    '__pc_new',
    '__pc_rows',
    '__pc_clause1',
    ...(returning === undefined ? [] : ['__pc_answer' as const]),
  ] as const;
  return {
    updates: { given, flow: flowOf(found, idsOf(given), table) },
    authorizations: [found.authorization],
    alsoDescribed: await fillScratch(codec, '__pc_rows', { rows: found.rows, catalogId, values: found.values }),
    steps: [
      step(await fillScratch(codec, '__pc_new', { rows, catalogId, values: wanted.source?.values })),
      step(await fillScratch(codec, '__pc_rows', { rows: changed, catalogId, values: found.values })),
      step(await fillScratch(codec, '__pc_clause1', { rows: unmatched(place, ids), catalogId, values: undefined })),
      ...answering,
      counted(updateFromScratch(target, '__pc_rows', idsOf(given))),
      counted(insertFromScratch(target, { from: '__pc_clause1', ids })),
    ],
    cleanup: scratches.map((name) => dropScratch(name, catalogId)),
    returning,
  };
}

const excluded = 'excluded';
const fresh = '__pc_fresh';
const met = '__pc_met';
const matchColumn = '__pc_match';

/** What EXCLUDED is while the statement is analyzed: a row of the table's columns. */
async function excludedOf(environment: GovernEnvironment, table: Table): Promise<TableRef> {
  const types = await columnTypes(environment, table.columns);
  const columns = table.columns.map(({ id, name }) => {
    const type = types.get(id);
    return named(type === undefined ? nullConstant() : cast(nullConstant(), type), name);
  });
  return subqueryRef(select({ select_list: columns }), { alias: excluded, sample: null, column_name_alias: [] });
}

/** EXCLUDED becomes the new rows that meet a row of the same key, and each is joined to that row as the writer sees it. */
function matched({ wanted, keys, target }: Place, rows: SelectNode, alias: string): SelectNode {
  assert(rows.from_table.type === 'JOIN', 'EXCLUDED is joined to the table');
  const columns = wanted.table.columns.map(({ id, name }) => named(columnRef(fresh, id), name));
  const pairs = select({
    select_list: [...columns, named(columnRef(met, 'rowid'), matchColumn)],
    from_table: crossJoin(scratchRelation('__pc_new', fresh), physicalRelation(target)),
    where_clause: sameKey(keys),
    modifiers: barrier,
  });
  const left = subqueryRef(pairs, { alias: excluded, sample: null, column_name_alias: [] });
  const condition = equal(columnRef(excluded, matchColumn), columnRef(alias, rowColumn));
  return { ...rows, from_table: joinOn('INNER', [left, rows.from_table.right], condition), modifiers: [] };
}

function unmatched({ keys, target }: Place, ids: readonly string[]): SelectNode {
  const partner = select({
    select_list: [integerConstant('1')],
    from_table: physicalRelation(target),
    where_clause: sameKey(keys),
  });
  return select({
    select_list: ids.map((id) => columnRef(fresh, id)),
    from_table: scratchRelation('__pc_new', fresh),
    where_clause: not(exists(partner)),
  });
}

function physicalRelation({ catalogId, tableId }: PhysicalTarget): TableRef {
  return baseTable({ catalog: physicalCatalog(catalogId), schema: 'main', table: physicalTable(tableId) }, met);
}

function sameKey(keys: readonly Column[]): Expression {
  return and(keys.map(({ id }) => equal(columnRef(fresh, id), columnRef(met, id))));
}

function scratchRows(table: string, ids: readonly string[]): SelectNode {
  return select({ select_list: ids.map((id) => columnRef(id)), from_table: scratchRelation(table, '') });
}

function idsOf(columns: readonly Column[]): readonly string[] {
  return columns.map(({ id }) => id);
}
