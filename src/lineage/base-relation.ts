// A guarded table as its reader gets it: each column with the mask in front of it, and what decides which rows there are.
import type { PolicyCall, TableGuard } from '../authorize/authorization.ts';
import type { Table } from '../catalog/securable.ts';
import type { GuardEffect } from '../rewrite/rewrite-context.ts';
import { namedColumn, type OutputPart, type Rowset } from './rowset.ts';
import { influencing, masked, merged, type Traced, tracedColumn, untraced } from './traced.ts';

/**
 * @param guard undefined: the policies do not concern what is traced (a view's definition)
 * @param effect what the guard came to for this reader
 */
export function guardedTable(table: Table, guard: TableGuard | undefined, effect: GuardEffect | undefined): Rowset {
  const parts = table.columns.map((column): OutputPart => {
    const mask = guard?.masks.get(column.id);
    const raw = rawColumn(table, column.id);
    const applies = mask !== undefined && effect?.applied.has(mask) === true;
    if (!applies) return namedColumn(column.name, raw);
    const made = merged([raw, argumentsOf(table, mask)]);
    return namedColumn(column.name, masked(made, mask.function.function.id));
  });
  const filters = guard?.filters.filter((filter) => effect?.applied.has(filter) === true) ?? [];
  const rows = merged(filters.map((filter) => influencing(argumentsOf(table, filter), 'rowFilter')));
  return { parts, rows };
}

function rawColumn(table: Table, id: string): Traced {
  return tracedColumn({ object: table.id, column: id, flow: 'direct', mask: undefined });
}

function argumentsOf(table: Table, call: PolicyCall): Traced {
  return merged(
    call.arguments.map((argument) => (argument.kind === 'column' ? rawColumn(table, argument.columnId) : untraced)),
  );
}
