// The functions behind the masks and filters of every table a query will meet, views and functions followed.
import { SqlError } from '../base/sql-error.ts';
import { applicationsOn } from '../catalog/match-policies.ts';
import type { ObjectId, Table } from '../catalog/securable.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { Analyzer } from './bodies.ts';
import { policyProblem } from './policy-body.ts';
import type { ResolvedFunction, ResolvedQuery } from './resolved-query.ts';

/** By function id; an error where the function cannot be resolved: its tables are then unreadable. */
export type PolicyFunctions = ReadonlyMap<ObjectId, ResolvedFunction | SqlError>;

export async function policyFunctionsOf(
  analyzer: Analyzer,
  snapshot: CatalogSnapshot,
  query: ResolvedQuery,
): Promise<PolicyFunctions> {
  const found = new Map<ObjectId, ResolvedFunction | SqlError>();
  const pending: ResolvedQuery[] = [query];
  const seen = new Set<ResolvedQuery>();
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    pending.push(...innerQueries(next));
    for (const id of policyIds(snapshot, next)) {
      if (found.has(id)) continue;
      const fn = await resolvedPolicy(analyzer, snapshot, id);
      found.set(id, fn);
      if (!(fn instanceof SqlError)) pending.push(fn.facts);
    }
  }
  return found;
}

async function resolvedPolicy(
  analyzer: Analyzer,
  snapshot: CatalogSnapshot,
  id: ObjectId,
): Promise<ResolvedFunction | SqlError> {
  const fn = snapshot.object(id);
  if (fn?.kind !== 'function') return new SqlError('undefinedFunction', 'a policy function does not exist');
  const resolved = await analyzer.tryFunction(snapshot, fn);
  return resolved instanceof SqlError ? resolved : (policyProblem(resolved) ?? resolved);
}

function innerQueries(query: ResolvedQuery): readonly ResolvedQuery[] {
  const views = query.relations.filter((use) => use.kind === 'view').map((use) => use.body);
  const called = [...query.functions, ...query.tableFunctions];
  return [...views, ...called.map((use) => use.resolved.facts)];
}

function policyIds(snapshot: CatalogSnapshot, query: ResolvedQuery): readonly ObjectId[] {
  return query.relations.flatMap((use) => (use.kind === 'table' ? policyIdsOf(snapshot, use.table) : []));
}

function policyIdsOf(snapshot: CatalogSnapshot, table: Table): readonly ObjectId[] {
  const masks = table.columns.flatMap((column) => (column.mask === undefined ? [] : [column.mask.functionId]));
  const byTags = applicationsOn(snapshot, table).map((each) => each.policy.functionId);
  return [...masks, ...table.rowFilters.map((filter) => filter.functionId), ...byTags];
}
