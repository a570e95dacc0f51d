// COPY … TO STDOUT: the SELECT that it stands for, on the way of any query. Only the spelling of its rows is another.
import { quote } from '../base/identifier.ts';
import { SqlError, withoutPosition } from '../base/sql-error.ts';
import type { CopyEnd, CopyStatement, CopyTable } from '../parse/copy-statement.ts';
import { parseStatements } from '../parse/parse.ts';
import type { Span } from '../parse/statement.ts';
import { copyFormatOf } from './copy-format.ts';
import type { Outcome } from './door.ts';
import type { RowCursor } from './row-cursor.ts';
import { runQuery } from './run-query.ts';
import type { SessionState } from './session-state.ts';
import type { StatementTrail } from './statement-context.ts';

export interface CopyToRequest {
  readonly statement: Extract<CopyStatement, { kind: 'copyTo' }>;
  readonly trail: StatementTrail;
}

export async function runCopyTo(state: SessionState, { statement, trail }: CopyToRequest): Promise<Outcome> {
  demandClient(statement.target, 'TO');
  // What is wrong with the options alone is told before anything runs.
  const { options, source } = statement;
  copyFormatOf({ options: options.filter(({ name }) => name !== 'force_quote'), direction: 'to', columns: [] });
  const cursor =
    'query' in source ? await cursorOf(state, queryOf(source.query), trail) : await tableCursor(state, source, trail);
  try {
    const columns = cursor.columns.map(({ name }) => name);
    const format = copyFormatOf({ options, direction: 'to', columns });
    return {
      kind: 'copyOut',
      columns: cursor.columns,
      format,
      chunks: cursor.chunks(0),
      tag: () => `COPY ${String(cursor.rowsSent)}`,
    };
  } catch (error) {
    cursor.close();
    throw error;
  }
}

/** Files and programs of the server are nobody's to read or write through SQL. */
export function demandClient(end: CopyEnd, direction: 'TO' | 'FROM'): void {
  if (end === 'client') return;
  const what = end === 'file' ? 'a file' : 'a program';
  const standard = direction === 'TO' ? 'STDOUT' : 'STDIN';
  throw new SqlError('featureNotSupported', `COPY ${direction} ${what} of the server is not supported`, {
    hint: `Use COPY … ${direction} ${standard}: psql's \\copy reads and writes files of the client.`,
  });
}

async function cursorOf(state: SessionState, query: Span, trail: StatementTrail): Promise<RowCursor> {
  const found: RowCursor[] = [];
  const onCursor = (cursor: RowCursor): void => {
    found.push(cursor);
  };
  await runQuery(state, { query, summary: undefined, parameters: [], maxRows: 0, onCursor, trail });
  const [cursor] = found;
  if (cursor === undefined) throw new SqlError('internalError', 'the query has no rows to copy');
  return cursor;
}

/** The query in brackets: of the kinds that only read. */
function queryOf({ text, offset }: Span): Span {
  const [parsed, ...others] = parseStatements(text);
  if (parsed?.statement.kind !== 'query' || parsed.statement.summary === true || others.length > 0) {
    throw new SqlError('featureNotSupported', 'COPY takes a query that only reads', {
      hint: 'Write COPY (SELECT …) TO STDOUT.',
      position: offset,
    });
  }
  return { text: parsed.statement.query.text, offset: offset + parsed.offset };
}

async function tableCursor(
  state: SessionState,
  { table, columns }: CopyTable,
  trail: StatementTrail,
): Promise<RowCursor> {
  const list = columns.length === 0 ? '*' : columns.map(({ name }) => quote(name)).join(', ');
  try {
    return await cursorOf(state, { text: `SELECT ${list} FROM ${table.parts.map(quote).join('.')}`, offset: 0 }, trail);
  } catch (error) {
    // It would be a place in this text, which the client did not write.
    throw error instanceof SqlError ? withoutPosition(error) : error;
  }
}
