// Copies of the client's own conditions inside a guard, below the barrier: what analysis proved never to fail, on columns that
// this reader sees as they are. Without them a point lookup would read the whole table.
import type { TableUse } from '../analyze/resolved-query.ts';
import { fold } from '../base/identifier.ts';
import type { ColumnRef, Expression } from '../sql/ast.ts';
import { columnRef } from '../sql/build.ts';
import { type ChildMap, mapChildren } from '../sql/children.ts';
import type { TreeRewriter } from './rewrite-tree.ts';

export interface EarlyPlace {
  readonly use: TableUse;
  /** Names of columns whose raw value this reader does not see. */
  readonly masked: readonly string[];
  /** Of the physical table inside the guard. */
  readonly alias: string;
}

export function earlyConditions(rewriter: TreeRewriter, place: EarlyPlace): readonly Expression[] {
  const conditions = rewriter.authorization.resolved.pushable.get(place.use.node) ?? [];
  return conditions.map((condition) => copyOf(rewriter, place, condition)).filter((copy) => copy !== undefined);
}

/** undefined when it reads a masked column. */
function copyOf(rewriter: TreeRewriter, place: EarlyPlace, condition: Expression): Expression | undefined {
  const { resolved } = rewriter.authorization;
  const missed: ColumnRef[] = [];
  const map: ChildMap = {
    expression: (node) => {
      if (resolved.identities.has(node) || resolved.dateConstants.has(node)) return rewriter.expression(node);
      if (node.class !== 'COLUMN_REF') return mapChildren(node, map);
      const raw = rawColumn(place, resolved.columnSources.get(node)?.column ?? '');
      if (raw === undefined) missed.push(node);
      return raw ?? node;
    },
    tableRef: () => rewriter.context.refuse('a relation in a condition'),
    queryNode: () => rewriter.context.refuse('a subquery in a condition'),
  };
  const copy = map.expression(condition);
  return missed.length === 0 ? copy : undefined;
}

function rawColumn({ use, masked, alias }: EarlyPlace, name: string): Expression | undefined {
  const column = use.table.columns.find((each) => fold(each.name) === fold(name));
  return column === undefined || masked.includes(column.name) ? undefined : columnRef(alias, column.id);
}
