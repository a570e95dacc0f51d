// Query nodes: SELECT, set operations, recursion, and the WITH queries before them.

import { isLosslessNumber } from 'lossless-json';
import { aggregateClassOf } from '../analyze/functions/function-catalog.ts';
import { fold } from '../base/identifier.ts';
import { limits } from '../base/limits.ts';
import type {
  CommonTableExpression,
  Expression,
  Modifier,
  QueryNode,
  RecursiveCte,
  SelectNode,
  SetOperation,
} from '../sql/ast.ts';
import { isExpression, walk } from '../sql/children.ts';
import {
  emptyFrom,
  namedColumn,
  type OutputPart,
  type Rowset,
  renamedParts,
  scopeOf,
  type TraceScope,
  wholeOf,
} from './rowset.ts';
import { aliasesOf, selectParts } from './trace-select-list.ts';
import { coarse, type InfluenceKind, influencing, merged, sameTraced, type Traced, untraced } from './traced.ts';
import type { TreeTracer } from './tree-tracer.ts';

export function traceQueryNode(tracer: TreeTracer, node: QueryNode, outer: TraceScope | undefined): Rowset {
  for (const { value } of node.cte_map.map) tracer.ctes.set(value, traceCte(tracer, value, outer));
  switch (node.type) {
    case 'SELECT_NODE':
      return traceSelect(tracer, node, outer);
    case 'SET_OPERATION_NODE':
      return traceSetOperation(tracer, node, outer);
    case 'RECURSIVE_CTE_NODE':
      return traceRecursive(tracer, node, { outer, cte: undefined });
  }
}

function traceCte(tracer: TreeTracer, cte: CommonTableExpression, outer: TraceScope | undefined): Rowset {
  const { node } = cte.query;
  if (node.type !== 'RECURSIVE_CTE_NODE') return renamed(traceQueryNode(tracer, node, outer), cte.aliases);
  for (const { value } of node.cte_map.map) tracer.ctes.set(value, traceCte(tracer, value, outer));
  return renamed(traceRecursive(tracer, node, { outer, cte }), cte.aliases);
}

function renamed({ parts, rows }: Rowset, aliases: readonly string[]): Rowset {
  return { parts: renamedParts(parts, aliases), rows };
}

/** Its rows come from its own rows: traced until nothing new is found. */
function traceRecursive(
  tracer: TreeTracer,
  node: RecursiveCte,
  { outer, cte }: { readonly outer: TraceScope | undefined; readonly cte: CommonTableExpression | undefined },
): Rowset {
  let known = renamed(traceQueryNode(tracer, node.left, outer), node.aliases);
  for (let pass = 0; pass < limits.lineagePassesMax; pass += 1) {
    if (cte !== undefined) tracer.ctes.set(cte, renamed(known, cte.aliases));
    const next = united(known, traceQueryNode(tracer, node.right, outer));
    if (sameRowset(known, next)) return ordered(tracer, node.modifiers, { rowset: next, outer });
    known = next;
  }
  const whole = coarse(wholeOf(known.parts));
  return { parts: known.parts.map((part) => ({ ...part, value: whole })), rows: known.rows };
}

function sameRowset(a: Rowset, b: Rowset): boolean {
  return (
    a.parts.length === b.parts.length &&
    sameTraced(a.rows, b.rows) &&
    a.parts.every(({ value }, index) => sameTraced(value, b.parts[index]?.value ?? untraced))
  );
}

/** The rows of both, column by column, under the first one's names. */
function united(left: Rowset, right: Rowset): Rowset {
  const rows = merged([left.rows, right.rows]);
  const told = [...left.parts, ...right.parts].every(({ kind }) => kind === 'column');
  if (!told || left.parts.length !== right.parts.length) {
    return { parts: [{ kind: 'open', value: coarse(merged([wholeOf(left.parts), wholeOf(right.parts)])) }], rows };
  }
  const parts = left.parts.map((part, index) => ({
    ...part,
    value: merged([part.value, right.parts[index]?.value ?? untraced]),
  }));
  return { parts, rows };
}

