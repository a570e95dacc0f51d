-- Lineage, case by case, over tables t(a, b, c, d, e, l, s) and u(a, x, y, z), a view and functions (corpus.test.ts). A case is a name, a
-- query, and for every output what it is made of and what decides about it.

-- columns of one table
SELECT a, b AS second FROM t
--> direct t.a
--> direct t.b

-- an expression is derived from its columns
SELECT a + b AS sum, upper(d) FROM t
--> derived t.a; derived t.b
--> derived t.d

-- a constant comes from nowhere
SELECT 1 AS one, 'x' AS x FROM t
--> 
--> 

-- a cast is a computation
SELECT a::VARCHAR AS text FROM t
--> derived t.a

-- WHERE decides about every output
SELECT a FROM t WHERE b > 2 AND d < 'd'
--> direct t.a; filter t.b; filter t.d

-- CASE is made of its conditions too
SELECT CASE WHEN a > 2 THEN b WHEN c > 2 THEN e ELSE 0 END AS chosen FROM t
--> derived t.a; derived t.b; derived t.c; derived t.e

-- coalesce of several
SELECT coalesce(nullif(a, 3), b) AS some FROM t
--> derived t.a; derived t.b

-- aggregates that hold values of their input, and others
SELECT max(a) AS largest, sum(b) AS total, count(c) AS filled, string_agg(d, ',' ORDER BY e) AS texts FROM t
--> derived t.a
--> aggregated t.b
--> aggregated t.c
--> derived t.d; order t.e

-- FILTER decides about its own aggregate
SELECT sum(a) FILTER (WHERE b > 2) AS some, sum(c) AS total FROM t
--> aggregated t.a; filter t.b
--> aggregated t.c

-- GROUP BY decides which rows there are
SELECT a, sum(b) AS total FROM t GROUP BY a
--> direct t.a; group t.a
--> aggregated t.b; group t.a

-- GROUP BY a place and an alias
SELECT a % 2 AS parity, c, count(*) AS n FROM t GROUP BY 2, parity
--> derived t.a; group t.a; group t.c
--> direct t.c; group t.a; group t.c
--> group t.a; group t.c

-- GROUP BY ALL
SELECT a, d, max(b) AS largest FROM t GROUP BY ALL
--> direct t.a; group t.a; group t.d
--> direct t.d; group t.a; group t.d
--> derived t.b; group t.a; group t.d

-- grouping sets
SELECT a, b, sum(c) AS total FROM t GROUP BY ROLLUP (a, b)
--> direct t.a; group t.a; group t.b
--> direct t.b; group t.a; group t.b
--> aggregated t.c; group t.a; group t.b

-- HAVING
SELECT a FROM t GROUP BY a HAVING max(b) > 3
--> direct t.a; filter t.b; group t.a

-- a star
SELECT * FROM u
--> direct u.a
--> direct u.x
--> direct u.y
--> direct u.z

-- a star of one of two tables
SELECT u.*, t.b FROM t JOIN u ON t.a = u.a
--> direct u.a; join t.a; join u.a
--> direct u.x; join t.a; join u.a
--> direct u.y; join t.a; join u.a
--> direct u.z; join t.a; join u.a
--> direct t.b; join t.a; join u.a

-- EXCLUDE, REPLACE and RENAME
SELECT * EXCLUDE (y) REPLACE (x + a AS x) RENAME (z AS last) FROM u
--> direct u.a
--> derived u.a; derived u.x
--> direct u.z

-- COLUMNS of a pattern
SELECT COLUMNS('[xy]') FROM u
--> direct u.x
--> direct u.y

-- COLUMNS in an expression
SELECT sum(COLUMNS(* EXCLUDE (z))) FROM u
--> aggregated u.a
--> aggregated u.x
--> aggregated u.y

-- COLUMNS of a lambda cannot be told apart
SELECT COLUMNS(n -> n IN ('x', 'y')) FROM u
--> direct u.a?; direct u.x?; direct u.y?; direct u.z?
--> direct u.a?; direct u.x?; direct u.y?; direct u.z?

-- an unpacked star
SELECT greatest(*COLUMNS(* EXCLUDE (z))) AS most FROM u
--> derived u.a; derived u.x; derived u.y

-- a whole row
SELECT u AS row FROM u
--> derived u.a; derived u.x; derived u.y; derived u.z

-- an inner join
SELECT t.b, u.x FROM t JOIN u ON t.a = u.a
--> direct t.b; join t.a; join u.a
--> direct u.x; join t.a; join u.a

