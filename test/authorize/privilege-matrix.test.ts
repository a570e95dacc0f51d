// Every action of every principal on every securable, after random grants, revokes, memberships, changes of owner and of time,
// against a model of plain sets that shares no code with src. MATRIX_RUNS=10000 runs it ten thousand times.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as administration from '../../src/authorize/administration.ts';
import * as rules from '../../src/authorize/rules.ts';
import { SqlError } from '../../src/base/sql-error.ts';
import type { Change } from '../../src/catalog/change.ts';
import type { Principal } from '../../src/catalog/principal.ts';
import type { Privilege } from '../../src/catalog/privilege.ts';
import { metastoreId } from '../../src/catalog/securable.ts';
import type { CatalogSnapshot } from '../../src/catalog/snapshot.ts';
import {
  accessOf,
  addMember,
  changed,
  grant,
  group,
  ids,
  now,
  objectOf,
  removeMember,
  revoke,
  schema,
  snapshotWith,
  table,
} from '../support/catalog-builder.ts';

const third = '8';
const quiet = '16';
const still = '17';
const everybody = '1';

/** sales ▸ orders ▸ {items, open, mask}, sales ▸ quiet ▸ still, other. */
const base = snapshotWith(
  { kind: 'createGroup', group: group(third, 'third') },
  { kind: 'createSchema', schema: schema(quiet, ids.sales, 'quiet') },
  { kind: 'createTable', table: table(still, quiet, 'still') },
);

const users = [ids.alice, ids.bob] as const;
const groups = [ids.inner, ids.outer, third] as const;
const principals = [...users, ...groups, everybody] as const;
const parents: Readonly<Record<string, string>> = {
  [ids.orders]: ids.sales,
  [quiet]: ids.sales,
  [ids.items]: ids.orders,
  [ids.open]: ids.orders,
  [ids.mask]: ids.orders,
  [still]: quiet,
};
const kinds: Readonly<Record<string, string>> = {
  [metastoreId]: 'metastore',
  [ids.sales]: 'catalog',
  [ids.other]: 'catalog',
  [ids.orders]: 'schema',
  [quiet]: 'schema',
  [ids.items]: 'table',
  [still]: 'table',
  [ids.open]: 'view',
  [ids.mask]: 'function',
};
const securables = Object.keys(kinds);

/** Unity Catalog's table of what applies to what, written down once more. */
const applies: Readonly<Record<string, readonly Privilege[]>> = {
  metastore: ['CREATE CATALOG', 'MANAGE', 'CREATE SHARE'],
  catalog: [
    ...[
      'ALL PRIVILEGES',
      'APPLY TAG',
      'BROWSE',
      'CREATE FUNCTION',
      'CREATE SCHEMA',
      'CREATE TABLE',
      'DELETE',
      'EXECUTE',
    ],
    ...['INSERT', 'MANAGE', 'MODIFY', 'SELECT', 'UPDATE', 'USE CATALOG', 'USE SCHEMA', 'CREATE MODEL', 'READ VOLUME'],
  ] as Privilege[],
  schema: [
    ...['ALL PRIVILEGES', 'APPLY TAG', 'CREATE FUNCTION', 'CREATE TABLE', 'DELETE', 'EXECUTE', 'INSERT', 'MANAGE'],
    ...['MODIFY', 'SELECT', 'UPDATE', 'USE SCHEMA', 'CREATE VOLUME', 'WRITE VOLUME'],
  ] as Privilege[],
  table: ['ALL PRIVILEGES', 'APPLY TAG', 'DELETE', 'INSERT', 'MANAGE', 'MODIFY', 'SELECT', 'UPDATE'],
  view: ['ALL PRIVILEGES', 'APPLY TAG', 'MANAGE', 'SELECT'],
  function: ['ALL PRIVILEGES', 'EXECUTE', 'MANAGE'],
};

type Step =
  | {
      readonly kind: 'grant' | 'revoke';
      readonly privilege: Privilege;
      readonly on: string;
      readonly to: string;
      readonly column: string | undefined;
      readonly end: number | undefined;
    }
  | { readonly kind: 'add' | 'remove'; readonly group: string; readonly member: string }
  | { readonly kind: 'own'; readonly on: string; readonly to: string };

/** What is drawn: a step, or the revoke of what an earlier one granted. */
type Drawn = Step | { readonly kind: 'undo'; readonly which: number };

