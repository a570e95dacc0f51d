// Queries over t(id, tenant, name, n, d) and u(id, t_id, tenant, v, tag): joins, CTEs, subqueries, set operations, windows,
// grouping sets, stars, lateral, QUALIFY, PIVOT. All deterministic; ties in ordered windows are broken by id.
import fc from 'fast-check';

type Text = fc.Arbitrary<string>;

function oneOf(...options: readonly string[]): Text {
  return fc.constantFrom(...options);
}

function made(template: string, parts: Readonly<Record<string, Text>>): Text {
  return fc
    .record(parts as Record<string, Text>)
    .map((values) => template.replaceAll(/\$(\w+)/g, (_, key: string) => values[key] ?? ''));
}

const scalarT: Text = fc.oneof(
  oneOf(
    't.id',
    't.tenant',
    't.name',
    't.n',
    't.d',
    't.id + 1',
    "coalesce(t.name, '-')",
    'length(t.name)',
    't.n * 2',
    'upper(t.tenant)',
  ),
  oneOf(
    "CASE WHEN t.n > 0 THEN t.name ELSE 'no' END",
    'year(t.d)',
    't.id::VARCHAR',
    "t.name || '!'",
    'nullif(t.n, 1)',
    't.n IS NULL',
  ),
  oneOf(
    "regexp_replace(t.name, 'o', '0')",
    'substring(t.name, 1, 2)',
    '(t.name, t.n)::VARCHAR',
    'try_cast(t.name AS INT)',
    'md5(t.tenant)',
  ),
  oneOf(
    '(SELECT count(*) FROM u WHERE u.t_id = t.id)',
    '(SELECT max(u.v) FROM u)',
    'list_transform([t.n, 1], x -> x + t.id)',
    '1e3',
    '42.5',
  ),
);

const predicateT: Text = fc.oneof(
  oneOf(
    't.id > 2',
    "t.tenant = 'a'",
    "t.name LIKE '%o%'",
    't.n IS NOT NULL',
    't.n > 0',
    "t.d >= DATE '2024-01-01'",
    'true',
  ),
  oneOf(
    'EXISTS (SELECT 1 FROM u WHERE u.t_id = t.id)',
    't.id IN (SELECT t_id FROM u WHERE v > 0)',
    "t.name = 'o*'",
    "t.name = 'one'",
  ),
  oneOf(
    'NOT (t.n = 10)',
    't.id BETWEEN 2 AND 5',
    't.n = (SELECT min(n) FROM t)',
    't.id NOT IN (SELECT t_id FROM u WHERE t_id IS NOT NULL)',
  ),
  oneOf(
    '10 / t.n > 1',
    't.id % 2 = 0',
    "t.tenant IS DISTINCT FROM 'b'",
    't.n > ANY (SELECT v FROM u)',
    "starts_with(t.name, 'o')",
  ),
);

const join: Text = oneOf('JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN');
const aggregate: Text = oneOf(
  'count(*)',
  'sum(t.n)',
  'max(t.name)',
  'min(t.d)',
  'count(DISTINCT t.tenant)',
  "string_agg(t.name, ',' ORDER BY t.id)",
  'avg(t.id)',
  'bool_or(t.n > 0)',
  'list(t.id ORDER BY t.id)',
);

