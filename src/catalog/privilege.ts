// The closed list of privileges and which securable accepts which (Unity Catalog's privileges reference; see docs).
import type { ObjectId, SecurableKind } from './securable.ts';

export const privileges = [
  'ALL PRIVILEGES',
  'APPLY TAG',
  'BROWSE',
  'CREATE CATALOG',
  'CREATE FUNCTION',
  'CREATE SCHEMA',
  'CREATE TABLE',
  'DELETE',
  'EXECUTE',
  'INSERT',
  'MANAGE',
  'MODIFY',
  'SELECT',
  'UPDATE',
  'USE CATALOG',
  'USE SCHEMA',
] as const;

export type Privilege = (typeof privileges)[number];

const ofTable = ['ALL PRIVILEGES', 'APPLY TAG', 'MANAGE', 'MODIFY', 'INSERT', 'UPDATE', 'DELETE', 'SELECT'] as const;
const ofView = ['ALL PRIVILEGES', 'APPLY TAG', 'MANAGE', 'SELECT'] as const;
const ofFunction = ['ALL PRIVILEGES', 'EXECUTE', 'MANAGE'] as const;
const ofSchema = [...ofTable, 'EXECUTE', 'USE SCHEMA', 'CREATE FUNCTION', 'CREATE TABLE'] as const;
const ofCatalog = [...ofSchema, 'BROWSE', 'CREATE SCHEMA', 'USE CATALOG'] as const;

/** What may be granted on a securable of each kind, children's privileges on containers included. */
export const grantable: Readonly<Record<SecurableKind, readonly Privilege[]>> = {
  metastore: ['CREATE CATALOG', 'MANAGE'],
  catalog: ofCatalog,
  schema: ofSchema,
  table: ofTable,
  view: ofView,
  function: ofFunction,
};

/** ALL PRIVILEGES, evaluated when checked, does not hold these. */
export const notInAllPrivileges: readonly Privilege[] = ['ALL PRIVILEGES', 'MANAGE'];

export interface Grant {
  readonly securableId: ObjectId;
  readonly principalId: ObjectId;
  readonly privilege: Privilege;
  /** Column ids for a column-level SELECT; undefined: the whole securable. */
  readonly columns: readonly string[] | undefined;
  readonly grantedBy: ObjectId;
  /** Milliseconds since the epoch. */
  readonly grantedAt: number;
  /** Expires at this time; undefined: never. */
  readonly until: number | undefined;
}
