// Who may do what: every rule once, named action + resource, for SQL, REST and sharing alike. A rule returns, or throws what
// the asker may be told; the audit log gets the full reason from the error's cause.
import { display, displayName, fold } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import { isBuiltIn } from '../catalog/built-in-functions.ts';
import type { Privilege } from '../catalog/privilege.ts';
import {
  type Catalog,
  type Column,
  columnIdOf,
  type Schema,
  type Securable,
  type SqlFunction,
  type Table,
  type View,
} from '../catalog/securable.ts';
import type { Access } from './access.ts';

/** The full reason of a denial, for the audit log alone. */
export interface DenialReason {
  readonly kind: 'denied';
  readonly missing: string;
}

/** What is missing and what is hidden read alike: both come from here. */
export function missingCatalog(name: string): SqlError {
  return new SqlError('undefinedCatalog', `catalog ${name} does not exist`);
}

export function missingSchema(name: string): SqlError {
  return new SqlError('undefinedSchema', `schema ${name} does not exist`);
}

export function missingRelation(name: string): SqlError {
  return new SqlError('undefinedTable', `table ${name} does not exist`);
}

export function missingFunction(name: string): SqlError {
  return new SqlError('undefinedFunction', `function ${name} does not exist`);
}

export function missingPrincipal(name: string): SqlError {
  return new SqlError('undefinedObject', `principal ${display(name)} does not exist`);
}

function nameOf(access: Access, securable: Securable): string {
  const name = displayName(access.snapshot.nameOf(securable.id));
  return name === '' ? securable.kind : `${securable.kind} ${name}`;
}

/** How a statement said the name of an object, where that differs from the catalog's own spelling. */
interface Said {
  readonly written: string;
  readonly position?: number;
}

function missing(access: Access, securable: Securable, said?: Said): SqlError {
  const error = missingNamed(securable, said?.written ?? displayName(access.snapshot.nameOf(securable.id)));
  return said?.position === undefined
    ? error
    : new SqlError(error.condition, error.message, { position: said.position });
}

function missingNamed(securable: Securable, name: string): SqlError {
  switch (securable.kind) {
    case 'catalog':
      return missingCatalog(name);
    case 'schema':
      return missingSchema(name);
    case 'function':
      return missingFunction(name);
    default:
      return missingRelation(name);
  }
}

interface Lacking {
  readonly lacking: string;
  /** Columns that may be read after all. */
  readonly readable?: readonly string[];
  readonly said?: Said | undefined;
}

/** 42501 to those who may know the object, not found to the others. */
function deny(access: Access, securable: Securable, { lacking, readable, said }: Lacking): never {
  const cause: DenialReason = { kind: 'denied', missing: `${access.identity.user.name} lacks ${lacking}` };
  const told = access.knows(securable)
    ? new SqlError('insufficientPrivilege', `permission denied for ${nameOf(access, securable)}`, {
        hint: readable === undefined ? `This needs ${lacking}.` : `You may read ${readable.join(', ')} only.`,
        cause,
      })
    : missing(access, securable, said);
  const { position } = told;
  throw told.cause === undefined
    ? new SqlError(told.condition, told.message, { cause, ...(position === undefined ? {} : { position }) })
    : told;
}

interface Demand {
  readonly privilege: Privilege;
  readonly said?: Said | undefined;
}

export function demand(access: Access, securable: Securable, { privilege, said }: Demand): void {
  if (access.has(privilege, securable)) return;
  deny(access, securable, { lacking: `${privilege} on ${nameOf(access, securable)}`, said });
}

/** USE CATALOG and USE SCHEMA on the way to an object; the owner of a container has its USE. */
export function demandGates(access: Access, object: Securable, said?: Said): void {
  const { snapshot } = access;
  const schema = object.kind === 'schema' ? object : snapshot.object(snapshot.parentOf(object.id) ?? '');
  const catalog = snapshot.catalogOf(object.id);
  if (catalog !== undefined && !usesCatalog(access, catalog))
    deny(access, object, { lacking: `USE CATALOG on ${nameOf(access, catalog)}`, said });
  if (schema?.kind === 'schema' && !usesSchema(access, schema))
    deny(access, object, { lacking: `USE SCHEMA on ${nameOf(access, schema)}`, said });
}

function usesCatalog(access: Access, catalog: Catalog): boolean {
  return access.owns(catalog) || access.has('USE CATALOG', catalog);
}

function usesSchema(access: Access, schema: Schema): boolean {
  return access.owns(schema) || access.has('USE SCHEMA', schema);
}

export function connectCatalog(access: Access, name: string): Catalog {
  const catalog = access.snapshot.catalogByName(name);
  if (catalog === undefined || !access.knows(catalog)) throw missingCatalog(display(name));
  return catalog;
}

export function useSchema(access: Access, catalog: Catalog, name: string): Schema {
  const schema = access.snapshot.schemaByName(catalog.id, name);
  if (schema === undefined || !access.knows(schema)) throw missingSchema(displayName([catalog.name, name]));
  return schema;
}

export interface Reading {
  /** Folded names of the columns that are read; default all. */
  readonly columns?: ReadonlySet<string> | 'all';
  readonly mention?: Said;
}

