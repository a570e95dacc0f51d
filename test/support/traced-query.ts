// The lineage of a query as text, for tests: what each output is made of, then what decides about it.
import { identityOf } from '../../src/authorize/identity.ts';
import { outputsOf, queryLineage } from '../../src/lineage/query-lineage.ts';
import type { Traced } from '../../src/lineage/traced.ts';
import { authorizeText, type PlanRequest } from '../../src/session/plan-query.ts';
import type { InProcess } from './in-process.ts';

export interface Asking {
  readonly user: string;
  readonly catalog: string;
  readonly schema: string;
}

/** One entry for each of the query's outputs. */
export async function tracedOutputs(
  server: InProcess,
  { user, catalog, schema }: Asking,
  sql: string,
  width: number,
): Promise<readonly Traced[]> {
  const { services } = server;
  const snapshot = services.catalog.snapshot();
  const principal = snapshot.principalByName(user);
  if (principal === undefined) throw new RangeError(`no user ${user}`);
  const session = { sessionUser: user, currentCatalog: catalog, currentSchema: schema };
  const request: PlanRequest = {
    snapshot,
    identity: identityOf(snapshot, principal.id),
    path: { catalog, schemas: [[catalog, schema]] },
    session,
    outputNames: 'duckdb',
  };
  const authorization = await authorizeText(services, sql, request);
  const tree = await services.rewriter.tree({ authorization, session, outputNames: 'duckdb' });
  return outputsOf(queryLineage(authorization, tree.effects), width);
}

/** `direct t.a; derived u.b?; filter t.c`: a question mark where columns could not be told apart. */
export function shown(server: InProcess, { origins, influences }: Traced): string {
  const snapshot = server.services.catalog.snapshot();
  const nameOf = (object: string, column: string): string => {
    const relation = snapshot.object(object);
    const names = relation?.kind === 'table' ? relation.columns : [];
    return `${relation !== undefined && 'name' in relation ? relation.name : object}.${names.find(({ id }) => id === column)?.name ?? column}`;
  };
  const made = [...origins.values()].map(({ object, column, flow, mask, throughView, coarse }) => {
    const by = mask === undefined ? '' : ` masked by ${nameOf(mask, '').slice(0, -1)}`;
    return `${flow} ${nameOf(object, column)}${by}${throughView ? ' behind' : ''}${coarse ? '?' : ''}`;
  });
  const deciding = [...influences.values()].map(
    ({ object, column, kind, coarse }) => `${kind} ${nameOf(object, column)}${coarse ? '?' : ''}`,
  );
  return [...made.toSorted(), ...deciding.toSorted()].join('; ');
}
