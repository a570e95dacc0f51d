// What one user may know of one catalog, as definitions for the embedded PostgreSQL: names, types, comments, keys and rights, and
// nothing else. Users who may know the same have the same definitions, and share an instance.
import { createHash } from 'node:crypto';
import type { Access } from '../authorize/access.ts';
import { fold, quoteLiteral } from '../base/identifier.ts';
import {
  type Catalog,
  columnIdOf,
  type Schema,
  type SqlFunction,
  type Table,
  type View,
} from '../catalog/securable.ts';
import { postgresName as name, postgresType } from './postgres-type.ts';

export interface ShadowSchema {
  /** Of everything below: equal for users who may know the same. */
  readonly key: string;
  readonly database: string;
  /** Databases to list beside it. */
  readonly databases: readonly string[];
  /** Owners and the like; the asker is a role of its own. */
  readonly roles: readonly string[];
  /** In order. */
  readonly definitions: readonly string[];
}

/** The role that has what the users of the class may do. */
export const classRole = 'portcullis_reader';

/** @param catalog undefined: `system`, which holds nothing of its own */
export function shadowSchema(access: Access, catalog: Catalog | undefined): ShadowSchema {
  const { snapshot } = access;
  const database = catalog?.name ?? 'system';
  const schemas = catalog === undefined ? [] : snapshot.schemasOf(catalog.id).filter((each) => access.knows(each));
  const owners = new Set<string>();
  const ownerOf = (id: string): string => {
    const owner = snapshot.principal(id)?.name ?? 'postgres';
    owners.add(owner);
    return name(owner);
  };
  const context: Context = { access, ownerOf };
  const definitions = schemas.flatMap((schema) => schemaDefinitions(context, schema));
  const databases = snapshot
    .catalogs()
    .filter((each) => access.knows(each))
    .map((each) => each.name);
  const roles = [...owners].filter((owner) => fold(owner) !== 'postgres');
  const parts = { database, databases, roles, definitions };
  return { ...parts, key: createHash('sha256').update(JSON.stringify(parts)).digest('base64') };
}

interface Context {
  readonly access: Access;
  readonly ownerOf: (id: string) => string;
}

/** PostgreSQL's own schemas have these names. */
const ownSchemas: ReadonlySet<string> = new Set(['pg_catalog', 'information_schema', 'pg_toast']);

function schemaDefinitions(context: Context, schema: Schema): readonly string[] {
  const { access } = context;
  if (ownSchemas.has(fold(schema.name))) return [];
  const { snapshot } = access;
  const known = snapshot.relationsOf(schema.id).filter((each) => access.knows(each));
  const functions = snapshot.functionsOf(schema.id).filter((each) => access.knows(each));
  return [
    `CREATE SCHEMA IF NOT EXISTS ${name(schema.name)}`,
    `ALTER SCHEMA ${name(schema.name)} OWNER TO ${context.ownerOf(schema.owner)}`,
    `GRANT USAGE ON SCHEMA ${name(schema.name)} TO ${name(classRole)}`,
    ...comment('SCHEMA', name(schema.name), schema.comment),
    ...known.flatMap((each) =>
      each.kind === 'table' ? tableDefinitions(context, schema, each) : viewDefinitions(context, schema, each),
    ),
    ...functions.flatMap((each) => functionDefinitions(context, schema, each)),
  ];
}

function tableDefinitions(context: Context, schema: Schema, table: Table): readonly string[] {
  const { access, ownerOf } = context;
  const full = name(schema.name, table.name);
  const known = access.knownColumns(table, table.columns.map(columnIdOf));
  const columns = table.columns.filter(({ id }) => known.has(id));
  const nameOf = (id: string): string => name(table.columns.find((column) => column.id === id)?.name ?? '');
  const isWhole = (ids: readonly string[]): boolean => ids.length > 0 && ids.every((id) => known.has(id));
  const keys = [
    ...(isWhole(table.primaryKey) ? [`PRIMARY KEY (${table.primaryKey.map(nameOf).join(', ')})`] : []),
    ...(table.constraints ?? []).flatMap((each) =>
      each.kind === 'unique' && isWhole(each.columns) ? [`UNIQUE (${each.columns.map(nameOf).join(', ')})`] : [],
    ),
  ];
  const items = columns.map(({ name: column, type, nullable }) =>
    [name(column), postgresType(type), nullable ? '' : 'NOT NULL'].join(' ').trimEnd(),
  );
  return [
    `CREATE TABLE ${full} (${[...items, ...keys].join(', ')})`,
    `ALTER TABLE ${full} OWNER TO ${ownerOf(table.owner)}`,
    ...rights(access, table, { full, columns }),
    ...comment('TABLE', full, table.comment),
    ...columns.flatMap((column) => comment('COLUMN', `${full}.${name(column.name)}`, column.comment)),
  ];
}