const someone = fc.constantFrom(...principals);
const grantStep = fc.constantFrom(...securables).chain((on) =>
  fc.record({
    kind: fc.constantFrom('grant' as const, 'grant' as const, 'grant' as const, 'revoke' as const),
    privilege: fc.constantFrom(...(applies[kinds[on] ?? ''] ?? [])),
    on: fc.constant(on),
    to: someone,
    column: fc.constantFrom(undefined, undefined, 'k1', 'k2'),
    end: fc.constantFrom(undefined, undefined, undefined, now - 1, now, now + 1, now + 5),
  }),
);
const step: fc.Arbitrary<Drawn> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('undo' as const), which: fc.nat(9) }) },
  { weight: 7, arbitrary: grantStep },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('add' as const, 'add' as const, 'remove' as const),
      group: fc.constantFrom(...groups),
      member: fc.constantFrom(...users, ...groups),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('own' as const), on: fc.constantFrom(...securables), to: someone }),
  },
);

function* resolved(drawn: readonly Drawn[]): Generator<Step> {
  const granted: Extract<Step, { privilege: Privilege }>[] = [];
  for (const each of drawn) {
    if (each.kind === 'grant') granted.push(each);
    if (each.kind !== 'undo') yield each;
    else if (granted.length > 0) {
      const [undone] = granted.splice(each.which % granted.length, 1);
      if (undone !== undefined) yield { ...undone, kind: 'revoke' };
    }
  }
}

/** A column of a SELECT on a table; everything else is about the whole. */
function columnOf(each: Extract<Step, { privilege: Privilege }>): string | undefined {
  return each.privilege === 'SELECT' && kinds[each.on] === 'table' ? each.column : undefined;
}

function changeOf(each: Step): Change {
  if (each.kind === 'own') {
    return each.on === metastoreId
      ? { kind: 'setMetastoreOwner', owner: each.to }
      : { kind: 'setOwner', objectId: each.on, owner: each.to };
  }
  if ('group' in each) return (each.kind === 'add' ? addMember : removeMember)(each.group, each.member);
  const column = columnOf(each);
  const columns = column === undefined ? {} : { columns: [column] };
  if (each.kind === 'revoke')
    return revoke(each.privilege, each.on, each.to, column === undefined ? undefined : [column]);
  return grant(each.privilege, each.on, each.to, {
    ...columns,
    ...(each.end === undefined ? {} : { until: each.end }),
  });
}

/** Sets of words: who was granted what until when, who is in which group, who owns what. */
class Model {
  readonly grants = new Map<string, number>();
  readonly members = new Set<string>();
  readonly owners = new Map<string, string>(
    securables.map((id) => [id, id === metastoreId ? ids.admin : ids.owner] as const),
  );

  apply(each: Step): void {
    if (each.kind === 'own') this.owners.set(each.on, each.to);
    else if ('group' in each) {
      const word = `${each.group}>${each.member}`;
      if (each.kind === 'add') this.members.add(word);
      else this.members.delete(word);
    } else if (each.kind === 'grant') this.grant(each);
    else this.revoke(each);
  }

  private grant(each: Extract<Step, { privilege: Privilege }>): void {
    const column = columnOf(each);
    const whole = `${each.to}|${each.on}|${each.privilege}|`;
    if (column !== undefined) {
      if (this.grants.get(whole) !== Infinity) this.grants.set(whole + column, each.end ?? Infinity);
      return;
    }
    this.grants.set(whole, each.end ?? Infinity);
    if (each.end === undefined) for (const key of ['k1', 'k2']) this.grants.delete(whole + key);
  }

  private revoke(each: Extract<Step, { privilege: Privilege }>): void {
    const column = columnOf(each);
    for (const word of [...this.grants.keys()]) {
      const [to, on, privilege, at] = word.split('|');
      if (to !== each.to || on !== each.on) continue;
      const all = each.privilege === 'ALL PRIVILEGES' && privilege !== 'MANAGE';
      if (privilege !== each.privilege && !all) continue;
      if (column === undefined || at === column) this.grants.delete(word);
    }
  }

  private contains(outer: string, member: string): boolean {
    if (outer === everybody) return users.some((user) => user === member);
    if (this.members.has(`${outer}>${member}`)) return true;
    return groups.some((each) => this.members.has(`${outer}>${each}`) && this.contains(each, member));
  }

  isCycle(outer: string, member: string): boolean {
    return outer === member || this.contains(member, outer);
  }

  is(who: string, principal: string): boolean {
    return who === principal || this.contains(principal, who);
  }

  private path(on: string): readonly string[] {
    const up = parents[on];
    return up === undefined ? [on] : [on, ...this.path(up)];
  }

  owns(who: string, on: string): boolean {
    return this.is(who, this.owners.get(on) ?? '');
  }

  /** Was any of the words granted on exactly this, to the principal or a group that holds it? */
  private said(who: string, on: string, words: readonly string[], column = ''): boolean {
    return principals.some(
      (to) => this.is(who, to) && words.some((word) => (this.grants.get(`${to}|${on}|${word}|${column}`) ?? 0) > now),
    );
  }

