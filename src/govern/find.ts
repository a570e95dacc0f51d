// Names in governance statements -> objects, with the same error for what is missing and what the asker may not know.
import { findFunction, findRelation, findSchema, findSystemRelation, fullName } from '../analyze/name-resolution.ts';
import type { TouchedObject } from '../audit/event.ts';
import {
  missingCatalog,
  missingFunction,
  missingPrincipal,
  missingRelation,
  missingSchema,
} from '../authorize/rules.ts';
import { displayName } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import type { Principal } from '../catalog/principal.ts';
import type { Catalog, Schema, Securable, SqlFunction, Table, View } from '../catalog/securable.ts';
import type { NameRef, PrincipalRef, SecurableRef } from '../parse/statement.ts';
import type { SystemRelation } from '../system/system-relation.ts';
import type { GovernEnvironment } from './environment.ts';

export function catalogNamed(environment: GovernEnvironment, name: NameRef): Catalog {
  const [only = '', ...others] = name.parts;
  const catalog = others.length === 0 ? environment.snapshot.catalogByName(only) : undefined;
  if (catalog === undefined || !environment.access.knows(catalog)) throw missingCatalog(displayName(name.parts));
  return catalog;
}

export function schemaNamed(environment: GovernEnvironment, name: NameRef): Schema {
  const schema = name.parts.length > 2 ? undefined : findSchema(environment.snapshot, environment.path, name.parts);
  if (schema === undefined || !environment.access.knows(schema)) {
    const parts = name.parts.length === 1 ? [environment.path.catalog, ...name.parts] : name.parts;
    throw missingSchema(displayName(parts));
  }
  return schema;
}

export function relationNamed(environment: GovernEnvironment, name: NameRef): Table | View {
  const system = systemRelationKnown(environment, name);
  if (system !== undefined) {
    const shown = displayName(fullName(environment.path, name.parts));
    throw new SqlError('wrongObjectType', `${shown} belongs to the system: it can only be read`, {
      position: name.offset,
    });
  }
  const relation = findRelation(environment.snapshot, environment.path, name.parts);
  if (relation === undefined || !environment.access.knows(relation)) {
    throw missingRelation(displayName(fullName(environment.path, name.parts)));
  }
  return relation;
}

/** One of information_schema, in a catalog that the asker may know. */
export function systemRelationKnown(
  { snapshot, path, access }: GovernEnvironment,
  name: NameRef,
): SystemRelation | undefined {
  const found = findSystemRelation(snapshot, path, name.parts);
  if (found === undefined) return undefined;
  return found.catalog === undefined || access.knows(found.catalog) ? found.relation : undefined;
}

export function tableNamed(environment: GovernEnvironment, name: NameRef): Table {
  const relation = relationNamed(environment, name);
  if (relation.kind === 'table') return relation;
  throw new SqlError('wrongObjectType', `${displayName(name.parts)} is a view, not a table`);
}

export function functionNamed(environment: GovernEnvironment, name: NameRef): SqlFunction {
  const fn = findFunction(environment.snapshot, environment.path, name.parts);
  if (fn === undefined || !environment.access.knows(fn)) {
    throw missingFunction(displayName(fullName(environment.path, name.parts)));
  }
  return fn;
}

/** @throws SqlError undefinedObject, which tells that nobody has the name: rules that decide who may know come first */
export function principalNamed(environment: GovernEnvironment, ref: PrincipalRef): Principal {
  const principal = principalIfAny(environment, ref);
  if (principal === undefined) throw missingPrincipal(ref.name);
  return principal;
}

export function principalIfAny(
  { snapshot }: Pick<GovernEnvironment, 'snapshot'>,
  ref: PrincipalRef,
): Principal | undefined {
  const principal = snapshot.principalByName(ref.name);
  return ref.kind === undefined || principal?.kind === ref.kind ? principal : undefined;
}

/** What GRANT, COMMENT ON and OWNER TO name. TABLE also finds a view, as in Unity Catalog. */
export function securableNamed(environment: GovernEnvironment, ref: SecurableRef): Securable {
  const { name } = ref;
  if (ref.type === 'METASTORE') return environment.snapshot.metastore;
  if (name === undefined) return catalogNamed(environment, { parts: [environment.path.catalog], offset: 0 });
  switch (ref.type) {
    case 'CATALOG':
      return catalogNamed(environment, name);
    case 'SCHEMA':
      return schemaNamed(environment, name);
    case 'TABLE':
      return relationNamed(environment, name);
    case 'VIEW':
      return viewNamed(environment, name);
    case 'FUNCTION':
      return functionNamed(environment, name);
  }
}

export function viewNamed(environment: GovernEnvironment, name: NameRef): View {
  const relation = relationNamed(environment, name);
  if (relation.kind === 'view') return relation;
  throw new SqlError('wrongObjectType', `${displayName(name.parts)} is not a view`);
}

/** Where a new object goes: its schema and its own name. */
export function homeFor(environment: GovernEnvironment, name: NameRef): { schema: Schema; name: string } {
  const parts = fullName(environment.path, name.parts);
  if (parts.length < 3) {
    throw new SqlError('undefinedSchema', 'no schema has been selected to create in', {
      position: name.offset,
      hint: 'USE SCHEMA first, or write schema.name.',
    });
  }
  const schema = schemaNamed(environment, { parts: parts.slice(0, 2), offset: name.offset });
  return { schema, name: parts[2] ?? '' };
}

export function touched(environment: GovernEnvironment, object: Securable, action: string): TouchedObject {
  const name = displayName(environment.snapshot.nameOf(object.id));
  return { id: object.id, name, action, columns: [], masked: [], filtered: false };
}
