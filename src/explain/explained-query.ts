// A query's text, decided for somebody with every check written down. Nothing of it runs.
import { mentionedObjects } from '../analyze/objects-read.ts';
import { policyFunctionsOf } from '../analyze/policy-functions.ts';
import type { Hides } from '../analyze/resolution.ts';
import type { ResolvedQuery } from '../analyze/resolved-query.ts';
import type { Authorization } from '../authorize/authorization.ts';
import { type ExplainedAccess, explainAuthorization } from '../authorize/authorize.ts';
import type { Identity } from '../authorize/identity.ts';
import { SqlError, shiftedBy } from '../base/sql-error.ts';
import { isBuiltIn } from '../catalog/built-in-functions.ts';
import type { Securable } from '../catalog/securable.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { GovernEnvironment } from '../govern/environment.ts';
import type { Span } from '../parse/statement.ts';
import type { SessionFacts } from '../rewrite/rewrite-context.ts';

export interface ExplainedQuery extends ExplainedAccess {
  readonly resolved: ResolvedQuery;
}

/** What is asked: whose statement, on which catalog. */
export interface Hypothesis {
  readonly snapshot: CatalogSnapshot;
  readonly identity: Identity;
}

export interface Explainable {
  readonly query: Span;
  /** What whoever asks may not know is as if it did not exist. */
  readonly hides?: Hides | undefined;
}

/** @throws SqlError what is wrong with the query */
export async function explainedQuery(
  environment: GovernEnvironment,
  hypothesis: Hypothesis,
  { query, hides }: Explainable,
): Promise<ExplainedQuery> {
  const { analyzer, codec, path, now } = environment;
  const { snapshot, identity } = hypothesis;
  try {
    const statement = await codec.parse(query.text);
    const resolved = await analyzer.analyze(snapshot, statement, { path, hides, standsAlone: true });
    const policies = await policyFunctionsOf(analyzer, snapshot, resolved);
    return { resolved, ...explainAuthorization({ snapshot, identity, now, policies }, resolved) };
  } catch (error) {
    throw error instanceof SqlError ? shiftedBy(error, query.offset) : error;
  }
}

/** The session that the user would have where the asker is now. */
export function sessionOf({ session }: GovernEnvironment, { user }: Identity): SessionFacts {
  return { ...session, sessionUser: user.name };
}

/** Everything: policies' functions and the tables that these read, too. */
export function objectsUsed(authorization: Authorization): readonly Securable[] {
  const calls = [...authorization.guards.values()].flatMap((guard) => [...guard.masks.values(), ...guard.filters]);
  const bodies = [
    ...authorization.views.values(),
    ...authorization.functions.values(),
    ...calls.map((call) => call.body),
  ];
  const named = mentionedObjects(authorization.resolved).map(({ object }) => object);
  const functions = calls.map((call) => call.function.function).filter(({ id }) => !isBuiltIn(id));
  const own = [...named, ...functions];
  return [...own, ...bodies.flatMap(objectsUsed)];
}
