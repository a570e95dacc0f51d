// The command word of a statement, for audit events and messages.
import type { Statement } from './statement.ts';

const fixed: Readonly<Partial<Record<Statement['kind'], string>>> = {
  query: 'SELECT',
  insert: 'INSERT',
  update: 'UPDATE',
  delete: 'DELETE',
  merge: 'MERGE',
  truncate: 'TRUNCATE',
  createTable: 'CREATE TABLE',
  createView: 'CREATE VIEW',
  createCatalog: 'CREATE CATALOG',
  createSchema: 'CREATE SCHEMA',
  createFunction: 'CREATE FUNCTION',
  createUser: 'CREATE USER',
  alterUser: 'ALTER USER',
  createGroup: 'CREATE GROUP',
  alterGroup: 'ALTER GROUP',
  setMask: 'ALTER TABLE SET MASK',
  dropMask: 'ALTER TABLE DROP MASK',
  setRowFilter: 'ALTER TABLE SET ROW FILTER',
  addRowFilter: 'ALTER TABLE ADD ROW FILTER',
  dropRowFilter: 'ALTER TABLE DROP ROW FILTER',
  addColumns: 'ALTER TABLE ADD COLUMN',
  dropColumns: 'ALTER TABLE DROP COLUMN',
  alterColumn: 'ALTER TABLE ALTER COLUMN',
  setProperties: 'ALTER TABLE SET TBLPROPERTIES',
  unsetProperties: 'ALTER TABLE UNSET TBLPROPERTIES',
  setTags: 'SET TAGS',
  unsetTags: 'UNSET TAGS',
  createPolicy: 'CREATE POLICY',
  dropPolicy: 'DROP POLICY',
  showPolicies: 'SHOW POLICIES',
  describePolicy: 'DESCRIBE POLICY',
  comment: 'COMMENT',
  grant: 'GRANT',
  revoke: 'REVOKE',
  showGrants: 'SHOW GRANTS',
  show: 'SHOW',
  describe: 'DESCRIBE',
  useCatalog: 'USE',
  useSchema: 'USE',
  use: 'USE',
  setCurrentUser: 'SET CURRENT USER',
  resetCurrentUser: 'RESET CURRENT USER',
  set: 'SET',
  showSetting: 'SHOW',
  resetSetting: 'RESET',
  deallocate: 'DEALLOCATE',
  discard: 'DISCARD',
  begin: 'BEGIN',
  commit: 'COMMIT',
  rollback: 'ROLLBACK',
  empty: '',
};

export function commandOf(statement: Statement): string {
  if (statement.kind === 'drop') return `DROP ${statement.objectType}`;
  if (statement.kind === 'rename') return `ALTER ${statement.object.type} RENAME`;
  if (statement.kind === 'alterOwner') return `ALTER ${statement.object.type} OWNER`;
  return fixed[statement.kind] ?? statement.kind;
}
