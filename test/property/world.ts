// A world: tables with data, mapping and policies, drawn at random, and what each user may see of it, written out by hand. The
// hand-written side is made beside each policy here; it shares nothing with the rewriter.
import type { Draw } from './draw.ts';
import { drawRoute, type Routes } from './routes.ts';
import {
  type CellType,
  type Policy,
  sqlTypes,
  type User,
  users,
  type WorldColumn,
  type WorldTable,
} from './world-parts.ts';

export {
  type CellType,
  type Policy,
  sqlTypes,
  type User,
  users,
  type WorldColumn,
  type WorldTable,
} from './world-parts.ts';

/** Only cyd is in the group that policies exempt. */
export const exemptUser: User = 'cyd';

const literals: Readonly<Record<CellType, readonly string[]>> = {
  int: ['0', '1', '2', '3', '10', '-5'],
  text: ["'a'", "'b'", "'c'", "'one'", "'two'", "''", "'A'"],
  date: ["DATE '2024-01-01'", "DATE '2024-02-29'", "DATE '1999-12-31'"],
  dec: ['0.00', '1.50', '-2.25', '100.00'],
  bool: ['true', 'false'],
  code: ["'1'", "'22'", "'333'"],
};

export const poison = "'poison'";

export function literal(draw: Draw, type: CellType): string {
  return draw.pick(literals[type]);
}

export interface World {
  readonly tables: readonly WorldTable[];
  readonly mapping: readonly string[];
}

export function drawWorld(draw: Draw, { routes }: { readonly routes: Routes }): World {
  const mapping = users.flatMap((user) =>
    draw.some(["'a'", "'b'", "'c'", "'one'", 'NULL'], 3).map((key) => `('${user}', ${key})`),
  );
  return {
    tables: ['t', 'u'].map((name) => drawTable(draw, name, routes)),
    mapping: mapping.length === 0 ? ["('ann', 'a')"] : mapping,
  };
}

function drawTable(draw: Draw, name: string, routes: Routes): WorldTable {
  const drawn = draw.some(['text', 'int', 'date', 'dec', 'bool', 'int', 'text'] as const, 4);
  const columns: WorldColumn[] = [
    { name: 'id', type: 'int' },
    { name: 'k', type: 'text' },
    { name: 'x', type: 'code' },
    ...drawn.map((type, index) => ({ name: `${type}${String(index)}`, type })),
  ];
  const rows = Array.from({ length: 3 + draw.nat(12) }, (_, index) => drawRow(draw, columns, index + 1));
  const filters = drawFilters(draw, columns);
  const maskable = columns.filter((column) => column.name !== 'id');
  const masks = new Map(draw.some(maskable, 2).map((column) => [column.name, drawMask(draw, column, columns)]));
  const route = drawRoute(draw, columns, routes);
  return { name, columns, rows, filters, masks, route };
}

/** A table has one filter of its own, and any number by tags. */
function drawFilters(draw: Draw, columns: readonly WorldColumn[]): readonly Policy[] {
  const all = Array.from({ length: draw.pick([0, 1, 1, 2]) }, () => drawFilter(draw, columns));
  const own = all.filter((filter) => filter.byTags === undefined);
  return [...own.slice(0, 1), ...all.filter((filter) => filter.byTags !== undefined)];
}

/** @param poisonous once in so many rows the code is no number */
export function drawRow(draw: Draw, columns: readonly WorldColumn[], id: number, poisonous = 6): string {
  const cells = columns.map(({ name, type }) => {
    if (name === 'id') return String(id);
    if (draw.once(6)) return 'NULL';
    return type === 'code' && draw.once(poisonous) ? poison : literal(draw, type);
  });
  return `(${cells.join(', ')})`;
}

/** Whom TO and EXCEPT leave concerned. Group `both` holds ann and bob, `raw` holds the exempt user. */
const audiences: readonly (readonly [to: string, except: string, concerned: readonly User[]])[] = [
  ['`account users`', '', users],
  ['`account users`', 'raw', ['ann', 'bob']],
  ['both', '', ['ann', 'bob']],
  ['both, cyd', 'bob', ['ann', 'cyd']],
  ['cyd, ann', 'ann', ['cyd']],
];

/** Some policies follow tags. @param untouched what somebody who is not concerned meets */
function maybeByTags(draw: Draw, policy: Policy, untouched: string): Policy {
  if (!draw.once(2)) return policy;
  const [to, except, concerned] = draw.pick(audiences);
  return {
    ...policy,
    byTags: { place: draw.pick(['CATALOG', 'SCHEMA', 'TABLE'] as const), to, except },
    byHand: (user) => (concerned.includes(user) ? policy.byHand(user) : untouched),
  };
}

function drawFilter(draw: Draw, columns: readonly WorldColumn[]): Policy {
  return maybeByTags(draw, drawPlainFilter(draw, columns), 'true');
}

function drawMask(draw: Draw, column: WorldColumn, columns: readonly WorldColumn[]): Policy {
  return maybeByTags(draw, drawPlainMask(draw, column, columns), column.name);
}

