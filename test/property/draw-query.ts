// Queries over a drawn world's tables t and u. Every answer is determined by the rows alone: ties are broken by id, no
// floating-point sums, no sampling.
import type { Draw } from './draw.ts';
import { readableColumns } from './routes.ts';
import { type CellType, literal, type World, type WorldTable } from './world.ts';

/** A value that an expression may mention. */
interface Term {
  readonly sql: string;
  readonly type: CellType;
}

/** The terms in scope, and how deep expressions may still go. */
interface Scope {
  readonly draw: Draw;
  readonly world: World;
  readonly terms: readonly Term[];
  readonly depth: number;
}

function tableOf(world: World, name: string): WorldTable {
  const table = world.tables.find((each) => each.name === name);
  if (table === undefined) throw new TypeError(`no table ${name}`);
  return table;
}

function termsOf(table: WorldTable, alias: string): readonly Term[] {
  return readableColumns(table).map(({ name, type }) => ({ sql: `${alias}.${name}`, type }));
}

function deeper(scope: Scope): Scope {
  return { ...scope, depth: scope.depth - 1 };
}

/** A column of this type, or a literal of it. */
function atom({ draw, terms }: Scope, type: CellType): string {
  const fitting = terms.filter((term) => term.type === type);
  return fitting.length === 0 || draw.once(5) ? literal(draw, type) : draw.pick(fitting).sql;
}

function column({ draw, terms }: Scope): Term {
  return draw.pick(terms);
}

/** Any type; only its text matters. */
export function scalar(scope: Scope): string {
  const { draw } = scope;
  const plain = (): string => column(scope).sql;
  if (scope.depth <= 0) return plain();
  const next = deeper(scope);
  return draw.way(
    plain,
    plain,
    () => `${atom(scope, 'int')} + ${atom(scope, 'int')}`,
    () => `${atom(scope, 'int')} % 3`,
    () => `coalesce(${atom(scope, 'text')}, '-')`,
    () => `upper(${atom(scope, 'text')}) || '!'`,
    () => `length(${atom(scope, 'code')})`,
    () => `CAST(${atom(scope, 'code')} AS INTEGER)`,
    () => `CAST('[' || ${atom(scope, 'code')} || ']' AS INTEGER[])`,
    () => `try_cast(${atom(scope, 'text')} AS INTEGER)`,
    () => `substring(${atom(scope, 'text')}, 1, 2)`,
    () => `regexp_replace(${atom(scope, 'text')}, '[aeiou]', '#')`,
    () => `year(${atom(scope, 'date')})`,
    () => `date_trunc('month', ${atom(scope, 'date')})`,
    () => `${atom(scope, 'dec')} * 2`,
    () => `CASE WHEN ${condition(next)} THEN ${atom(scope, 'text')} ELSE 'no' END`,
    () => `nullif(${atom(scope, 'int')}, 1)`,
    () => `(${plain()} IS NULL)`,
    () => `md5(${atom(scope, 'text')})`,
    () => `list_transform([${atom(scope, 'int')}, 1], e -> e + 1)`,
    () => `[e || 'z' FOR e IN [${atom(scope, 'text')}]]`,
    () => `{'a': ${plain()}, 'b': 1}`,
    () => `(SELECT count(*) FROM u s WHERE s.k = ${atom(scope, 'text')})`,
    () => `(SELECT max(s.id) FROM t s WHERE ${condition(within(next, 's', 't'))})`,
    () => `shout(${atom(scope, 'text')})`,
    () => `same_k(${atom(scope, 'text')})`,
    () => `code(${atom(scope, 'code')})`,
    () => `1e10`,
    () => `greatest(${atom(scope, 'text')}, 'b')`,
  );
}

/** The same expressions over one more table. */
function within(scope: Scope, alias: string, table: string): Scope {
  return { ...scope, terms: [...termsOf(tableOf(scope.world, table), alias), ...scope.terms] };
}

