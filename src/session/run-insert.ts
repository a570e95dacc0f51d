// INSERT: MODIFY on the table, what it reads authorized like any query, new rows held to the writer's own row filter.

import type { TouchedObject } from '../audit/event.ts';
import { modifyTable } from '../authorize/rules.ts';
import { displayName, fold } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import type { Column, Table } from '../catalog/securable.ts';
import { tableNamed, touched } from '../govern/find.ts';
import { queryParts } from '../govern/query-parts.ts';
import type { ShellStatement } from '../parse/statement.ts';
import type { ExecutableQuery } from '../rewrite/executable-query.ts';
import { insertQuery } from '../rewrite/insert.ts';
import type { Outcome, ParameterValue } from './door.ts';
import { newRowChecks } from './new-row-checks.ts';
import { environmentOf } from './run-governance.ts';
import type { SessionState } from './session-state.ts';
import type { StatementTrail } from './statement-context.ts';
import { withTimeout } from './statement-timeout.ts';
import { inTransaction, openTransaction } from './transaction-control.ts';

export type InsertStatement = Extract<ShellStatement, { kind: 'insert' }>;

export interface InsertRequest {
  readonly statement: InsertStatement;
  readonly parameters: readonly ParameterValue[];
  readonly trail: StatementTrail;
}

export async function runInsert(state: SessionState, request: InsertRequest): Promise<Outcome> {
  const stopTimer = withTimeout(state);
  try {
    return await runPlanned(state, request, await planInsert(state, request.statement));
  } finally {
    stopTimer();
  }
}

async function runPlanned(state: SessionState, request: InsertRequest, plan: InsertPlan): Promise<Outcome> {
  const { trail } = request;
  const started = trail.started(plan.touched);
  started.catch(() => undefined);
  const release = await state.services.admission.enter(state);
  try {
    const rows = await inTransaction(state, async () => {
      state.transaction.checkUnchanged([plan.table], state.services.catalog.snapshot());
      state.transaction.pendingAudit.push(started);
      state.transaction.writeTo(plan.query.writes ?? '');
      return write(state, plan.query, request.parameters);
    });
    await started;
    trail.finished(rows);
    return { kind: 'done', tag: `INSERT 0 ${String(rows)}` };
  } finally {
    release();
  }
}

async function write(
  state: SessionState,
  query: ExecutableQuery,
  parameters: readonly ParameterValue[],
): Promise<number> {
  const connection = await openTransaction(state);
  const prepared = await connection.prepare(query);
  try {
    return (await prepared.execute(parameters)).rowsChanged;
  } finally {
    prepared.close();
  }
}

export interface InsertPlan {
  readonly table: Table;
  readonly query: ExecutableQuery;
  readonly touched: readonly TouchedObject[];
}

/** @throws SqlError for what the asker may not, or what does not fit */
export async function planInsert(state: SessionState, statement: InsertStatement): Promise<InsertPlan> {
  const environment = environmentOf(state);
  const table = tableNamed(environment, statement.table);
  modifyTable(environment.access, table, 'INSERT');
  const columns = targetColumns(table, statement);
  const parts = statement.source === undefined ? undefined : await queryParts(environment, statement.source);
  if (parts !== undefined && parts.columns.length > columns.length) {
    throw new SqlError('syntaxError', 'INSERT has more expressions than target columns');
  }
  if (parts !== undefined && parts.columns.length < columns.length && statement.columns.length > 0) {
    throw new SqlError('syntaxError', 'INSERT has more target columns than expressions');
  }
  const targets = parts === undefined ? columns : columns.slice(0, parts.columns.length);
  const checks = await newRowChecks(state, environment, { table, columns: targets });
  const query = await insertQuery(environment.codec, {
    catalogId: environment.snapshot.catalogOf(table.id)?.id ?? '',
    table,
    columns: targets,
    source: parts?.tree.statement,
    values: parts?.tree.values,
    checks,
  });
  return { table, query, touched: [touched(environment, table, 'INSERT'), ...(parts?.touched ?? [])] };
}

function targetColumns(table: Table, statement: InsertStatement): readonly Column[] {
  if (statement.columns.length === 0) return table.columns;
  const seen = new Set<string>();
  return statement.columns.map(({ name, offset }) => {
    const column = table.columns.find((each) => fold(each.name) === fold(name));
    if (column === undefined) {
      const where = displayName([table.name]);
      throw new SqlError('undefinedColumn', `column ${displayName([name])} of table ${where} does not exist`, {
        position: offset,
      });
    }
    if (seen.has(column.id)) {
      throw new SqlError('duplicateColumn', `column ${displayName([name])} specified more than once`, {
        position: offset,
      });
    }
    seen.add(column.id);
    return column;
  });
}
