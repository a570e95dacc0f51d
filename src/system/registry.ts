// The system relations by name. `information_schema` is in every catalog and shows that one; in `system` it shows all.
import { fold } from '../base/identifier.ts';
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

export function systemRelationNamed(schema: string, name: string): SystemRelation | undefined {
  return inEveryCatalog.get(fold(schema))?.find((relation) => relation.name === fold(name));
}

export const systemRelations: readonly SystemRelation[] = [...inEveryCatalog.values()].flat();
