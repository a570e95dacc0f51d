// One WHEN clause of a MERGE: its rows out of the pairs, as they will be, and the statement that writes them.
import type { Table } from '../../catalog/securable.ts';
import { changedRows, insertedRows } from '../../rewrite/new-rows.ts';
import {
  deleteByScratch,
  insertFromScratch,
  type PhysicalTarget,
  updateFromScratch,
} from '../../rewrite/physical-writes.ts';
import type { RowCheck } from '../../rewrite/row-checks.ts';
import { clauseColumn, fillScratch, rowColumn, type ScratchTable, scratchRelation } from '../../rewrite/scratch.ts';
import type { Expression, SelectNode } from '../../sql/ast.ts';
import { columnRef, equal, integerConstant, select } from '../../sql/build.ts';
import type { GovernEnvironment } from '../environment.ts';
import { defaultOf } from './assigned-values.ts';
import type { WhenClause } from './merge-clauses.ts';
import { valueColumn } from './merge-rows.ts';
import { columnTypes } from './target.ts';
import { counted, step, type WriteStep } from './write-plan.ts';

export interface ClauseFacts {
  readonly table: Table;
  readonly physical: PhysicalTarget;
  readonly checks: readonly RowCheck[];
  /** Are its rows wanted whole, for RETURNING? */
  readonly answers: boolean;
}

export interface ClauseWrite {
  readonly kind: WhenClause['kind'];
  readonly scratch: ScratchTable;
  readonly fill: WriteStep;
  readonly write: WriteStep;
}

export async function clauseWrite(
  environment: GovernEnvironment,
  clause: WhenClause,
  facts: ClauseFacts,
): Promise<ClauseWrite> {
  const scratch: ScratchTable = `__pc_clause${clause.number}`;
  const { physical, table } = facts;
  const rows = await rowsOf(environment, clause, facts);
  const fill = step(
    await fillScratch(environment.codec, scratch, { rows, catalogId: physical.catalogId, values: undefined }),
  );
  const ids = (clause.kind === 'update' ? clause.given : table.columns).map(({ id }) => id);
  const write = {
    insert: () => insertFromScratch(physical, { from: scratch, ids }),
    update: () => updateFromScratch(physical, scratch, ids),
    delete: () => deleteByScratch(physical, scratch),
    nothing: () => deleteByScratch(physical, scratch),
  }[clause.kind]();
  return { kind: clause.kind, scratch, fill, write: counted(write) };
}

async function rowsOf(
  environment: GovernEnvironment,
  clause: WhenClause,
  { table, physical, checks, answers }: ClauseFacts,
): Promise<SelectNode> {
  const { given } = clause;
  const { catalogId } = physical;
  const found = (extra: readonly string[]): SelectNode => taken(clause, extra);
  if (clause.kind === 'insert') {
    const missing = table.columns.filter((column) => !given.includes(column));
    const added: [string, Expression][] = [];
    for (const column of missing) added.push([column.id, await defaultOf(environment, column)]);
    const types = await columnTypes(environment, table.columns);
    return insertedRows({ rows: found([]), extra: [], given }, { types, added, checks });
  }
  if (clause.kind === 'delete' && !answers) return found([rowColumn]);
  return changedRows({ rows: found([rowColumn]), extra: [rowColumn], given }, { table, catalogId, checks });
}

/** The pairs that fell to this clause. */
function taken(clause: WhenClause, extra: readonly string[]): SelectNode {
  const values = clause.given.map((_, index) => columnRef(valueColumn(clause, index)));
  return select({
    select_list: [...extra.map((name) => columnRef(name)), ...values],
    from_table: scratchRelation('__pc_rows', ''),
    where_clause: equal(columnRef(clauseColumn), integerConstant(String(clause.number))),
  });
}
