// APPLY PLAN: the planned statements in one commit, if they still do what the plan said and no access test fails.

import { Access } from '../authorize/access.ts';
import { identityOf } from '../authorize/identity.ts';
import { checkPolicyStep } from '../authorize/policy-step.ts';
import { displayName } from '../base/identifier.ts';
import { limits } from '../base/limits.ts';
import { SqlError } from '../base/sql-error.ts';
import { allAccessTests } from '../catalog/access-test.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { Tried } from '../explain/shadow.ts';
import { expectationText } from '../govern/access-tests.ts';
import type { GovernEnvironment } from '../govern/environment.ts';
import type { ChangePlan } from './change-plans.ts';
import { evaluatePlan, refuseInTransaction, tryAs } from './plan-change.ts';
import { runAccessTest } from './run-access-tests.ts';
import { auditChanges, environmentFor } from './run-governance.ts';
import { admitted } from './run-sealed.ts';
import type { SessionState } from './session-state.ts';
import type { StatementTrail } from './statement-context.ts';

/** @returns the number of changes @throws SqlError serializationFailure when the plan no longer says what would happen */
export async function applyPlan(state: SessionState, hash: string, trail: StatementTrail): Promise<number> {
  refuseInTransaction(state, 'APPLY PLAN');
  const { catalog, changePlans, clock } = state.services;
  const plan = planFor(state, hash);
  const { snapshot, tried } = await admitted(state, () => settled(state, plan));
  const started = trail.started(tried.touched);
  started.catch(() => undefined);
  await Promise.all([started, auditChanges(state, trail, tried.changes)]);
  if (tried.changes.length > 0) {
    const { statementId } = trail;
    const { changes } = tried;
    const verify = (before: CatalogSnapshot, after: CatalogSnapshot): void => {
      // What was tried was tried on that catalog, and on no other.
      if (before !== snapshot) throw changed();
      checkPolicyStep(new Access(before, state.identity(before), clock.now()), { changes, after });
    };
    await catalog.commit({ changes, by: state.userId, statementId, at: clock.now(), verify });
  }
  changePlans.forget(hash);
  trail.finished(tried.changes.length);
  return tried.changes.length;
}

/** A plan of somebody else is as unknown as none, but to administrators. */
function planFor(state: SessionState, hash: string): ChangePlan {
  const { changePlans, clock, catalog } = state.services;
  const plan = changePlans.find(hash, clock.now());
  const { user, isMetastoreAdmin } = state.identity(catalog.snapshot());
  if (plan !== undefined && (plan.plannerId === user.id || isMetastoreAdmin)) return plan;
  throw new SqlError('undefinedObject', 'this plan does not exist', {
    hint: `Plans are kept for ${String(limits.planLifeMs / 60_000)} minutes. PLAN again.`,
  });
}

interface Settled {
  readonly snapshot: CatalogSnapshot;
  readonly tried: Tried;
}

/** Tried on the newest catalog until that stands still for the time it takes. */
async function settled(state: SessionState, plan: ChangePlan): Promise<Settled> {
  const { catalog } = state.services;
  for (let attempt = 0; attempt < limits.applyAttemptsMax; attempt += 1) {
    const snapshot = catalog.snapshot();
    const tried = await triedOn(snapshot, { state, plan });
    if (catalog.snapshot() === snapshot) return { snapshot, tried };
  }
  throw changed();
}

async function triedOn(
  snapshot: CatalogSnapshot,
  { state, plan }: { readonly state: SessionState; readonly plan: ChangePlan },
): Promise<Tried> {
  const request = { snapshot, ...plan.place };
  const planner = identityOf(snapshot, plan.plannerId);
  const again = await evaluatePlan(state, { ...request, identity: planner }, plan.statements);
  if (again.hash !== plan.hash) throw changed();
  // Whoever applies it needs the privileges of its statements.
  const identity = state.identity(snapshot);
  const tried =
    identity.user.id === plan.plannerId ? again.tried : await tryAs(state, { ...request, identity }, plan.statements);
  await refuseFailingTests(state, environmentFor(state, { ...request, snapshot: tried.snapshot, identity }));
  return tried;
}

function changed(): SqlError {
  return new SqlError('serializationFailure', 'the plan no longer says what would happen', {
    hint: 'What it depends on has changed. PLAN again.',
  });
}

/** Every access test of the metastore; names of those that whoever applies the plan could list. */
async function refuseFailingTests(state: SessionState, environment: GovernEnvironment): Promise<void> {
  const { snapshot, access } = environment;
  const failing: string[] = [];
  let hidden = 0;
  for (const test of allAccessTests(snapshot)) {
    const { passed, actual, isShown } = await runAccessTest(state, environment, test);
    if (passed) continue;
    const schema = snapshot.object(test.schemaId);
    const found = isShown ? `, found ${actual}` : '';
    const name = displayName([...snapshot.nameOf(test.schemaId), test.name]);
    if (schema !== undefined && access.manages(schema)) {
      failing.push(`${name} (expected ${expectationText(test.expectation)}${found})`);
    } else hidden += 1;
  }
  if (failing.length + hidden === 0) return;
  const others = hidden === 0 ? [] : [`${String(hidden)} of schemas that you do not manage`];
  throw new SqlError('objectNotInPrerequisiteState', 'access tests fail under this plan', {
    detail: `Failing: ${[...failing, ...others].join(', ')}.`,
    hint: 'Nothing was changed.',
  });
}
