// A value read through a mask must not go back over the raw one. Which values those are is decided from where each column of
// an assigned expression comes from; where that cannot be told, any masked column that the statement reads will do to refuse.
import type { RelationUse } from '../analyze/resolved-query.ts';
import type { Authorization } from '../authorize/authorization.ts';
import { display, fold } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import type { ColumnRef, Expression, Node } from '../sql/ast.ts';
import { walk } from '../sql/children.ts';
import { positionOf } from '../sql/position.ts';
import type { GuardEffect } from './rewrite-context.ts';

export interface AssignedValues {
  /** Nodes of the analyzed statement. */
  readonly values: readonly Expression[];
  readonly authorization: Authorization;
  readonly effects: readonly GuardEffect[];
  /** The written table's own mention. */
  readonly target: RelationUse | undefined;
}

/** @throws SqlError insufficientPrivilege */
export function refuseMaskedValues(assigned: AssignedValues): void {
  for (const value of assigned.values) {
    const masked = maskedColumnIn(value, assigned);
    if (masked === undefined) continue;
    throw new SqlError('insufficientPrivilege', `column ${display(masked)} is masked and cannot be written back`, {
      ...positionOf(value),
      hint: 'A value that was read through a mask would replace the original. Assign a value of your own.',
    });
  }
}

function maskedColumnIn(value: Expression, assigned: AssignedValues): string | undefined {
  const { resolved } = assigned.authorization;
  const { refs, inner } = partsOf(value, assigned);
  const origins = refs.map((node) => ({ node, origin: resolved.columnSources.get(node) }));
  const named = origins.flatMap(({ node, origin }) => {
    if (origin?.use.kind === 'table') return namedAmong(maskedOf(assigned, origin.use), [origin.column]);
    // A name that was not followed may be the target's.
    return origin === undefined ? namedAmong(maskedOf(assigned, assigned.target), node.column_names) : [];
  });
  const untold = inner.length > 0 || origins.some(({ origin }) => origin?.use.kind !== 'table');
  return named[0] ?? (untold ? anyMaskedRead(assigned) : undefined);
}

/** Column references, and what computes its value from relations of its own: subqueries, SQL functions. */
function partsOf(
  value: Expression,
  { authorization: { resolved } }: AssignedValues,
): { readonly refs: readonly ColumnRef[]; readonly inner: readonly Node[] } {
  const functions = new Set<unknown>(resolved.functions.map((use) => use.node));
  const refs: ColumnRef[] = [];
  const inner: Node[] = [];
  walk(value, (node) => {
    if (!('class' in node)) return true;
    if (node.class === 'SUBQUERY' || functions.has(node)) inner.push(node);
    if (node.class === 'COLUMN_REF' && !resolved.identities.has(node)) refs.push(node);
    return true;
  });
  return { refs, inner };
}

function maskedOf({ effects }: AssignedValues, use: RelationUse | undefined): readonly string[] {
  return effects.filter((effect) => effect.use === use).flatMap((effect) => effect.masked);
}

function namedAmong(masked: readonly string[], names: ColumnRef['column_names']): readonly string[] {
  const wanted = new Set(names.map(fold));
  return masked.filter((name) => wanted.has(fold(name)));
}

/** A masked column that is read anywhere but through the target's own mention. */
function anyMaskedRead({ authorization, effects, target }: AssignedValues): string | undefined {
  for (const effect of effects) {
    if (effect.use === target || effect.masked.length === 0) continue;
    const read = ownerOf(authorization, effect.use)?.resolved.columnsRead(effect.use) ?? 'all';
    const masked = effect.masked.find((name) => read === 'all' || read.has(fold(name)));
    if (masked !== undefined) return masked;
  }
  return undefined;
}

/** The tree that mentions it: the statement's, or that of a view or function. */
function ownerOf(authorization: Authorization, use: RelationUse): Authorization | undefined {
  if (authorization.resolved.relations.includes(use)) return authorization;
  const inner = [...authorization.views.values(), ...authorization.functions.values()];
  for (const body of inner) {
    const owner = ownerOf(body, use);
    if (owner !== undefined) return owner;
  }
  return undefined;
}

/** For rows that replace the table's own: no column that its readers see masked may be among what they are made of. */
export function refuseMaskedReads({ authorization, effects }: Omit<AssignedValues, 'values' | 'target'>): void {
  const masked = anyMaskedRead({ values: [], authorization, effects, target: undefined });
  if (masked === undefined) return;
  throw new SqlError('insufficientPrivilege', `column ${display(masked)} is masked and cannot be written back`, {
    hint: 'A value that was read through a mask would replace the original.',
  });
}
