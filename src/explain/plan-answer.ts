// The rows of PLAN, and the hash that binds what they say.
import { createHash } from 'node:crypto';
import type { Change } from '../catalog/change.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import { type Answer, textAnswer } from '../sql/answer.ts';
import type { ColumnState, Difference, RowState } from './plan-differences.ts';

export const planColumns: readonly string[] = [
  'kind',
  'principal',
  'object',
  'column',
  'before',
  'after',
  'change',
  'rows_before',
  'rows_after',
];

export interface RowCounts {
  readonly before: bigint;
  readonly after: bigint;
}

export interface PlanFacts {
  readonly hash: string;
  readonly statements: number;
  readonly differences: readonly Difference[];
  /** Of differences in rows, as far as they were counted. */
  readonly counts: ReadonlyMap<Difference, RowCounts>;
}

type Row = readonly (string | null)[];

/** The hash stands first; a program needs no more than the first row of kind `plan`. */
export function planAnswer({ hash, statements, differences, counts }: PlanFacts): Answer {
  const head: Row = ['plan', null, hash, null, null, null, `${String(statements)} statement(s)`, null, null];
  const rows = differences.flatMap((difference): readonly Row[] => {
    const { user, object } = difference;
    const columns = difference.columns.map(({ column, before, after }): Row => {
      return ['column', user.name, object, column, before, after, changeWord(before, after), null, null];
    });
    return [...columns, ...rowsRow(difference, counts.get(difference))];
  });
  return textAnswer(planColumns, [head, ...rows]);
}

function rowsRow({ user, object, rows }: Difference, counts: RowCounts | undefined): readonly Row[] {
  if (rows === undefined) return [];
  const { before, after } = rows;
  const word = counts === undefined ? changeWord(before, after) : countWord(counts, changeWord(before, after));
  const numbers = counts === undefined ? [null, null] : [String(counts.before), String(counts.after)];
  return [['rows', user.name, object, null, before, after, word, ...numbers]];
}

const rank: Readonly<Record<ColumnState | RowState, number>> = {
  nothing: 0,
  masked: 1,
  filtered: 1,
  raw: 2,
  'all rows': 2,
  readable: 2,
};

function changeWord(before: ColumnState | RowState, after: ColumnState | RowState): string {
  if (rank[before] === rank[after]) return 'different';
  return rank[before] < rank[after] ? 'more' : 'less';
}

function countWord({ before, after }: RowCounts, otherwise: string): string {
  if (before === after) return otherwise;
  return before < after ? 'more' : 'less';
}

export interface PlanBinding {
  readonly plannerId: string;
  readonly texts: readonly string[];
  readonly path: unknown;
  readonly before: CatalogSnapshot;
  readonly changes: readonly Change[];
  readonly differences: readonly Difference[];
}

/** Equal hashes: the same statements of the same planner on the same objects, to the same effect. */
export function planHash({ plannerId, texts, path, before, changes, differences }: PlanBinding): string {
  const effects = differences.map(({ user, relation, object, columns, rows, sign }) => [
    // What the plan itself makes gets another id each time it is tried.
    before.principal(user.id) === undefined ? user.name : user.id,
    before.object(relation.id) === undefined ? object : relation.id,
    columns,
    rows ?? null,
    sign,
  ]);
  const facts = [plannerId, texts, path, dependencies(before, changes), effects];
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex');
}

/** Objects and principals that the changes name, as they are before. */
function dependencies(before: CatalogSnapshot, changes: readonly Change[]): readonly unknown[] {
  const ids = new Set<string>();
  JSON.stringify(changes, (key, value: unknown) => {
    if (typeof value === 'string' && (key.endsWith('Id') || key === 'owner')) ids.add(value);
    return value;
  });
  return [...ids].toSorted().flatMap((id) => {
    const known = before.object(id) ?? before.principal(id);
    // A password of somebody is no dependency.
    return known === undefined ? [] : [{ ...known, scramVerifier: null }];
  });
}
