// A function is checked when it is made, not when somebody's query meets it: its body resolves, its owner may read what it
// reads, DuckDB can bind it, and its type is what it says. Where it serves as a policy: policy-impact.ts.
import { policyFunctionsOf } from '../analyze/policy-functions.ts';
import type { ResolvedFunction, ResolvedTableFunction } from '../analyze/resolved-query.ts';
import { authorize } from '../authorize/authorize.ts';
import { hiddenFrom } from '../authorize/body-rules.ts';
import { displayName } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import type { SqlFunction } from '../catalog/securable.ts';
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

/** Of a table function: what its query gives. */
export async function queryColumnsOf(environment: GovernEnvironment, fn: SqlFunction): Promise<readonly NamedType[]> {
  const resolved = await environment.analyzer.draftTable(environment.snapshot, fn, hiddenFrom(environment.access));
  const body = await authorizedBody(environment, resolved);
  return environment.describe(await environment.rewriter.tableFunctionProbe({ resolved, body }, environment.session));
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
  resolved: ResolvedFunction | ResolvedTableFunction,
): Promise<ReturnType<typeof authorize>> {
  const { analyzer, snapshot, identity, now } = environment;
  const policies = await policyFunctionsOf(analyzer, snapshot, resolved.facts);
  return authorize({ snapshot, identity, now, policies }, resolved.facts);
}

/** DuckDB converts on RETURN; what can never work is refused now. */
export function castable(from: string, to: string): boolean {
  return from !== 'BOOLEAN' || to === 'BOOLEAN' || to === 'VARCHAR' || !to.startsWith('DATE');
}
