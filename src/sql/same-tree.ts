// Are two trees the same statement? Source positions aside, and two spellings that DuckDB's printer is known to add.
import { isLosslessNumber } from 'lossless-json';
import { quote } from '../base/identifier.ts';
import type { Expression, QueryNode, SelectStatement, TableRef } from './ast.ts';
import { mapChildren, mapStatement } from './children.ts';

export function sameTree(a: SelectStatement, b: SelectStatement): boolean {
  return same(canonical(a), canonical(b));
}

function canonical(statement: SelectStatement): SelectStatement {
  return mapStatement(statement, canonicalMap);
}

const canonicalMap = {
  expression: (node: Expression): Expression => mapChildren(node, canonicalMap),
  tableRef: (node: TableRef): TableRef => withoutValuesWrapper(mapChildren(node, canonicalMap)),
  queryNode: (node: QueryNode): QueryNode => mapChildren(node, canonicalMap),
};

/** The printer spells a VALUES list as `(SELECT * FROM (VALUES …) AS valueslist)`: one more layer at each printing. */
function withoutValuesWrapper(ref: TableRef): TableRef {
  if (ref.type !== 'SUBQUERY' || ref.alias !== 'valueslist' || ref.column_name_alias.length > 0) return ref;
  const { node } = ref.subquery;
  if (node.type !== 'SELECT_NODE' || node.from_table.type !== 'EXPRESSION_LIST') return ref;
  const [only, ...others] = node.select_list;
  const plain =
    others.length === 0 &&
    only?.class === 'STAR' &&
    same(node, { ...bareSelect, select_list: [only], from_table: node.from_table }) &&
    same(only, bareStar);
  return plain ? node.from_table : ref;
}

const bareStar = {
  class: 'STAR',
  type: 'STAR',
  alias: '',
  relation_name: '',
  exclude_list: [],
  replace_list: [],
  columns: false,
  expr: null,
  qualified_exclude_list: [],
  rename_list: [],
};

const bareSelect = {
  type: 'SELECT_NODE',
  modifiers: [],
  cte_map: { map: [] },
  where_clause: null,
  group_expressions: [],
  group_sets: [],
  aggregate_handling: 'STANDARD_HANDLING',
  having: null,
  sample: null,
  qualify: null,
};

/** Fields that say where or in which order DuckDB happened to see something, not what it is. */
const ignored: ReadonlySet<string> = new Set(['query_location', 'named_param_map']);
const unordered: ReadonlySet<string> = new Set(['exclude_list']);

function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (isLosslessNumber(a) || isLosslessNumber(b)) {
    return isLosslessNumber(a) && isLosslessNumber(b) && a.value === b.value;
  }
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => same(item, b[index]));
  }
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null || Array.isArray(b)) return false;
  return sameFields(a as Record<string, unknown>, b as Record<string, unknown>);
}

function sameFields(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): boolean {
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    if (ignored.has(key)) continue;
    if (unordered.has(key) ? !same(sorted(a[key]), sorted(b[key])) : !same(a[key], b[key])) return false;
  }
  return true;
}

function sorted(list: unknown): unknown {
  return Array.isArray(list) ? list.map((item) => quote(String(item))).toSorted() : list;
}
