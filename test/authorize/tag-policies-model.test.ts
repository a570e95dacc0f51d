// Random trees of catalogs, schemas, tables, columns, tags, policies, groups and masks of the tables themselves: the guard that
// a use of a table gets, against a naive evaluator that looks at everything and shares no code with the product.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PolicyFunctions } from '../../src/analyze/policy-functions.ts';
import type { Authorization, TableGuard } from '../../src/authorize/authorization.ts';
import { guardOf } from '../../src/authorize/guards.ts';
import { identityOf } from '../../src/authorize/identity.ts';
import { SqlError } from '../../src/base/sql-error.ts';
import type { Change } from '../../src/catalog/change.ts';
import { consequencesOf } from '../../src/catalog/policy-consequences.ts';
import type { SqlFunction } from '../../src/catalog/securable.ts';
import type { CatalogSnapshot } from '../../src/catalog/snapshot.ts';
import type { TagCondition, TagPolicy } from '../../src/catalog/tag-policy.ts';
import {
  addMember,
  catalog,
  changed,
  ids,
  now,
  objectOf,
  schema,
  snapshotWith,
  sqlFunction,
  table,
} from '../support/catalog-builder.ts';

type Tags = Readonly<Record<string, string>>;

/** A condition and what it means, written beside it. */
interface Drawn {
  readonly condition: TagCondition;
  readonly holds: (tags: Tags) => boolean;
}

const keys = ['a', 'b', 'c'];
const values = ['', '1', '2'];
const tagsOf = fc.dictionary(fc.constantFrom(...keys), fc.constantFrom(...values), {
  maxKeys: 3,
  noNullPrototype: true,
});

const leaf: fc.Arbitrary<Drawn> = fc.oneof(
  fc
    .constantFrom(...keys)
    .map((key) => ({ condition: { kind: 'hasTag' as const, key }, holds: (tags: Tags) => key in tags })),
  fc.tuple(fc.constantFrom(...keys), fc.constantFrom(...values)).map(([key, value]) => ({
    condition: { kind: 'hasTagValue' as const, key, value },
    holds: (tags: Tags) => tags[key] === value,
  })),
);
const { drawn } = fc.letrec<{ drawn: Drawn }>((tie) => ({
  drawn: fc.oneof(
    { depthSize: 'small' },
    leaf,
    tie('drawn').map((one) => ({
      condition: { kind: 'not' as const, operand: one.condition },
      holds: (tags: Tags) => !one.holds(tags),
    })),
    fc.tuple(fc.boolean(), tie('drawn'), tie('drawn')).map(([and, one, other]) => ({
      condition: { kind: and ? ('and' as const) : ('or' as const), operands: [one.condition, other.condition] },
      holds: (tags: Tags) => (and ? one.holds(tags) && other.holds(tags) : one.holds(tags) || other.holds(tags)),
    })),
  ),
}));

const schemas = { '20': '30', '21': '30', '22': '31' } as const;
const tables = { '40': '20', '41': '20', '42': '21', '43': '22' } as const;
const places = ['30', '31', ...Object.keys(schemas), ...Object.keys(tables)];
const masks = { '50': 1, '51': 1, '52': 2 } as const;
const filters = { '60': 0, '61': 1, '62': 2 } as const;
const principals = [ids.alice, ids.bob, ids.inner, ids.outer, '1'];

interface DrawnPolicy {
  readonly place: string;
  readonly mask: boolean;
  readonly fn: number;
  readonly when: Drawn | undefined;
  readonly match: readonly Drawn[];
  readonly to: readonly string[];
  readonly except: readonly string[];
}

const policy: fc.Arbitrary<DrawnPolicy> = fc.record({
  place: fc.constantFrom(...places),
  mask: fc.boolean(),
  fn: fc.nat(2),
  when: fc.option(drawn, { nil: undefined }),
  match: fc.array(drawn, { minLength: 1, maxLength: 3 }),
  to: fc.subarray(principals, { minLength: 1 }),
  except: fc.subarray(principals, { maxLength: 1 }),
});

const world = fc.record({
  tags: fc.array(tagsOf, { minLength: places.length, maxLength: places.length }),
  /** Three columns of each table. */
  columnTags: fc.array(tagsOf, { minLength: 12, maxLength: 12 }),
  wide: fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
  policies: fc.array(policy, { maxLength: 6 }),
  own: fc.array(fc.record({ table: fc.constantFrom(...Object.keys(tables)), column: fc.nat(2), mask: fc.boolean() }), {
    maxLength: 2,
  }),
  members: fc.subarray([
    [ids.inner, ids.alice],
    [ids.outer, ids.inner],
    [ids.outer, ids.bob],
  ] as const),
});
type World = typeof world extends fc.Arbitrary<infer T> ? T : never;

