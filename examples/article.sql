-- The walk-through of Unity Catalog's SQL, statement by statement.
-- Create a catalog
CREATE CATALOG IF NOT EXISTS analytics
COMMENT 'Analytics team data products';
-- Create a schema
CREATE SCHEMA IF NOT EXISTS analytics.reporting
COMMENT 'BI-ready Gold tables for dashboard consumption';
-- Create a managed table
CREATE TABLE analytics.reporting.monthly_revenue
USING DELTA
COMMENT 'Monthly revenue summary, refreshed daily'
AS SELECT * FROM prod.gold.monthly_revenue;
-- Grant SELECT on a table to a user and a group
GRANT SELECT ON TABLE prod.silver.customers
TO `analyst@company.com`;
GRANT SELECT ON TABLE prod.silver.customers
TO `data-analysts`;
-- Grant access to an entire schema
GRANT USE SCHEMA, SELECT
ON SCHEMA prod.silver
TO `data-engineers`;
-- Grant access to all tables in a catalog
GRANT USE CATALOG, USE SCHEMA
ON CATALOG prod
TO `data-platform-team`;
-- Revoke access
REVOKE SELECT ON TABLE prod.silver.customers
FROM `analyst@company.com`;
-- Check current grants on a table
SHOW GRANTS ON TABLE prod.silver.customers;
-- Create a masking function
CREATE OR REPLACE FUNCTION prod.security.mask_email(email STRING)
RETURNS STRING
RETURN CASE
WHEN is_account_group_member('pii-data-access') THEN email
ELSE CONCAT(LEFT(email, 2), '***@***.***')
END;
-- Apply the mask to the email column
ALTER TABLE prod.silver.customers
ALTER COLUMN email
SET MASK prod.security.mask_email;
-- Remove a column mask
ALTER TABLE prod.silver.customers
ALTER COLUMN email
DROP MASK;
-- Create a row filter: each user sees only their tenant's data
CREATE OR REPLACE FUNCTION prod.security.tenant_row_filter(tenant_id STRING)
RETURNS BOOLEAN
RETURN is_account_group_member('platform-admin')
OR tenant_id = current_user_tenant();
-- Note: current_user_tenant() is a custom function returning the caller's tenant ID
-- In practice, you'd join against a user→tenant mapping table
-- Apply the filter to the table
ALTER TABLE prod.silver.orders
SET ROW FILTER prod.security.tenant_row_filter ON (tenant_id);
-- Remove a row filter
ALTER TABLE prod.silver.orders
DROP ROW FILTER;
-- Verify what a specific user would see
SET CURRENT USER = 'analyst@company.com';
SELECT COUNT(*) FROM prod.silver.orders; -- returns only their tenant's rows
RESET CURRENT USER;
