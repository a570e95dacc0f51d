// A function is checked when it is made, not when somebody's query meets it: its body resolves, its owner may read what it
// reads, DuckDB can bind it, and its type is what it says. Where it already serves as a policy, it must still fit.
import { policyFunctionsOf } from '../analyze/policy-functions.ts';
import type { ResolvedFunction } from '../analyze/resolved-query.ts';
import { authorize } from '../authorize/authorize.ts';
import { hiddenFrom } from '../authorize/rules.ts';
import { displayName } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import type { PolicyArgument } from '../catalog/policy.ts';
import type { SqlFunction, Table } from '../catalog/securable.ts';
import { widens } from '../catalog/widening.ts';
import type { GovernEnvironment, NamedType } from './environment.ts';

/** @throws SqlError what is wrong with it */
export async function authorizeFunction(environment: GovernEnvironment, fn: SqlFunction): Promise<void> {
  const actual = await boundType(environment, fn);
  if (!castable(actual.type, fn.returns)) {
    throw new SqlError(
      'datatypeMismatch',
      `function ${displayName([fn.name])} returns ${actual.type}, not ${fn.returns}`,
    );
  }
}

/** RETURNS left out: the body's own type. */
export async function returnTypeOf(environment: GovernEnvironment, fn: SqlFunction): Promise<string> {
  return (await boundType(environment, fn)).type;
}

async function boundType(environment: GovernEnvironment, fn: SqlFunction): Promise<NamedType> {
  const resolved = await environment.analyzer.draft(environment.snapshot, fn, hiddenFrom(environment.access));
  const query = await environment.rewriter.functionProbe(
    { resolved, body: await authorizedBody(environment, resolved) },
    environment.session,
  );
  const [column] = await environment.describe(query);
  if (column === undefined) throw new SqlError('syntaxError', 'the body of a function must be one expression');
  return column;
}

async function authorizedBody(
  environment: GovernEnvironment,
  resolved: ResolvedFunction,
): Promise<ReturnType<typeof authorize>> {
  const { analyzer, snapshot, identity, now } = environment;
  const policies = await policyFunctionsOf(analyzer, snapshot, resolved.facts);
  return authorize({ snapshot, identity, now, policies }, resolved.facts);
}

/** DuckDB converts on RETURN; what can never work is refused now. */
function castable(from: string, to: string): boolean {
  return from !== 'BOOLEAN' || to === 'BOOLEAN' || to === 'VARCHAR' || !to.startsWith('DATE');
}

/** Is the function usable as a mask of this column? @throws SqlError datatypeMismatch, invalidObjectDefinition */
export function checkMask(
  table: Table,
  { columnId, using }: { readonly columnId: string; readonly using: readonly PolicyArgument[] },
  fn: SqlFunction,
): void {
  const column = table.columns.find((each) => each.id === columnId);
  if (column === undefined) return;
  checkArguments(table, fn, [{ kind: 'column', columnId }, ...using]);
  if (widens(fn.returns, column.type)) return;
  const message = `mask of column ${displayName([column.name])} returns ${fn.returns}, the column is ${column.type}`;
  throw new SqlError('datatypeMismatch', message, { hint: `Declare the function RETURNS ${column.type}.` });
}

export function checkFilter(table: Table, args: readonly PolicyArgument[], fn: SqlFunction): void {
  checkArguments(table, fn, args);
  if (fn.returns === 'BOOLEAN') return;
  throw new SqlError('datatypeMismatch', `row filter ${displayName([fn.name])} must return BOOLEAN, not ${fn.returns}`);
}

function checkArguments(table: Table, fn: SqlFunction, args: readonly PolicyArgument[]): void {
  if (args.length !== fn.parameters.length) {
    const wants = `takes ${String(fn.parameters.length)} argument(s), ${String(args.length)} given`;
    throw new SqlError('invalidObjectDefinition', `function ${displayName([fn.name])} ${wants}`);
  }
  for (const [index, argument] of args.entries()) {
    if (argument.kind !== 'column') continue;
    const column = table.columns.find((each) => each.id === argument.columnId);
    const parameter = fn.parameters[index];
    if (column === undefined || parameter === undefined || widens(column.type, parameter.type)) continue;
    const detail = `column ${displayName([column.name])} is ${column.type}, parameter ${parameter.name} is ${parameter.type}`;
    throw new SqlError('datatypeMismatch', `function ${displayName([fn.name])} does not fit: ${detail}`);
  }
}

/** A function that is replaced while it serves as a policy must fit every use. */
export async function checkPolicyTypes(environment: GovernEnvironment, fn: SqlFunction): Promise<void> {
  await Promise.resolve();
  for (const table of environment.snapshot.usersOfFunction(fn.id)) {
    for (const column of table.columns) {
      if (column.mask?.functionId === fn.id) checkMask(table, { columnId: column.id, using: column.mask.using }, fn);
    }
    for (const filter of table.rowFilters) {
      if (filter.functionId === fn.id) checkFilter(table, filter.arguments, fn);
    }
  }
}
