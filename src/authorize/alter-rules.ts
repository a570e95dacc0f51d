// Rules of ALTER that are made of others: a new name, and a function in a new place.
import type { Catalog, Schema, SchemaObject, SqlFunction } from '../catalog/securable.ts';
import type { Access } from './access.ts';
import { alterObject, createCatalog, createFunction, createSchema, createTable, executeFunction } from './rules.ts';

/** Taking a name is making something under it: others may mean that name. */
export function renameObject(access: Access, object: Catalog | Schema | SchemaObject): void {
  alterObject(access, object);
  const container = access.snapshot.object(access.snapshot.parentOf(object.id) ?? '');
  if (container?.kind === 'catalog') createSchema(access, container);
  else if (container?.kind !== 'schema') createCatalog(access);
  else if (object.kind === 'function') createFunction(access, container);
  else createTable(access, container);
}

/** Whoever makes a function a policy may execute it. */
export function usePolicyFunction(access: Access, fn: SqlFunction): void {
  if (!access.manages(fn)) executeFunction(access, fn);
}
