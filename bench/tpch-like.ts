// The tables and the 22 queries of TPC-H, with a tenant in each table that is filtered. The data are made up by hashes instead of
// dbgen: as many rows a table, as many different values a column, and the words that the queries look for.

const scale = Number(process.env['BENCH_SCALE'] ?? 0.2);
const scaled = (count: number): number => Math.floor(count * scale);
const counts = {
  supplier: scaled(10_000),
  part: scaled(200_000),
  customer: scaled(150_000),
  orders: scaled(1_500_000),
  lineitem: scaled(6_000_000),
};

/** The tables with a row filter. Nations and regions are everybody's. */
export const tpchTables = ['supplier', 'part', 'partsupp', 'customer', 'orders', 'lineitem'] as const;

/** A whole number below `below`, from a hash that is another one for each `salt`. */
const draw = (salt: number, below: number | string, of = 'i'): string =>
  `(hash(${of} * 31 + ${String(salt)}) % ${String(below)})::BIGINT`;
const pick = (salt: number, words: readonly string[]): string =>
  `[${words.map((word) => `'${word}'`).join(', ')}][1 + ${draw(salt, words.length)}]`;
const money = (salt: number, below: number): string => `(${draw(salt, below * 100)} / 100)::DECIMAL(15,2)`;
const tenant = `'tenant' || ${draw(1, 100)}::VARCHAR AS tenant`;
const from = (count: number): string => `FROM range(${String(count)}) r(i)`;
const day = (salt: number, from_: string, days: number): string => `DATE '${from_}' + ${draw(salt, days)}::INTEGER`;

const nations = [
  'ALGERIA,ARGENTINA,BRAZIL,CANADA,EGYPT,ETHIOPIA,FRANCE,GERMANY,INDIA,INDONESIA,IRAN,IRAQ,JAPAN',
  'JORDAN,KENYA,MOROCCO,MOZAMBIQUE,PERU,CHINA,ROMANIA,SAUDI ARABIA,VIETNAM,RUSSIA,UNITED KINGDOM,UNITED STATES',
].flatMap((line) => line.split(','));
const regions = ['AFRICA', 'AMERICA', 'ASIA', 'EUROPE', 'MIDDLE EAST'];
const colours = ['almond', 'azure', 'blue', 'brown', 'coral', 'cyan', 'forest', 'green', 'ivory', 'lime', 'navy', 'olive'];
const listed = (words: readonly string[]): string => words.map((word, at) => `(${String(at)}, '${word}')`).join(', ');