-- a left join
SELECT t.b, u.x FROM t LEFT JOIN u ON t.a = u.a AND u.y > 2
--> direct t.b; join t.a; join u.a; join u.y
--> direct u.x; join t.a; join u.a; join u.y

-- USING gives the left side's key
SELECT a, b, x FROM t JOIN u USING (a)
--> direct t.a; join t.a; join u.a
--> direct t.b; join t.a; join u.a
--> direct u.x; join t.a; join u.a

-- a right join gives the right side's key
SELECT a, x FROM t RIGHT JOIN u USING (a)
--> direct u.a; join t.a; join u.a
--> direct u.x; join t.a; join u.a

-- a full join gives both
SELECT a FROM t FULL JOIN u USING (a)
--> direct t.a; direct u.a; join t.a; join u.a

-- a natural join
SELECT * FROM (SELECT a, b FROM t) NATURAL JOIN (SELECT a, x FROM u)
--> direct t.a; join t.a; join u.a
--> direct t.b; join t.a; join u.a
--> direct u.x; join t.a; join u.a

-- a semi join only decides
SELECT b FROM t SEMI JOIN u ON t.a = u.x
--> direct t.b; join t.a; join u.x

-- an anti join only decides
SELECT b FROM t ANTI JOIN u USING (a)
--> direct t.b; join t.a; join u.a

-- a cross join
SELECT t.a, u.x FROM t, u WHERE t.b < u.y
--> direct t.a; filter t.b; filter u.y
--> direct u.x; filter t.b; filter u.y

-- a positional join
SELECT t.a, u.x FROM t POSITIONAL JOIN u
--> direct t.a
--> direct u.x

-- an ASOF join
SELECT t.b, u.x FROM t ASOF JOIN u ON t.a >= u.a
--> direct t.b; join t.a; join u.a
--> direct u.x; join t.a; join u.a

-- a subquery in FROM
SELECT q.p + 1 AS more FROM (SELECT a AS p, b FROM t WHERE c > 1) AS q WHERE q.b < 4
--> derived t.a; filter t.b; filter t.c

-- column aliases of a subquery
SELECT n FROM (SELECT a, b FROM t) AS q(m, n)
--> direct t.b

-- a scalar subquery
SELECT (SELECT max(x) FROM u WHERE y > 1) AS most, b FROM t
--> derived u.x; filter u.y
--> direct t.b

-- a correlated subquery
SELECT b, (SELECT max(u.x) FROM u WHERE u.a = t.a) AS most FROM t
--> direct t.b
--> derived u.x; filter t.a; filter u.a

-- EXISTS
SELECT b FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.a = t.a AND u.y > 2)
--> direct t.b; filter t.a; filter u.a; filter u.y

-- EXISTS as a value
SELECT EXISTS (SELECT 1 FROM u WHERE u.x = t.c) AS found FROM t
--> filter t.c; filter u.x

-- IN a subquery
SELECT b FROM t WHERE a IN (SELECT x FROM u WHERE y > 2)
--> direct t.b; filter t.a; filter u.x; filter u.y

-- IN as a value
SELECT a IN (SELECT x FROM u) AS inside FROM t
--> derived t.a; derived u.x

-- a comparison with ALL
SELECT b FROM t WHERE a >= ALL (SELECT x FROM u WHERE y > 3)
--> direct t.b; filter t.a; filter u.x; filter u.y

-- an array of a subquery
SELECT ARRAY(SELECT x FROM u WHERE y > 2 ORDER BY x) AS list
--> derived u.x?; filter u.y; order u.x

-- a lateral subquery
SELECT t.b, q.m FROM t, LATERAL (SELECT sum(x) AS m FROM u WHERE u.y > t.c) AS q
--> direct t.b
--> aggregated u.x; filter t.c; filter u.y

-- a WITH query
WITH q AS (SELECT a AS k, b + c AS s FROM t WHERE e > 1) SELECT s FROM q WHERE k > 1
--> derived t.b; derived t.c; filter t.a; filter t.e

-- one WITH query in another
WITH p AS (SELECT a, b FROM t), q AS (SELECT a, sum(b) AS s FROM p GROUP BY a) SELECT q.s, p.b FROM q JOIN p ON p.a = q.s - 5
--> aggregated t.b; group t.a; join t.a; join t.b
--> direct t.b; group t.a; join t.a; join t.b

-- a WITH query named like a table
WITH u AS (SELECT b AS x FROM t) SELECT x FROM u
--> direct t.b