/** How many of the function's arguments are the first, second … matched column; with fewer expressions constants fill up. */
function shapeOf(each: DrawnPolicy): { readonly functionId: string; readonly extra: number } {
  const [functionId = '', parameters = 0] = Object.entries(each.mask ? masks : filters)[each.fn] ?? [];
  return { functionId, extra: each.mask ? parameters - 1 : parameters };
}

function policyOf(each: DrawnPolicy, index: number): TagPolicy {
  const { functionId, extra } = shapeOf(each);
  const aliases = each.match.map((_, at) => `m${String(at)}`);
  const free = each.mask ? aliases.slice(1) : aliases;
  const inputs = Array.from({ length: extra }, (_, at) => {
    const alias = free[at];
    return alias === undefined ? { kind: 'constant' as const, literal: "'k'" } : { kind: 'alias' as const, alias };
  });
  return {
    name: `p${String(index)}`,
    securableId: each.place,
    comment: undefined,
    functionId,
    onColumn: each.mask ? 'm0' : undefined,
    inputs,
    to: each.to,
    except: each.except,
    when: each.when?.condition,
    match: each.match.map(({ condition }, at) => ({ condition, alias: aliases[at] })),
    createdAt: 0,
    createdBy: ids.admin,
  };
}

function functionWith(id: string, parameters: number, returns: string): Change {
  const fn = sqlFunction(id, ids.orders, `f${id}`);
  const list = Array.from({ length: parameters }, (_, at) => ({
    name: `p${String(at)}`,
    type: 'VARCHAR',
    default: undefined,
  }));
  return { kind: 'createFunction', function: { ...fn, parameters: list, returns } };
}

function entriesOf(tags: Tags) {
  return Object.entries(tags).map(([key, value]) => ({ key, value }));
}

function snapshotOf(drawnWorld: World): CatalogSnapshot {
  const ownMasks = new Map(
    drawnWorld.own.filter((each) => each.mask).map((each) => [`${each.table} ${String(each.column)}`, each]),
  );
  return snapshotWith(
    ...drawnWorld.members.map(([group, member]) => addMember(group, member)),
    { kind: 'createCatalog', catalog: catalog('30', 'x') },
    { kind: 'createCatalog', catalog: catalog('31', 'y') },
    ...Object.entries(schemas).map(
      ([id, home]): Change => ({ kind: 'createSchema', schema: schema(id, home, `s${id}`) }),
    ),
    ...Object.entries(masks).map(([id, count]) => functionWith(id, count, 'VARCHAR')),
    ...Object.entries(filters).map(([id, count]) => functionWith(id, count, 'BOOLEAN')),
    ...Object.entries(tables).map(([id, home], at): Change => {
      const types = [0, 1, 2].map((column) => (drawnWorld.wide[at * 3 + column] === true ? 'BIGINT' : 'VARCHAR'));
      const made = table(id, home, `t${id}`, { c1: types[0] ?? '', c2: types[1] ?? '', c3: types[2] ?? '' });
      const columns = made.columns.map((column, index) =>
        ownMasks.has(`${id} ${String(index)}`) ? { ...column, mask: { functionId: '50', using: [] } } : column,
      );
      const ownFilter = drawnWorld.own.some((each) => !each.mask && each.table === id);
      return {
        kind: 'createTable',
        table: { ...made, columns, rowFilters: ownFilter ? [{ functionId: '60', arguments: [] }] : [] },
      };
    }),
    ...places.map(
      (id, at): Change => ({
        kind: 'setTags',
        objectId: id,
        columnId: undefined,
        tags: entriesOf(drawnWorld.tags[at] ?? {}),
      }),
    ),
    ...Object.keys(tables).flatMap((id, at) =>
      [0, 1, 2].map((column): Change => {
        const tags = entriesOf(drawnWorld.columnTags[at * 3 + column] ?? {});
        return { kind: 'setTags', objectId: id, columnId: `k${String(column + 1)}`, tags };
      }),
    ),
    ...drawnWorld.policies.map((each, index): Change => ({ kind: 'createPolicy', policy: policyOf(each, index) })),
  );
}

