// Does a function fit the columns it is to be called with? What does not is found before a query meets it.
import { displayName } from '../base/identifier.ts';
import { keyArguments } from './built-in-functions.ts';
import type { PolicyArgument } from './policy.ts';
import type { Securable, SqlFunction, Table } from './securable.ts';
import { widens } from './widening.ts';

export interface PolicyShape {
  readonly table: Table;
  /** The masked column's id; undefined: a row filter. */
  readonly columnId: string | undefined;
  /** All arguments, the masked column first. */
  readonly arguments: readonly PolicyArgument[];
}

/** What is wrong, for people who manage the table; undefined: it fits. */
export function misfitOf(shape: PolicyShape, fn: Securable | undefined): string | undefined {
  if (fn?.kind !== 'function') return 'its function does not exist';
  if (shape.arguments.length !== fn.parameters.length - keyArguments(fn.id))
    return 'its function takes another number of arguments';
  for (const [index, argument] of shape.arguments.entries()) {
    if (argument.kind !== 'column') continue;
    const column = shape.table.columns.find((each) => each.id === argument.columnId);
    if (column === undefined) return 'a column is gone';
    const wanted = fn.parameters[index]?.type ?? '';
    if (!widens(column.type, wanted)) return `column ${displayName([column.name])} is ${column.type}, not ${wanted}`;
  }
  return returnMisfit(shape, fn);
}

function returnMisfit({ table, columnId }: PolicyShape, { returns, parameters }: SqlFunction): string | undefined {
  if (columnId === undefined) return returns === 'BOOLEAN' ? undefined : 'a row filter returns BOOLEAN';
  const column = table.columns.find((each) => each.id === columnId);
  if (column === undefined) return 'a column is gone';
  // The guard gives the result the column's type, which it knows from the function's own parameter.
  const known = returns === column.type || parameters[0]?.type === column.type;
  if (known && widens(returns, column.type)) return undefined;
  return `column ${displayName([column.name])} is ${column.type}, its mask ${returns}`;
}
