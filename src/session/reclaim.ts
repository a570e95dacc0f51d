// What the catalog no longer names is given back: files of dropped catalogs, physical tables of dropped ones. Ids are never
// used again, so this can be late, or left to the next start; it must never be early.
import { applyChange } from '../catalog/apply-change.ts';
import type { Change } from '../catalog/change.ts';
import type { ObjectId } from '../catalog/securable.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { Services } from './services.ts';

export interface Leftovers {
  readonly catalogs: readonly ObjectId[];
  /** Newest first: what refers to another table is younger than that. */
  readonly tables: readonly { readonly catalogId: ObjectId; readonly tableId: ObjectId }[];
}

const nothing: Leftovers = { catalogs: [], tables: [] };

/** What these changes leave without a name. @param before the catalog they are applied to */
export function leftovers(before: CatalogSnapshot, changes: readonly Change[]): Leftovers {
  if (!changes.some(({ kind }) => kind === 'dropObject' || kind === 'replaceTable')) return nothing;
  const catalogs: ObjectId[] = [];
  const tables: { catalogId: ObjectId; tableId: ObjectId }[] = [];
  let snapshot = before;
  for (const change of changes) {
    const id = goneWith(change);
    if (id !== undefined && snapshot.object(id)?.kind === 'catalog') catalogs.push(id);
    else if (id !== undefined) tables.push(...tablesUnder(snapshot, id));
    snapshot = applyChange(snapshot, change);
  }
  const kept = tables.filter(({ catalogId }) => !catalogs.includes(catalogId));
  return { catalogs, tables: kept.toSorted((a, b) => Number(b.tableId) - Number(a.tableId)) };
}

function goneWith(change: Change): ObjectId | undefined {
  if (change.kind === 'dropObject') return change.objectId;
  return change.kind === 'replaceTable' ? change.replacedId : undefined;
}

function tablesUnder(snapshot: CatalogSnapshot, id: ObjectId): { catalogId: ObjectId; tableId: ObjectId }[] {
  const object = snapshot.object(id);
  if (object?.kind === 'schema') return snapshot.childIds(id).flatMap((child) => tablesUnder(snapshot, child));
  const catalogId = object?.kind === 'table' ? snapshot.catalogOf(id)?.id : undefined;
  return catalogId === undefined ? [] : [{ catalogId, tableId: id }];
}

/** Gives back what it can; what another table needs or uses waits for the next start, which sweeps too. Never throws. */
export async function reclaim(
  { engine, log }: Pick<Services, 'engine' | 'log'>,
  { catalogs, tables }: Leftovers,
): Promise<void> {
  const steps = [
    ...catalogs.map((id) => () => engine.release(id)),
    ...tables.map(
      ({ catalogId, tableId }) =>
        () =>
          engine.sweep(catalogId, tableId),
    ),
  ];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      log.info({ err: error }, 'dropped data are still in use; the next start removes them');
    }
  }
}
