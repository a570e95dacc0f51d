// Three tables in the manner of TPC-H with a tenant each, and queries like its 1, 3, 5, 6, 10, 12 and 18.

const scale = Number(process.env['BENCH_SCALE'] ?? 0.2);
const of = (count: number): string => String(Math.floor(count * scale));

export function tpchTables(schema: string): readonly string[] {
  return [
    `CREATE TABLE ${schema}.customer AS SELECT i AS c_custkey, 'Customer ' || i::VARCHAR AS c_name,
     'tenant' || (hash(i) % 100)::VARCHAR AS tenant, (hash(i + 1) % 25)::INTEGER AS c_nationkey,
     ['BUILDING', 'AUTOMOBILE', 'MACHINERY', 'FURNITURE', 'HOUSEHOLD'][1 + (hash(i + 2) % 5)::INTEGER] AS c_mktsegment,
     ((hash(i + 3) % 1000000) / 100)::DECIMAL(15,2) AS c_acctbal FROM range(${of(150_000)}) r(i)`,
    `CREATE TABLE ${schema}.orders AS SELECT i AS o_orderkey, (hash(i) % ${of(150_000)})::BIGINT AS o_custkey,
     'tenant' || (hash(i + 1) % 100)::VARCHAR AS tenant, DATE '1992-01-01' + (hash(i + 2) % 2400)::INTEGER AS o_orderdate,
     ((hash(i + 3) % 50000000) / 100)::DECIMAL(15,2) AS o_totalprice,
     ['1-URGENT', '2-HIGH', '3-MEDIUM', '4-NOT SPECIFIED', '5-LOW'][1 + (hash(i + 4) % 5)::INTEGER] AS o_orderpriority
     FROM range(${of(1_500_000)}) r(i)`,
    `CREATE TABLE ${schema}.lineitem AS SELECT (hash(i) % ${of(1_500_000)})::BIGINT AS l_orderkey,
     'tenant' || (hash(i + 1) % 100)::VARCHAR AS tenant, (1 + hash(i + 2) % 50)::DECIMAL(15,2) AS l_quantity,
     ((hash(i + 3) % 10000000) / 100)::DECIMAL(15,2) AS l_extendedprice, ((hash(i + 4) % 11) / 100)::DECIMAL(15,2) AS l_discount,
     ((hash(i + 5) % 9) / 100)::DECIMAL(15,2) AS l_tax, ['A', 'N', 'R'][1 + (hash(i + 6) % 3)::INTEGER] AS l_returnflag,
     ['F', 'O'][1 + (hash(i + 7) % 2)::INTEGER] AS l_linestatus, DATE '1992-01-01' + (hash(i + 8) % 2500)::INTEGER AS l_shipdate,
     ['MAIL', 'SHIP', 'AIR', 'RAIL', 'TRUCK'][1 + (hash(i + 9) % 5)::INTEGER] AS l_shipmode FROM range(${of(6_000_000)}) r(i)`,
  ];
}

/** The tables by the alias they have in the queries. */
const tables = { c: 'customer', o: 'orders', l: 'lineitem', x: 'lineitem' } as const;

export interface BenchQuery {
  readonly name: string;
  /** Has a condition that may fail. */
  readonly behindBarrier: boolean;
  /** As a reader writes it. */
  readonly governed: string;
  /** With the filter written into each use of a table, as a view would hold it. @param filter `%` stands for the alias */
  readonly inEachTable: (filter: string) => string;
  /** With the filters ANDed to WHERE. */
  readonly inWhere: (filter: string) => string;
}

function query(name: string, template: string): BenchQuery {
  const filled = (filter: string): string =>
    template.replaceAll(/\{(\w+)\}/g, (_, alias: string) => filter.replaceAll('%', alias));
  return {
    name,
    behindBarrier: name.includes('behind the barrier'),
    governed: filled(''),
    inWhere: (filter) => filled(` AND ${filter}`),
    inEachTable: (filter) =>
      Object.entries(tables).reduce(
        (sql, [alias, table]) =>
          sql.replaceAll(
            new RegExp(`\\b${table} ${alias}\\b`, 'g'),
            `(SELECT * FROM ${table} ${alias} WHERE ${filter.replaceAll('%', alias)}) ${alias}`,
          ),
        filled(''),
      ),
  };
}

