// COPY … FROM STDIN: what the client sends is gathered as text in a scratch table, and then written as an INSERT of these rows
// would be, decided anew when the last has come.
import type { TouchedObject } from '../../audit/event.ts';
import { modifyTable } from '../../authorize/rules.ts';
import { displayName } from '../../base/identifier.ts';
import { SqlError } from '../../base/sql-error.ts';
import type { Column, ObjectId, Table } from '../../catalog/securable.ts';
import type { CopyStatement } from '../../parse/copy-statement.ts';
import { copiedRows, createCopied } from '../../rewrite/copied-rows.ts';
import type { ExecutableQuery } from '../../rewrite/executable-query.ts';
import { insertQuery } from '../../rewrite/physical-writes.ts';
import { sealedProbe } from '../../rewrite/probe.ts';
import { dropScratch } from '../../rewrite/scratch.ts';
import type { GovernEnvironment } from '../environment.ts';
import { tableNamed } from '../find.ts';
import { newRowChecks } from '../new-row-checks.ts';
import { writtenLineage } from '../written-lineage.ts';
import { newRows } from './insert.ts';
import { columnsNamed, physicalTargetOf } from './target.ts';
import { touchedByWrite } from './touched.ts';
import { counted, type WritePlan } from './write-plan.ts';

export interface CopyStart {
  readonly table: Table;
  readonly columns: readonly Column[];
  readonly catalogId: ObjectId;
  readonly touched: readonly TouchedObject[];
  /** Makes the scratch table. */
  readonly create: ExecutableQuery;
  /** Bound, never run: its outputs have the columns' types. */
  readonly types: ExecutableQuery;
}

export async function startCopy(
  environment: GovernEnvironment,
  statement: Extract<CopyStatement, { kind: 'copyFrom' }>,
): Promise<CopyStart> {
  const table = tableNamed(environment, statement.table);
  modifyTable(environment.access, table, 'INSERT');
  const columns = statement.columns.length === 0 ? table.columns : columnsNamed(table, statement.columns);
  const { catalogId } = physicalTargetOf(environment, table);
  return {
    table,
    columns,
    catalogId,
    touched: touchedByWrite(environment, [], { table, action: 'INSERT', columns }),
    create: createCopied(catalogId, columns),
    types: await sealedProbe(
      environment.codec,
      `SELECT ${columns.map(({ type }) => `CAST(NULL AS ${type})`).join(', ')}`,
    ),
  };
}

/** On the newest catalog: what has been taken away since the first row holds for all of them. */
export async function planCopy(environment: GovernEnvironment, start: CopyStart): Promise<WritePlan> {
  const { codec, access, snapshot } = environment;
  const table = snapshot.object(start.table.id);
  const name = displayName([start.table.name]);
  if (table?.kind !== 'table') throw new SqlError('serializationFailure', `table ${name} has been dropped meanwhile`);
  modifyTable(access, table, 'INSERT');
  const given = start.columns.map(({ id, type }) => {
    const column = table.columns.find((each) => each.id === id);
    if (column?.type === type) return column;
    throw new SqlError('serializationFailure', `table ${name} has changed since COPY began`);
  });
  const checks = await newRowChecks(environment, table);
  const target = physicalTargetOf(environment, table);
  const source = { rows: copiedRows(given), given };
  const { rows, ids } = await newRows(environment, { table, source, checks, whole: false });
  return {
    table,
    catalogId: start.catalogId,
    authorizations: [],
    touched: start.touched,
    steps: [counted(await insertQuery(codec, target, { source: rows, ids }))],
    cleanup: [dropScratch('__pc_copy', start.catalogId)],
    returning: undefined,
    // The client's own rows: a write without a source.
    lineage: writtenLineage(table, []),
    tag: 'COPY',
    hidesRows: checks.length > 0,
  };
}
