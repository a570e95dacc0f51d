// Random grants, revokes and memberships against a naive model of sets.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SqlError } from '../../src/base/sql-error.ts';
import type { Change } from '../../src/catalog/change.ts';
import type { ObjectId } from '../../src/catalog/securable.ts';
import {
  accessOf,
  addMember,
  changed,
  grant,
  ids,
  objectOf,
  removeMember,
  revoke,
  snapshotWith,
} from '../support/catalog-builder.ts';

type Step =
  | {
      readonly kind: 'grant' | 'revoke';
      readonly privilege: 'SELECT' | 'ALL PRIVILEGES' | 'MANAGE';
      readonly on: ObjectId;
      readonly to: ObjectId;
    }
  | { readonly kind: 'add' | 'remove'; readonly group: ObjectId; readonly member: ObjectId };

const principals = [ids.alice, ids.bob, ids.inner, ids.outer];
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('grant', 'grant', 'revoke'),
    privilege: fc.constantFrom('SELECT', 'SELECT', 'ALL PRIVILEGES', 'MANAGE'),
    on: fc.constantFrom(ids.items, ids.orders, ids.sales, ids.other, ids.open),
    to: fc.constantFrom(...principals, '1'),
  }),
  fc.record({
    kind: fc.constantFrom('add', 'add', 'remove'),
    group: fc.constantFrom(ids.inner, ids.outer),
    member: fc.constantFrom(...principals),
  }),
);

function changeOf(each: Step): Change {
  if ('group' in each) {
    return each.kind === 'add' ? addMember(each.group, each.member) : removeMember(each.group, each.member);
  }
  return each.kind === 'grant' ? grant(each.privilege, each.on, each.to) : revoke(each.privilege, each.on, each.to);
}

/** Who holds what, and who is in which group: two sets of words. */
class Model {
  readonly #grants = new Set<string>();
  readonly #members = new Set<string>();

  apply(each: Step): void {
    if ('group' in each) {
      const word = `${each.group} ${each.member}`;
      if (each.kind === 'add') this.#members.add(word);
      else this.#members.delete(word);
    } else if (each.kind === 'grant') this.#grants.add(`${each.privilege} ${each.on} ${each.to}`);
    else this.#revoke(each.privilege, each.on, each.to);
  }

  #revoke(privilege: string, on: ObjectId, to: ObjectId): void {
    this.#grants.delete(`${privilege} ${on} ${to}`);
    if (privilege === 'ALL PRIVILEGES') this.#grants.delete(`SELECT ${on} ${to}`);
  }

  /** inner and outer are all the groups there are, so two steps reach everything. */
  selects(who: ObjectId, ons: readonly ObjectId[]): boolean {
    const isIn = (group: ObjectId, member: ObjectId): boolean => this.#members.has(`${group} ${member}`);
    const groups = [ids.inner, ids.outer].filter(
      (group) => isIn(group, who) || [ids.inner, ids.outer].some((via) => isIn(group, via) && isIn(via, who)),
    );
    return [who, '1', ...groups].some((holder) =>
      ons.some((on) => ['SELECT', 'ALL PRIVILEGES'].some((each) => this.#grants.has(`${each} ${on} ${holder}`))),
    );
  }

  isCycle(group: ObjectId, member: ObjectId): boolean {
    return group === member || this.#members.has(`${member} ${group}`);
  }
}

test('SELECT holds exactly when table, schema or catalog grant it to the user or a group that holds the user', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      const model = new Model();
      let snapshot = snapshotWith();
      for (const each of steps) {
        const cycle = each.kind === 'add' && model.isCycle(each.group, each.member);
        if (cycle) expect(() => changed(snapshot, changeOf(each))).toThrow(SqlError);
        else {
          snapshot = changed(snapshot, changeOf(each));
          model.apply(each);
        }
        const items = objectOf(snapshot, ids.items, 'table');
        for (const who of [ids.alice, ids.bob]) {
          const access = accessOf(snapshot, who);
          const expected = model.selects(who, [ids.items, ids.orders, ids.sales]);
          expect(access.has('SELECT', items)).toBe(expected);
          if (expected) expect(access.knows(items)).toBe(true);
        }
      }
    }),
    { numRuns: 300 },
  );
});

test('the grants on objects and the grants to principals are always the same grants', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      let snapshot = snapshotWith();
      for (const each of steps)
        if (each.kind === 'grant' || each.kind === 'revoke') snapshot = changed(snapshot, changeOf(each));
      const securables = [ids.items, ids.orders, ids.sales, ids.other, ids.open];
      const on = securables.flatMap((id) => snapshot.grantsOn(id));
      const to = [...principals, '1'].flatMap((id) => snapshot.grantsTo(id));
      expect(new Set(on)).toEqual(new Set(to));
      expect(on.length).toBe(to.length);
    }),
  );
});