/** By hand: the calls that a user must meet on a table, or undefined where nobody can say what holds. */
function expected(drawnWorld: World, tableId: keyof typeof tables, userId: string): readonly string[] | undefined {
  const at = Object.keys(tables).indexOf(tableId);
  const schemaId = tables[tableId];
  const lineage = [schemas[schemaId], schemaId, tableId] as const;
  const tags: Tags = Object.assign({}, ...lineage.map((id) => drawnWorld.tags[places.indexOf(id)]));
  const holders = new Set([userId, '1']);
  for (const [group, member] of drawnWorld.members) if (member === userId) holders.add(group);
  if (
    holders.has(ids.inner) &&
    drawnWorld.members.some(([group, member]) => group === ids.outer && member === ids.inner)
  )
    holders.add(ids.outer);
  const calls = new Set<string>();
  for (const own of drawnWorld.own.filter((each) => each.table === tableId)) {
    calls.add(own.mask ? `mask ${String(own.column)}: 50(${String(own.column)})` : 'filter: 60()');
  }
  for (const each of drawnWorld.policies) {
    if (!lineage.some((id) => id === each.place)) continue;
    if (!each.to.some((id) => holders.has(id)) || each.except.some((id) => holders.has(id))) continue;
    if (each.when?.holds(tags) === false) continue;
    const matching = each.match.map((one) =>
      [0, 1, 2].filter((column) => one.holds(drawnWorld.columnTags[at * 3 + column] ?? {})),
    );
    if (matching.some((list) => list.length === 0)) continue;
    const { functionId, extra } = shapeOf(each);
    const first = each.mask ? 1 : 0;
    for (const one of matching[0] ?? []) {
      for (const two of matching[1] ?? [0]) {
        for (const three of matching[2] ?? [0]) {
          const chosen = [one, two, three].slice(0, each.match.length);
          const used = Array.from({ length: extra }, (_, index) => chosen[first + index]);
          const list = (each.mask ? [one, ...used] : used).map((column) =>
            column === undefined ? "'k'" : String(column),
          );
          if (list.some((text) => text !== "'k'" && drawnWorld.wide[at * 3 + Number(text)] === true)) return undefined;
          calls.add(`${each.mask ? `mask ${String(one)}` : 'filter'}: ${functionId}(${list.join(', ')})`);
        }
      }
    }
  }
  const maskedColumns = [...calls].filter((call) => call.startsWith('mask')).map((call) => call.split(':')[0]);
  return new Set(maskedColumns).size < maskedColumns.length ? undefined : [...calls].toSorted();
}

/** By hand: what every policy comes to on a table, whoever asks: `policy: call`. */
function protections(drawnWorld: World, tableId: keyof typeof tables): ReadonlySet<string> {
  const at = Object.keys(tables).indexOf(tableId);
  const lineage = [schemas[tables[tableId]], tables[tableId], tableId] as const;
  const tags: Tags = Object.assign({}, ...lineage.map((id) => drawnWorld.tags[places.indexOf(id)]));
  const found = new Set<string>();
  for (const [index, each] of drawnWorld.policies.entries()) {
    if (!lineage.some((id) => id === each.place) || each.when?.holds(tags) === false) continue;
    const [one = [], two = [0], three = [0]] = each.match.map((condition) =>
      [0, 1, 2].filter((column) => condition.holds(drawnWorld.columnTags[at * 3 + column] ?? {})),
    );
    const used = shapeOf(each).extra + (each.mask ? 1 : 0);
    for (const a of one)
      for (const b of two)
        for (const c of three) {
          found.add(`${String(index)}: ${[a, b, c].slice(0, Math.min(used, each.match.length)).join(', ')}`);
        }
  }
  return found;
}

test('a change of tags needs more than APPLY TAG exactly when some policy protects less after it', () => {
  const seen = { loosening: 0, other: 0 };
  const edit = fc.record({
    place: fc.nat(places.length - 1),
    column: fc.option(fc.nat(11), { nil: undefined }),
    tags: tagsOf,
  });
  fc.assert(
    fc.property(world, edit, (before, { place, column, tags }) => {
      const replaced = <T>(list: readonly T[], at: number, value: T): T[] =>
        list.map((each, index) => (index === at ? value : each));
      const after: World =
        column === undefined
          ? { ...before, tags: replaced(before.tags, place, tags) }
          : { ...before, columnTags: replaced(before.columnTags, column, tags) };
      const loosened = (Object.keys(tables) as (keyof typeof tables)[]).some((id) => {
        const now = protections(after, id);
        return [...protections(before, id)].some((each) => !now.has(each));
      });
      const [id, columnId] =
        column === undefined
          ? [places[place] ?? '', undefined]
          : [Object.keys(tables)[Math.floor(column / 3)] ?? '', `k${String((column % 3) + 1)}`];
      const snapshot = snapshotOf(before);
      const changes: Change[] = [
        { kind: 'unsetTags', objectId: id, columnId, keys },
        { kind: 'setTags', objectId: id, columnId, tags: entriesOf(tags) },
      ];
      const { lost } = consequencesOf({ before: snapshot, after: changed(snapshot, ...changes), replaced: new Map() });
      expect(lost.length > 0).toBe(loosened);
      seen[loosened ? 'loosening' : 'other'] += 1;
    }),
    { numRuns: Number(process.env['TAG_MODEL_RUNS'] ?? 500) },
  );
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(20);
});