  private holds(who: string, on: string, ...words: readonly string[]): boolean {
    return this.path(on).some((each) => this.said(who, each, [...words, 'ALL PRIVILEGES']));
  }

  private isAdmin(who: string): boolean {
    return this.owns(who, metastoreId) || this.said(who, metastoreId, ['MANAGE']);
  }

  private wouldManage(who: string, on: string): boolean {
    if (this.isAdmin(who)) return true;
    return this.path(on).some((each) => this.owns(who, each) || this.said(who, each, ['MANAGE']));
  }

  manages(who: string, on: string): boolean {
    if (this.isAdmin(who)) return true;
    const above = this.path(on).slice(1);
    const open = above.every((each) => {
      const use = kinds[each] === 'catalog' ? 'USE CATALOG' : 'USE SCHEMA';
      return this.path(each).some((outer) => this.owns(who, outer)) || this.holds(who, each, use);
    });
    return open && this.wouldManage(who, on);
  }

  private gatesOpen(who: string, on: string): boolean {
    return this.path(on)
      .filter((each) => kinds[each] === 'catalog' || kinds[each] === 'schema')
      .every(
        (each) =>
          this.owns(who, each) || this.holds(who, each, kinds[each] === 'catalog' ? 'USE CATALOG' : 'USE SCHEMA'),
      );
  }

  selects(who: string, on: string, columns: readonly string[]): boolean {
    if (!this.gatesOpen(who, on)) return false;
    if (this.owns(who, on) || this.holds(who, on, 'SELECT')) return true;
    if (kinds[on] !== 'table') return false;
    const some = ['k1', 'k2'].some((column) => this.said(who, on, ['SELECT'], column));
    return some && columns.every((column) => this.said(who, on, ['SELECT'], column));
  }

  does(who: string, on: string, ...words: readonly string[]): boolean {
    return this.gatesOpen(who, on) && (this.owns(who, on) || this.holds(who, on, ...words));
  }

  creates(who: string, on: string, word: string): boolean {
    if (this.isAdmin(who)) return true;
    if (on === metastoreId) return this.said(who, on, [word]);
    return this.does(who, on, word);
  }

  knows(who: string, on: string): boolean {
    if (on === metastoreId || this.wouldManage(who, on) || this.toldOf(who, on)) return true;
    return Object.keys(parents).some((each) => each !== on && this.path(each).includes(on) && this.touches(who, each));
  }

  /** Owns it or was granted anything on it. */
  private touches(who: string, on: string): boolean {
    if (this.owns(who, on)) return true;
    return (applies[kinds[on] ?? ''] ?? []).some((word) =>
      ['', 'k1', 'k2'].some((at) => this.said(who, on, [word], at)),
    );
  }

  private toldOf(who: string, on: string): boolean {
    const silent = [
      'USE CATALOG',
      'USE SCHEMA',
      'CREATE SCHEMA',
      'CREATE TABLE',
      'CREATE FUNCTION',
      'CREATE MODEL',
      'CREATE VOLUME',
    ];
    const telling = (applies[kinds[on] ?? ''] ?? []).concat('READ VOLUME', 'WRITE VOLUME').filter((word) => {
      if (word === 'READ VOLUME' || word === 'WRITE VOLUME') return kinds[on] === 'schema' || kinds[on] === 'catalog';
      return !silent.includes(word);
    });
    const above = this.path(on).slice(1);
    return this.touches(who, on) || above.some((each) => this.said(who, each, [...telling, 'BROWSE']));
  }

  gives(who: string, on: string, to: string): boolean {
    return this.manages(who, on) && (this.isAdmin(who) || this.is(who, to));
  }

  replaces(who: string, on: string): boolean {
    return this.manages(who, on) && (this.isAdmin(who) || this.owns(who, on));
  }
}

/** ok, or what the asker is told: denied, or that there is no such thing. */
function verdict(work: () => unknown): string {
  try {
    work();
    return 'ok';
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    return error.condition === 'insufficientPrivilege' ? 'denied' : 'missing';
  }
}

function verdictOf(model: Model, may: boolean, [who, on]: readonly [string, string]): string {
  if (may) return 'ok';
  return model.knows(who, on) ? 'denied' : 'missing';
}

type Line = readonly [action: string, product: string, expected: string];

function principalOf(snapshot: CatalogSnapshot, id: string): Principal | undefined {
  return snapshot.principal(id);
}

