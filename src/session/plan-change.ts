// PLAN: what statements would do to everybody's view of what the asker manages, tried on a catalog that is never published.
import { policyFunctionsOf } from '../analyze/policy-functions.ts';
import { authorize } from '../authorize/authorize.ts';
import { identityOf } from '../authorize/identity.ts';
import { limits } from '../base/limits.ts';
import { SqlError } from '../base/sql-error.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import { sessionOf } from '../explain/explained-query.ts';
import { planAnswer, planHash, type RowCounts } from '../explain/plan-answer.ts';
import { type Difference, planDifferences } from '../explain/plan-differences.ts';
import { type Tried, tryStatements } from '../explain/shadow.ts';
import type { GovernEnvironment } from '../govern/environment.ts';
import { touched } from '../govern/find.ts';
import type { ParsedStatement } from '../parse/statement.ts';
import { baseTable, functionCall, select, statementOf } from '../sql/build.ts';
import type { PlanRequest } from './plan-query.ts';
import type { Answered } from './run-answer.ts';
import { environmentFor } from './run-governance.ts';
import { admitted, singleCount } from './run-sealed.ts';
import type { SessionState } from './session-state.ts';

/** @throws SqlError activeTransaction: what is planned is the published catalog */
export function refuseInTransaction({ transaction }: SessionState, command: string): void {
  if (transaction.kind !== 'explicit' && transaction.changes.length === 0) return;
  throw new SqlError('activeTransaction', `${command} cannot run inside a transaction block`);
}

export async function planChange(state: SessionState, statements: readonly ParsedStatement[]): Promise<Answered> {
  refuseInTransaction(state, 'PLAN');
  const request = state.planRequest(state.snapshot());
  const { environment, tried, differences, hash } = await evaluatePlan(state, request, statements);
  const counts = await admitted(state, () => countDifferences(state, { environment, tried, differences }));
  const { path, session, outputNames } = request;
  const madeAt = environment.now;
  const plannerId = request.identity.user.id;
  state.services.changePlans.keep({ hash, plannerId, statements, place: { path, session, outputNames }, madeAt });
  const counted = [...new Set([...counts.keys()].map(({ relation }) => relation))];
  return {
    tag: 'PLAN',
    answer: planAnswer({ hash, statements: statements.length, differences, counts }),
    touched: [...tried.touched, ...counted.map((relation) => touched(environment, relation, 'PLAN'))],
  };
}

export interface EvaluatedPlan {
  readonly environment: GovernEnvironment;
  readonly tried: Tried;
  readonly differences: readonly Difference[];
  readonly hash: string;
}

/** The same again gives the same hash, as long as nothing that matters has changed. */
export async function evaluatePlan(
  state: SessionState,
  request: PlanRequest,
  statements: readonly ParsedStatement[],
): Promise<EvaluatedPlan> {
  const before = request.snapshot;
  const environment = environmentFor(state, request);
  const tried = await tryAs(state, request, statements);
  const differences = await planDifferences(environment, { before, after: tried.snapshot }, tried.changes);
  const hash = planHash({
    plannerId: request.identity.user.id,
    texts: statements.map(({ text }) => text),
    path: request.path,
    before,
    changes: tried.changes,
    differences,
  });
  return { environment, tried, differences, hash };
}

/** Decides the statements as that user, one after the other. */
export async function tryAs(
  state: SessionState,
  request: PlanRequest,
  statements: readonly ParsedStatement[],
): Promise<Tried> {
  const userId = request.identity.user.id;
  const at = (snapshot: CatalogSnapshot): GovernEnvironment =>
    environmentFor(state, { ...request, snapshot, identity: identityOf(snapshot, userId) });
  return tryStatements(at, request.snapshot, statements);
}

interface Counting {
  readonly environment: GovernEnvironment;
  readonly tried: Tried;
  readonly differences: readonly Difference[];
}

/** The first differences in rows, as many as the limit allows; the others go without numbers. */
async function countDifferences(
  state: SessionState,
  { environment, tried, differences }: Counting,
): Promise<ReadonlyMap<Difference, RowCounts>> {
  const counts = new Map<Difference, RowCounts>();
  // Rows behind a view over what the asker does not manage are not the asker's to count.
  const told = differences.filter(({ rows }) => rows !== undefined && ![rows.before, rows.after].includes('readable'));
  for (const difference of told.slice(0, limits.planCountsMax)) {
    const before = await visibleRows(state, { environment, snapshot: environment.snapshot, difference });
    const after = await visibleRows(state, { environment, snapshot: tried.snapshot, difference });
    if (before !== undefined && after !== undefined) counts.set(difference, { before, after });
  }
  return counts;
}

interface Visible {
  readonly environment: GovernEnvironment;
  readonly snapshot: CatalogSnapshot;
  readonly difference: Difference;
}

/** What `SELECT count(*)` of that user would say; undefined when it would fail. */
async function visibleRows(
  state: SessionState,
  { environment, snapshot, difference }: Visible,
): Promise<bigint | undefined> {
  const { user, relation } = difference;
  const [catalog = '', schema = '', table = ''] = snapshot.nameOf(relation.id);
  if (snapshot.principal(user.id) === undefined || snapshot.object(relation.id) === undefined) return 0n;
  const from = baseTable({ catalog, schema, table }, '');
  const statement = statementOf(select({ select_list: [functionCall('count_star', [])], from_table: from }));
  const { analyzer, rewriter, path, now } = environment;
  const identity = identityOf(snapshot, user.id);
  try {
    const resolved = await analyzer.analyze(snapshot, statement, { path });
    const policies = await policyFunctionsOf(analyzer, snapshot, resolved);
    const authorization = authorize({ snapshot, identity, now, policies }, resolved);
    const session = sessionOf(environment, identity);
    const { executable } = await rewriter.query({ authorization, session, outputNames: 'duckdb' });
    return await singleCount(state, executable);
  } catch (error) {
    const told = state.clientError(error);
    if (told.condition === 'queryCanceled' || !(error instanceof SqlError)) throw error;
    return told.condition === 'insufficientPrivilege' || told.condition === 'undefinedTable' ? 0n : undefined;
  }
}