function functionsOf(snapshot: CatalogSnapshot): PolicyFunctions {
  const list = [...Object.keys(masks), ...Object.keys(filters)].map((id) => objectOf(snapshot, id, 'function'));
  const resolved = (fn: SqlFunction): unknown => ({ function: fn, parameters: fn.parameters, facts: undefined });
  return new Map(list.map((fn) => [fn.id, resolved(fn)])) as unknown as PolicyFunctions;
}

function actual(snapshot: CatalogSnapshot, tableId: string, userId: string): readonly string[] | undefined {
  const asker = { snapshot, identity: identityOf(snapshot, userId), now, policies: functionsOf(snapshot) };
  let guard: Pick<TableGuard, 'masks' | 'filters'>;
  try {
    guard = guardOf(asker, objectOf(snapshot, tableId, 'table'), () => ({}) as Authorization);
  } catch (error) {
    expect(error).toBeInstanceOf(SqlError);
    expect(error).toMatchObject({ condition: 'invalidObjectDefinition' });
    return undefined;
  }
  const written = (call: TableGuard['filters'][number]): string => {
    const list = call.arguments.map((each) =>
      each.kind === 'column' ? String(Number(each.columnId.slice(1)) - 1) : each.literal,
    );
    return `${call.function.function.id}(${list.join(', ')})`;
  };
  const masked = [...guard.masks].map(([id, call]) => `mask ${String(Number(id.slice(1)) - 1)}: ${written(call)}`);
  return [...masked, ...guard.filters.map((call) => `filter: ${written(call)}`)].toSorted();
}

test('every use of a table gets exactly the filters and masks that its tags, places and principals demand', () => {
  const seen = { guarded: 0, plain: 0, closed: 0 };
  fc.assert(
    fc.property(world, (drawnWorld) => {
      const snapshot = snapshotOf(drawnWorld);
      for (const tableId of Object.keys(tables) as (keyof typeof tables)[]) {
        for (const userId of [ids.alice, ids.bob, ids.admin]) {
          const wanted = expected(drawnWorld, tableId, userId);
          expect(actual(snapshot, tableId, userId)).toEqual(wanted);
          seen[wanted === undefined ? 'closed' : wanted.length === 0 ? 'plain' : 'guarded'] += 1;
        }
      }
    }),
    { numRuns: Number(process.env['TAG_MODEL_RUNS'] ?? 500) },
  );
  // The model must have met each kind of answer often, or it proves nothing.
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(50);
});

test('a change of tags is known at once, and the snapshot before it keeps its answer', () => {
  const start = changed(snapshotWith(functionWith('60', 0, 'BOOLEAN'), functionWith('50', 1, 'VARCHAR')), {
    kind: 'createPolicy',
    policy: policyOf(
      {
        place: ids.sales,
        mask: true,
        fn: 0,
        when: undefined,
        match: [{ condition: { kind: 'hasTag', key: 'a' }, holds: () => true }],
        to: ['1'],
        except: [],
      },
      0,
    ),
  });
  const tagged = changed(start, {
    kind: 'setTags',
    objectId: ids.items,
    columnId: 'k1',
    tags: [{ key: 'a', value: '' }],
  });
  const guardIn = (snapshot: CatalogSnapshot): number => {
    const fn = objectOf(snapshot, '50', 'function');
    const policies = new Map([['50', { function: fn, parameters: fn.parameters }]]) as unknown as PolicyFunctions;
    const asker = { snapshot, identity: identityOf(snapshot, ids.alice), now, policies };
    return guardOf(asker, objectOf(snapshot, ids.items, 'table'), () => ({}) as Authorization).masks.size;
  };
  expect([guardIn(start), guardIn(tagged), guardIn(start)]).toEqual([0, 1, 0]);
});
