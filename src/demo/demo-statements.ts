// The demo lakehouse, as the SQL an administrator would type. Deterministic: every value is computed from its row number.

export interface DemoUser {
  readonly name: string;
  readonly tenant: string;
}

const users: readonly DemoUser[] = [
  { name: 'analyst@company.com', tenant: 'acme' },
  { name: 'engineer@company.com', tenant: 'globex' },
  { name: 'pii@company.com', tenant: 'acme' },
];

const groups: readonly string[] = [
  'pii-data-access',
  'platform-admin',
  'data-analysts',
  'data-engineers',
  'data-platform-team',
];

/** @param password of every demo user */
export function demoPrincipals(password: string): readonly string[] {
  const literal = `'${password.replaceAll("'", "''")}'`;
  return [
    ...groups.map((group) => `CREATE GROUP IF NOT EXISTS \`${group}\``),
    ...users.map(
      ({ name, tenant }) =>
        `CREATE USER IF NOT EXISTS \`${name}\` PASSWORD ${literal} ATTRIBUTES (tenant = '${tenant}')`,
    ),
    'ALTER GROUP `platform-admin` ADD USER `admin`',
    'ALTER GROUP `pii-data-access` ADD USER `pii@company.com`',
    'ALTER GROUP `data-analysts` ADD USER `analyst@company.com`, `pii@company.com`',
    'ALTER GROUP `data-engineers` ADD USER `engineer@company.com`',
    'ALTER GROUP `data-platform-team` ADD GROUP `data-analysts`, `data-engineers`',
  ];
}

const containers: readonly string[] = [
  "CREATE CATALOG IF NOT EXISTS prod COMMENT 'Production data'",
  "CREATE CATALOG IF NOT EXISTS dev COMMENT 'Developer copies'",
  "CREATE CATALOG IF NOT EXISTS analytics COMMENT 'Analytics team data products'",
  "CREATE CATALOG IF NOT EXISTS main COMMENT 'Models and features'",
  ...[
    'prod.silver',
    'prod.gold',
    'prod.reporting',
    'prod.security',
    'dev.silver',
    'main.ml_models',
    'main.features',
  ].map((schema) => `CREATE SCHEMA IF NOT EXISTS ${schema}`),
];

/** Mixes a row number into the residues 0 … modulus-1, without any state. */
function mixed(column: string, salt: number, modulus: number): string {
  return `((${column} * 7919 + ${String(salt)} * 104729 + (${column} // 97) * 31) % ${String(modulus)})`;
}

function pick(column: string, salt: number, values: readonly string[]): string {
  const branches = values.map((value, index) => `WHEN ${String(index)} THEN '${value}'`).join(' ');
  return `CASE ${mixed(column, salt, values.length)} ${branches} END`;
}

const firstNames = [
  'Ada',
  'Grace',
  'Alan',
  'Edsger',
  'Barbara',
  'Donald',
  'Frances',
  'Ken',
  'Radia',
  'Tim',
  'Margaret',
  'Niklaus',
];
const lastNames = [
  'Lovelace',
  'Hopper',
  'Turing',
  'Dijkstra',
  'Liskov',
  'Knuth',
  'Allen',
  'Thompson',
  'Perlman',
  'Lee',
  'Hamilton',
  'Wirth',
  'Codd',
];
const tenants = ['acme', 'globex', 'initech', 'umbrella'];
const countries = ['DE', 'FR', 'US', 'GB', 'JP', 'BR'];
const plans = ['free', 'basic', 'pro', 'enterprise'];
const statuses = ['paid', 'paid', 'paid', 'shipped', 'pending', 'cancelled'];

export const customerCount = 12_000;
export const orderCount = 120_000;