export const queryArbitrary: Text = fc.oneof(
  made('SELECT $a AS a, $b AS b FROM t WHERE $p', { a: scalarT, b: scalarT, p: predicateT }),
  made('SELECT $a, $g FROM t WHERE $p GROUP BY ALL', {
    a: oneOf('t.tenant', 't.name', 't.n', 'year(t.d)'),
    g: aggregate,
    p: predicateT,
  }),
  made('SELECT * FROM t WHERE $p AND $q', { p: predicateT, q: predicateT }),
  made('SELECT t.id, u.id AS u_id, $a AS a, u.v FROM t $j u ON t.id = u.t_id AND $c WHERE $p OR u.id IS NULL', {
    a: scalarT,
    j: join,
    p: predicateT,
    c: oneOf('true', 'u.v > 0', "u.tag = 'x'", 't.tenant = u.tenant'),
  }),
  made('SELECT * FROM t $j u USING ($k)', { j: join, k: oneOf('id', 'tenant', 'id, tenant') }),
  made('SELECT t.* EXCLUDE (d), u.tag FROM t NATURAL JOIN u WHERE $p', { p: predicateT }),
  made('WITH t AS (SELECT * FROM t WHERE $p) SELECT $a AS a, count(*) AS c FROM t GROUP BY ALL', {
    p: predicateT,
    a: scalarT,
  }),
  made('WITH x AS (SELECT tenant, $g AS g FROM t GROUP BY tenant) SELECT x.*, u.v FROM x JOIN u USING (tenant)', {
    g: aggregate,
  }),
  made('SELECT $a AS a FROM t $s SELECT $b AS a FROM t WHERE $p', {
    a: oneOf('t.id', 't.n', 'length(t.name)'),
    b: oneOf('t.id', 't.n'),
    p: predicateT,
    s: oneOf('UNION', 'UNION ALL', 'INTERSECT', 'EXCEPT'),
  }),
  made('SELECT t.id, $w OVER (PARTITION BY t.tenant ORDER BY t.id) AS w FROM t WHERE $p', {
    w: oneOf('row_number()', 'sum(t.n)', 'lag(t.name)', 'rank()', 'first_value(t.n)', 'count(*)'),
    p: predicateT,
  }),
  made('SELECT t.id, t.name FROM t QUALIFY row_number() OVER (PARTITION BY $k ORDER BY t.id) = 1', {
    k: oneOf('t.tenant', 't.n', 't.name'),
  }),
  made('SELECT $k AS k, tenant, sum(n) AS s FROM t GROUP BY $f', {
    k: oneOf('year(d)'),
    f: oneOf('GROUPING SETS ((year(d)), (tenant), ())', 'CUBE (year(d), tenant)', 'ROLLUP (year(d), tenant)').map(
      (each) => each,
    ),
  }),
  made('SELECT * FROM t, LATERAL (SELECT $g AS g FROM u WHERE u.t_id = t.id) l WHERE $p', {
    g: oneOf('count(*)', 'max(v)', 'min(tag)'),
    p: predicateT,
  }),
  made('SELECT DISTINCT ON (tenant) tenant, id, name FROM t ORDER BY tenant, id', {}),
  made("FROM t PIVOT (count(*) FOR tenant IN ('a', 'b', 'c') GROUP BY $k)", { k: oneOf('n', 'name') }),
  made('SELECT * FROM (SELECT id, n, id AS m FROM t) UNPIVOT (v FOR k IN (n, m))', {}),
  made(
    'WITH RECURSIVE r(i, n) AS (SELECT id, n FROM t WHERE $p UNION ALL SELECT i + 1, n FROM r WHERE i < 4) SELECT * FROM r',
    { p: predicateT },
  ),
  made('SELECT x, count(*) AS c FROM (SELECT t AS x FROM t) GROUP BY x', {}),
  made('SELECT a.id, b.id AS b_id FROM t a $j t b ON a.$k = b.$k AND a.id < b.id', {
    j: join,
    k: oneOf('tenant', 'name', 'n'),
  }),
  made('SELECT * FROM t SEMI JOIN u ON t.id = u.t_id AND u.v > $v', { v: oneOf('0', '2', '100') }),
  made('SELECT * FROM t ANTI JOIN u ON t.id = u.t_id', {}),
  made("SELECT COLUMNS('t?.*n.*') FROM t WHERE $p", { p: predicateT }),
  made('SELECT $a AS a, $b AS b FROM t ORDER BY t.id LIMIT 3', { a: scalarT, b: scalarT }),
  made('SELECT count(*) FROM t WHERE $p AND EXISTS (SELECT 1 FROM t x WHERE x.tenant = t.tenant AND x.id <> t.id)', {
    p: predicateT,
  }),
);
