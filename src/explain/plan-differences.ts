// What a list of changes would make more or less visible: per user, relation and column, before and after.
import { Access } from '../authorize/access.ts';
import { identityOf } from '../authorize/identity.ts';
import { displayName } from '../base/identifier.ts';
import { limits } from '../base/limits.ts';
import { SqlError } from '../base/sql-error.ts';
import type { Change } from '../catalog/change.ts';
import type { User } from '../catalog/principal.ts';
import type { Table, View } from '../catalog/securable.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { GovernEnvironment } from '../govern/environment.ts';
import { affectedPairs, managedRelations, type Pair } from './plan-scope.ts';
import { type Seen, type Visibility, VisibilityProbe } from './visibility.ts';

/** `readable`: of a view over what the asker does not manage. */
export type ColumnState = 'nothing' | 'masked' | 'raw' | 'readable';
export type RowState = 'nothing' | 'filtered' | 'all rows' | 'readable';

export interface ColumnDifference {
  /** `*`: every column. */
  readonly column: string;
  readonly before: ColumnState;
  readonly after: ColumnState;
}

export interface Difference {
  readonly user: User;
  readonly relation: Table | View;
  readonly object: string;
  readonly columns: readonly ColumnDifference[];
  /** Undefined: the same rows. */
  readonly rows: { readonly before: RowState; readonly after: RowState } | undefined;
  /** Tells it from another difference with the same states: what the guards were and would be. */
  readonly sign: string;
}

export interface Snapshots {
  readonly before: CatalogSnapshot;
  readonly after: CatalogSnapshot;
}

/** Only relations that the asker manages. @throws SqlError limitExceeded */
export async function planDifferences(
  environment: GovernEnvironment,
  { before, after }: Snapshots,
  changes: readonly Change[],
): Promise<readonly Difference[]> {
  const sides = [before, after].map((snapshot) => {
    const access = new Access(snapshot, identityOf(snapshot, environment.identity.user.id), environment.now);
    return { snapshot, manages: (relation: Table | View) => access.manages(relation) };
  });
  const probes = { before: new VisibilityProbe(environment, before), after: new VisibilityProbe(environment, after) };
  const found: Difference[] = [];
  let compared = 0;
  for (const pair of affectedPairs({ before, after }, changes, managedRelations(sides))) {
    compared += 1;
    if (compared > limits.planComparisonsMax) {
      throw new SqlError('limitExceeded', 'the plan concerns too many users and tables', {
        hint: 'Plan fewer statements at a time.',
      });
    }
    const difference = await compare({ before, after }, probes, pair);
    if (difference !== undefined) found.push(difference);
  }
  return found;
}

async function compare(
  { before, after }: Snapshots,
  probes: { readonly before: VisibilityProbe; readonly after: VisibilityProbe },
  { user, relation }: Pair,
): Promise<Difference | undefined> {
  const was = await seenBy(before, probes.before, { user, relation });
  const willBe = await seenBy(after, probes.after, { user, relation });
  const columns = columnDifferences(relation, was, willBe);
  const rows = { before: rowState(was), after: rowState(willBe) };
  const sameRows = was?.filter === willBe?.filter && rows.before === rows.after;
  const sign = JSON.stringify([signOf(was), signOf(willBe)]);
  if (columns.length === 0 && sameRows) return undefined;
  const named = after.object(relation.id) === undefined ? before : after;
  const object = displayName(named.nameOf(relation.id));
  return { user, relation, object, columns, rows: sameRows ? undefined : rows, sign };
}

async function seenBy(
  snapshot: CatalogSnapshot,
  probe: VisibilityProbe,
  { user, relation }: Pair,
): Promise<Seen | undefined> {
  const there = snapshot.object(relation.id);
  if (there?.kind !== 'table' && there?.kind !== 'view') return undefined;
  if (snapshot.principal(user.id) === undefined) return undefined;
  const visibility: Visibility | undefined = await probe.of(there, identityOf(snapshot, user.id));
  return visibility?.seen;
}

function signOf(seen: Seen | undefined): unknown {
  return seen === undefined ? null : [[...(seen.columns ?? ['*'])], [...seen.masks], seen.filter ?? null];
}

function rowState(seen: Seen | undefined): RowState {
  if (seen === undefined) return 'nothing';
  if (!seen.isTold) return 'readable';
  return seen.filter === undefined ? 'all rows' : 'filtered';
}

function columnDifferences(
  relation: Table | View,
  was: Seen | undefined,
  willBe: Seen | undefined,
): readonly ColumnDifference[] {
  const names = columnNames(relation, was, willBe);
  const all = names.map((column) => ({ column, before: columnState(was, column), after: columnState(willBe, column) }));
  const changed = all.filter(
    ({ column, before, after }) => before !== after || was?.masks.get(column) !== willBe?.masks.get(column),
  );
  const [first] = changed;
  if (first === undefined) return [];
  const alike = changed.every(({ before, after }) => before === first.before && after === first.after);
  return alike && changed.length === names.length ? [{ ...first, column: '*' }] : changed;
}

/** Of a view: its own stand together, what is masked behind it by itself. */
function columnNames(relation: Table | View, was: Seen | undefined, willBe: Seen | undefined): readonly string[] {
  if (relation.kind === 'table') return relation.columns.map(({ name }) => name);
  return [...new Set(['*', ...(was?.masks.keys() ?? []), ...(willBe?.masks.keys() ?? [])])];
}

function columnState(seen: Seen | undefined, column: string): ColumnState {
  if (seen === undefined || seen.columns?.has(column) === false) return 'nothing';
  if (!seen.isTold) return 'readable';
  return seen.masks.has(column) ? 'masked' : 'raw';
}