const tables: readonly string[] = [
  `CREATE TABLE prod.silver.customers (
     customer_id BIGINT NOT NULL COMMENT 'Surrogate key', name STRING, email STRING COMMENT 'Personal data', phone STRING,
     country STRING, plan_tier STRING, tenant_id STRING, signup_date DATE, lifetime_value DECIMAL(12,2)
   ) USING DELTA COMMENT 'Customers of all tenants'`,
  `INSERT INTO prod.silver.customers
   SELECT i + 1,
     ${pick('i', 1, firstNames)} || ' ' || ${pick('i', 2, lastNames)},
     lower(${pick('i', 1, firstNames)}) || '.' || lower(${pick('i', 2, lastNames)}) || (i + 1)::VARCHAR || '@' || ${pick('i', 3, tenants)} || '.example',
     '+49-555-' || (1000000 + ${mixed('i', 4, 8_999_999)})::VARCHAR,
     ${pick('i', 5, countries)}, ${pick('i', 6, plans)}, ${pick('i', 3, tenants)},
     DATE '2021-01-01' + (${mixed('i', 7, 1800)})::INTEGER,
     (${mixed('i', 8, 500_000)})::DECIMAL(12,2) / 100
   FROM range(${String(customerCount)}) r(i)`,
  `CREATE TABLE prod.silver.orders (
     order_id BIGINT NOT NULL, customer_id BIGINT, tenant_id STRING, total DECIMAL(12,2), status STRING, created_at TIMESTAMP
   ) USING DELTA COMMENT 'Orders of all tenants'`,
  `INSERT INTO prod.silver.orders
   SELECT o.i + 1, c.customer_id, c.tenant_id, (500 + ${mixed('o.i', 9, 99_500)})::DECIMAL(12,2) / 100,
     ${pick('o.i', 10, statuses)},
     TIMESTAMP '2025-01-01 00:00:00' + to_minutes(${mixed('o.i', 11, 1_000_000)})
   FROM range(${String(orderCount)}) o(i)
   JOIN prod.silver.customers c ON c.customer_id = ${mixed('o.i', 12, customerCount)} + 1`,
  `CREATE TABLE prod.gold.monthly_revenue USING DELTA COMMENT 'Monthly revenue per tenant'
   AS SELECT year(created_at) AS report_year, month(created_at) AS report_month, tenant_id,
     sum(total) AS revenue, count(*) AS order_count
   FROM prod.silver.orders WHERE status <> 'cancelled' GROUP BY ALL ORDER BY ALL`,
  `CREATE TABLE prod.reporting.public_metrics
   AS SELECT report_year, report_month, sum(revenue) AS revenue, sum(order_count) AS order_count
   FROM prod.gold.monthly_revenue GROUP BY ALL ORDER BY ALL`,
  `CREATE TABLE dev.silver.orders COMMENT 'Sample for developers'
   AS SELECT * FROM prod.silver.orders WHERE order_id <= 1000`,
  'CREATE TABLE prod.security.user_tenants (user_name STRING, tenant_id STRING)',
  `INSERT INTO prod.security.user_tenants VALUES
   ${[...users, { name: 'admin', tenant: 'acme' }].map(({ name, tenant }) => `('${name}', '${tenant}')`).join(', ')}`,
];

const policies: readonly string[] = [
  `CREATE OR REPLACE FUNCTION prod.security.current_user_tenant() RETURNS STRING
   RETURN (SELECT max(tenant_id) FROM prod.security.user_tenants WHERE user_name = current_user())`,
  `CREATE OR REPLACE FUNCTION prod.security.mask_email(email STRING)
   RETURNS STRING
   RETURN CASE
     WHEN is_account_group_member('pii-data-access') THEN email
     ELSE CONCAT(LEFT(email, 2), '***@***.***')
   END`,
  `CREATE OR REPLACE FUNCTION prod.security.mask_phone(phone STRING)
   RETURNS STRING
   RETURN CASE WHEN is_account_group_member('pii-data-access') THEN phone ELSE '***' || right(phone, 2) END`,
  `CREATE OR REPLACE FUNCTION prod.security.tenant_row_filter(tenant_id STRING)
   RETURNS BOOLEAN
   RETURN is_account_group_member('platform-admin') OR tenant_id = current_user_tenant()`,
  'ALTER TABLE prod.silver.customers ALTER COLUMN email SET MASK prod.security.mask_email',
  'ALTER TABLE prod.silver.customers ALTER COLUMN phone SET MASK prod.security.mask_phone',
  'ALTER TABLE prod.silver.orders SET ROW FILTER prod.security.tenant_row_filter ON (tenant_id)',
];

const grants: readonly string[] = [
  // Everybody may know what exists in prod; reading is granted below.
  'GRANT BROWSE ON CATALOG prod TO `account users`',
  'GRANT USE CATALOG, USE SCHEMA ON CATALOG prod TO `data-platform-team`',
  'GRANT SELECT ON TABLE prod.silver.customers TO `data-analysts`',
  'GRANT SELECT ON TABLE prod.silver.orders TO `data-analysts`',
  'GRANT SELECT ON SCHEMA prod.gold TO `data-platform-team`',
  'GRANT SELECT ON SCHEMA prod.reporting TO `data-platform-team`',
  'GRANT USE SCHEMA, SELECT ON SCHEMA prod.silver TO `data-engineers`',
  'GRANT USE CATALOG, USE SCHEMA, SELECT ON CATALOG dev TO `data-engineers`',
];

/** After the principals: what the demo holds. */
export const demoLakehouse: readonly string[] = [...containers, ...tables, ...policies, ...grants];
