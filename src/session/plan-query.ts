// Query text -> plan: parsed, analyzed, authorized, rewritten. Kept by text, asker, names and catalog version; a plan whose
// grants have expired is made anew.
import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { policyFunctionsOf } from '../analyze/policy-functions.ts';
import type { ResolvedQuery, SearchPath } from '../analyze/resolved-query.ts';
import type { ValueType } from '../analyze/value-types.ts';
import type { TouchedObject } from '../audit/event.ts';
import { Access } from '../authorize/access.ts';
import type { Authorization } from '../authorize/authorization.ts';
import { authorize } from '../authorize/authorize.ts';
import { hiddenFrom } from '../authorize/body-rules.ts';
import type { Identity } from '../authorize/identity.ts';
import { limits } from '../base/limits.ts';
import { pause } from '../base/pause.ts';
import type { Table, View } from '../catalog/securable.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { RewrittenQuery } from '../rewrite/rewrite.ts';
import type { SessionFacts } from '../rewrite/rewrite-context.ts';
import type { BaseTable, SelectStatement } from '../sql/ast.ts';
import type { Services } from './services.ts';
import { touchedObjects } from './touched-objects.ts';

export interface PlanRequest {
  readonly snapshot: CatalogSnapshot;
  readonly identity: Identity;
  readonly path: SearchPath;
  readonly session: SessionFacts;
  readonly outputNames: 'postgres' | 'duckdb';
  /** Of the values that are bound; undefined while they are not known. */
  readonly parameterTypes?: readonly (ValueType | undefined)[] | undefined;
  /** SUMMARIZE: figures of the outputs in place of the rows. */
  readonly summary?: true | undefined;
}

export interface QueryPlan {
  readonly rewritten: RewrittenQuery;
  readonly touched: readonly TouchedObject[];
  /** Relations the statement's tree and its views mention: what a transaction must have seen at its start. */
  readonly relations: readonly (Table | View)[];
  readonly snapshot: CatalogSnapshot;
  readonly validUntil: number | undefined;
}

export class PlanCache {
  readonly #plans: LRUCache<string, QueryPlan> = new LRUCache({
    max: limits.planCacheEntriesMax,
    maxSize: limits.planCacheBytesMax,
    sizeCalculation: bytesOf,
  });

  /** Of the plans kept. */
  get bytes(): number {
    return this.#plans.calculatedSize;
  }

  get(key: string, request: PlanRequest, now: number): QueryPlan | undefined {
    const plan = this.#plans.get(key);
    // A transaction's own view of the catalog has a version too: only the very same snapshot will do.
    if (plan === undefined || plan.snapshot !== request.snapshot) return undefined;
    return plan.validUntil !== undefined && plan.validUntil <= now ? undefined : plan;
  }

  set(key: string, plan: QueryPlan): void {
    if (plan.rewritten.executable.sql.length <= limits.keptSqlBytesMax) this.#plans.set(key, plan);
  }
}

function bytesOf({ rewritten, touched, relations }: QueryPlan): number {
  const facts = rewritten.names.size + rewritten.effects.length + touched.length + relations.length;
  return (
    limits.planOverheadBytes +
    2 * (rewritten.executable.sql.length + rewritten.executable.valueCharacters) +
    256 * facts
  );
}

/** @throws SqlError for what the asker may not, or what cannot be */
export async function planQuery(services: Services, text: string, request: PlanRequest): Promise<QueryPlan> {
  const key = keyOf(text, request);
  const now = services.clock.now();
  const known = services.plans.get(key, request, now);
  if (known !== undefined) return known;
  const { summary } = request;
  const authorization = await authorizeText(
    services,
    text,
    summary === true ? request : { ...request, standsAlone: true },
  );
  await pause(text);
  const rewritten =
    summary === true
      ? await services.rewriter.summary({ ...request, authorization })
      : await services.rewriter.query({ ...request, authorization });
  const plan = planOf(authorization, rewritten, request.snapshot);
  if (!readsLive(authorization)) services.plans.set(key, plan);
  return plan;
}

/** Parsed, analyzed and authorized, for statements that hold a query as a part. */
export async function authorizeText(
  services: Services,
  text: string,
  request: PlanRequest & { readonly standsAlone?: true },
): Promise<Authorization> {
  return authorizeStatement(services, await services.codec.parse(text), request);
}

/** @param request.unread tells, once it is known what is read, which mention is only written */
export async function authorizeStatement(
  services: Services,
  statement: SelectStatement,
  request: PlanRequest & {
    readonly unread?: ((resolved: ResolvedQuery) => BaseTable | undefined) | undefined;
    /** No other query is made of its rows. */
    readonly standsAlone?: true;
  },
): Promise<Authorization> {
  const { snapshot, identity } = request;
  const now = services.clock.now();
  const hides = hiddenFrom(new Access(snapshot, identity, now));
  const resolved = await services.analyzer.analyze(snapshot, statement, { ...request, hides });
  const policies = await policyFunctionsOf(services.analyzer, snapshot, resolved);
  const unread = request.unread?.(resolved);
  const asker = { snapshot, identity, now, policies, lineage: services.lineage };
  return authorize(unread === undefined ? asker : { ...asker, unread }, resolved);
}

/** Does it read what changes without the catalog's version? */
function readsLive({ systems, views, functions }: Authorization): boolean {
  const own = [...systems.keys()].some(({ relation }) => relation.isLive === true);
  return own || [...views.values(), ...functions.values()].some(readsLive);
}

function planOf(authorization: Authorization, rewritten: RewrittenQuery, snapshot: CatalogSnapshot): QueryPlan {
  return {
    rewritten,
    touched: touchedObjects(authorization, rewritten.effects),
    relations: relationsOf(authorization),
    snapshot,
    validUntil: authorization.validUntil,
  };
}

export function relationsOf(authorization: Authorization): readonly (Table | View)[] {
  const own = authorization.resolved.relations.flatMap((use): readonly (Table | View)[] => {
    if (use.kind === 'system') return [];
    return use.kind === 'table' ? [use.table] : [use.view];
  });
  const policies = [...authorization.guards.values()].flatMap((guard) => [...guard.masks.values(), ...guard.filters]);
  const inner = [
    ...authorization.views.values(),
    ...authorization.functions.values(),
    ...policies.map((call) => call.body),
  ];
  return [...own, ...inner.flatMap(relationsOf)];
}

/** Everything a plan depends on but the snapshot and the clock, which are compared. */
function keyOf(text: string, request: PlanRequest): string {
  const { identity, path, session, outputNames } = request;
  const facts = [
    identity.user.id,
    session.sessionUser,
    session.currentCatalog,
    session.currentSchema ?? null,
    path.schemas,
    request.parameterTypes ?? null,
  ];
  // Hashed: a text may be long, and longer as JSON.
  return createHash('sha256')
    .update(JSON.stringify([outputNames, request.summary === true, facts]))
    .update('\0')
    .update(text)
    .digest('base64');
}
