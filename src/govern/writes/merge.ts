// MERGE, taken apart: each pair of a source row and a visible target row is given to the first WHEN clause that takes it; then
// every clause is an INSERT, UPDATE or DELETE of its own rows.
import { modifyTable } from '../../authorize/rules.ts';
import type { Table } from '../../catalog/securable.ts';
import { merged as allOf, influencing } from '../../lineage/traced.ts';
import type { MergeStatement } from '../../parse/write-statement.ts';
import { refuseMaskedValues } from '../../rewrite/masked-values.ts';
import { onceColumn, onceEach } from '../../rewrite/new-rows.ts';
import { clauseColumn, dropScratch, fillScratch, scratchRelation } from '../../rewrite/scratch.ts';
import { unionOf } from '../../rewrite/union.ts';
import type { SelectNode } from '../../sql/ast.ts';
import { columnRef, inList, integerConstant, select } from '../../sql/build.ts';
import { readCtes } from '../../sql/read-parts.ts';
import type { GovernEnvironment } from '../environment.ts';
import { tableNamed } from '../find.ts';
import { newRowChecks } from '../new-row-checks.ts';
import { type Flow, flowOf, writtenLineage } from '../written-lineage.ts';
import { type MergeTarget, readClauses, type WhenClause } from './merge-clauses.ts';
import { type MergedRows, mergedRows } from './merge-rows.ts';
import { clauseWrite } from './merge-writes.ts';
import { returningOf } from './returning.ts';
import { mentionOf, physicalTargetOf } from './target.ts';
import { touchedByWrite } from './touched.ts';
import { step, type WritePlan } from './write-plan.ts';

export async function planMerge(environment: GovernEnvironment, statement: MergeStatement): Promise<WritePlan> {
  const { codec } = environment;
  const table = tableNamed(environment, statement.table);
  for (const { action } of statement.clauses) demand(environment, table, action.kind);
  const target: MergeTarget = { table, mention: mentionOf(environment, table, statement.alias) };
  const clauses = await readClauses(environment, statement, target);
  const ctes = await readCtes(codec, statement.with);
  const merged = await mergedRows(environment, { statement, target, clauses, ctes });
  const values = clauses.flatMap((clause) => (clause.kind === 'update' ? clause.values : []));
  refuseMaskedValues({ values, authorization: merged.authorization, effects: merged.effects, target: merged.use });
  const checks = await newRowChecks(environment, table);
  const physical = physicalTargetOf(environment, table);
  const { catalogId } = physical;
  const { returning: list, alias } = statement;
  const returning = await returningOf(environment, { table, alias, list, ctes, scratch: '__pc_answer' });
  const acting = clauses.filter(({ kind }) => kind !== 'nothing');
  const pairs = onceEach(merged.rows, merged.ids, inList(onceColumn(clauseColumn), acting.map(numberOf)));
  const facts = { table, physical, checks, answers: returning !== undefined };
  const writes = await Promise.all(acting.map((clause) => clauseWrite(environment, clause, facts)));
  const whole = writes.map(({ scratch }) => scratchRows(scratch, table));
  const answer =
    returning === undefined
      ? []
      : [step(await fillScratch(codec, '__pc_answer', { rows: unionOf(whole), catalogId, values: undefined }))];
  const used = [
    '__pc_rows',
    ...writes.map(({ scratch }) => scratch),
    ...(returning === undefined ? [] : ['__pc_answer' as const]),
  ] as const;
  return {
    table,
    catalogId,
    authorizations: [merged.authorization],
    lineage: writtenLineage(table, [mergeFlow(merged, clauses, table)]),
    touched: touchedByWrite(environment, [merged], { table, action: 'MERGE', columns: [] }),
    steps: [
      step(await fillScratch(codec, '__pc_rows', { rows: pairs, catalogId, values: merged.values })),
      ...writes.map(({ fill }) => fill),
      ...answer,
      // Rows that go make place for the keys of those that come.
      ...order.flatMap((kind) => writes.filter((write) => write.kind === kind).map(({ write }) => write)),
    ],
    cleanup: used.map((name) => dropScratch(name, catalogId)),
    returning,
    tag: 'MERGE',
    hidesRows: checks.length > 0,
  };
}

/** The pieces stand in the clauses' order: a condition, which decides about the rows, and the values. */
function mergeFlow(found: MergedRows, clauses: readonly WhenClause[], table: Table): Flow {
  const places = clauses.flatMap(({ condition, kind, given }) => [
    ...(condition === undefined ? [] : ['']),
    ...(kind === 'insert' || kind === 'update' ? given.map(({ id }) => id) : []),
  ]);
  const { columns, rows, untold } = flowOf(found, places, table);
  const conditions = columns.filter(({ column }) => column === '').map(({ value }) => influencing(value, 'filter'));
  return { columns: columns.filter(({ column }) => column !== ''), rows: allOf([rows, ...conditions]), untold };
}

const order = ['delete', 'update', 'insert'] as const;

function demand(environment: GovernEnvironment, table: Table, kind: WhenClause['kind']): void {
  const privileges = { insert: 'INSERT', update: 'UPDATE', delete: 'DELETE' } as const;
  if (kind !== 'nothing') modifyTable(environment.access, table, privileges[kind]);
}

function numberOf({ number }: WhenClause): ReturnType<typeof integerConstant> {
  return integerConstant(String(number));
}

function scratchRows(name: string, { columns }: Table): SelectNode {
  return select({ select_list: columns.map(({ id }) => columnRef(id)), from_table: scratchRelation(name, '') });
}
