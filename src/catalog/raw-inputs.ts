// Policies get raw values. One that takes a column which another place's policy by tags masks could show what that hides: it is
// made with the consent of who set the mask.
import { fold } from '../base/identifier.ts';
import { applicationsOn } from './match-policies.ts';
import type { PolicyArgument } from './policy.ts';
import type { ObjectId, Table } from './securable.ts';
import type { CatalogSnapshot } from './snapshot.ts';
import { callKey, type TagPolicy } from './tag-policy.ts';

export interface RawInput {
  /** The policy that masks the column. */
  readonly mask: TagPolicy;
  /** The function that takes it raw. */
  readonly functionId: ObjectId;
  /** The same before and after a change, columns by name. */
  readonly key: string;
}

interface Taker {
  readonly place: string;
  readonly functionId: ObjectId;
  readonly target: string | undefined;
  readonly inputs: readonly PolicyArgument[];
}

export function rawInputsOf(snapshot: CatalogSnapshot, table: Table): readonly RawInput[] {
  const applied = applicationsOn(snapshot, table);
  const masks = applied.filter((each) => each.columnId !== undefined);
  if (masks.length === 0) return [];
  const takers = [...ownTakers(table), ...tagTakers(snapshot, table)];
  const nameOf = (id: string): string => fold(table.columns.find((column) => column.id === id)?.name ?? '');
  return masks.flatMap(({ policy, columnId = '' }) =>
    takers
      .filter(({ inputs }) => inputs.some((input) => input.kind === 'column' && input.columnId === columnId))
      .map(({ place, functionId, target, inputs }) => {
        const named = inputs.map((input) =>
          input.kind === 'column' ? { ...input, columnId: nameOf(input.columnId) } : input,
        );
        const of = [placeOf(table, policy), fold(policy.name), nameOf(columnId)];
        const by = [place, target === undefined ? null : nameOf(target), callKey(functionId, named)];
        return { mask: policy, functionId, key: JSON.stringify([of, by]) };
      }),
  );
}

function placeOf(table: Table, policy: TagPolicy): string {
  return policy.securableId === table.id ? 'table' : policy.securableId;
}

function ownTakers(table: Table): readonly Taker[] {
  const filters = table.rowFilters.map(
    ({ functionId, arguments: inputs }): Taker => ({ place: 'own', functionId, target: undefined, inputs }),
  );
  const masks = table.columns.flatMap(({ id, mask }): readonly Taker[] =>
    mask === undefined ? [] : [{ place: 'own', functionId: mask.functionId, target: id, inputs: mask.using }],
  );
  return [...filters, ...masks];
}

/** Of a mask all but the column that it masks. */
function tagTakers(snapshot: CatalogSnapshot, table: Table): readonly Taker[] {
  return applicationsOn(snapshot, table).map(({ policy, columnId, arguments: list }) => ({
    place: `${placeOf(table, policy)}/${fold(policy.name)}`,
    functionId: policy.functionId,
    target: columnId,
    inputs: columnId === undefined ? list : list.slice(1),
  }));
}
