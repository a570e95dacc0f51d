// The system relations by name. `information_schema` is in every catalog and shows that one; in `system` it shows all.
import { fold } from '../base/identifier.ts';
import { lineageRelations } from './lineage.ts';
import { objectRelations } from './objects.ts';
import { policyRelations } from './policies.ts';
import { privilegeRelations } from './privileges.ts';
import { routineRelations } from './routines.ts';
import type { SystemRelation } from './system-relation.ts';
import { tagRelations } from './tags.ts';

/** The catalog that always exists and holds nothing but these. */
export const systemCatalogName = 'system';

const inEveryCatalog: ReadonlyMap<string, readonly SystemRelation[]> = new Map([
  [
    'information_schema',
    [...objectRelations, ...routineRelations, ...privilegeRelations, ...policyRelations, ...tagRelations],
  ],
]);

/** Only in `system`. */
const inSystem: ReadonlyMap<string, readonly SystemRelation[]> = new Map([['access', lineageRelations]]);

/** @param catalog the name of the catalog that is asked */
export function systemRelationNamed(catalog: string, schema: string, name: string): SystemRelation | undefined {
  const own = fold(catalog) === systemCatalogName ? inSystem.get(fold(schema)) : undefined;
  return (own ?? inEveryCatalog.get(fold(schema)))?.find((relation) => relation.name === fold(name));
}

export const systemRelations: readonly SystemRelation[] = [...inEveryCatalog.values(), ...inSystem.values()].flat();