export function condition(scope: Scope): string {
  const { draw } = scope;
  const compare = draw.pick(['=', '<>', '<', '<=', '>', '>=', 'IS DISTINCT FROM', 'IS NOT DISTINCT FROM']);
  const simple = (): string => {
    const term = column(scope);
    return `${term.sql} ${compare} ${atom(scope, term.type)}`;
  };
  if (scope.depth <= 0) return simple();
  const next = deeper(scope);
  return draw.way(
    simple,
    simple,
    simple,
    () => `${condition(next)} AND ${condition(next)}`,
    () => `${condition(next)} AND ${condition(next)} AND ${condition(next)}`,
    () => `(${condition(next)} OR ${condition(next)})`,
    () => `NOT (${condition(next)})`,
    () => `${column(scope).sql} IS NOT NULL`,
    () => `${atom(scope, 'text')} LIKE '%o%'`,
    () => `${atom(scope, 'text')} ILIKE 'A%'`,
    () => `${atom(scope, 'int')} BETWEEN ${atom(scope, 'int')} AND 10`,
    () => `${atom(scope, 'date')} >= '2024-01-01'`,
    () => `${atom(scope, 'text')} IN ('a', 'b', ${atom(scope, 'text')})`,
    () => `${atom(scope, 'int')} NOT IN (1, 2)`,
    () => `CAST(${atom(scope, 'code')} AS INTEGER) > 1`,
    () => `CAST(${atom(scope, 'code')} AS HUGEINT) <> ${atom(scope, 'int')}`,
    () => `CAST('00000000-0000-0000-0000-' || lpad(${atom(scope, 'code')}, 12, '0') AS UUID) IS NOT NULL`,
    () => `CAST('[' || ${atom(scope, 'code')} || ']' AS INTEGER[]) IS NOT NULL`,
    () => `chr(CASE WHEN ${atom(scope, 'code')} = 'poison' THEN -1 ELSE 65 END) = 'A'`,
    () => `10 / ${atom(scope, 'int')} > 1`,
    () => `starts_with(${atom(scope, 'text')}, 'o')`,
    () => `regexp_matches(${atom(scope, 'text')}, '^[a-m]')`,
    () => `EXISTS (SELECT 1 FROM u s WHERE ${condition(within(next, 's', 'u'))})`,
    () => `${atom(scope, 'text')} IN (SELECT s.k FROM u s WHERE ${condition(within(next, 's', 'u'))})`,
    () => `${atom(scope, 'int')} > ANY (SELECT s.id FROM t s)`,
    () => `${atom(scope, 'int')} = (SELECT min(s.id) FROM u s)`,
    () => `coalesce(${atom(scope, 'bool')}, false)`,
    () => `lower(${atom(scope, 'text')}) = 'a'`,
    () => `code(${atom(scope, 'code')}) > 1`,
    () => `same_k(${atom(scope, 'text')}) < 2`,
    () => `${atom(scope, 'int')} <= (SELECT 2 + count(*) FROM t s WHERE ${condition(within(next, 's', 't'))})`,
  );
}

function aggregate(scope: Scope): string {
  const { draw } = scope;
  const key = scope.terms.find((term) => term.sql.endsWith('.id'))?.sql ?? '1';
  const base = draw.way(
    () => 'count(*)',
    () => `count(${column(scope).sql})`,
    () => `count(DISTINCT ${column(scope).sql})`,
    () => `sum(${atom(scope, 'int')})`,
    () => `sum(${atom(scope, 'dec')})`,
    () => `min(${column(scope).sql})`,
    () => `max(${column(scope).sql})`,
    () => `avg(${atom(scope, 'int')})`,
    () => `bool_or(${condition({ ...scope, depth: 0 })})`,
  );
  if (draw.once(3)) return `${base} FILTER (WHERE ${condition({ ...scope, depth: 0 })})`;
  return draw.once(5) ? `list(${column(scope).sql} ORDER BY ${key})` : base;
}

const joins = ['JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN'] as const;

