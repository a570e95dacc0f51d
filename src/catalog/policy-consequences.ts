// What a change of the catalog does to policies by tags: compared before and after, so that no kind of change (a tag, a column,
// a mask, a function …) needs to think of it.
import { fold } from '../base/identifier.ts';
import { columnsByName } from './apply-tags.ts';
import { applicationsOn } from './match-policies.ts';
import { rawInputsOf } from './raw-inputs.ts';
import type { Column, ObjectId, Table } from './securable.ts';
import type { CatalogSnapshot } from './snapshot.ts';
import { callKey, concerns, type PolicyApplication, type TagPolicy } from './tag-policy.ts';

export interface Consequences {
  /** Policies that protected something of the table, and no longer do; the table as it was. */
  readonly lost: readonly { readonly table: Table; readonly policy: TagPolicy }[];
  /** Masks whose raw column another policy of the table newly takes. */
  readonly taken: readonly { readonly table: Table; readonly policy: TagPolicy }[];
  /** Policies that newly apply to the table and cannot be evaluated. */
  readonly faults: readonly { readonly table: Table; readonly fault: string }[];
  /** Columns that newly get two different masks for one user. */
  readonly conflicts: readonly { readonly table: Table; readonly columnId: string }[];
}

export interface CatalogStep {
  readonly before: CatalogSnapshot;
  readonly after: CatalogSnapshot;
  /** Tables that take the place of others: new id -> old id. */
  readonly replaced: ReadonlyMap<ObjectId, ObjectId>;
}

export function consequencesOf(step: CatalogStep): Consequences {
  const audiences = { before: new Audiences(step.before), after: new Audiences(step.after) };
  const found = affectedTables(step).map((table) => consequencesFor(step, table, audiences));
  return {
    lost: found.flatMap((each) => each.lost),
    taken: found.flatMap((each) => each.taken),
    faults: found.flatMap((each) => each.faults),
    conflicts: found.flatMap((each) => each.conflicts),
  };
}

function affectedTables({ before, after }: CatalogStep): readonly Table[] {
  const parts = [before.parts, after.parts] as const;
  if (parts.every(({ tagPolicies }) => tagPolicies.size === 0)) return [];
  const roots = new Set(after.parts.tags.changedKeys(before.parts.tags));
  for (const id of after.parts.tagPolicies.changedKeys(before.parts.tagPolicies)) roots.add(id);
  const changed = after.parts.objects.changedKeys(before.parts.objects);
  for (const id of changed) if (after.object(id)?.kind === 'table') roots.add(id);
  const functions = new Set(changed.filter((id) => after.object(id)?.kind === 'function'));
  if (functions.size > 0) {
    const policies = [...after.parts.tagPolicies.values()].flat();
    for (const policy of policies) if (functions.has(policy.functionId)) roots.add(policy.securableId);
  }
  return tablesUnder(after, [...roots]);
}

function tablesUnder(snapshot: CatalogSnapshot, roots: readonly ObjectId[]): readonly Table[] {
  const found = new Map<ObjectId, Table>();
  const pending = [...roots];
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    const object = snapshot.object(id);
    if (object?.kind === 'table') found.set(id, object);
    else pending.push(...snapshot.childIds(id));
  }
  return [...found.values()];
}

interface BothAudiences {
  readonly before: Audiences;
  readonly after: Audiences;
}

function consequencesFor(step: CatalogStep, table: Table, audiences: BothAudiences): Consequences {
  const { before, after } = step;
  const past = pastOf(step, table);
  const applications = applicationsOn(after, table);
  const earlier = past === undefined ? [] : applicationsOn(before, past);
  if (applications.length + earlier.length === 0) return { lost: [], taken: [], faults: [], conflicts: [] };
  const faults = applications.filter((each) => each.fault !== undefined && !isKnownFault(earlier, each));
  const known = past === undefined ? new Set<string>() : conflictsOf(audiences.before, past);
  return {
    lost: past === undefined ? [] : lostOf({ past, table, earlier, applications }),
    taken: takenIn(step, table, past),
    faults: faults.map(({ fault }) => ({ table, fault: fault ?? '' })),
    conflicts: [...conflictsOf(audiences.after, table)]
      .filter((columnId) => !known.has(columnId))
      .map((columnId) => ({ table, columnId })),
  };
}

function takenIn({ before, after }: CatalogStep, table: Table, past: Table | undefined): Consequences['taken'] {
  const known = new Set(past === undefined ? [] : rawInputsOf(before, past).map(({ key }) => key));
  return rawInputsOf(after, table)
    .filter(({ key }) => !known.has(key))
    .map(({ mask }) => ({ table, policy: mask }));
}