-- column names of a WITH query
WITH q(m, n) AS (SELECT a, b FROM t) SELECT n FROM q WHERE m > 1
--> direct t.b; filter t.a

-- a recursive query
WITH RECURSIVE r(n, way) AS (SELECT a, d FROM t UNION ALL SELECT n + 1, way || z FROM r JOIN u ON u.a = r.n WHERE n < 6) SELECT n, way FROM r
--> direct t.a; filter t.a; join t.a; join u.a
--> derived u.z; direct t.d; filter t.a; join t.a; join u.a

-- columns that change places in a recursion
WITH RECURSIVE r(m, n, i) AS (SELECT a, b, 0 FROM t UNION ALL SELECT n, m, i + 1 FROM r WHERE i < 2) SELECT m FROM r
--> direct t.a; direct t.b

-- UNION ALL
SELECT a, d FROM t UNION ALL SELECT x, z FROM u
--> direct t.a; direct u.x
--> direct t.d; direct u.z

-- UNION compares whole rows
SELECT a, b FROM t UNION SELECT a, x FROM u
--> direct t.a; direct u.a; group t.a; group t.b; group u.a; group u.x
--> direct t.b; direct u.x; group t.a; group t.b; group u.a; group u.x

-- UNION BY NAME
SELECT a, b FROM t UNION ALL BY NAME SELECT x AS b, a FROM u
--> direct t.a; direct u.a
--> direct t.b; direct u.x

-- EXCEPT
SELECT a FROM t EXCEPT SELECT x FROM u
--> direct t.a; filter t.a; filter u.x

-- INTERSECT
SELECT a FROM t INTERSECT SELECT x FROM u
--> direct t.a; filter t.a; filter u.x

-- ORDER BY and LIMIT of a union
SELECT a FROM t UNION ALL SELECT x FROM u ORDER BY 1 LIMIT 5
--> direct t.a; direct u.x; order t.a; order u.x

-- DISTINCT
SELECT DISTINCT a, b FROM t
--> direct t.a; group t.a; group t.b
--> direct t.b; group t.a; group t.b

-- DISTINCT ON
SELECT DISTINCT ON (a) b FROM t ORDER BY a, c, b
--> direct t.b; group t.a; order t.a; order t.b; order t.c

-- ORDER BY an alias
SELECT a + b AS w FROM t ORDER BY w
--> derived t.a; derived t.b; order t.a; order t.b

-- ORDER BY what is not put out
SELECT a FROM t ORDER BY b, a LIMIT 4
--> direct t.a; order t.a; order t.b

-- ORDER BY ALL
SELECT b FROM t ORDER BY ALL
--> direct t.b; order t.b

-- LIMIT of a subquery
SELECT a FROM t ORDER BY a LIMIT (SELECT max(x) FROM u)
--> direct t.a; filter u.x; order t.a

-- an alias in a later item
SELECT a AS k, k + b AS more FROM t
--> direct t.a
--> derived t.a; derived t.b

-- an alias in WHERE
SELECT a + b AS w FROM t WHERE w > 4
--> derived t.a; derived t.b; filter t.a; filter t.b

-- a column goes before an alias of its name
SELECT a AS b, c FROM t WHERE b > 2
--> direct t.a; filter t.a?; filter t.b?
--> direct t.c; filter t.a?; filter t.b?

-- a window
SELECT rank() OVER (PARTITION BY a ORDER BY b) AS n FROM t
--> window t.a; window t.b

-- a window that gives values
SELECT lag(c) OVER (ORDER BY b, c) AS before FROM t
--> derived t.c; window t.b; window t.c

-- a sum over a window
SELECT sum(c) OVER (PARTITION BY a) AS total FROM t
--> aggregated t.c; window t.a

-- a named window
SELECT rank() OVER w AS n FROM t WINDOW w AS (PARTITION BY a ORDER BY b)
--> window t.a; window t.b

-- QUALIFY
SELECT c FROM t QUALIFY row_number() OVER (PARTITION BY a ORDER BY b, c) = 1
--> direct t.c; window t.a; window t.b; window t.c

-- lists and lambdas
SELECT list_transform(l, i -> i + b) AS more FROM t
--> derived t.b; derived t.l

-- a list comprehension
SELECT [i * c FOR i IN l IF i > a] AS some FROM t
--> derived t.a; derived t.c; derived t.l

-- list_reduce
SELECT list_reduce(l, (p, q) -> p + q) AS total FROM t
--> derived t.l

-- a struct's field
SELECT s.p AS p, t.s.q AS q FROM t
--> derived t.s
--> derived t.s

