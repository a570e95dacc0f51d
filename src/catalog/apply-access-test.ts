import { display, fold } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import { type AccessTest, accessTestsOf } from './access-test.ts';
import type { Change } from './change.ts';
import type { ObjectId } from './securable.ts';
import type { CatalogSnapshot } from './snapshot.ts';

type AccessTestChange = Extract<Change, { kind: 'setAccessTest' | 'dropAccessTest' }>;

export function applyAccessTestChange(snapshot: CatalogSnapshot, change: AccessTestChange): CatalogSnapshot {
  return change.kind === 'setAccessTest'
    ? setAccessTest(snapshot, change.test)
    : dropAccessTest(snapshot, change.schemaId, change.name);
}

/** Replaces the one of that name. */
function setAccessTest(snapshot: CatalogSnapshot, test: AccessTest): CatalogSnapshot {
  if (snapshot.object(test.schemaId)?.kind !== 'schema') throw gone('schema of the access test');
  const others = accessTestsOf(snapshot, test.schemaId).filter((each) => fold(each.name) !== fold(test.name));
  return withTests(snapshot, test.schemaId, [...others, test]);
}

function dropAccessTest(snapshot: CatalogSnapshot, schemaId: ObjectId, name: string): CatalogSnapshot {
  const before = accessTestsOf(snapshot, schemaId);
  const left = before.filter((each) => fold(each.name) !== fold(name));
  if (left.length === before.length) throw gone(`access test ${display(name)}`);
  return withTests(snapshot, schemaId, left);
}

function withTests(snapshot: CatalogSnapshot, schemaId: ObjectId, list: readonly AccessTest[]): CatalogSnapshot {
  const { accessTests } = snapshot.parts;
  return snapshot.with({
    accessTests: list.length === 0 ? accessTests.without(schemaId) : accessTests.with(schemaId, list),
  });
}

function gone(what: string): SqlError {
  return new SqlError('serializationFailure', `the ${what} no longer exists`);
}