/** @returns ids of the columns that may be read when these are not all; undefined: the whole relation */
export function selectRelation(
  access: Access,
  relation: Table | View,
  { columns = 'all', mention }: Reading = {},
): ReadonlySet<string> | undefined {
  const whole = access.owns(relation) || access.has('SELECT', relation);
  const readable = whole ? undefined : readableColumns(access, relation, { columns, mention });
  demandGates(access, relation, mention);
  return readable;
}

/** As in PostgreSQL a statement that names no column (count(*)) needs SELECT on one of them. */
function readableColumns(
  access: Access,
  relation: Table | View,
  { columns, mention }: Required<Pick<Reading, 'columns'>> & { readonly mention: Said | undefined },
): ReadonlySet<string> {
  const own = relation.columns.map((column) => ({ id: columnIdOf(column), name: column.name }));
  const wanted = own.filter((column) => columns === 'all' || columns.has(fold(column.name)));
  const readable = new Set(
    access.selectable(
      relation,
      own.map((column) => column.id),
      wanted.length === 0 ? undefined : new Set(wanted.map((column) => column.id)),
    ),
  );
  if (readable.size > 0 && wanted.every((column) => readable.has(column.id))) return readable;
  const names = own.filter((column) => readable.has(column.id)).map((column) => display(column.name));
  return deny(access, relation, {
    lacking: `SELECT on ${nameOf(access, relation)}`,
    said: mention,
    ...(names.length === 0 ? {} : { readable: names }),
  });
}

export function modifyTable(access: Access, table: Table, action: 'INSERT' | 'UPDATE' | 'DELETE'): void {
  if (!access.owns(table)) demand(access, table, { privilege: action });
  demandGates(access, table);
}

export function executeFunction(access: Access, fn: SqlFunction, mention?: Said): void {
  if (isBuiltIn(fn.id)) return;
  if (!access.owns(fn)) demand(access, fn, { privilege: 'EXECUTE', said: mention });
  demandGates(access, fn, mention);
}

export function createCatalog(access: Access): void {
  const { metastore } = access.snapshot;
  if (access.identity.isMetastoreAdmin || access.has('CREATE CATALOG', metastore)) return;
  throw new SqlError('insufficientPrivilege', 'permission denied to create catalog', {
    hint: 'This needs CREATE CATALOG on METASTORE.',
    cause: {
      kind: 'denied',
      missing: `${access.identity.user.name} lacks CREATE CATALOG on metastore`,
    } satisfies DenialReason,
  });
}

/** The owner of a container creates in it; others need the privilege. Both need the way there. */
function createIn(access: Access, container: Catalog | Schema, privilege: Privilege): void {
  if (access.identity.isMetastoreAdmin) return;
  if (!access.owns(container)) demand(access, container, { privilege });
  demandGates(access, container);
}

export function createSchema(access: Access, catalog: Catalog): void {
  createIn(access, catalog, 'CREATE SCHEMA');
}

/** Covers views, as in Unity Catalog. */
export function createTable(access: Access, schema: Schema): void {
  createIn(access, schema, 'CREATE TABLE');
}

export function createFunction(access: Access, schema: Schema): void {
  createIn(access, schema, 'CREATE FUNCTION');
}

/** MANAGE, or ownership of the object or of what it is in; and USE of what it is in. */
export function demandManage(access: Access, securable: Securable): void {
  if (access.manages(securable)) return;
  const gate = access.holdsManage(securable) ? access.closedGate(securable) : undefined;
  const missed = gate === undefined ? 'MANAGE' : gate.kind === 'catalog' ? 'USE CATALOG' : 'USE SCHEMA';
  deny(access, securable, { lacking: `${missed} on ${nameOf(access, gate ?? securable)}` });
}

export function alterObject(access: Access, securable: Securable): void {
  demandManage(access, securable);
}

export function dropObject(access: Access, securable: Securable): void {
  demandManage(access, securable);
}

/**
 * The body of a view or function runs with its owner's grants: who could write one for somebody else would read what that one
 * may read. So MANAGE alone is not enough: whoever replaces a body is the owner, one of the owners, or an administrator.
 */
export function replaceBody(access: Access, object: View | SqlFunction): void {
  demandManage(access, object);
  if (access.owns(object) || access.identity.isMetastoreAdmin) return;
  throw new SqlError('insufficientPrivilege', `permission denied for ${nameOf(access, object)}`, {
    hint: `Its body runs with the grants of its owner: take it over first, with ALTER ${object.kind.toUpperCase()} … OWNER TO.`,
    cause: {
      kind: 'denied',
      missing: `${access.identity.user.name} does not own ${nameOf(access, object)}`,
    } satisfies DenialReason,
  });
}

/** Columns that the asker may know: all of them, or those granted one by one. */
export function describeColumns(access: Access, relation: Table | View): readonly (Column | View['columns'][number])[] {
  return [...relation.columns].filter((column) => access.knowsColumn(relation, columnIdOf(column)));
}

/** Setting a policy: the table is managed, the function may be executed by whoever sets it. */
export function setPolicy(access: Access, table: Table, fn?: SqlFunction): void {
  demandManage(access, table);
  if (fn !== undefined && !access.manages(fn)) executeFunction(access, fn);
}
