// COPY … TO STDOUT: the query that it stands for, decided and run like any other, spelled by the door.
import { display, fold, quote } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import { copyFormat } from '../parse/copy-options.ts';
import type { CopySource, CopyStatement } from '../parse/copy-statement.ts';
import type { Span } from '../parse/statement.ts';
import type { CopyFormat } from '../sql/copy-format.ts';
import type { ResultColumn } from '../sql/sql-type.ts';
import type { Outcome } from './door.ts';
import { runQuery } from './run-query.ts';
import type { SessionState } from './session-state.ts';
import type { StatementTrail } from './statement-context.ts';

export async function runCopy(
  state: SessionState,
  { statement, trail }: { readonly statement: CopyStatement; readonly trail: StatementTrail },
): Promise<Outcome> {
  refuseServerFiles(statement);
  if (statement.direction === 'from') {
    throw new SqlError('featureNotSupported', 'COPY FROM is not supported', {
      hint: 'Use INSERT with several rows of VALUES.',
    });
  }
  const format = copyFormat(statement.options);
  const query = copiedQuery(statement.source);
  const request = { query, summary: undefined, parameters: [], maxRows: 0, onCursor: () => undefined, trail };
  const outcome = await runQuery(state, request);
  if (outcome.kind !== 'rows') throw new SqlError('internalError', 'a query without rows');
  const { columns, chunks, tag } = outcome;
  checkForcedColumns(format, columns);
  return { kind: 'copyOut', columns, chunks, format, tag: () => (tag() ?? '').replace('SELECT', 'COPY') };
}

/** Nobody reaches the server's files or programs. */
function refuseServerFiles({ place, direction }: CopyStatement): void {
  if (place === 'client') return;
  const what = place === 'file' ? 'a file' : 'an external program';
  throw new SqlError('insufficientPrivilege', `permission denied to COPY ${direction} ${what}`, {
    hint: "COPY to stdout or from stdin works for everybody, and so does psql's \\copy command.",
  });
}

/** A table is read whole, in the order of its columns. Positions stay those of the statement: the name's. */
function copiedQuery(source: CopySource): Span {
  if ('query' in source) return source.query;
  const { table, columns } = source;
  const head = `SELECT ${columns === undefined ? '*' : columns.map(quote).join(', ')} FROM `;
  return { text: `${head}${table.parts.map(quote).join('.')}`, offset: table.offset - head.length };
}

function checkForcedColumns({ forceQuote }: CopyFormat, columns: readonly ResultColumn[]): void {
  if (forceQuote === 'all') return;
  const missing = forceQuote.find((name) => columns.every((column) => fold(column.name) !== fold(name)));
  if (missing === undefined) return;
  throw new SqlError('invalidColumnReference', `FORCE_QUOTE column ${display(missing)} not referenced by COPY`);
}
