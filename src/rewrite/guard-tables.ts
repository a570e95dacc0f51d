// A table use becomes a guarded relation: its columns listed by name, masks in their place, the filter below, and above it,
// where a client's expression could fail or show, the barrier.
import type { TableUse } from '../analyze/resolved-query.ts';
import type { PolicyCall, TableGuard } from '../authorize/authorization.ts';
import type { Column } from '../catalog/securable.ts';
import type { Expression, TableRef } from '../sql/ast.ts';
import type { LogicalType } from '../sql/ast-leaf.ts';
import { and, baseTable, cast, columnRef, named, select, subqueryRef } from '../sql/build.ts';
import { barrier } from './barrier.ts';
import { earlyConditions } from './early-conditions.ts';
import { physicalCatalog, physicalTable } from './physical.ts';
import { type Place, policyValue } from './policy-value.ts';
import type { BarrierReason } from './rewrite-context.ts';
import type { TreeRewriter } from './rewrite-tree.ts';
import { rowColumn, scratchRelation } from './scratch.ts';
import { isFalse, isTrue, simplify } from './simplify.ts';

export function guardTable(rewriter: TreeRewriter, use: TableUse): TableRef {
  const { context, authorization } = rewriter;
  const guard = authorization.guards.get(use);
  // No guard, no table: a use that authorize did not decide about is a bug of ours.
  if (guard === undefined) return context.refuse(`table ${use.table.id} has no guard`);
  const alias = context.freshName();
  const place: Place = { alias, table: use.table };
  const masks = new Map<string, Expression>();
  const applied = new Set<PolicyCall>();
  // What was not granted is not there: should analysis have missed a way to name it, the statement fails.
  const { readable } = guard;
  const readableColumns = use.table.columns.filter(({ id }) => readable === undefined || readable.has(id));
  const columns = readableColumns.map((column) => {
    const value = guardedColumn(rewriter, { guard, column, place });
    if (value.mask !== undefined) {
      masks.set(column.name, value.expression);
      applied.add(value.mask);
    }
    return named(value.expression, column.name);
  });
  const filter = guardFilter(rewriter, { guard, place, applied });
  const masked = [...masks.keys()];
  const reason = filter === null ? undefined : barrierReason(context.mayLeak, masked.length > 0);
  const barred = reason !== undefined;
  context.effects.push({ use, masked, filtered: filter !== null, applied, alias, filter, masks, barrier: reason });
  const early = barred ? earlyConditions(rewriter, { use, masked, alias }) : [];
  const node = select({
    select_list: isRowTarget(rewriter, use) ? [named(columnRef(alias, 'rowid'), rowColumn), ...columns] : columns,
    from_table: physicalRelation(rewriter, use, alias),
    where_clause: filter === null ? null : and([...early, filter]),
    modifiers: barred ? barrier : [],
  });
  const { node: mention } = use;
  return subqueryRef(node, {
    alias: mention.alias === '' ? mention.table_name : mention.alias,
    // Sampling the raw table would count hidden rows: the sample is of what the reader sees.
    sample: mention.sample,
    column_name_alias: mention.column_name_alias,
  });
}

/** Writes find the visible rows by it. Analysis refuses the name, and whatever could show a whole row of the target. */
function isRowTarget({ context }: TreeRewriter, use: TableUse): boolean {
  return context.target?.node === use.node && context.target.as === 'rows';
}

/** A mask that could fail must not see hidden rows either. */
function barrierReason(mayLeak: boolean, masks: boolean): BarrierReason | undefined {
  if (mayLeak) return 'expressions';
  return masks ? 'masks' : undefined;
}

function physicalRelation(rewriter: TreeRewriter, use: TableUse, alias: string): TableRef {
  const { target } = rewriter.context;
  if (target?.node === use.node && target.as !== 'rows') return scratchRelation(target.as.scratch, alias);
  const catalog = rewriter.authorization.snapshot.catalogOf(use.table.id);
  if (catalog === undefined) return rewriter.context.refuse(`table ${use.table.id} has no catalog`);
  const name = { catalog: physicalCatalog(catalog.id), schema: 'main', table: physicalTable(use.table.id) };
  return baseTable(name, alias);
}

interface ColumnGuard {
  readonly guard: TableGuard;
  readonly column: Column;
  readonly place: Place;
}

function guardedColumn(
  rewriter: TreeRewriter,
  { guard, column, place }: ColumnGuard,
): { readonly expression: Expression; readonly mask: PolicyCall | undefined } {
  const { alias } = place;
  const raw = columnRef(alias, column.id);
  const mask = guard.masks.get(column.id);
  if (mask === undefined) return { expression: raw, mask: undefined };
  const value = simplify(policyValue(rewriter, mask, place));
  if (value.class === 'COLUMN_REF' && value.column_names[0] === alias && value.column_names[1] === column.id) {
    // This reader is exempt: the plan is that of the plain column.
    return { expression: raw, mask: undefined };
  }
  const type = mask.function.function.returns === column.type ? undefined : maskedType(mask, column);
  return { expression: type === undefined ? value : cast(value, type), mask };
}

/** The mask's result in the column's type: its first parameter has it, or the cast was checked when it was set. */
function maskedType(mask: PolicyCall, column: Column): LogicalType | undefined {
  const [first] = mask.function.parameters;
  return first !== undefined && mask.function.function.parameters[0]?.type === column.type ? first.type : undefined;
}

interface FilterGuard {
  readonly guard: TableGuard;
  readonly place: Place;
  /** Gets those that hide anything from this reader. */
  readonly applied: Set<PolicyCall>;
}

/** All filters ANDed; null when every one is TRUE for this reader. FALSE and NULL both hide the row. */
function guardFilter(rewriter: TreeRewriter, { guard, place, applied }: FilterGuard): Expression | null {
  const effective = guard.filters.flatMap((filter) => {
    const condition = simplify(policyValue(rewriter, filter, place));
    if (isTrue(condition)) return [];
    applied.add(filter);
    return [condition];
  });
  if (effective.length === 0) return null;
  return effective.find(isFalse) ?? and(effective);
}
