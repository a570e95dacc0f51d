// Questions about access, and changes tried before they are made. What they answer is decided under explain/; here it gets its
// evidence, and what must run runs.
import { mentionedObjects } from '../analyze/objects-read.ts';
import type { TouchedObject } from '../audit/event.ts';
import { identityOf } from '../authorize/identity.ts';
import { missingPrincipal } from '../authorize/rules.ts';
import { displayName } from '../base/identifier.ts';
import { explainAccess } from '../explain/explain-access.ts';
import { explainPlan } from '../explain/explain-plan.ts';
import { governanceState } from '../explain/governance-state.ts';
import { showLineage, whatDependsOn } from '../explain/lineage-answer.ts';
import { whoCan } from '../explain/who-can.ts';
import { expectationText, testsToShow } from '../govern/access-tests.ts';
import type { GovernEnvironment } from '../govern/environment.ts';
import { principalNamed, touched } from '../govern/find.ts';
import { readsOf } from '../govern/query-parts.ts';
import type { AnswerStatement } from '../parse/answer-statement.ts';

import { type Answer, textAnswer } from '../sql/answer.ts';
import { answerOutcome } from './answer-outcome.ts';
import { applyPlan } from './apply-plan.ts';
import type { Outcome } from './door.ts';
import { planChange, refuseInTransaction } from './plan-change.ts';
import { accessTestResultColumns, runAccessTest } from './run-access-tests.ts';
import { environmentOf } from './run-governance.ts';
import { admitted } from './run-sealed.ts';
import type { SessionState } from './session-state.ts';
import type { StatementTrail } from './statement-context.ts';
import { withTimeout } from './statement-timeout.ts';

export interface AnswerRequest {
  readonly statement: AnswerStatement;
  readonly trail: StatementTrail;
}

export interface Answered {
  readonly tag: string;
  readonly answer: Answer;
  readonly touched: readonly TouchedObject[];
}

export async function runAnswer(state: SessionState, { statement, trail }: AnswerRequest): Promise<Outcome> {
  const stopTimer = withTimeout(state);
  try {
    if (statement.kind === 'applyPlan') {
      const changes = await applyPlan(state, statement.hash, trail);
      return { kind: 'done', tag: `APPLY PLAN ${String(changes)}` };
    }
    const { tag, answer, touched: objects } = await answered(state, statement);
    await trail.started(objects);
    trail.finished(answer.rows.length);
    return answerOutcome(answer, tag);
  } finally {
    stopTimer();
  }
}

async function answered(
  state: SessionState,
  statement: Exclude<AnswerStatement, { kind: 'applyPlan' }>,
): Promise<Answered> {
  const environment = environmentOf(state);
  switch (statement.kind) {
    case 'explain': {
      const { answer, authorization } = await explainPlan(environment, statement);
      return { tag: 'EXPLAIN', answer, touched: readsOf(authorization, []) };
    }
    case 'explainAccess':
      return explainAnswer(environment, statement);
    case 'whoCan': {
      const { answer, object } = await whoCan(environment, statement);
      return { tag: 'WHO CAN', answer, touched: [touched(environment, object, 'WHO CAN')] };
    }
    case 'plan':
      return planChange(state, statement.statements);
    case 'runAccessTests':
      return testsAnswer(state, environment, statement);
    case 'showGovernance':
      return { tag: 'SHOW', answer: governanceState(environment, statement), touched: [] };
    case 'showLineage': {
      const { answer, object } = showLineage(environment, state.services.lineage, statement);
      return { tag: 'SHOW', answer, touched: [touched(environment, object, 'SHOW LINEAGE')] };
    }
    case 'whatDependsOn': {
      const { answer, object } = whatDependsOn(environment, state.services.lineage, statement);
      return { tag: 'WHAT DEPENDS ON', answer, touched: [touched(environment, object, 'WHAT DEPENDS ON')] };
    }
  }
}

/** A row per test. What was found shows to those who manage all that the test reads. */
async function testsAnswer(
  state: SessionState,
  environment: GovernEnvironment,
  statement: Extract<AnswerStatement, { kind: 'runAccessTests' }>,
): Promise<Answered> {
  refuseInTransaction(state, 'RUN ACCESS TESTS');
  const { snapshot } = environment;
  const tests = testsToShow(environment, statement);
  const rows = await admitted(state, async () => {
    const done: (readonly (string | null)[])[] = [];
    for (const test of tests) {
      const { passed, actual, isShown } = await runAccessTest(state, environment, test);
      const schema = displayName(snapshot.nameOf(test.schemaId));
      done.push([schema, test.name, String(passed), expectationText(test.expectation), isShown ? actual : null]);
    }
    return done;
  });
  const schemas = [...new Set(tests.map((test) => test.schemaId))].flatMap((id) => snapshot.object(id) ?? []);
  return {
    tag: 'RUN ACCESS TESTS',
    answer: textAnswer(accessTestResultColumns, rows),
    touched: schemas.map((schema) => touched(environment, schema, 'RUN ACCESS TESTS')),
  };
}

async function explainAnswer(
  environment: GovernEnvironment,
  { user, query }: Extract<AnswerStatement, { kind: 'explainAccess' }>,
): Promise<Answered> {
  const { snapshot } = environment;
  const principal = user === undefined ? environment.identity.user : principalNamed(environment, user);
  if (principal.kind !== 'user') throw missingPrincipal(principal.name);
  const identity = user === undefined ? environment.identity : identityOf(snapshot, principal.id);
  const { answer, explained } = await explainAccess(environment, { snapshot, identity }, query);
  const objects = mentionedObjects(explained.resolved).map(({ object }) =>
    touched(environment, object, 'EXPLAIN ACCESS'),
  );
  return { tag: 'EXPLAIN', answer, touched: objects };
}
