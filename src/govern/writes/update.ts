// UPDATE, DELETE and TRUNCATE: the visible rows with their new values are found first, then written by row.
import { modifyTable } from '../../authorize/rules.ts';
import type { DeleteStatement, TruncateStatement, UpdateStatement } from '../../parse/write-statement.ts';
import { refuseMaskedValues } from '../../rewrite/masked-values.ts';
import { changedRows } from '../../rewrite/new-rows.ts';
import { deleteByScratch, updateFromScratch } from '../../rewrite/physical-writes.ts';
import { dropScratch, fillScratch, rowColumn } from '../../rewrite/scratch.ts';
import { type Piece, readCtes, readExpression, readFrom } from '../../sql/read-parts.ts';
import type { GovernEnvironment } from '../environment.ts';
import { tableNamed } from '../find.ts';
import { newRowChecks } from '../new-row-checks.ts';
import { flowOf, writtenLineage } from '../written-lineage.ts';
import { assignedValues } from './assigned-values.ts';
import { guardedRows, type RowsWanted } from './guarded-rows.ts';
import { returningOf } from './returning.ts';
import { assignedColumns, mentionOf, physicalTargetOf } from './target.ts';
import { touchedByWrite } from './touched.ts';
import { counted, step, type WritePlan } from './write-plan.ts';

export async function planUpdate(environment: GovernEnvironment, statement: UpdateStatement): Promise<WritePlan> {
  const { codec, access } = environment;
  const table = tableNamed(environment, statement.table);
  modifyTable(access, table, 'UPDATE');
  const mention = mentionOf(environment, table, statement.alias);
  const given = assignedColumns(table, mention, statement.assignments);
  const values = await assignedValues(environment, given, statement.assignments);
  const clauses = await readClauses(environment, statement);
  const found = await guardedRows(environment, { table, mention, values, ...clauses });
  refuseMaskedValues({ values, authorization: found.authorization, effects: found.effects, target: found.use });
  const checks = await newRowChecks(environment, table);
  const { returning: list, alias } = statement;
  const returning = await returningOf(environment, { table, alias, list, ctes: clauses.ctes, scratch: '__pc_rows' });
  const target = physicalTargetOf(environment, table);
  const { catalogId } = target;
  const rows = changedRows({ rows: found.rows, extra: [rowColumn], given }, { table, catalogId, checks });
  const ids = given.map(({ id }) => id);
  return {
    table,
    catalogId,
    authorizations: [found.authorization],
    lineage: writtenLineage(table, [flowOf(found, ids, table)]),
    touched: touchedByWrite(environment, [found], { table, action: 'UPDATE', columns: given }),
    steps: [
      step(await fillScratch(codec, '__pc_rows', { rows, catalogId, values: found.values })),
      counted(updateFromScratch(target, '__pc_rows', ids)),
    ],
    cleanup: [dropScratch('__pc_rows', catalogId)],
    returning,
    tag: 'UPDATE',
    hidesRows: checks.length > 0,
  };
}

export async function planDelete(
  environment: GovernEnvironment,
  statement: DeleteStatement | TruncateStatement,
): Promise<WritePlan> {
  const { codec, access } = environment;
  const table = tableNamed(environment, statement.table);
  modifyTable(access, table, 'DELETE');
  const pieces: Partial<DeleteStatement> = statement.kind === 'delete' ? statement : {};
  const { alias, returning: list } = pieces;
  const mention = mentionOf(environment, table, alias);
  const clauses = await readClauses(environment, pieces);
  const found = await guardedRows(environment, { table, mention, values: [], ...clauses });
  const returning = await returningOf(environment, { table, alias, list, ctes: clauses.ctes, scratch: '__pc_rows' });
  const target = physicalTargetOf(environment, table);
  const { catalogId } = target;
  const old = changedRows({ rows: found.rows, extra: [rowColumn], given: [] }, { table, catalogId, checks: [] });
  const rows = returning === undefined ? found.rows : old;
  return {
    table,
    catalogId,
    authorizations: [found.authorization],
    lineage: writtenLineage(table, [{ ...flowOf(found, []), columns: [] }]),
    touched: touchedByWrite(environment, [found], { table, action: 'DELETE', columns: [] }),
    steps: [
      step(await fillScratch(codec, '__pc_rows', { rows, catalogId, values: found.values })),
      counted(deleteByScratch(target, '__pc_rows')),
    ],
    cleanup: [dropScratch('__pc_rows', catalogId)],
    returning,
    tag: statement.kind === 'truncate' ? 'TRUNCATE TABLE' : 'DELETE',
    ...(statement.kind === 'truncate' ? { uncounted: true as const } : {}),
    hidesRows: false,
  };
}

interface Clauses {
  readonly with?: Piece;
  readonly from?: Piece;
  readonly where?: Piece;
}

async function readClauses(
  { codec }: GovernEnvironment,
  clauses: Clauses,
): Promise<Pick<RowsWanted, 'ctes' | 'from' | 'where'>> {
  return {
    ctes: await readCtes(codec, clauses.with),
    from: clauses.from === undefined ? undefined : await readFrom(codec, clauses.from),
    where: clauses.where === undefined ? undefined : await readExpression(codec, clauses.where),
  };
}