/** Without its query: what a view is made of is not for everyone who may read it. */
function viewDefinitions(context: Context, schema: Schema, view: View): readonly string[] {
  const { access, ownerOf } = context;
  const full = name(schema.name, view.name);
  const known = access.knownColumns(view, view.columns.map(columnIdOf));
  const columns = view.columns.filter((column) => known.has(columnIdOf(column)));
  const items = columns.map((column) => `NULL::${postgresType(column.type)} AS ${name(column.name)}`);
  return [
    `CREATE VIEW ${full} AS SELECT ${items.join(', ')}`,
    `ALTER VIEW ${full} OWNER TO ${ownerOf(view.owner)}`,
    ...rights(access, view, { full, columns }),
    ...comment('VIEW', full, view.comment),
    ...columns.flatMap((column) => comment('COLUMN', `${full}.${name(column.name)}`, column.comment)),
  ];
}

function functionDefinitions({ ownerOf }: Context, schema: Schema, fn: SqlFunction): readonly string[] {
  const parameters = fn.parameters.map((parameter) => `${name(parameter.name)} ${postgresType(parameter.type)}`);
  const signature = `${name(schema.name, fn.name)}(${parameters.join(', ')})`;
  const outputs = fn.returnsTable?.map((column) => `${name(column.name)} ${postgresType(column.type)}`).join(', ');
  const returns = outputs === undefined ? postgresType(fn.returns) : `TABLE (${outputs})`;
  const body = outputs === undefined ? 'SELECT NULL' : `SELECT ${(fn.returnsTable ?? []).map(() => 'NULL').join(', ')}`;
  return [
    // Bodies are not checked: theirs are made up.
    `CREATE FUNCTION ${signature} RETURNS ${returns} LANGUAGE sql AS ${quoteLiteral(body)}`,
    `ALTER FUNCTION ${signature} OWNER TO ${ownerOf(fn.owner)}`,
    ...comment('FUNCTION', signature, fn.comment),
  ];
}

const privileges = [
  ['SELECT', 'SELECT'],
  ['INSERT', 'INSERT'],
  ['UPDATE', 'UPDATE'],
  ['DELETE', 'DELETE'],
] as const;

/** So that has_table_privilege and the like tell what the asker may do. */
function rights(
  access: Access,
  relation: Table | View,
  { full, columns }: { readonly full: string; readonly columns: readonly (Table | View)['columns'][number][] },
): readonly string[] {
  const held = privileges.flatMap(([privilege, postgres]) =>
    access.may(privilege, relation) || (privilege !== 'SELECT' && access.may('MODIFY', relation)) ? [postgres] : [],
  );
  const whole = held.length === 0 ? [] : [`GRANT ${held.join(', ')} ON ${full} TO ${name(classRole)}`];
  if (held.includes('SELECT')) return whole;
  const selectable = new Set(access.selectable(relation, columns.map(columnIdOf)));
  const single = columns.filter((column) => selectable.has(columnIdOf(column))).map((column) => name(column.name));
  return single.length === 0
    ? whole
    : [...whole, `GRANT SELECT (${single.join(', ')}) ON ${full} TO ${name(classRole)}`];
}

function comment(kind: string, full: string, text: string | undefined): readonly string[] {
  return text === undefined ? [] : [`COMMENT ON ${kind} ${full} IS ${quoteLiteral(text)}`];
}
