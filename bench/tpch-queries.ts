// TPC-H's queries with their validation parameters (TPC-H specification 3.0.1, section 2.4). Where its ORDER BY leaves the order
// open, keys are added to it, so that answers can be compared. Q15 has its view as a CTE, which the specification allows (2.2.3.2).
import { type BenchQuery, benchQuery } from './tpch-like.ts';

export const tpchQueries: readonly BenchQuery[] = [
  benchQuery(
    'Q1',
    `SELECT l_returnflag, l_linestatus, sum(l_quantity) AS sum_qty, sum(l_extendedprice) AS sum_base_price,
     sum(l_extendedprice * (1 - l_discount)) AS sum_disc_price, sum(l_extendedprice * (1 - l_discount) * (1 + l_tax)) AS sum_charge,
     avg(l_quantity) AS avg_qty, avg(l_extendedprice) AS avg_price, avg(l_discount) AS avg_disc, count(*) AS count_order
     FROM lineitem l WHERE l_shipdate <= DATE '1998-12-01' - INTERVAL '90' DAY{l}
     GROUP BY l_returnflag, l_linestatus ORDER BY l_returnflag, l_linestatus`,
  ),
  benchQuery(
    'Q2',
    `SELECT s_acctbal, s_name, n_name, p_partkey, p_mfgr, s_address, s_phone, s_comment
     FROM part p, supplier s, partsupp ps, nation, region
     WHERE p_partkey = ps_partkey AND s_suppkey = ps_suppkey AND p_size = 15 AND p_type LIKE '%BRASS' AND s_nationkey = n_nationkey
     AND n_regionkey = r_regionkey AND r_name = 'EUROPE'{p}{s}{ps} AND ps_supplycost = (SELECT min(ps2.ps_supplycost)
     FROM partsupp ps2, supplier s2, nation, region WHERE p_partkey = ps2.ps_partkey AND s2.s_suppkey = ps2.ps_suppkey
     AND s2.s_nationkey = n_nationkey AND n_regionkey = r_regionkey AND r_name = 'EUROPE'{ps2}{s2})
     ORDER BY s_acctbal DESC, n_name, s_name, p_partkey LIMIT 100`,
  ),
  benchQuery(
    'Q3',
    `SELECT l_orderkey, sum(l_extendedprice * (1 - l_discount)) AS revenue, o_orderdate, o_shippriority
     FROM customer c, orders o, lineitem l WHERE c_mktsegment = 'BUILDING' AND c_custkey = o_custkey AND l_orderkey = o_orderkey
     AND o_orderdate < DATE '1995-03-15' AND l_shipdate > DATE '1995-03-15'{c}{o}{l}
     GROUP BY l_orderkey, o_orderdate, o_shippriority ORDER BY revenue DESC, o_orderdate, l_orderkey LIMIT 10`,
  ),
  benchQuery(
    'Q4',
    `SELECT o_orderpriority, count(*) AS order_count FROM orders o WHERE o_orderdate >= DATE '1993-07-01'
     AND o_orderdate < DATE '1993-07-01' + INTERVAL '3' MONTH{o} AND EXISTS (SELECT * FROM lineitem l
     WHERE l_orderkey = o_orderkey AND l_commitdate < l_receiptdate{l}) GROUP BY o_orderpriority ORDER BY o_orderpriority`,
  ),
  benchQuery(
    'Q5',
    `SELECT n_name, sum(l_extendedprice * (1 - l_discount)) AS revenue
     FROM customer c, orders o, lineitem l, supplier s, nation, region WHERE c_custkey = o_custkey AND l_orderkey = o_orderkey
     AND l_suppkey = s_suppkey AND c_nationkey = s_nationkey AND s_nationkey = n_nationkey AND n_regionkey = r_regionkey
     AND r_name = 'ASIA' AND o_orderdate >= DATE '1994-01-01' AND o_orderdate < DATE '1994-01-01' + INTERVAL '1' YEAR{c}{o}{l}{s}
     GROUP BY n_name ORDER BY revenue DESC`,
  ),
  benchQuery(
    'Q6',
    `SELECT sum(l_extendedprice * l_discount) AS revenue FROM lineitem l WHERE l_shipdate >= DATE '1994-01-01'
     AND l_shipdate < DATE '1994-01-01' + INTERVAL '1' YEAR AND l_discount BETWEEN 0.06 - 0.01 AND 0.06 + 0.01
     AND l_quantity < 24{l}`,
  ),
  benchQuery(
    'Q7',
    `SELECT supp_nation, cust_nation, l_year, sum(volume) AS revenue FROM (SELECT n1.n_name AS supp_nation,
     n2.n_name AS cust_nation, extract(year FROM l_shipdate) AS l_year, l_extendedprice * (1 - l_discount) AS volume
     FROM supplier s, lineitem l, orders o, customer c, nation n1, nation n2 WHERE s_suppkey = l_suppkey
     AND o_orderkey = l_orderkey AND c_custkey = o_custkey AND s_nationkey = n1.n_nationkey AND c_nationkey = n2.n_nationkey
     AND ((n1.n_name = 'FRANCE' AND n2.n_name = 'GERMANY') OR (n1.n_name = 'GERMANY' AND n2.n_name = 'FRANCE'))
     AND l_shipdate BETWEEN DATE '1995-01-01' AND DATE '1996-12-31'{s}{l}{o}{c}) AS shipping
     GROUP BY supp_nation, cust_nation, l_year ORDER BY supp_nation, cust_nation, l_year`,
  ),
  benchQuery(
    'Q8',
    `SELECT o_year, sum(CASE WHEN nation = 'BRAZIL' THEN volume ELSE 0 END) / sum(volume) AS mkt_share
     FROM (SELECT extract(year FROM o_orderdate) AS o_year, l_extendedprice * (1 - l_discount) AS volume, n2.n_name AS nation
     FROM part p, supplier s, lineitem l, orders o, customer c, nation n1, nation n2, region WHERE p_partkey = l_partkey
     AND s_suppkey = l_suppkey AND l_orderkey = o_orderkey AND o_custkey = c_custkey AND c_nationkey = n1.n_nationkey
     AND n1.n_regionkey = r_regionkey AND r_name = 'AMERICA' AND s_nationkey = n2.n_nationkey
     AND o_orderdate BETWEEN DATE '1995-01-01' AND DATE '1996-12-31' AND p_type = 'ECONOMY ANODIZED STEEL'{p}{s}{l}{o}{c})
     AS all_nations GROUP BY o_year ORDER BY o_year`,
  ),
  benchQuery(
    'Q9',
    `SELECT nation, o_year, sum(amount) AS sum_profit FROM (SELECT n_name AS nation, extract(year FROM o_orderdate) AS o_year,
     l_extendedprice * (1 - l_discount) - ps_supplycost * l_quantity AS amount
     FROM part p, supplier s, lineitem l, partsupp ps, orders o, nation WHERE s_suppkey = l_suppkey AND ps_suppkey = l_suppkey
     AND ps_partkey = l_partkey AND p_partkey = l_partkey AND o_orderkey = l_orderkey AND s_nationkey = n_nationkey
     AND p_name LIKE '%green%'{p}{s}{l}{ps}{o}) AS profit GROUP BY nation, o_year ORDER BY nation, o_year DESC`,
  ),
  benchQuery(
    'Q10',
    `SELECT c_custkey, c_name, sum(l_extendedprice * (1 - l_discount)) AS revenue, c_acctbal, n_name, c_address, c_phone, c_comment
     FROM customer c, orders o, lineitem l, nation WHERE c_custkey = o_custkey AND l_orderkey = o_orderkey
     AND o_orderdate >= DATE '1993-10-01' AND o_orderdate < DATE '1993-10-01' + INTERVAL '3' MONTH AND l_returnflag = 'R'
     AND c_nationkey = n_nationkey{c}{o}{l} GROUP BY c_custkey, c_name, c_acctbal, c_phone, n_name, c_address, c_comment
     ORDER BY revenue DESC, c_custkey LIMIT 20`,
  ),
  benchQuery(
    'Q11',
    `SELECT ps_partkey, sum(ps_supplycost * ps_availqty) AS value FROM partsupp ps, supplier s, nation
     WHERE ps_suppkey = s_suppkey AND s_nationkey = n_nationkey AND n_name = 'GERMANY'{ps}{s} GROUP BY ps_partkey
     HAVING sum(ps_supplycost * ps_availqty) > (SELECT sum(ps2.ps_supplycost * ps2.ps_availqty) * 0.0001
     FROM partsupp ps2, supplier s2, nation WHERE ps2.ps_suppkey = s2.s_suppkey AND s2.s_nationkey = n_nationkey
     AND n_name = 'GERMANY'{ps2}{s2}) ORDER BY value DESC, ps_partkey`,
  ),
  benchQuery(
    'Q12',
    `SELECT l_shipmode, sum(CASE WHEN o_orderpriority = '1-URGENT' OR o_orderpriority = '2-HIGH' THEN 1 ELSE 0 END) AS high,
     sum(CASE WHEN o_orderpriority <> '1-URGENT' AND o_orderpriority <> '2-HIGH' THEN 1 ELSE 0 END) AS low
     FROM orders o, lineitem l WHERE o_orderkey = l_orderkey AND l_shipmode IN ('MAIL', 'SHIP') AND l_commitdate < l_receiptdate
     AND l_shipdate < l_commitdate AND l_receiptdate >= DATE '1994-01-01'
     AND l_receiptdate < DATE '1994-01-01' + INTERVAL '1' YEAR{o}{l} GROUP BY l_shipmode ORDER BY l_shipmode`,
  ),
  benchQuery(
    'Q13',
    `SELECT c_count, count(*) AS custdist FROM (SELECT c_custkey, count(o_orderkey) FROM customer c LEFT OUTER JOIN
     orders o ON c_custkey = o_custkey AND o_comment NOT LIKE '%special%requests%'{o} WHERE true{c} GROUP BY c_custkey)
     AS c_orders (c_custkey, c_count) GROUP BY c_count ORDER BY custdist DESC, c_count DESC`,
  ),
  benchQuery(
    'Q14',
    `SELECT 100.00 * sum(CASE WHEN p_type LIKE 'PROMO%' THEN l_extendedprice * (1 - l_discount) ELSE 0 END)
     / sum(l_extendedprice * (1 - l_discount)) AS promo_revenue FROM lineitem l, part p WHERE l_partkey = p_partkey
     AND l_shipdate >= DATE '1995-09-01' AND l_shipdate < DATE '1995-09-01' + INTERVAL '1' MONTH{l}{p}`,
  ),
  benchQuery(
    'Q15',
    `WITH revenue (supplier_no, total_revenue) AS (SELECT l_suppkey, sum(l_extendedprice * (1 - l_discount)) FROM lineitem l
     WHERE l_shipdate >= DATE '1996-01-01' AND l_shipdate < DATE '1996-01-01' + INTERVAL '3' MONTH{l} GROUP BY l_suppkey)
     SELECT s_suppkey, s_name, s_address, s_phone, total_revenue FROM supplier s, revenue WHERE s_suppkey = supplier_no
     AND total_revenue = (SELECT max(total_revenue) FROM revenue){s} ORDER BY s_suppkey`,
  ),
  benchQuery(
    'Q16',
    `SELECT p_brand, p_type, p_size, count(DISTINCT ps_suppkey) AS supplier_cnt FROM partsupp ps, part p
     WHERE p_partkey = ps_partkey AND p_brand <> 'Brand#45' AND p_type NOT LIKE 'MEDIUM POLISHED%'
     AND p_size IN (49, 14, 23, 45, 19, 3, 36, 9){ps}{p} AND ps_suppkey NOT IN (SELECT s_suppkey FROM supplier s
     WHERE s_comment LIKE '%Customer%Complaints%'{s}) GROUP BY p_brand, p_type, p_size
     ORDER BY supplier_cnt DESC, p_brand, p_type, p_size`,
  ),
  benchQuery(
    'Q17',
    `SELECT sum(l_extendedprice) / 7.0 AS avg_yearly FROM lineitem l, part p WHERE p_partkey = l_partkey
     AND p_brand = 'Brand#23' AND p_container = 'MED BOX'{l}{p} AND l_quantity < (SELECT 0.2 * avg(l2.l_quantity)
     FROM lineitem l2 WHERE l2.l_partkey = p_partkey{l2})`,
  ),
  benchQuery(
    'Q18',
    `SELECT c_name, c_custkey, o_orderkey, o_orderdate, o_totalprice, sum(l_quantity) AS q FROM customer c, orders o, lineitem l
     WHERE o_orderkey IN (SELECT l2.l_orderkey FROM lineitem l2 WHERE true{l2} GROUP BY l2.l_orderkey HAVING sum(l2.l_quantity) > 100)
     AND c_custkey = o_custkey AND o_orderkey = l_orderkey{c}{o}{l}
     GROUP BY c_name, c_custkey, o_orderkey, o_orderdate, o_totalprice ORDER BY o_totalprice DESC, o_orderdate, o_orderkey LIMIT 100`,
  ),
  benchQuery(
    'Q19',
    `SELECT sum(l_extendedprice * (1 - l_discount)) AS revenue FROM lineitem l, part p WHERE ((p_partkey = l_partkey
     AND p_brand = 'Brand#12' AND p_container IN ('SM CASE', 'SM BOX', 'SM PACK', 'SM PKG') AND l_quantity >= 1
     AND l_quantity <= 1 + 10 AND p_size BETWEEN 1 AND 5 AND l_shipmode IN ('AIR', 'AIR REG')
     AND l_shipinstruct = 'DELIVER IN PERSON') OR (p_partkey = l_partkey AND p_brand = 'Brand#23'
     AND p_container IN ('MED BAG', 'MED BOX', 'MED PKG', 'MED PACK') AND l_quantity >= 10 AND l_quantity <= 10 + 10
     AND p_size BETWEEN 1 AND 10 AND l_shipmode IN ('AIR', 'AIR REG') AND l_shipinstruct = 'DELIVER IN PERSON')
     OR (p_partkey = l_partkey AND p_brand = 'Brand#34' AND p_container IN ('LG CASE', 'LG BOX', 'LG PACK', 'LG PKG')
     AND l_quantity >= 20 AND l_quantity <= 20 + 10 AND p_size BETWEEN 1 AND 15 AND l_shipmode IN ('AIR', 'AIR REG')
     AND l_shipinstruct = 'DELIVER IN PERSON')){l}{p}`,
  ),
  benchQuery(
    'Q20',
    `SELECT s_name, s_address FROM supplier s, nation WHERE s_suppkey IN (SELECT ps_suppkey FROM partsupp ps
     WHERE ps_partkey IN (SELECT p_partkey FROM part p WHERE p_name LIKE 'forest%'{p}) AND ps_availqty > (SELECT
     0.5 * sum(l_quantity) FROM lineitem l WHERE l_partkey = ps_partkey AND l_suppkey = ps_suppkey
     AND l_shipdate >= DATE '1994-01-01' AND l_shipdate < DATE '1994-01-01' + INTERVAL '1' YEAR{l}){ps})
     AND s_nationkey = n_nationkey AND n_name = 'CANADA'{s} ORDER BY s_name`,
  ),
  benchQuery(
    'Q21',
    `SELECT s_name, count(*) AS numwait FROM supplier s, lineitem l, orders o, nation WHERE s_suppkey = l.l_suppkey
     AND o_orderkey = l.l_orderkey AND o_orderstatus = 'F' AND l.l_receiptdate > l.l_commitdate AND EXISTS (SELECT *
     FROM lineitem l2 WHERE l2.l_orderkey = l.l_orderkey AND l2.l_suppkey <> l.l_suppkey{l2}) AND NOT EXISTS (SELECT *
     FROM lineitem l3 WHERE l3.l_orderkey = l.l_orderkey AND l3.l_suppkey <> l.l_suppkey AND l3.l_receiptdate > l3.l_commitdate{l3})
     AND s_nationkey = n_nationkey AND n_name = 'SAUDI ARABIA'{s}{l}{o} GROUP BY s_name ORDER BY numwait DESC, s_name LIMIT 100`,
  ),
  benchQuery(
    'Q22',
    `SELECT cntrycode, count(*) AS numcust, sum(c_acctbal) AS totacctbal FROM (SELECT substring(c_phone FROM 1 FOR 2) AS cntrycode,
     c_acctbal FROM customer c WHERE substring(c_phone FROM 1 FOR 2) IN ('13', '31', '23', '29', '30', '18', '17')
     AND c_acctbal > (SELECT avg(c2.c_acctbal) FROM customer c2 WHERE c2.c_acctbal > 0.00
     AND substring(c2.c_phone FROM 1 FOR 2) IN ('13', '31', '23', '29', '30', '18', '17'){c2})
     AND NOT EXISTS (SELECT * FROM orders o WHERE o_custkey = c_custkey{o}){c}) AS custsale GROUP BY cntrycode ORDER BY cntrycode`,
  ),
];

/** Of the same tables, with conditions that may fail: all uses have the barrier. Told, but not held to the limit. */
export const failingQueries: readonly BenchQuery[] = [
  benchQuery(
    'one table',
    `SELECT sum(CASE WHEN l_shipmode = 'AIR' THEN l_extendedprice * (1 - l_discount) ELSE 0 END) AS air, count(*) AS c
     FROM lineitem l WHERE CAST(l_quantity AS TINYINT) % 2 = 0 AND l_shipdate >= DATE '1995-09-01'
     AND l_shipdate < DATE '1995-10-01'{l}`,
  ),
  benchQuery(
    'a join whose keys would filter',
    `SELECT year(o_orderdate) AS y, sum(l_extendedprice * (1 - l_discount) - l_quantity) AS profit
     FROM orders o JOIN lineitem l ON o_orderkey = l_orderkey
     WHERE date_trunc('month', l_shipdate) = DATE '1995-03-01'{o}{l} GROUP BY ALL ORDER BY ALL`,
  ),
];