function traceSetOperation(tracer: TreeTracer, node: SetOperation, outer: TraceScope | undefined): Rowset {
  const left = traceQueryNode(tracer, node.left, outer);
  const right = traceQueryNode(tracer, node.right, outer);
  return ordered(tracer, node.modifiers, { rowset: combined(node, left, right), outer });
}

function combined(node: SetOperation, left: Rowset, right: Rowset): Rowset {
  switch (node.setop_type) {
    case 'UNION':
      return node.setop_all ? united(left, right) : distinct(united(left, right));
    case 'UNION_BY_NAME':
      return node.setop_all ? unitedByName(left, right) : distinct(unitedByName(left, right));
    default: {
      // EXCEPT and INTERSECT: the right side only says which rows of the left one stay.
      const deciding = influencing(merged([wholeOf(left.parts), wholeOf(right.parts)]), 'filter');
      return { parts: left.parts, rows: merged([left.rows, right.rows, deciding]) };
    }
  }
}

function unitedByName(left: Rowset, right: Rowset): Rowset {
  const rows = merged([left.rows, right.rows]);
  const names = new Map<string, OutputPart[]>();
  for (const part of [...left.parts, ...right.parts]) {
    if (part.kind === 'open' || part.name === undefined) {
      return { parts: [{ kind: 'open', value: coarse(merged([wholeOf(left.parts), wholeOf(right.parts)])) }], rows };
    }
    const name = fold(part.name);
    names.set(name, [...(names.get(name) ?? []), part]);
  }
  return { parts: [...names.values()].map((same) => namedColumn(nameOf(same[0]), wholeOf(same))), rows };
}

function nameOf(part: OutputPart | undefined): string | undefined {
  return part?.kind === 'column' ? part.name : undefined;
}

/** Equal rows stand once: every column decides which there are. */
function distinct({ parts, rows }: Rowset): Rowset {
  return { parts, rows: merged([rows, influencing(wholeOf(parts), 'group')]) };
}

/** ORDER BY and LIMIT of a set operation see its outputs alone. */
function ordered(
  tracer: TreeTracer,
  modifiers: readonly Modifier[],
  { rowset, outer }: { readonly rowset: Rowset; readonly outer: TraceScope | undefined },
): Rowset {
  const source = { alias: '', home: undefined, parts: rowset.parts };
  const scope = scopeOf(outer, { ...emptyFrom, sources: [source] });
  const deciding = modifiers.map((modifier) => decidedByModifier(tracer, modifier, { parts: rowset.parts, scope }));
  return { parts: rowset.parts, rows: merged([rowset.rows, ...deciding]) };
}

function traceSelect(tracer: TreeTracer, node: SelectNode, outer: TraceScope | undefined): Rowset {
  const from = tracer.from(node.from_table, scopeOf(outer, emptyFrom));
  const bare = scopeOf(outer, from);
  const scope: TraceScope = { ...bare, aliases: aliasesOf(tracer, node, bare) };
  const parts = selectParts(tracer, node.select_list, scope);
  const deciding = (nodes: readonly (Expression | null)[], kind: InfluenceKind): readonly Traced[] =>
    nodes.flatMap((each) => (each === null ? [] : [influencing(tracer.expression(each, scope), kind)]));
  const rows = merged([
    from.rows,
    ...node.select_list.map((item) => unnested(tracer, item, scope)),
    ...deciding([node.where_clause, node.having, node.qualify], 'filter'),
    ...groupKeys(tracer, node, { parts, scope }).map((key) => influencing(key, 'group')),
    ...node.modifiers.map((modifier) => decidedByModifier(tracer, modifier, { parts, scope })),
  ]);
  return isOneRow(node) ? oneRow(parts, rows) : { parts, rows };
}