/** The table as it was, under the same id or the one it replaces. */
function pastOf({ before, replaced }: CatalogStep, table: Table): Table | undefined {
  const past = before.object(replaced.get(table.id) ?? table.id);
  return past?.kind === 'table' ? past : undefined;
}

function isKnownFault(earlier: readonly PolicyApplication[], now: PolicyApplication): boolean {
  return earlier.some((each) => each.fault === now.fault && each.policy.name === now.policy.name);
}

interface Comparison {
  readonly past: Table;
  readonly table: Table;
  readonly earlier: readonly PolicyApplication[];
  readonly applications: readonly PolicyApplication[];
}

function lostOf({ past, table, earlier, applications }: Comparison): Consequences['lost'] {
  const ids = new Set(table.columns.map((column) => column.id));
  const names = columnsByName(past, table);
  // A column that was retyped has its name still, whatever its id: its values are there.
  const place = (id: string): string | undefined => (past.id === table.id && ids.has(id) ? id : names.get(id));
  const still = new Set(applications.map((each) => keyOf(each)));
  const lost = earlier.filter((each) => {
    // A masked column that is gone has taken its values with it.
    if (each.columnId !== undefined && place(each.columnId) === undefined) return false;
    return !still.has(keyOf(each, { place, securable: (id) => (id === past.id ? table.id : id) }));
  });
  return lost.map(({ policy }) => ({ table: past, policy }));
}

interface Places {
  readonly place: (columnId: string) => string | undefined;
  readonly securable: (id: ObjectId) => ObjectId;
}

const unmoved: Places = { place: (id) => id, securable: (id) => id };

/** What is called, where it was set, and on what: the same protection has the same key. */
function keyOf({ policy, columnId, arguments: list }: PolicyApplication, places: Places = unmoved): string {
  const at = (id: string): string => places.place(id) ?? '';
  const values = list.map((each) =>
    each.kind === 'column' ? ['column', at(each.columnId)] : ['constant', each.literal],
  );
  const column = columnId === undefined ? null : at(columnId);
  const principals = [policy.to.toSorted(), policy.except.toSorted()];
  const name = [places.securable(policy.securableId), fold(policy.name)];
  return JSON.stringify([name, policy.functionId, principals, column, values]);
}

/** Columns for which some user of today would have two different masks. */
function conflictsOf(audiences: Audiences, table: Table): ReadonlySet<string> {
  const found = new Set<string>();
  const masks = masksByColumn(audiences.snapshot, table);
  for (const column of table.columns) {
    const byTags = masks.get(column.id) ?? [];
    const own = ownMaskKey(column);
    // The table's own mask concerns everybody.
    const beside = byTags.filter((each) => own !== undefined && each.callKey !== own);
    const isConflict =
      beside.some(({ policy }) => audiences.meet(policy, policy)) ||
      byTags.some((one) => byTags.some((two) => one.callKey !== two.callKey && audiences.meet(one.policy, two.policy)));
    if (isConflict) found.add(column.id);
  }
  return found;
}

/** Which policies concern some user of today together; the same question comes with every table. */
class Audiences {
  readonly snapshot: CatalogSnapshot;
  readonly #known: Map<TagPolicy, Map<TagPolicy, boolean>> = new Map();

  constructor(snapshot: CatalogSnapshot) {
    this.snapshot = snapshot;
  }

  meet(one: TagPolicy, two: TagPolicy): boolean {
    const answers = this.#known.get(one) ?? new Map<TagPolicy, boolean>();
    this.#known.set(one, answers);
    const known = answers.get(two);
    if (known !== undefined) return known;
    const answer = this.snapshot.users().some(({ id }) => {
      const groups = this.snapshot.groupsOf(id);
      return concerns(one, id, groups) && concerns(two, id, groups);
    });
    answers.set(two, answer);
    return answer;
  }
}

function masksByColumn(snapshot: CatalogSnapshot, table: Table): ReadonlyMap<string, readonly PolicyApplication[]> {
  const masks = new Map<string, PolicyApplication[]>();
  for (const each of applicationsOn(snapshot, table)) {
    if (each.columnId === undefined) continue;
    const list = masks.get(each.columnId);
    if (list === undefined) masks.set(each.columnId, [each]);
    else list.push(each);
  }
  return masks;
}

function ownMaskKey({ id, mask }: Column): string | undefined {
  if (mask === undefined) return undefined;
  return callKey(mask.functionId, [{ kind: 'column', columnId: id }, ...mask.using]);
}