/** All actions of one user on one securable. */
function* actions(snapshot: CatalogSnapshot, model: Model, [who, on]: readonly [string, string]): Generator<Line> {
  const access = accessOf(snapshot, who);
  const kind = kinds[on];
  const line = (action: string, may: boolean, work: () => unknown): Line => [
    `${who} ${action} ${on}`,
    verdict(work),
    verdictOf(model, may, [who, on]),
  ];
  const object = snapshot.object(on);
  if (object === undefined) throw new Error(on);
  yield [`${who} knows ${on}`, String(access.knows(object)), String(model.knows(who, on))];
  const manages = model.manages(who, on);
  yield line('grants on', manages, () => administration.grantOn(access, object));
  yield line('drops', manages, () => rules.dropObject(access, object));
  yield line('alters', manages, () => rules.alterObject(access, object));
  yield line('shows grants on', manages, () => administration.showGrantsOn(access, object, undefined));
  for (const to of [who, ids.inner, ids.bob, ids.owner]) {
    const owner = principalOf(snapshot, to);
    const may = model.gives(who, on, to);
    const told = may ? 'ok' : manages ? 'denied' : verdictOf(model, false, [who, on]);
    yield [`${who} gives ${on} to ${to}`, verdict(() => administration.setOwner(access, object, owner)), told];
  }
  if (kind === 'table' || kind === 'view') {
    const relation = objectOf(snapshot, on, kind);
    const sets: readonly (readonly string[])[] = [[], ['k1'], ['k2'], ['k1', 'k2']];
    const names: Readonly<Record<string, string>> = { k1: 'region', k2: 'amount' };
    for (const columns of sets) {
      const wanted = new Set(columns.map((column) => names[column] ?? ''));
      yield line(`selects ${columns.join('+')} of`, model.selects(who, on, columns), () =>
        rules.selectRelation(access, relation, { columns: wanted }),
      );
    }
    yield line('selects * of', model.selects(who, on, ['k1', 'k2']), () => rules.selectRelation(access, relation));
  }
  if (kind === 'table') {
    const target = objectOf(snapshot, on, 'table');
    for (const action of ['INSERT', 'UPDATE', 'DELETE'] as const) {
      const may = model.does(who, on, action, 'MODIFY');
      yield line(action, may, () => rules.modifyTable(access, target, action));
    }
    yield line('sets a policy on', manages, () => rules.setPolicy(access, target));
  }
  if (kind === 'view') {
    yield line('replaces', model.replaces(who, on), () => rules.replaceBody(access, objectOf(snapshot, on, 'view')));
  }
  if (kind === 'function') {
    const fn = objectOf(snapshot, on, 'function');
    yield line('executes', model.does(who, on, 'EXECUTE'), () => rules.executeFunction(access, fn));
    yield line('replaces', model.replaces(who, on), () => rules.replaceBody(access, fn));
  }
  if (kind === 'schema') {
    const home = objectOf(snapshot, on, 'schema');
    yield line('creates a table in', model.creates(who, on, 'CREATE TABLE'), () => rules.createTable(access, home));
    yield line('creates a function in', model.creates(who, on, 'CREATE FUNCTION'), () =>
      rules.createFunction(access, home),
    );
  }
  if (kind === 'catalog') {
    const home = objectOf(snapshot, on, 'catalog');
    yield line('creates a schema in', model.creates(who, on, 'CREATE SCHEMA'), () => rules.createSchema(access, home));
  }
  if (kind === 'metastore') {
    yield line('creates a catalog in', model.creates(who, on, 'CREATE CATALOG'), () => rules.createCatalog(access));
  }
}

const runs = Number(process.env['MATRIX_RUNS'] ?? 200);

test('every action on every securable is decided as a model of sets decides it', () => {
  const seen = new Map<string, Set<string>>();
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 20 }), (steps) => {
      const model = new Model();
      let snapshot = base;
      for (const each of resolved(steps)) {
        if (each.kind === 'add' && model.isCycle(each.group, each.member)) {
          expect(() => changed(snapshot, changeOf(each))).toThrow(SqlError);
          continue;
        }
        snapshot = changed(snapshot, changeOf(each));
        model.apply(each);
      }
      for (const who of users) {
        for (const on of securables) {
          for (const [action, product, expected] of actions(snapshot, model, [who, on])) {
            if (product !== expected) expect(`${action}: ${product}`).toBe(`${action}: ${expected}`);
            const name = action.replace(/^\S+ /, '');
            seen.set(name, (seen.get(name) ?? new Set()).add(product));
          }
        }
      }
    }),
    { numRuns: runs },
  );
  // The draw is no good if it never allows, or never refuses, something.
  const onesided = [...seen].filter(([, verdicts]) => verdicts.size < 2).map(([name]) => name);
  expect(onesided.filter((name) => !name.includes(`knows ${metastoreId}`))).toEqual([]);
}, 3_600_000);
