// Names of one to three parts -> objects of the catalog, on a search path. Whether the asker may know the object is not
// decided here: authorize/rules.ts does, with the same error for missing and hidden.
import { fold } from '../base/identifier.ts';
import { builtInFunction } from '../catalog/built-in-functions.ts';
import type { Catalog, Schema, SqlFunction, Table, View } from '../catalog/securable.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import { systemCatalogName, systemRelationNamed } from '../system/registry.ts';
import type { SystemRelation } from '../system/system-relation.ts';
import type { SearchPath } from './resolved-query.ts';

/** The relation a name means, or undefined. */
export function findRelation(
  snapshot: CatalogSnapshot,
  path: SearchPath,
  names: readonly string[],
): Table | View | undefined {
  return find({ snapshot, path, names }, (schema, name) => snapshot.relationByName(schema.id, name));
}

/** What a name of information_schema means: which relation, about which catalog. Nothing of the catalog can have such a name. */
export function findSystemRelation(
  snapshot: CatalogSnapshot,
  path: SearchPath,
  names: readonly string[],
): SystemMeaning | undefined {
  const [catalogName = '', schema = '', name = ''] = fullName(path, names);
  const relation = names.length < 2 ? undefined : systemRelationNamed(catalogName, schema, name);
  if (relation === undefined) return undefined;
  if (fold(catalogName) === systemCatalogName) return { relation, catalog: undefined };
  const catalog = snapshot.catalogByName(catalogName);
  return catalog === undefined ? undefined : { relation, catalog };
}

export interface SystemMeaning {
  readonly relation: SystemRelation;
  /** undefined: all catalogs. */
  readonly catalog: Catalog | undefined;
}

export function findFunction(
  snapshot: CatalogSnapshot,
  path: SearchPath,
  names: readonly string[],
): SqlFunction | undefined {
  if (names.length === 3) {
    const builtIn = builtInFunction(names);
    if (builtIn !== undefined) return builtIn;
  }
  return find({ snapshot, path, names }, (schema, name) => snapshot.functionByName(schema.id, name));
}

/** `a` in the current catalog, or `catalog.schema`. */
export function findSchema(snapshot: CatalogSnapshot, path: SearchPath, names: readonly string[]): Schema | undefined {
  const [first = '', second] = names;
  const catalog = snapshot.catalogByName(second === undefined ? path.catalog : first);
  return catalog === undefined ? undefined : snapshot.schemaByName(catalog.id, second ?? first);
}

/** Where an unqualified name would live: the full name to say in errors and to create under. */
export function fullName(path: SearchPath, names: readonly string[]): readonly string[] {
  if (names.length >= 3) return names;
  if (names.length === 2) return [path.catalog, ...names];
  const home = path.schemas[0];
  return home === undefined ? names : [...home, ...names];
}

interface Lookup {
  readonly snapshot: CatalogSnapshot;
  readonly path: SearchPath;
  readonly names: readonly string[];
}

function find<T>(
  { snapshot, path, names }: Lookup,
  lookUp: (schema: Schema, name: string) => T | undefined,
): T | undefined {
  const name = names.at(-1) ?? '';
  const homes = names.length === 1 ? path.schemas : [fullName(path, names).slice(0, 2) as [string, string]];
  for (const [catalogName, schemaName] of homes) {
    const catalog = snapshot.catalogByName(catalogName);
    const schema = catalog === undefined ? undefined : snapshot.schemaByName(catalog.id, schemaName);
    const found = schema === undefined ? undefined : lookUp(schema, name);
    if (found !== undefined) return found;
  }
  return undefined;
}
