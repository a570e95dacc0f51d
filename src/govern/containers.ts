// CREATE CATALOG, CREATE SCHEMA.
import { createCatalog as mayCreateCatalog, createSchema as mayCreateSchema } from '../authorize/rules.ts';
import { display, displayName } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import type { Catalog, Schema } from '../catalog/securable.ts';
import type { GovernanceStatement, NameRef } from '../parse/statement.ts';
import type { GovernEnvironment, Governed } from './environment.ts';
import { catalogNamed, touched } from './find.ts';

type CreateCatalog = Extract<GovernanceStatement, { kind: 'createCatalog' }>;
type CreateSchema = Extract<GovernanceStatement, { kind: 'createSchema' }>;

/** Names that mean something else everywhere. */
const reservedCatalogs: ReadonlySet<string> = new Set(['system', 'temp', 'pg_catalog', 'information_schema']);
const reservedSchemas: ReadonlySet<string> = new Set(['information_schema', 'pg_catalog', 'recurring']);

export function createCatalog(environment: GovernEnvironment, statement: CreateCatalog): Governed {
  const { access, snapshot } = environment;
  mayCreateCatalog(access);
  const [name = '', ...others] = statement.name.parts;
  if (others.length > 0) throw invalidName('catalog', statement.name);
  checkContainerName('catalog', { ...statement.name, parts: [name] });
  if (snapshot.catalogByName(name) !== undefined) {
    if (statement.ifNotExists)
      return { tag: 'CREATE CATALOG', notice: `catalog ${display(name)} already exists, skipping` };
    throw new SqlError('duplicateCatalog', `catalog ${display(name)} already exists`);
  }
  const catalog: Catalog = { kind: 'catalog', ...created(environment, name, statement.comment) };
  return { tag: 'CREATE CATALOG', changes: [{ kind: 'createCatalog', catalog }], attach: catalog.id };
}

export function createSchema(environment: GovernEnvironment, statement: CreateSchema): Governed {
  const parts =
    statement.name.parts.length === 1 ? [environment.path.catalog, ...statement.name.parts] : statement.name.parts;
  const [catalogName = '', name = '', ...others] = parts;
  if (others.length > 0) throw invalidName('schema', statement.name);
  checkContainerName('schema', { ...statement.name, parts: [name] });
  const catalog = catalogNamed(environment, { parts: [catalogName], offset: statement.name.offset });
  mayCreateSchema(environment.access, catalog);
  const known = environment.snapshot.schemaByName(catalog.id, name);
  if (known !== undefined) {
    const shown = displayName([catalog.name, known.name]);
    if (statement.ifNotExists) return { tag: 'CREATE SCHEMA', notice: `schema ${shown} already exists, skipping` };
    throw new SqlError('duplicateSchema', `schema ${shown} already exists`);
  }
  const schema: Schema = { kind: 'schema', catalogId: catalog.id, ...created(environment, name, statement.comment) };
  return {
    tag: 'CREATE SCHEMA',
    changes: [{ kind: 'createSchema', schema }],
    touched: [touched(environment, catalog, 'CREATE SCHEMA')],
  };
}

/** @throws SqlError invalidParameterValue for a name that means something else everywhere */
export function checkContainerName(kind: 'catalog' | 'schema', name: NameRef): void {
  const reserved = kind === 'catalog' ? reservedCatalogs : reservedSchemas;
  if (reserved.has(name.parts.at(-1)?.toLowerCase() ?? '')) throw invalidName(kind, name);
}

function invalidName(kind: string, name: NameRef): SqlError {
  const message = `invalid name for a ${kind}: ${displayName(name.parts)}`;
  return new SqlError('invalidParameterValue', message, { position: name.offset });
}

/** What every new object has. */
export function created(
  environment: GovernEnvironment,
  name: string,
  comment: string | undefined,
): Omit<Catalog, 'kind'> {
  const { actorId, now } = environment;
  return { id: environment.newId(), name, owner: actorId, comment, createdAt: now, createdBy: actorId };
}