export const tpchQueries: readonly BenchQuery[] = [
  query(
    'Q1 pricing summary',
    `SELECT l_returnflag, l_linestatus, sum(l_quantity) AS q, sum(l_extendedprice * (1 - l_discount)) AS price,
     sum(l_extendedprice * (1 - l_discount) * (1 + l_tax)) AS charge, avg(l_discount) AS d, count(*) AS c
     FROM lineitem l WHERE l_shipdate <= DATE '1998-09-02'{l} GROUP BY ALL ORDER BY ALL`,
  ),
  query(
    'Q3 shipping priority',
    `SELECT l_orderkey, sum(l_extendedprice * (1 - l_discount)) AS revenue, o_orderdate
     FROM customer c, orders o, lineitem l WHERE c_mktsegment = 'BUILDING' AND c_custkey = o_custkey
     AND l_orderkey = o_orderkey AND o_orderdate < DATE '1995-03-15' AND l_shipdate > DATE '1995-03-15'{c}{o}{l}
     GROUP BY l_orderkey, o_orderdate ORDER BY revenue DESC, l_orderkey LIMIT 10`,
  ),
  query(
    'Q5 volume by nation',
    `SELECT c_nationkey, sum(l_extendedprice * (1 - l_discount)) AS revenue
     FROM customer c JOIN orders o ON c_custkey = o_custkey JOIN lineitem l ON l_orderkey = o_orderkey
     WHERE o_orderdate >= DATE '1994-01-01' AND o_orderdate < DATE '1995-01-01'{c}{o}{l}
     GROUP BY c_nationkey ORDER BY c_nationkey`,
  ),
  query(
    'Q6 forecast',
    `SELECT sum(l_extendedprice * l_discount) AS revenue FROM lineitem l WHERE l_shipdate >= DATE '1994-01-01'
     AND l_shipdate < DATE '1995-01-01' AND l_discount BETWEEN 0.05 AND 0.07 AND l_quantity < 24{l}`,
  ),
  query(
    'Q10 returned items',
    `SELECT c_custkey, c_name, sum(l_extendedprice * (1 - l_discount)) AS revenue, c_acctbal
     FROM customer c, orders o, lineitem l WHERE c_custkey = o_custkey AND l_orderkey = o_orderkey
     AND o_orderdate >= DATE '1993-10-01' AND o_orderdate < DATE '1994-01-01' AND l_returnflag = 'R'{c}{o}{l}
     GROUP BY ALL ORDER BY revenue DESC, c_custkey LIMIT 20`,
  ),
  query(
    'Q12 shipping modes',
    `SELECT l_shipmode, sum(CASE WHEN o_orderpriority IN ('1-URGENT', '2-HIGH') THEN 1 ELSE 0 END) AS high, count(*) AS c
     FROM orders o JOIN lineitem l ON o_orderkey = l_orderkey WHERE l_shipmode IN ('MAIL', 'SHIP')
     AND l_shipdate >= DATE '1994-01-01' AND l_shipdate < DATE '1995-01-01'{o}{l} GROUP BY l_shipmode ORDER BY l_shipmode`,
  ),
  // The two whose conditions may fail, so that the barrier is on.
  query(
    'Q14 behind the barrier',
    `SELECT sum(CASE WHEN l_shipmode = 'AIR' THEN l_extendedprice * (1 - l_discount) ELSE 0 END) AS air, count(*) AS c
     FROM lineitem l WHERE CAST(l_quantity AS TINYINT) % 2 = 0 AND l_shipdate >= DATE '1995-09-01'
     AND l_shipdate < DATE '1995-10-01'{l}`,
  ),
  query(
    'Q9 behind the barrier',
    `SELECT year(o_orderdate) AS y, sum(l_extendedprice * (1 - l_discount) - l_quantity) AS profit
     FROM orders o JOIN lineitem l ON o_orderkey = l_orderkey
     WHERE date_trunc('month', l_shipdate) = DATE '1995-03-01'{o}{l} GROUP BY ALL ORDER BY ALL`,
  ),
  query(
    'Q18 large orders',
    `SELECT c_name, o_orderkey, o_totalprice, sum(l_quantity) * 1.0 AS q FROM customer c, orders o, lineitem l
     WHERE o_orderkey IN (SELECT l_orderkey FROM lineitem x WHERE true{x} GROUP BY l_orderkey HAVING sum(l_quantity) > 150)
     AND c_custkey = o_custkey AND o_orderkey = l_orderkey{c}{o}{l}
     GROUP BY ALL ORDER BY o_totalprice DESC, o_orderkey LIMIT 100`,
  ),
];
