// What one access test came to, as far as no row must be read for it.
import { objectsRead, readsInformationSchema } from '../analyze/objects-read.ts';
import { Access } from '../authorize/access.ts';
import type { Authorization } from '../authorize/authorization.ts';
import { identityOf } from '../authorize/identity.ts';
import { fold } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import type { AccessTest } from '../catalog/access-test.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import { pathOfTest } from '../govern/access-tests.ts';
import type { GovernEnvironment } from '../govern/environment.ts';
import type { GuardEffect } from '../rewrite/rewrite-context.ts';
import { type ExplainedQuery, explainedQuery, sessionOf } from './explained-query.ts';

export interface TestVerdict {
  readonly passed: boolean;
  readonly actual: string;
  /** May whoever runs it see `actual`? It manages all that is read. */
  readonly isShown: boolean;
}

/** Decided, or to be decided by counting the rows of this. */
export type TestDecision =
  | { readonly kind: 'decided'; readonly verdict: TestVerdict }
  | {
      readonly kind: 'count';
      readonly authorization: Authorization;
      readonly environment: GovernEnvironment;
      readonly isShown: boolean;
    };

/** @param environment of whoever runs the test, on the catalog that is tested */
export async function decideTest(environment: GovernEnvironment, test: AccessTest): Promise<TestDecision> {
  const { snapshot } = environment;
  const user = snapshot.principal(test.userId);
  if (user?.kind !== 'user') return failed('the user no longer exists', true);
  const identity = identityOf(snapshot, user.id);
  const inPlace: GovernEnvironment = {
    ...environment,
    path: pathOfTest(snapshot, test),
    session: {
      ...sessionOf(environment, identity),
      currentCatalog: test.context.catalog,
      currentSchema: test.context.schema,
    },
  };
  const explained = await explainedOrError(inPlace, { snapshot, identity }, test.query);
  if (explained instanceof SqlError) return failed(`error ${explained.sqlState}`, false);
  const read = objectsRead(explained.resolved).map(({ object }) => object);
  const isShown = read.every((object) => environment.access.answersFor(object));
  const owner = new Access(snapshot, identityOf(snapshot, test.owner), environment.now);
  const schema = snapshot.object(test.schemaId);
  const isOfObjects = !readsInformationSchema(explained.resolved);
  const stillManages =
    isOfObjects && schema !== undefined && [schema, ...read].every((object) => owner.answersFor(object));
  if (!stillManages) return failed('its owner no longer manages what it reads', isShown);
  const { authorization } = explained;
  const { expectation } = test;
  if (expectation.kind === 'noAccess') {
    const denied = authorization === undefined;
    return { kind: 'decided', verdict: { passed: denied, actual: denied ? 'no access' : 'access', isShown } };
  }
  if (authorization === undefined) return failed('no access', isShown);
  if (expectation.kind === 'rows') return { kind: 'count', authorization, environment: inPlace, isShown };
  const { guards } = await inPlace.rewriter.effects(authorization, inPlace.session);
  const verdict = columnsVerdict(authorization, guards, { ...expectation, isShown });
  return { kind: 'decided', verdict };
}

function failed(actual: string, isShown: boolean): TestDecision {
  return { kind: 'decided', verdict: { passed: false, actual, isShown } };
}

async function explainedOrError(
  environment: GovernEnvironment,
  hypothesis: { readonly snapshot: CatalogSnapshot; readonly identity: GovernEnvironment['identity'] },
  query: string,
): Promise<ExplainedQuery | SqlError> {
  try {
    return await explainedQuery(environment, hypothesis, { query: { text: query, offset: 0 } });
  } catch (error) {
    if (error instanceof SqlError) return error;
    throw error;
  }
}

interface ExpectedColumns {
  readonly kind: 'masked' | 'visible';
  readonly columns: readonly string[];
  readonly isShown: boolean;
}

/** Every use of a table that has such a column must be as expected. */
function columnsVerdict(
  authorization: Authorization,
  effects: readonly GuardEffect[],
  { kind, columns, isShown }: ExpectedColumns,
): TestVerdict {
  const uses = usesWith(authorization, effects);
  const states = columns.map((column) => ({ column, states: uses.flatMap((use) => use.get(fold(column)) ?? []) }));
  const passed = states.every((each) => each.states.length > 0 && each.states.every((state) => state === kind));
  const actual = states.map(
    (each) => `${each.column} ${[...new Set(each.states)].toSorted().join(' and ') || 'absent'}`,
  );
  return { passed, actual: actual.join(', '), isShown };
}

type ColumnStates = ReadonlyMap<string, 'masked' | 'visible' | 'hidden'>;

/** Of the query and the bodies of views and functions; policies' mapping tables are not what is asked about. */
function usesWith(authorization: Authorization, effects: readonly GuardEffect[]): readonly ColumnStates[] {
  const own = [...authorization.guards].map(([use, { readable }]): ColumnStates => {
    const effect = effects.find((each) => each.use === use);
    const states = use.table.columns.map(({ id, name }) => {
      if (effect === undefined || readable?.has(id) === false) return [fold(name), 'hidden'] as const;
      return [fold(name), effect.masks.has(name) ? 'masked' : 'visible'] as const;
    });
    return new Map(states);
  });
  const inner = [...authorization.views.values(), ...authorization.functions.values()];
  return [...own, ...inner.flatMap((body) => usesWith(body, effects))];
}
