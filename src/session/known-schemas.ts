// What a user may know of a catalog, kept while neither the catalog nor a grant changes: clients ask dozens of questions in a row.
import { Access } from '../authorize/access.ts';
import type { Identity } from '../authorize/identity.ts';
import { limits } from '../base/limits.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import { type ShadowSchema, shadowSchema } from '../clients/shadow-schema.ts';

interface Known {
  readonly schema: ShadowSchema;
  /** The first moment at which a grant expires. */
  readonly until: number | undefined;
}

const known: WeakMap<CatalogSnapshot, Map<string, Known>> = new WeakMap();

export interface SchemaWanted {
  readonly snapshot: CatalogSnapshot;
  readonly identity: Identity;
  /** Name of the current catalog. */
  readonly catalog: string;
  readonly now: number;
}

export function schemaFor({ snapshot, identity, catalog, now }: SchemaWanted): ShadowSchema {
  const ofSnapshot = known.get(snapshot) ?? new Map<string, Known>();
  known.set(snapshot, ofSnapshot);
  const key = JSON.stringify([identity.user.id, catalog]);
  const found = ofSnapshot.get(key);
  if (found !== undefined && (found.until === undefined || found.until > now)) return found.schema;
  const access = new Access(snapshot, identity, now);
  const schema = shadowSchema(access, snapshot.catalogByName(catalog));
  access.noteExpiries();
  if (ofSnapshot.size >= limits.knownSchemasMax) ofSnapshot.clear();
  ofSnapshot.set(key, { schema, until: access.validUntil });
  return schema;
}
