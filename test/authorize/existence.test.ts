// What a governance statement tells of a name: the same, whether nothing has it or the asker may not know.
import { expect, test } from 'vitest';
import type { Change } from '../../src/catalog/change.ts';
import type { GovernEnvironment } from '../../src/govern/environment.ts';
import {
  catalogNamed,
  functionNamed,
  relationNamed,
  schemaNamed,
  securableNamed,
  tableNamed,
  viewNamed,
} from '../../src/govern/find.ts';
import { accessOf, grant, ids, snapshotWith } from '../support/catalog-builder.ts';
import { thrownBy } from '../support/thrown.ts';

type Finder = (environment: GovernEnvironment) => unknown;

/** Only what names are looked up in. */
function environmentOf(...changes: readonly Change[]): GovernEnvironment {
  const snapshot = snapshotWith(...changes);
  const path = { catalog: 'sales', schemas: [['sales', 'orders']] };
  return { snapshot, access: accessOf(snapshot, ids.alice), path } as unknown as GovernEnvironment;
}

function toldBy(find: Finder, environment: GovernEnvironment): unknown {
  const { condition, message, detail, hint, position } = thrownBy(() => find(environment));
  return { condition, message, detail, hint, position };
}

const name = (...parts: readonly string[]) => ({ parts, offset: 7 });

test.each<[string, string, Finder]>([
  ['table', ids.items, (environment) => relationNamed(environment, name('sales', 'orders', 'items'))],
  ['table in other case', ids.items, (environment) => relationNamed(environment, name('Sales', 'ORDERS', 'iTems'))],
  ['table on the path', ids.items, (environment) => tableNamed(environment, name('items'))],
  ['view', ids.open, (environment) => viewNamed(environment, name('orders', 'open'))],
  ['view meant as a table', ids.open, (environment) => tableNamed(environment, name('open'))],
  ['table meant as a view', ids.items, (environment) => viewNamed(environment, name('items'))],
  ['function', ids.mask, (environment) => functionNamed(environment, name('MASK'))],
  ['schema', ids.orders, (environment) => schemaNamed(environment, name('sales', 'Orders'))],
  ['schema of the current catalog', ids.orders, (environment) => schemaNamed(environment, name('orders'))],
  ['catalog', ids.sales, (environment) => catalogNamed(environment, name('SALES'))],
  ['securable', ids.items, (environment) => securableNamed(environment, { type: 'TABLE', name: name('items') })],
])('a hidden %s reads like a missing one', (_, id, find) => {
  const dropped: Change = { kind: 'dropObject', objectId: id, cascade: true };
  expect(toldBy(find, environmentOf())).toEqual(toldBy(find, environmentOf(dropped)));
});

test('a name that is known is found', () => {
  const environment = environmentOf(grant('SELECT', ids.items, ids.alice));
  expect(relationNamed(environment, name('ITEMS')).id).toBe(ids.items);
  expect(schemaNamed(environment, name('orders')).id).toBe(ids.orders);
});