/** One query; names of the world's tables are left to the current schema. */
export function drawQuery(draw: Draw, world: World): string {
  const t = termsOf(tableOf(world, 't'), 't');
  const u = termsOf(tableOf(world, 'u'), 'u');
  const one: Scope = { draw, world, terms: t, depth: 2 };
  const both: Scope = { draw, world, terms: [...t, ...u], depth: 2 };
  const on = (): string =>
    draw.way(
      () => 't.k = u.k',
      () => 't.id = u.id',
      () => `t.k = u.k AND ${condition({ ...both, depth: 1 })}`,
    );
  const where = (scope: Scope): string => (draw.once(5) ? '' : `WHERE ${condition(scope)}`);
  const join = (): string => draw.pick(joins);
  return draw.way(
    () => `SELECT ${scalar(one)} AS a, ${scalar(one)} AS b FROM t ${where(one)}`,
    () => `SELECT ${scalar(one)}, ${scalar(one)} FROM t ${where(one)}`,
    () => `SELECT * FROM t ${where(one)}`,
    () => `SELECT t.* FROM t ${where(one)} ORDER BY t.id LIMIT ${String(1 + draw.nat(4))}`,
    () => `SELECT ${scalar(both)} AS a, ${scalar(both)} AS b FROM t ${join()} u ON ${on()} ${where(both)}`,
    () => `SELECT count(*) FROM t ${join()} u ON ${on()} ${where(both)}`,
    () => `SELECT count(*) FROM t, u WHERE ${condition(both)} AND ${condition(both)}`,
    () =>
      `SELECT t.id, u.id AS other FROM t ${draw.pick(['SEMI', 'ANTI'])} JOIN u ON ${on()} ${where(one)}`.replace(
        ', u.id AS other',
        '',
      ),
    () =>
      `SELECT * FROM t ${join()} u USING (${draw.pick(['id', 'k', 'id, k'])}) ${draw.once(2) ? '' : 'ORDER BY ALL'}`,
    () =>
      `SELECT t.id, l.c FROM t, LATERAL (SELECT ${aggregate({ ...one, terms: u })} AS c FROM u WHERE u.k = t.k) l ${where(one)}`,
    () => `SELECT ${column(one).sql} AS a, ${aggregate(one)} AS g FROM t ${where(one)} GROUP BY ALL`,
    () =>
      `SELECT ${scalar(one)} AS a, ${aggregate(one)} AS g FROM t ${where(one)} GROUP BY ALL HAVING count(*) > ${String(draw.nat(2))}`,
    () =>
      `SELECT t.k, ${aggregate(one)} AS g FROM t GROUP BY ${draw.pick(['ROLLUP (t.k)', 'CUBE (t.k, t.id)', 'GROUPING SETS ((t.k), ())'])}`.replace(
        'SELECT t.k,',
        draw.once(2) ? 'SELECT t.k,' : 'SELECT ',
      ),
    () => `WITH t AS (SELECT * FROM t ${where(one)}) SELECT ${scalar(one)} AS a, count(*) AS c FROM t GROUP BY ALL`,
    () => `WITH c AS (SELECT k, ${aggregate(one)} AS g FROM t GROUP BY k) SELECT c.*, u.id FROM c JOIN u USING (k)`,
    () =>
      `SELECT ${scalar({ ...one, terms: prefixed(t, 'q') })} AS a FROM (SELECT * FROM t ${where(one)}) q ${where({ ...one, terms: prefixed(t, 'q') })}`,
    () =>
      `SELECT t.k AS v FROM t ${where(one)} ${draw.pick(['UNION', 'UNION ALL', 'INTERSECT', 'EXCEPT', 'EXCEPT ALL'])} SELECT u.k FROM u ${where({ ...one, terms: u })}`,
    () => `SELECT k, id FROM t ${where(one)} UNION ALL BY NAME SELECT id, x FROM u`,
    () => `SELECT t.id, ${draw.pick(['row_number()', 'count(*)', `sum(${atom(one, 'int')})`, `lag(${column(one).sql})`, `first_value(${column(one).sql})`])}
      OVER (PARTITION BY ${column(one).sql} ORDER BY t.id ${draw.pick(['', 'ROWS BETWEEN 1 PRECEDING AND CURRENT ROW'])}) AS w FROM t ${where(one)}`,
    () =>
      `SELECT t.id, ${scalar(one)} AS a FROM t ${where(one)} QUALIFY row_number() OVER (PARTITION BY ${column(one).sql} ORDER BY t.id) = 1`,
    () => `SELECT DISTINCT ON (t.k) t.k, ${scalar(one)} AS a, t.id FROM t ${where(one)} ORDER BY t.k, t.id`,
    () => `SELECT DISTINCT ${scalar(one)} AS a FROM t ${where(one)}`,
    () => `FROM t PIVOT (${draw.pick(['count(*)', 'max(id)'])} FOR k IN ('a', 'b', 'one') GROUP BY id)`,
    () => 'SELECT * FROM (SELECT id, k, x FROM t) UNPIVOT (v FOR n IN (k, x))',
    () =>
      `WITH RECURSIVE r(i, v) AS (SELECT t.id, t.k FROM t ${where(one)} UNION ALL SELECT i + 1, v FROM r WHERE i < 5) SELECT * FROM r`,
    () => `SELECT y, count(*) AS c FROM (SELECT t AS y FROM t ${where(one)}) GROUP BY y`,
    () => `SELECT a.id, b.id AS other FROM t a ${join()} t b ON a.k = b.k AND a.id < b.id`,
    () => `SELECT t.id, u.id AS other FROM t ASOF JOIN u ON t.k = u.k AND t.id >= u.id WHERE t.k IS NOT NULL`,
    () => `SELECT * EXCLUDE (k) REPLACE (id + 1 AS id) FROM t ${where(one)}`,
    () => `SELECT * RENAME (k AS kk) FROM t ${where(one)}`,
    () => `SELECT COLUMNS(c -> c LIKE '%d%') FROM t ${where(one)}`,
    () => `SELECT COLUMNS('.*') IS NULL FROM t ${where(one)}`,
    () => `SELECT i.e FROM t, unnest([t.k, t.x]) i(e) ${where(one)}`,
    () => `SELECT ${aggregate(one)} AS a, ${aggregate(one)} AS b FROM t ${where(one)}`,
  );
}

function prefixed(terms: readonly Term[], alias: string): readonly Term[] {
  return terms.map(({ sql, type }) => ({ sql: `${alias}.${sql.slice(sql.indexOf('.') + 1)}`, type }));
}
