-- What the article's statements mention, for an empty data directory.
CREATE CATALOG prod;
CREATE SCHEMA prod.silver;
CREATE SCHEMA prod.gold;
CREATE SCHEMA prod.security;
CREATE GROUP `pii-data-access`;
CREATE GROUP `platform-admin`;
CREATE GROUP `data-analysts`;
CREATE GROUP `data-engineers`;
CREATE GROUP `data-platform-team`;
CREATE USER `analyst@company.com` PASSWORD 'demo';
ALTER GROUP `platform-admin` ADD USER `admin`;
ALTER GROUP `data-engineers` ADD USER `analyst@company.com`;
ALTER GROUP `data-platform-team` ADD USER `analyst@company.com`;
CREATE TABLE prod.silver.customers (customer_id BIGINT, email STRING, tenant_id STRING);
INSERT INTO prod.silver.customers VALUES (1, 'ada@acme.example', 'acme'), (2, 'grace@globex.example', 'globex');
CREATE TABLE prod.silver.orders (order_id BIGINT, customer_id BIGINT, tenant_id STRING, total DECIMAL(12,2));
INSERT INTO prod.silver.orders VALUES (10, 1, 'acme', 10.00), (11, 1, 'acme', 20.50), (12, 2, 'globex', 5.25);
CREATE TABLE prod.gold.monthly_revenue AS SELECT tenant_id, sum(total) AS revenue FROM prod.silver.orders GROUP BY tenant_id;
CREATE TABLE prod.security.user_tenants (user_name STRING, tenant_id STRING);
INSERT INTO prod.security.user_tenants VALUES ('analyst@company.com', 'acme');
CREATE FUNCTION prod.security.current_user_tenant() RETURNS STRING
  RETURN (SELECT max(tenant_id) FROM prod.security.user_tenants WHERE user_name = current_user());
