// The one generic walk over a tree: every child of every kind, as node-specs.ts lists them. Rebuilding keeps identity where
// nothing changed.
import { assert } from '../base/assert.ts';
import type {
  CommonTableExpression,
  Expression,
  Modifier,
  Node,
  OrderBy,
  PivotColumn,
  QueryNode,
  SelectStatement,
  TableRef,
} from './ast.ts';
import { expressionSpecs, type FieldKind, queryNodeSpecs, tableRefSpecs } from './node-specs.ts';

/** What becomes of a node's direct children. */
export interface ChildMap {
  readonly expression: (child: Expression) => Expression;
  readonly tableRef: (child: TableRef) => TableRef;
  readonly queryNode: (child: QueryNode) => QueryNode;
}

export function isExpression(node: Node): node is Expression {
  return 'class' in node;
}

export function isQueryNode(node: Node): node is QueryNode {
  return 'modifiers' in node;
}

function specOf(node: Node): Readonly<Record<string, FieldKind>> {
  if (isExpression(node)) return expressionSpecs[node.class];
  return isQueryNode(node) ? queryNodeSpecs[node.type] : tableRefSpecs[node.type];
}

/** A copy of `node` whose direct children are what `map` says; `node` itself when all stayed the same. */
export function mapChildren<N extends Node>(node: N, map: ChildMap): N {
  const source = node as unknown as Readonly<Record<string, unknown>>;
  let copy: Record<string, unknown> | undefined;
  for (const [key, kind] of Object.entries(specOf(node))) {
    const mapField = fieldMaps[kind];
    if (mapField === undefined) continue;
    const mapped = mapField(source[key], map);
    if (mapped === source[key]) continue;
    copy ??= { ...source };
    copy[key] = mapped;
  }
  return copy === undefined ? node : (copy as unknown as N);
}

/** Calls `visit` for every direct child, in the order of the spec. */
export function forEachChild(node: Node, visit: (child: Node) => void): void {
  const seen = <N extends Node>(child: N): N => {
    visit(child);
    return child;
  };
  mapChildren(node, { expression: seen, tableRef: seen, queryNode: seen });
}

/** Calls `visit` for `node` and everything below it, parents first. `visit` may return false to stay out of a subtree. */
export function walk(node: Node, visit: (node: Node) => boolean): void {
  if (visit(node))
    forEachChild(node, (child) => {
      walk(child, visit);
    });
}

export function mapStatement(statement: SelectStatement, map: ChildMap): SelectStatement {
  const node = map.queryNode(statement.node);
  return node === statement.node ? statement : { ...statement, node };
}

type FieldMap = (value: unknown, map: ChildMap) => unknown;

function mapList<T>(list: readonly T[], item: (value: T) => T): readonly T[] {
  let copy: T[] | undefined;
  for (const [index, value] of list.entries()) {
    const mapped = item(value);
    if (mapped === value) continue;
    copy ??= [...list];
    copy[index] = mapped;
  }
  return copy ?? list;
}

/** The object with these keys replaced, or itself when nothing differs. */
function withFields<T extends object>(object: T, fields: Partial<T>): T {
  const changed = Object.entries(fields).some(([key, value]) => object[key as keyof T] !== value);
  return changed ? { ...object, ...fields } : object;
}

function mapOrders(orders: readonly OrderBy[], map: ChildMap): readonly OrderBy[] {
  return mapList(orders, (order) => withFields(order, { expression: map.expression(order.expression) }));
}

function mapModifier(modifier: Modifier, map: ChildMap): Modifier {
  switch (modifier.type) {
    case 'ORDER_MODIFIER':
      return withFields(modifier, { orders: mapOrders(modifier.orders, map) });
    case 'DISTINCT_MODIFIER':
      return withFields(modifier, { distinct_on_targets: mapList(modifier.distinct_on_targets, map.expression) });
    case 'LIMIT_MODIFIER':
    case 'LIMIT_PERCENT_MODIFIER':
      return withFields(modifier, { limit: orNull(modifier.limit, map), offset: orNull(modifier.offset, map) });
  }
}

function orNull(value: Expression | null, map: ChildMap): Expression | null {
  return value === null ? null : map.expression(value);
}

function mapCte(cte: CommonTableExpression, map: ChildMap): CommonTableExpression {
  return withFields(cte, {
    query: mapStatement(cte.query, map),
    key_targets: mapList(cte.key_targets, map.expression),
  });
}

function mapPivot(pivot: PivotColumn, map: ChildMap): PivotColumn {
  return withFields(pivot, {
    pivot_expressions: mapList(pivot.pivot_expressions, map.expression),
    entries: mapList(pivot.entries, (entry) => withFields(entry, { star_expr: orNull(entry.star_expr, map) })),
  });
}

function field<T>(mapField: (value: T, map: ChildMap) => T): FieldMap {
  return (value, map) => {
    // check-ast.ts has proved the shape that node-specs.ts tells.
    assert(value !== undefined, 'a child the spec names is missing');
    return mapField(value as T, map);
  };
}

type Keyed<T> = { readonly key: string; readonly value: T };

const fieldMaps: Readonly<Record<FieldKind, FieldMap | undefined>> = {
  expression: field<Expression>((value, map) => map.expression(value)),
  'expression?': field<Expression | null>(orNull),
  expressions: field<readonly Expression[]>((list, map) => mapList(list, map.expression)),
  rows: field<readonly (readonly Expression[])[]>((rows, map) => mapList(rows, (row) => mapList(row, map.expression))),
  query: field<SelectStatement>(mapStatement),
  node: field<QueryNode>((node, map) => map.queryNode(node)),
  tableRef: field<TableRef>((ref, map) => map.tableRef(ref)),
  orders: field<readonly OrderBy[]>(mapOrders),
  orderModifier: field<Modifier>(mapModifier),
  modifiers: field<readonly Modifier[]>((list, map) => mapList(list, (modifier) => mapModifier(modifier, map))),
  ctes: field<{ readonly map: readonly Keyed<CommonTableExpression>[] }>((ctes, map) =>
    withFields(ctes, { map: mapList(ctes.map, (entry) => withFields(entry, { value: mapCte(entry.value, map) })) }),
  ),
  cases: field<readonly { readonly when_expr: Expression; readonly then_expr: Expression }[]>((list, map) =>
    mapList(list, (check) =>
      withFields(check, { when_expr: map.expression(check.when_expr), then_expr: map.expression(check.then_expr) }),
    ),
  ),
  replacements: field<readonly Keyed<Expression>[]>((list, map) =>
    mapList(list, (entry) => withFields(entry, { value: map.expression(entry.value) })),
  ),
  pivots: field<readonly PivotColumn[]>((list, map) => mapList(list, (pivot) => mapPivot(pivot, map))),
  text: undefined,
  texts: undefined,
  word: undefined,
  flag: undefined,
  number: undefined,
  keyword: undefined,
  constant: undefined,
  logicalType: undefined,
  logicalTypes: undefined,
  sample: undefined,
  groupSets: undefined,
  qualifiedColumns: undefined,
  renames: undefined,
  null: undefined,
};
