// The query that a view is stored with.
import { quote } from '../base/identifier.ts';
import type { ShellStatement } from './statement.ts';

type CreateView = Extract<ShellStatement, { kind: 'createView' }>;

/** A column list renames by position: written so that the view's own names are those of its query. */
export function viewQuery({ columns, as }: Pick<CreateView, 'columns' | 'as'>): string {
  if (columns.length === 0) return as.text;
  const names = columns.map((column) => quote(column.name)).join(', ');
  return `SELECT * FROM (\n${as.text}\n) AS view_query(${names})`;
}
