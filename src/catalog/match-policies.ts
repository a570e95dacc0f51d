// Which policies by tags hold on a table, with which columns: without regard to who asks.
import { fold } from '../base/identifier.ts';
import { limits } from '../base/limits.ts';
import type { PolicyArgument } from './policy.ts';
import { misfitOf } from './policy-fit.ts';
import { metastoreId, type ObjectId, type Table } from './securable.ts';
import type { CatalogSnapshot } from './snapshot.ts';
import {
  type ColumnMatch,
  callKey,
  concerns,
  meets,
  type PolicyApplication,
  type TableApplications,
  type Tag,
  type TagPolicy,
  tagsWith,
} from './tag-policy.ts';

const none: TableApplications = { all: [], byPrincipal: new Map() };

/** What policies by tags come to on the table, whoever asks. */
export function applicationsOn(snapshot: CatalogSnapshot, table: Table): readonly PolicyApplication[] {
  return foundOn(snapshot, table).all;
}

/** Those that concern a principal whom these groups hold: looked up by whom they are for, not by trying each. */
export function applicationsFor(
  snapshot: CatalogSnapshot,
  table: Table,
  { id, groups }: { readonly id: ObjectId; readonly groups: ReadonlySet<ObjectId> },
): readonly PolicyApplication[] {
  const { all, byPrincipal } = foundOn(snapshot, table);
  if (all.length === 0) return all;
  const found = new Set(byPrincipal.get(id));
  for (const group of groups) for (const each of byPrincipal.get(group) ?? []) found.add(each);
  return [...found].filter((each) => concerns(each.policy, id, groups));
}

/** Kept per snapshot and table: the same question comes with every use of the table. */
function foundOn(snapshot: CatalogSnapshot, table: Table): TableApplications {
  const known = snapshot.applications.get(table);
  if (known !== undefined) return known;
  const policies = lineageOf(snapshot, table).flatMap((id) => snapshot.tagPoliciesOn(id));
  const all = policies.length === 0 ? none.all : matched(snapshot, table, policies);
  const found = all.length === 0 ? none : { all, byPrincipal: indexed(all) };
  snapshot.applications.set(table, found);
  return found;
}

function indexed(all: readonly PolicyApplication[]): ReadonlyMap<ObjectId, readonly PolicyApplication[]> {
  const lists = new Map<ObjectId, PolicyApplication[]>();
  for (const each of all) {
    for (const id of each.policy.to) {
      const list = lists.get(id);
      if (list === undefined) lists.set(id, [each]);
      else list.push(each);
    }
  }
  return lists;
}

/** The table, its schema, its catalog. A table that is only being made has a schema already. */
export function lineageOf(snapshot: CatalogSnapshot, table: Pick<Table, 'id' | 'schemaId'>): readonly ObjectId[] {
  const ids: ObjectId[] = [table.id];
  for (let id: ObjectId | undefined = table.schemaId; id !== undefined; id = snapshot.parentOf(id)) {
    if (id !== metastoreId) ids.push(id);
  }
  return ids;
}

/** The table's tags: its own, then what schema and catalog say about other keys. */
export function inheritedTags(snapshot: CatalogSnapshot, table: Pick<Table, 'id' | 'schemaId'>): readonly Tag[] {
  return lineageOf(snapshot, table)
    .toReversed()
    .reduce<readonly Tag[]>((tags, id) => tagsWith(tags, snapshot.tagsOf(id)), []);
}

/** May rows of the table be hidden from somebody? */
export function mayHideRows(snapshot: CatalogSnapshot, table: Table): boolean {
  return table.rowFilters.length > 0 || applicationsOn(snapshot, table).some((each) => each.columnId === undefined);
}