-- a struct is made of its parts
SELECT {'m': a, 'n': b} AS pair FROM t
--> derived t.a; derived t.b

-- a field of a struct that is made here
SELECT q.pair.m FROM (SELECT {'m': a, 'n': b} AS pair FROM t) AS q
--> derived t.a?; derived t.b?

-- unnest in the select list
SELECT b, unnest(l) AS i FROM t
--> direct t.b; join t.l
--> derived t.l; join t.l

-- unnest of a struct
SELECT unnest(s) FROM t
--> derived t.s; join t.s
--> derived t.s; join t.s

-- unnest in FROM
SELECT t.b, n.i FROM t, unnest(t.l) AS n(i)
--> direct t.b; join t.l
--> derived t.l; join t.l

-- generate_series beside a table
SELECT t.a, g.n FROM t, generate_series(1, 3) AS g(n) WHERE g.n <= t.b
--> direct t.a; filter t.b
--> filter t.b

-- VALUES
SELECT t.b, q.n FROM t JOIN (VALUES (1, 'one'), (2, 'two')) AS q(k, n) ON q.k = t.a
--> direct t.b; join t.a
--> join t.a

-- PIVOT
SELECT * FROM (SELECT a, b, c FROM t) PIVOT (sum(c) FOR b IN (1, 2))
--> direct t.a; group t.a
--> aggregated t.c; group t.a; group t.b
--> aggregated t.c; group t.a; group t.b

-- PIVOT with groups and two aggregates
SELECT * FROM t PIVOT (sum(c) AS total, max(d) AS last FOR b IN (1, 2) GROUP BY a)
--> direct t.a; group t.a
--> aggregated t.c; group t.a; group t.b
--> derived t.d; group t.a; group t.b
--> aggregated t.c; group t.a; group t.b
--> derived t.d; group t.a; group t.b

-- UNPIVOT
SELECT * FROM (SELECT a, b, c FROM t) UNPIVOT (v FOR n IN (b, c))
--> direct t.a; filter t.b; filter t.c
--> filter t.b; filter t.c
--> direct t.b; direct t.c; filter t.b; filter t.c

-- a view, and behind it its table
SELECT va, vb FROM v
--> direct t.a behind; direct v.va; filter t.e
--> derived t.b behind; derived t.c behind; direct v.vb; filter t.e

-- a view in an expression
SELECT va + x AS more FROM v JOIN u ON u.a = vb
--> derived t.a behind; derived u.x; derived v.va; filter t.e; join t.b; join t.c; join u.a; join v.vb

-- a view's columns under other names
SELECT m FROM v AS q(m, n)
--> direct t.a behind; direct v.va; filter t.e

-- a SQL function
SELECT plus(a, b) AS s FROM t
--> derived t.a; derived t.b

-- a SQL function that reads a table
SELECT largest(b) AS most FROM t
--> derived u.x; filter t.b; filter u.y

-- a table function
SELECT n, m FROM above(2)
--> direct u.x; filter u.y
--> direct u.z; filter u.y

-- a table function beside a table
SELECT m FROM above((SELECT min(a) FROM t))
--> direct u.z; filter t.a; filter u.y

-- functions in functions
SELECT plus(largest(a), plus(b, 1)) AS s FROM t
--> derived t.b; derived u.x; filter t.a; filter u.y

-- a subquery in a CASE
SELECT CASE WHEN b > 2 THEN (SELECT max(x) FROM u) ELSE 0 END AS most FROM t
--> derived t.b; derived u.x

-- TABLESAMPLE of everything
SELECT a FROM t TABLESAMPLE 100 PERCENT (bernoulli)
--> direct t.a

-- the same table twice
SELECT p.b, q.c FROM t AS p JOIN t AS q ON p.a = q.e
--> direct t.b; join t.a; join t.e
--> direct t.c; join t.a; join t.e

-- FROM first
FROM t SELECT a, b WHERE c > 2
--> direct t.a; filter t.c
--> direct t.b; filter t.c

-- GROUP BY without an aggregate
SELECT d FROM t GROUP BY d
--> direct t.d; group t.d

-- BETWEEN and LIKE
SELECT a BETWEEN b AND c AS inside, d LIKE 'a%' AS early FROM t
--> derived t.a; derived t.b; derived t.c
--> derived t.d

-- count of everything
SELECT count(*) AS n FROM t WHERE a > 2
--> filter t.a

-- INTERVAL arithmetic
SELECT DATE '2024-01-01' + a AS day FROM t
--> derived t.a
