-- What the attack cases run against. Run by the metastore administrator, who owns everything in it.
-- Every value with CANARY in it, and the numbers listed in cases.json, is secret to somebody.
CREATE CATALOG prod;
CREATE SCHEMA prod.silver;
CREATE SCHEMA prod.security;

CREATE GROUP admins;      CREATE GROUP analysts;   CREATE GROUP pii_readers;  CREATE GROUP hr;
CREATE USER `admin@example.com`;   -- metastore admin
CREATE USER `alice@example.com`;   -- analyst, tenant acme, sees masks
CREATE USER `bob@example.com`;     -- analyst, tenant globex, sees masks
CREATE USER `hank@example.com`;    -- analyst + pii_readers + hr, tenant acme: no masks, row filter still applies
CREATE USER `mallory@example.com`; -- no grants at all
ALTER GROUP admins ADD USER `admin@example.com`;
ALTER GROUP analysts ADD USER `alice@example.com`, `bob@example.com`, `hank@example.com`;
ALTER GROUP pii_readers ADD USER `hank@example.com`;
ALTER GROUP hr ADD USER `hank@example.com`;

CREATE TABLE prod.security.user_tenants (user_name STRING, tenant_id STRING);
INSERT INTO prod.security.user_tenants VALUES
  ('alice@example.com','acme'), ('hank@example.com','acme'), ('bob@example.com','globex'), ('zed-CANARYUSER@example.com','initech');

CREATE TABLE prod.silver.customers (customer_id BIGINT, name STRING, email STRING, phone STRING, tenant_id STRING, salary DECIMAL(12,2), ssn STRING);
INSERT INTO prod.silver.customers VALUES
  (1,      'Ann Acme',         'ann.CANARYMAIL1@acme.test',   '+1-555-CANARYPH1', 'acme',    51234.51, 'CANARYSSN-A1'),
  (2,      'Art Acme',         'art.CANARYMAIL2@acme.test',   '+1-555-CANARYPH2', 'acme',    61234.52, 'CANARYSSN-A2'),
  (3,      'Abe Acme',         'abe.CANARYMAIL3@acme.test',   '+1-555-CANARYPH3', 'acme',    71234.53, 'CANARYSSN-A3'),
  (900004, 'Gil CANARYNAME4',  'gil.CANARYMAIL4@globex.test', '+1-555-CANARYPH4', 'globex',  913579.41, 'CANARYSSN-G4'),
  (900005, 'Gus CANARYNAME5',  'gus.CANARYMAIL5@globex.test', '+1-555-CANARYPH5', 'globex',  100.00,    'CANARYSSN-G5'),
  (900006, 'Ian CANARYNAME6',  'ian.CANARYMAIL6@initech.test','+1-555-CANARYPH6', 'initech', 777123.46, 'CANARYSSN-I6'),
  (900007, 'Nil CANARYNAME7',  'nil.CANARYMAIL7@null.test',   '+1-555-CANARYPH7', NULL,      888123.47, 'CANARYSSN-N7');
CREATE TABLE prod.silver.orders (order_id BIGINT, customer_id BIGINT, tenant_id STRING, total DECIMAL(12,2), status STRING, created_at TIMESTAMP);
INSERT INTO prod.silver.orders VALUES
  (10, 1, 'acme', 10.00, 'paid', TIMESTAMP '2024-01-01 10:00:00'), (11, 1, 'acme', 20.50, 'open', TIMESTAMP '2024-01-02 10:00:00'),
  (12, 2, 'acme', 30.25, 'paid', TIMESTAMP '2024-01-03 10:00:00'), (13, 3, 'acme', 40.00, 'void', TIMESTAMP '2024-01-04 10:00:00'),
  (900014, 900004, 'globex', 987654.31, 'CANARYSTATUS-G', TIMESTAMP '2031-07-07 07:07:07'),
  (900015, 900005, 'globex', 987654.32, 'CANARYSTATUS-H', TIMESTAMP '2031-08-08 08:08:08'),
  (900016, 900006, 'initech', 987654.33, 'CANARYSTATUS-I', TIMESTAMP '2031-09-09 09:09:09');
CREATE TABLE prod.silver.vault (k STRING, v STRING);                       -- nobody but admin may read it
INSERT INTO prod.silver.vault VALUES ('k1','CANARYVAULT-1'), ('k2','CANARYVAULT-2');
COMMENT ON TABLE prod.silver.vault IS 'CANARYCOMMENT';
CREATE TABLE prod.silver.vault_CANARYTABLE (CANARYCOLUMN INT);             -- its very name is secret to non-admins
CREATE VIEW prod.silver.customer_names AS SELECT customer_id, name, ssn FROM prod.silver.customers; -- made BEFORE the policies
CREATE VIEW prod.silver.vault_view AS SELECT k, v FROM prod.silver.vault;

CREATE FUNCTION prod.security.mask_email(e STRING) RETURNS STRING
  RETURN CASE WHEN is_account_group_member('pii_readers') THEN e ELSE concat('***@', split_part(e, '@', 2)) END;
CREATE FUNCTION prod.security.mask_phone(p STRING) RETURNS STRING
  RETURN CASE WHEN is_account_group_member('pii_readers') THEN p ELSE '***' END;
CREATE FUNCTION prod.security.mask_ssn(s STRING) RETURNS STRING
  RETURN CASE WHEN is_account_group_member('pii_readers') THEN s ELSE 'XXX-XX-XXXX' END;
CREATE FUNCTION prod.security.mask_salary(s DECIMAL(12,2)) RETURNS DECIMAL(12,2)
  RETURN CASE WHEN is_account_group_member('hr') THEN s ELSE NULL END;
CREATE FUNCTION prod.security.tenant_filter(t STRING) RETURNS BOOLEAN
  RETURN is_account_group_member('admins')
      OR EXISTS (SELECT 1 FROM prod.security.user_tenants u WHERE u.user_name = current_user() AND u.tenant_id = t);

ALTER TABLE prod.silver.customers ALTER COLUMN email  SET MASK prod.security.mask_email;
ALTER TABLE prod.silver.customers ALTER COLUMN phone  SET MASK prod.security.mask_phone;
ALTER TABLE prod.silver.customers ALTER COLUMN ssn    SET MASK prod.security.mask_ssn;
ALTER TABLE prod.silver.customers ALTER COLUMN salary SET MASK prod.security.mask_salary;
ALTER TABLE prod.silver.customers SET ROW FILTER prod.security.tenant_filter ON (tenant_id);
ALTER TABLE prod.silver.orders    SET ROW FILTER prod.security.tenant_filter ON (tenant_id);

GRANT USE CATALOG ON CATALOG prod TO analysts;
GRANT USE SCHEMA ON SCHEMA prod.silver TO analysts;
GRANT SELECT ON TABLE prod.silver.customers TO analysts;
GRANT SELECT ON TABLE prod.silver.orders TO analysts;
GRANT SELECT ON VIEW prod.silver.customer_names TO analysts;
-- sessions of every user start with USE prod.silver