export function tpchData(schema: string): readonly string[] {
  return [
    `CREATE TABLE ${schema}.region AS SELECT * FROM (VALUES ${listed(regions)}) v(r_regionkey, r_name)`,
    `CREATE TABLE ${schema}.nation AS SELECT *, n_nationkey % 5 AS n_regionkey
     FROM (VALUES ${listed(nations)}) v(n_nationkey, n_name)`,
    `CREATE TABLE ${schema}.supplier AS SELECT i AS s_suppkey, ${tenant}, 'Supplier ' || i::VARCHAR AS s_name,
     'Road ' || i::VARCHAR AS s_address, ${draw(2, 25)} AS s_nationkey, ${draw(3, 99_999)}::VARCHAR AS s_phone,
     ${money(4, 10_000)} AS s_acctbal, ${pick(5, ['fine', 'Customer wrote Complaints', 'slow', 'quick'])} AS s_comment
     ${from(counts.supplier)}`,
    `CREATE TABLE ${schema}.part AS SELECT i AS p_partkey, ${tenant},
     ${pick(2, colours)} || ' ' || ${pick(3, colours)} AS p_name, 'Manufacturer#' || ${draw(4, 5)}::VARCHAR AS p_mfgr,
     'Brand#' || (11 + ${draw(5, 45)})::VARCHAR AS p_brand,
     ${pick(6, ['STANDARD', 'SMALL', 'MEDIUM', 'LARGE', 'ECONOMY', 'PROMO'])} || ' ' ||
     ${pick(7, ['ANODIZED', 'BURNISHED', 'PLATED', 'POLISHED', 'BRUSHED'])} || ' ' ||
     ${pick(8, ['TIN', 'NICKEL', 'BRASS', 'STEEL', 'COPPER'])} AS p_type, 1 + ${draw(9, 50)} AS p_size,
     ${pick(10, ['SM', 'LG', 'MED', 'JUMBO', 'WRAP'])} || ' ' || ${pick(11, ['CASE', 'BOX', 'BAG', 'PKG', 'PACK'])} AS p_container
     ${from(counts.part)}`,
    `CREATE TABLE ${schema}.partsupp AS SELECT (i // 4)::BIGINT AS ps_partkey, ${draw(2, counts.supplier)} AS ps_suppkey, ${tenant},
     ${draw(3, 10_000)} AS ps_availqty, ${money(4, 1000)} AS ps_supplycost ${from(counts.part * 4)}`,
    `CREATE TABLE ${schema}.customer AS SELECT i AS c_custkey, ${tenant}, 'Customer ' || i::VARCHAR AS c_name,
     'Street ' || i::VARCHAR AS c_address, ${draw(2, 25)} AS c_nationkey,
     (10 + ${draw(3, 25)})::VARCHAR || '-' || ${draw(4, 999_999)}::VARCHAR AS c_phone,
     ${pick(5, ['BUILDING', 'AUTOMOBILE', 'MACHINERY', 'FURNITURE', 'HOUSEHOLD'])} AS c_mktsegment,
     ${money(6, 10_000)} AS c_acctbal, 'note ' || ${draw(7, 999)}::VARCHAR AS c_comment ${from(counts.customer)}`,
    `CREATE TABLE ${schema}.orders AS SELECT i AS o_orderkey, ${tenant}, ${draw(2, counts.customer)} AS o_custkey,
     ${pick(3, ['F', 'O', 'P'])} AS o_orderstatus, ${money(4, 500_000)} AS o_totalprice, ${day(5, '1992-01-01', 2400)} AS o_orderdate,
     ${pick(6, ['1-URGENT', '2-HIGH', '3-MEDIUM', '4-NOT SPECIFIED', '5-LOW'])} AS o_orderpriority, 0 AS o_shippriority,
     ${pick(7, ['special packed requests', 'as agreed', 'with care'])} AS o_comment ${from(counts.orders)}`,
    `CREATE TABLE ${schema}.lineitem AS SELECT *, l_shipdate + ${draw(20, 60)}::INTEGER AS l_commitdate,
     l_shipdate + ${draw(21, 60)}::INTEGER AS l_receiptdate FROM (SELECT i, (i // 4)::BIGINT AS l_orderkey, ${tenant},
     ${draw(2, counts.part)} AS l_partkey, ${draw(3, counts.supplier)} AS l_suppkey,
     (1 + ${draw(4, 50)})::DECIMAL(15,2) AS l_quantity, ${money(5, 100_000)} AS l_extendedprice,
     (${draw(6, 11)} / 100)::DECIMAL(15,2) AS l_discount, (${draw(7, 9)} / 100)::DECIMAL(15,2) AS l_tax,
     ${pick(8, ['A', 'N', 'R'])} AS l_returnflag, ${pick(9, ['F', 'O'])} AS l_linestatus, ${day(10, '1992-01-01', 2500)} AS l_shipdate,
     ${pick(11, ['DELIVER IN PERSON', 'COLLECT COD', 'NONE', 'TAKE BACK RETURN'])} AS l_shipinstruct,
     ${pick(12, ['MAIL', 'SHIP', 'AIR', 'AIR REG', 'RAIL', 'TRUCK', 'FOB'])} AS l_shipmode ${from(counts.lineitem)})`,
  ];
}

export interface BenchQuery {
  readonly name: string;
  /** As a reader writes it. */
  readonly governed: string;
  /** With the filter written into each use of a table, as a view would hold it. @param filter `%` stands for the alias */
  readonly inEachTable: (filter: string) => string;
  /** With the filters ANDed to WHERE. */
  readonly inWhere: (filter: string) => string;
}

/** @param template `{l}` stands for the filter on the table with the alias l. */
export function benchQuery(name: string, template: string): BenchQuery {
  const filled = (filter: string): string =>
    template.replaceAll(/\{(\w+)\}/g, (_, alias: string) => filter.replaceAll('%', alias));
  const mentions = new RegExp(`\\b(${tpchTables.join('|')}) (\\w+)`, 'g');
  return {
    name,
    governed: filled(''),
    inWhere: (filter) => filled(` AND ${filter}`),
    inEachTable: (filter) =>
      filled('').replaceAll(
        mentions,
        (_, table: string, alias: string) =>
          `(SELECT * FROM ${table} ${alias} WHERE ${filter.replaceAll('%', alias)}) ${alias}`,
      ),
  };
}