function drawPlainFilter(draw: Draw, columns: readonly WorldColumn[]): Policy {
  const column = draw.pick(columns);
  const other = draw.pick(columns.filter((each) => each.type === column.type));
  const keys = columns.filter((each) => each.type === 'text');
  const key = draw.pick(keys);
  const type = sqlTypes[column.type];
  // A parameter may bear the name of a column: it is the parameter all the same.
  const p = draw.pick(['p', 'id', 'k', 'who', column.name]);
  const value = literal(draw, column.type);
  const operator = draw.pick(['=', '<>', '<', '>=']);
  return draw.way<Policy>(
    () => ({
      definition: `(${p} ${type}) RETURNS BOOLEAN RETURN ${p} ${operator} ${value}`,
      arguments: [column.name],
      byHand: () => `${column.name} ${operator} ${value}`,
    }),
    () => ({
      definition: `(p VARCHAR) RETURNS BOOLEAN RETURN p IN (SELECT m.item FROM p.m WHERE m.who = current_user())`,
      arguments: [key.name],
      byHand: (user) => `${key.name} IN (SELECT item FROM p.m WHERE who = '${user}')`,
    }),
    () => ({
      definition: `(p VARCHAR) RETURNS BOOLEAN RETURN EXISTS (SELECT 1 FROM p.m WHERE m.who = current_user() AND m.item = p)`,
      arguments: [key.name],
      byHand: (user) => `EXISTS (SELECT 1 FROM p.m WHERE m.who = '${user}' AND m.item = ${key.name})`,
    }),
    () => ({
      definition: `(p VARCHAR) RETURNS BOOLEAN RETURN p NOT IN (SELECT m.item FROM p.m WHERE m.who <> current_user())`,
      arguments: [key.name],
      byHand: (user) => `${key.name} NOT IN (SELECT item FROM p.m WHERE who <> '${user}')`,
    }),
    () => ({
      definition: `(${p} ${type}) RETURNS BOOLEAN RETURN is_account_group_member('raw') OR ${p} ${operator} ${value}`,
      arguments: [column.name],
      byHand: (user) => (user === exemptUser ? 'true' : `${column.name} ${operator} ${value}`),
    }),
    () => ({
      definition: `(p ${type}, q ${type}) RETURNS BOOLEAN RETURN p = q OR p IS NULL OR p > ${value}`,
      arguments: [column.name, other.name],
      byHand: () => `(${column.name} = ${other.name} OR ${column.name} IS NULL OR ${column.name} > ${value})`,
    }),
    () => ({
      definition: `(p ${type}) RETURNS BOOLEAN RETURN CASE WHEN p > ${value} THEN true WHEN p IS NULL THEN NULL ELSE current_user() = 'bob' END`,
      arguments: [column.name],
      byHand: (user) =>
        `CASE WHEN ${column.name} > ${value} THEN true WHEN ${column.name} IS NULL THEN NULL ELSE ${String(user === 'bob')} END`,
    }),
    () => ({
      definition: `(p VARCHAR) RETURNS BOOLEAN RETURN regexp_matches(p, '^[a-b]') AND md5(p) <> 'x'`,
      arguments: [key.name],
      byHand: () => `regexp_matches(${key.name}, '^[a-b]') AND md5(${key.name}) <> 'x'`,
    }),
  );
}

function drawPlainMask(draw: Draw, column: WorldColumn, columns: readonly WorldColumn[]): Policy {
  const type = sqlTypes[column.type];
  const value = literal(draw, column.type);
  const typed = (byHand: string): string => `CAST(${byHand} AS ${type})`;
  const other = draw.pick(columns.filter((each) => each.name !== column.name));
  const test = literal(draw, other.type);
  const constant = (text: string): Policy => ({
    definition: `(p ${type}) RETURNS ${type} RETURN ${text}`,
    arguments: [],
    byHand: () => typed(text),
  });
  const ways: (() => Policy)[] = [
    () => constant('NULL'),
    () => constant(value),
    () => ({
      definition: `(p ${type}) RETURNS ${type} RETURN CASE WHEN is_account_group_member('raw') THEN p ELSE ${value} END`,
      arguments: [],
      byHand: (user) => (user === exemptUser ? column.name : typed(value)),
    }),
    () => ({
      definition: `(p ${type}, q ${sqlTypes[other.type]}) RETURNS ${type} RETURN CASE WHEN q = ${test} THEN p ELSE NULL END`,
      arguments: [other.name],
      byHand: () => typed(`CASE WHEN ${other.name} = ${test} THEN ${column.name} ELSE NULL END`),
    }),
  ];
  if (column.type === 'text') {
    ways.push(() => ({
      definition: `(p VARCHAR) RETURNS VARCHAR RETURN left(p, 1) || '*'`,
      arguments: [],
      byHand: () => `left(${column.name}, 1) || '*'`,
    }));
  }
  if (column.type === 'int') {
    ways.push(() => ({
      definition: `(p INTEGER) RETURNS INTEGER RETURN p // 10 + 1`,
      arguments: [],
      byHand: () => typed(`${column.name} // 10 + 1`),
    }));
  }
  return draw.way(...ways);
}
