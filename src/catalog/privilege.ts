// The closed list of privileges and which securable accepts which (Unity Catalog's privileges reference; see docs).
import type { ObjectId, SecurableKind } from './securable.ts';

export const privileges = [
  'ALL PRIVILEGES',
  'APPLY TAG',
  'BROWSE',
  'CREATE CATALOG',
  'CREATE EXTERNAL LOCATION',
  'CREATE FUNCTION',
  'CREATE MODEL',
  'CREATE RECIPIENT',
  'CREATE SCHEMA',
  'CREATE SHARE',
  'CREATE TABLE',
  'CREATE VOLUME',
  'DELETE',
  'EXECUTE',
  'INSERT',
  'MANAGE',
  'MODIFY',
  'READ VOLUME',
  'SELECT',
  'SET SHARE PERMISSION',
  'UPDATE',
  'USE CATALOG',
  'USE RECIPIENT',
  'USE SCHEMA',
  'USE SHARE',
  'WRITE VOLUME',
] as const;

export type Privilege = (typeof privileges)[number];

const ofTable = ['ALL PRIVILEGES', 'APPLY TAG', 'MANAGE', 'MODIFY', 'INSERT', 'UPDATE', 'DELETE', 'SELECT'] as const;
const ofView = ['ALL PRIVILEGES', 'APPLY TAG', 'MANAGE', 'SELECT'] as const;
const ofFunction = ['ALL PRIVILEGES', 'EXECUTE', 'MANAGE'] as const;
/** Volumes and models are still to come; containers may be granted on for them already. */
const ofChildren = [...ofTable, 'EXECUTE', 'READ VOLUME', 'WRITE VOLUME'] as const;
const creating = ['CREATE FUNCTION', 'CREATE MODEL', 'CREATE TABLE', 'CREATE VOLUME'] as const;
const ofSchema = [...ofChildren, ...creating, 'USE SCHEMA'] as const;
const ofCatalog = [...ofSchema, 'BROWSE', 'CREATE SCHEMA', 'USE CATALOG'] as const;
const ofMetastore = [
  'CREATE CATALOG',
  'CREATE EXTERNAL LOCATION',
  'CREATE RECIPIENT',
  'CREATE SHARE',
  'MANAGE',
  'SET SHARE PERMISSION',
  'USE RECIPIENT',
  'USE SHARE',
] as const;

/** What may be granted on a securable of each kind, children's privileges on containers included. */
export const grantable: Readonly<Record<SecurableKind, readonly Privilege[]>> = {
  metastore: ofMetastore,
  catalog: ofCatalog,
  schema: ofSchema,
  table: ofTable,
  view: ofView,
  function: ofFunction,
};

/** ALL PRIVILEGES, evaluated when checked, does not hold these. */
export const notInAllPrivileges: readonly Privilege[] = ['ALL PRIVILEGES', 'MANAGE'];

/** On a container these say nothing about what it holds. */
const ofContainerAlone: ReadonlySet<Privilege> = new Set<Privilege>([
  ...creating,
  'CREATE SCHEMA',
  'USE CATALOG',
  'USE SCHEMA',
]);

/** Does a grant on a container tell of what is in it? SELECT does of tables and not of functions. */
export function tellsOf(privilege: Privilege, kind: SecurableKind): boolean {
  if (privilege === 'BROWSE') return true;
  return !ofContainerAlone.has(privilege) && grantable[kind].includes(privilege);
}

/** Does one privilege, once granted, stand for the other? */
export function covers(granted: Privilege, wanted: Privilege): boolean {
  if (granted === wanted) return true;
  if (granted === 'MODIFY') return wanted === 'INSERT' || wanted === 'UPDATE' || wanted === 'DELETE';
  return granted === 'ALL PRIVILEGES' && !notInAllPrivileges.includes(wanted);
}

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

/** @param now milliseconds since the epoch */
export function hasEnded(grant: Grant, now: number): boolean {
  return grant.until !== undefined && grant.until <= now;
}
