// Walks over what one asker may know, container by container: the one way in which rows of information_schema come about.
import type { Catalog, Schema, SqlFunction, Table, View } from '../catalog/securable.ts';
import type { SystemRequest } from './system-relation.ts';

export interface Placed<T> {
  readonly object: T;
  readonly catalog: Catalog;
  readonly schema: Schema;
}

export function* visibleSchemas({ snapshot, asker, catalogs }: SystemRequest): Iterable<Omit<Placed<never>, 'object'>> {
  for (const catalog of catalogs) {
    for (const schema of snapshot.schemasOf(catalog.id)) if (asker.knows(schema)) yield { catalog, schema };
  }
}

export function* visibleRelations(request: SystemRequest): Iterable<Placed<Table | View>> {
  for (const place of visibleSchemas(request)) {
    for (const object of request.snapshot.relationsOf(place.schema.id)) {
      if (request.asker.knows(object)) yield { object, ...place };
    }
  }
}

export function* visibleTables(request: SystemRequest): Iterable<Placed<Table>> {
  for (const { object, ...place } of visibleRelations(request)) if (object.kind === 'table') yield { object, ...place };
}

export function* visibleFunctions(request: SystemRequest): Iterable<Placed<SqlFunction>> {
  for (const place of visibleSchemas(request)) {
    for (const object of request.snapshot.functionsOf(place.schema.id)) {
      if (request.asker.knows(object)) yield { object, ...place };
    }
  }
}
