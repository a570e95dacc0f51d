// Does a function fit the place where it serves as a policy: so many arguments, of types that reach its parameters without loss,
// and a result that is the column's type or widens to it?
import { displayName } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import { keyArguments } from '../catalog/built-in-functions.ts';
import type { PolicyArgument, RowFilter } from '../catalog/policy.ts';
import type { Column, SqlFunction, Table } from '../catalog/securable.ts';
import { widens } from '../catalog/widening.ts';
import type { GovernEnvironment } from './environment.ts';
import { literalFits } from './literal-types.ts';

type Masked = Column & { readonly mask: NonNullable<Column['mask']> };

export function isMasked(column: Column): column is Masked {
  return column.mask !== undefined;
}

/** @throws SqlError datatypeMismatch, invalidObjectDefinition */
export async function checkMask(
  environment: GovernEnvironment,
  { table, fn }: { readonly table: Table; readonly fn: SqlFunction },
  column: Masked,
): Promise<void> {
  await checkArguments(environment, { table, fn }, [{ kind: 'column', columnId: column.id }, ...column.mask.using]);
  const named = fn.returns === column.type || fn.parameters[0]?.type === column.type;
  if (named && widens(fn.returns, column.type)) return;
  const message = `mask of column ${displayName([column.name])} returns ${fn.returns}, the column is ${column.type}`;
  throw new SqlError('datatypeMismatch', message, { hint: `Declare the function RETURNS ${column.type}.` });
}

/** @throws SqlError datatypeMismatch, invalidObjectDefinition */
export async function checkFilter(
  environment: GovernEnvironment,
  { table, fn }: { readonly table: Table; readonly fn: SqlFunction },
  filter: RowFilter,
): Promise<void> {
  await checkArguments(environment, { table, fn }, filter.arguments);
  if (fn.returns === 'BOOLEAN') return;
  throw new SqlError('datatypeMismatch', `row filter ${displayName([fn.name])} must return BOOLEAN, not ${fn.returns}`);
}

async function checkArguments(
  environment: GovernEnvironment,
  { table, fn }: { readonly table: Table; readonly fn: SqlFunction },
  args: readonly PolicyArgument[],
): Promise<void> {
  const wanted = fn.parameters.length - keyArguments(fn.id);
  if (args.length !== wanted) {
    const wants = `takes ${String(wanted)} argument(s), ${String(args.length)} given`;
    throw new SqlError('invalidObjectDefinition', `function ${displayName([fn.name])} ${wants}`);
  }
  for (const [index, argument] of args.entries()) {
    const parameter = fn.parameters[index];
    if (parameter === undefined) continue;
    const problem =
      argument.kind === 'column'
        ? columnProblem(table, argument.columnId, parameter.type)
        : await literalProblem(environment, argument.literal, parameter.type);
    if (problem === undefined) continue;
    const detail = `${problem}, parameter ${parameter.name} is ${parameter.type}`;
    throw new SqlError('datatypeMismatch', `function ${displayName([fn.name])} does not fit: ${detail}`);
  }
}

function columnProblem(table: Table, columnId: string, type: string): string | undefined {
  const column = table.columns.find((each) => each.id === columnId);
  if (column === undefined || widens(column.type, type)) return undefined;
  return `column ${displayName([column.name])} is ${column.type}`;
}

async function literalProblem(
  environment: GovernEnvironment,
  literal: string,
  type: string,
): Promise<string | undefined> {
  const tree = await environment.analyzer.literal(literal);
  return literalFits(tree, type) ? undefined : `a constant has another type`;
}
