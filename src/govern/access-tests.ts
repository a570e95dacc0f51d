// CREATE, DROP and SHOW ACCESS TEST. They run in session/run-access-tests.ts.
import { objectsRead, readsInformationSchema } from '../analyze/objects-read.ts';
import { pathOf, type ResolvedQuery, type SearchPath } from '../analyze/resolved-query.ts';
import { manageAccessTests, createAccessTest as mayCreateAccessTest } from '../authorize/answer-rules.ts';
import { hiddenFrom } from '../authorize/body-rules.ts';
import { display, displayName, fold } from '../base/identifier.ts';
import { limits } from '../base/limits.ts';
import { SqlError, shiftedBy } from '../base/sql-error.ts';
import { type AccessTest, accessTestsOf, allAccessTests, type Expectation } from '../catalog/access-test.ts';
import type { Schema } from '../catalog/securable.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { GovernanceStatement } from '../parse/statement.ts';
import { textAnswer } from '../sql/answer.ts';
import { contextOf, type GovernEnvironment, type Governed } from './environment.ts';
import { homeFor, principalNamed, schemaNamed, touched } from './find.ts';

type Statement<K extends GovernanceStatement['kind']> = Extract<GovernanceStatement, { kind: K }>;

export const accessTestColumns: readonly string[] = ['schema', 'test', 'user', 'expected', 'owner', 'query'];

export async function createAccessTest(
  environment: GovernEnvironment,
  statement: Statement<'createAccessTest'>,
): Promise<Governed> {
  const { schema, name } = homeFor(environment, statement.name);
  const { snapshot, access } = environment;
  manageAccessTests(access, schema);
  const known = testNamed(snapshot, schema, name);
  const shown = displayName([...snapshot.nameOf(schema.id), name]);
  if (known !== undefined && !statement.orReplace) {
    throw new SqlError('duplicateObject', `access test ${shown} already exists`, { position: statement.name.offset });
  }
  if (known === undefined && allAccessTests(snapshot).length >= limits.accessTestsMax) {
    throw new SqlError('limitExceeded', `there are ${String(limits.accessTestsMax)} access tests already`);
  }
  const user = principalNamed(environment, { ...statement.user, kind: 'user' });
  const test: AccessTest = {
    schemaId: schema.id,
    name,
    owner: environment.actorId,
    userId: user.id,
    expectation: statement.expectation,
    query: statement.query.text,
    context: contextOf(environment),
  };
  await checkQuery(environment, { schema, test, offset: statement.query.offset });
  return {
    tag: 'CREATE ACCESS TEST',
    changes: [{ kind: 'setAccessTest', test }],
    touched: [touched(environment, schema, 'CREATE ACCESS TEST')],
  };
}

/** Names in a test resolve in its schema first, then where its creator was. */
export function pathOfTest(snapshot: CatalogSnapshot, test: AccessTest): SearchPath {
  const [catalog = '', schema = ''] = snapshot.nameOf(test.schemaId);
  return pathOf([catalog, schema], test.context);
}

/** A hidden object's error stands where a missing one's would. */
async function checkQuery(
  { analyzer, codec, snapshot, access }: GovernEnvironment,
  { schema, test, offset }: { readonly schema: Schema; readonly test: AccessTest; readonly offset: number },
): Promise<void> {
  try {
    const statement = await codec.parse(test.query);
    const resolved = await analyzer.analyze(snapshot, statement, {
      path: pathOfTest(snapshot, test),
      hides: hiddenFrom(access),
    });
    if (readsInformationSchema(resolved)) {
      // Its rows are what the test's user may know, whatever its maker may.
      throw new SqlError('featureNotSupported', 'an access test cannot read information_schema');
    }
    mayCreateAccessTest(access, schema, objectsRead(resolved));
    checkColumns(resolved, test.expectation);
  } catch (error) {
    throw error instanceof SqlError ? shiftedBy(error, offset) : error;
  }
}

function checkColumns(resolved: ResolvedQuery, expectation: Expectation): void {
  if (expectation.kind !== 'masked' && expectation.kind !== 'visible') return;
  const tables = objectsRead(resolved).flatMap(({ object }) => (object.kind === 'table' ? [object] : []));
  const known = new Set(tables.flatMap((table) => table.columns.map((column) => fold(column.name))));
  const unknown = expectation.columns.find((name) => !known.has(fold(name)));
  if (unknown === undefined) return;
  throw new SqlError('undefinedColumn', `column ${display(unknown)} does not exist`, {
    hint: 'Name columns of the tables that the query reads.',
  });
}

function testNamed(snapshot: CatalogSnapshot, schema: Schema, name: string): AccessTest | undefined {
  return accessTestsOf(snapshot, schema.id).find((each) => fold(each.name) === fold(name));
}

export function dropAccessTest(environment: GovernEnvironment, statement: Statement<'dropAccessTest'>): Governed {
  const { schema, name } = homeFor(environment, statement.name);
  manageAccessTests(environment.access, schema);
  const known = testNamed(environment.snapshot, schema, name);
  const shown = `access test ${displayName([...environment.snapshot.nameOf(schema.id), name])}`;
  if (known === undefined) {
    if (statement.ifExists) return { tag: 'DROP ACCESS TEST', notice: `${shown} does not exist, skipping` };
    throw new SqlError('undefinedObject', `${shown} does not exist`, { position: statement.name.offset });
  }
  return {
    tag: 'DROP ACCESS TEST',
    changes: [{ kind: 'dropAccessTest', schemaId: schema.id, name: known.name }],
    touched: [touched(environment, schema, 'DROP ACCESS TEST')],
  };
}

export function showAccessTests(environment: GovernEnvironment, statement: Statement<'showAccessTests'>): Governed {
  const { snapshot } = environment;
  const nameOf = (id: string): string => snapshot.principal(id)?.name ?? '';
  const rows = testsToShow(environment, statement).map((test) => [
    displayName(snapshot.nameOf(test.schemaId)),
    test.name,
    nameOf(test.userId),
    expectationText(test.expectation),
    nameOf(test.owner),
    showsQuery(environment, test) ? test.query : null,
  ]);
  return { tag: 'SHOW', answer: textAnswer(accessTestColumns, rows) };
}

/** Those of one schema, or of every schema that the asker manages. */
export function testsToShow(
  environment: GovernEnvironment,
  statement: { readonly in?: Parameters<typeof schemaNamed>[1] },
): readonly AccessTest[] {
  const { snapshot, access } = environment;
  if (statement.in !== undefined) {
    const schema = schemaNamed(environment, statement.in);
    manageAccessTests(access, schema);
    return accessTestsOf(snapshot, schema.id);
  }
  return snapshot.catalogs().flatMap((catalog) =>
    snapshot
      .schemasOf(catalog.id)
      .filter((schema) => access.manages(schema))
      .flatMap((schema) => accessTestsOf(snapshot, schema.id)),
  );
}

/** It may name what another manager of the schema may not know. */
function showsQuery({ access: { identity } }: GovernEnvironment, test: AccessTest): boolean {
  return identity.isMetastoreAdmin || test.owner === identity.user.id || identity.groups.has(test.owner);
}

export function expectationText(expectation: Expectation): string {
  switch (expectation.kind) {
    case 'rows':
      return `ROWS ${expectation.count}`;
    case 'noAccess':
      return 'NO ACCESS';
    case 'masked':
    case 'visible':
      return `${expectation.kind.toUpperCase()} (${expectation.columns.map(display).join(', ')})`;
  }
}