/** An aggregate over everything gives one row, whatever there is. */
function isOneRow(node: SelectNode): boolean {
  return (
    node.group_expressions.length === 0 &&
    node.group_sets.length === 0 &&
    node.having === null &&
    node.qualify === null &&
    node.modifiers.every(({ type }) => type === 'ORDER_MODIFIER' || type === 'DISTINCT_MODIFIER') &&
    node.select_list.length > 0 &&
    node.select_list.every((item) => item.class !== 'STAR') &&
    node.select_list.some(holdsAggregate) &&
    !node.select_list.some(holdsUnnest) &&
    (node.aggregate_handling !== 'FORCE_AGGREGATES' || node.select_list.every(holdsAggregate))
  );
}

/** What decided which rows there are decides about the values that were made of them. */
function oneRow(parts: readonly OutputPart[], rows: Traced): Rowset {
  return { parts: parts.map((part) => ({ ...part, value: merged([part.value, rows]) })), rows: untraced };
}

function holdsUnnest(item: Expression): boolean {
  let found = false;
  walk(item, (node) => {
    if (!isExpression(node)) return false;
    found ||= node.class === 'FUNCTION' && node.function_name === 'unnest';
    return !found;
  });
  return found;
}

/** How many rows unnest gives is a matter of its list. */
function unnested(tracer: TreeTracer, item: Expression, scope: TraceScope): Traced {
  let found = untraced;
  walk(item, (node) => {
    if (!isExpression(node)) return false;
    if (node.class === 'FUNCTION' && node.function_name === 'unnest') {
      found = merged([found, influencing(tracer.expression(node, scope), 'join')]);
    }
    return true;
  });
  return found;
}

interface Outputs {
  readonly parts: readonly OutputPart[];
  readonly scope: TraceScope;
}

function groupKeys(tracer: TreeTracer, node: SelectNode, { parts, scope }: Outputs): readonly Traced[] {
  const keys = node.group_expressions.map((key) => outputAt(key, parts) ?? tracer.expression(key, scope));
  if (node.aggregate_handling !== 'FORCE_AGGREGATES') return keys;
  // GROUP BY ALL: whatever holds no aggregate.
  const items = node.select_list.filter((item) => !holdsAggregate(item));
  return [...keys, ...items.flatMap((item) => selectParts(tracer, [item], scope)).map(({ value }) => value)];
}

function holdsAggregate(item: Expression): boolean {
  let found = false;
  walk(item, (node) => {
    if (!isExpression(node)) return false;
    if (node.class === 'FUNCTION' && aggregateClassOf(node.function_name) !== undefined) found = true;
    return !found;
  });
  return found;
}

/** `GROUP BY 1`, `ORDER BY 2`. */
function outputAt(node: Expression, parts: readonly OutputPart[]): Traced | undefined {
  if (node.class !== 'CONSTANT' || node.value.is_null) return undefined;
  if (parts.some(({ kind }) => kind === 'open')) return coarse(wholeOf(parts));
  const { value } = node.value;
  return isLosslessNumber(value) ? parts[Number(value.toString()) - 1]?.value : undefined;
}

function decidedByModifier(tracer: TreeTracer, modifier: Modifier, { parts, scope }: Outputs): Traced {
  const valueOf = (node: Expression): Traced => outputAt(node, parts) ?? tracer.expression(node, scope);
  switch (modifier.type) {
    case 'ORDER_MODIFIER':
      return merged(
        modifier.orders.map(({ expression }) =>
          // ORDER BY ALL is a star.
          influencing(expression.class === 'STAR' ? wholeOf(parts) : valueOf(expression), 'order'),
        ),
      );
    case 'DISTINCT_MODIFIER': {
      const targets = modifier.distinct_on_targets;
      return influencing(targets.length === 0 ? wholeOf(parts) : merged(targets.map(valueOf)), 'group');
    }
    case 'LIMIT_MODIFIER':
    case 'LIMIT_PERCENT_MODIFIER': {
      const bounds = [modifier.limit, modifier.offset].filter((bound) => bound !== null);
      return influencing(merged(bounds.map((bound) => tracer.expression(bound, scope))), 'filter');
    }
  }
}