function matched(
  snapshot: CatalogSnapshot,
  table: Table,
  policies: readonly TagPolicy[],
): readonly PolicyApplication[] {
  const tags = inheritedTags(snapshot, table);
  const groups = columnGroups(snapshot, table);
  const found: PolicyApplication[] = [];
  for (const policy of policies) {
    if (policy.when !== undefined && !meets(policy.when, tags)) continue;
    const columns = columnsMatched(groups, policy.match);
    if (columns !== undefined) found.push(...bound(snapshot, { table, policy, columns }));
  }
  return found;
}

/** Columns by the very same list of tags: those without any, mostly all, are asked about once. */
function columnGroups(snapshot: CatalogSnapshot, table: Table): ReadonlyMap<readonly Tag[], readonly string[]> {
  const groups = new Map<readonly Tag[], string[]>();
  for (const { id } of table.columns) {
    const tags = snapshot.columnTagsOf(table.id, id);
    const list = groups.get(tags);
    if (list === undefined) groups.set(tags, [id]);
    else list.push(id);
  }
  return groups;
}

/** Column ids per MATCH expression; undefined when one of them matches nothing: the policy does not apply. */
function columnsMatched(
  groups: ReadonlyMap<readonly Tag[], readonly string[]>,
  match: readonly ColumnMatch[],
): readonly (readonly string[])[] | undefined {
  const lists: (readonly string[])[] = [];
  for (const { condition } of match) {
    const list: string[] = [];
    for (const [tags, ids] of groups) if (meets(condition, tags)) list.push(...ids);
    if (list.length === 0) return undefined;
    lists.push(list);
  }
  return lists;
}

interface Match {
  readonly table: Table;
  readonly policy: TagPolicy;
  /** Per MATCH expression. */
  readonly columns: readonly (readonly string[])[];
}

/** Every way to choose a matched column for each alias that the function is given. */
function bound(snapshot: CatalogSnapshot, match: Match): readonly PolicyApplication[] {
  const { policy, table } = match;
  const used = new Set([...(policy.onColumn === undefined ? [] : [policy.onColumn]), ...aliasesOf(policy)].map(fold));
  const places = policy.match.map((each) => (each.alias === undefined ? undefined : fold(each.alias)));
  const lists = [...used].map((alias) => ({ alias, ids: match.columns[places.indexOf(alias)] ?? [] }));
  const count = lists.reduce((product, { ids }) => product * ids.length, 1);
  if (count === 0 || count > limits.policyApplicationsMax) {
    const columnId = policy.onColumn === undefined ? undefined : table.columns[0]?.id;
    const fault = 'the conditions match too many columns';
    return [{ policy, columnId, arguments: [], callKey: callKey(policy.functionId, []), fault }];
  }
  let choices: readonly ReadonlyMap<string, string>[] = [new Map()];
  for (const { alias, ids } of lists)
    choices = choices.flatMap((chosen) => ids.map((id) => new Map(chosen).set(alias, id)));
  return choices.map((chosen) => application(snapshot, { policy, table, chosen }));
}

function aliasesOf(policy: TagPolicy): readonly string[] {
  return policy.inputs.flatMap((input) => (input.kind === 'alias' ? [input.alias] : []));
}

interface Choice {
  readonly policy: TagPolicy;
  readonly table: Table;
  /** Column id by folded alias. */
  readonly chosen: ReadonlyMap<string, string>;
}

function application(snapshot: CatalogSnapshot, { policy, table, chosen }: Choice): PolicyApplication {
  const columnId = policy.onColumn === undefined ? undefined : (chosen.get(fold(policy.onColumn)) ?? '');
  const inputs = policy.inputs.map((input): PolicyArgument => {
    if (input.kind === 'constant') return input;
    return { kind: 'column', columnId: chosen.get(fold(input.alias)) ?? '' };
  });
  const list: readonly PolicyArgument[] = columnId === undefined ? inputs : [{ kind: 'column', columnId }, ...inputs];
  const fault = misfitOf({ table, columnId, arguments: list }, snapshot.object(policy.functionId));
  return { policy, columnId, arguments: list, callKey: callKey(policy.functionId, list), fault };
}
