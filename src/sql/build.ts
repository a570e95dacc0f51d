// The few shapes that the rewriter makes itself.

import { LosslessNumber } from 'lossless-json';
import type {
  BaseTable,
  Cast,
  ColumnRef,
  Comparison,
  Conjunction,
  Constant,
  EmptyFrom,
  Expression,
  FunctionCall,
  Join,
  SelectNode,
  SelectStatement,
  Star,
  SubqueryRef,
  TableRef,
} from './ast.ts';
import type { LogicalType } from './ast-leaf.ts';

export function columnRef(...names: readonly string[]): ColumnRef {
  return { class: 'COLUMN_REF', type: 'COLUMN_REF', alias: '', column_names: names };
}

export function stringConstant(value: string): Constant {
  return constantOf({ type: { id: 'VARCHAR', type_info: null }, is_null: false, value });
}

export function booleanConstant(value: boolean): Constant {
  return constantOf({ type: { id: 'BOOLEAN', type_info: null }, is_null: false, value });
}

export function nullConstant(): Constant {
  return constantOf({ type: { id: 'NULL', type_info: null }, is_null: true });
}

/** An integer as DuckDB's parser types it: INTEGER where it fits, else BIGINT. */
export function integerConstant(value: string): Constant {
  const id = BigInt(value) <= 2_147_483_647n ? 'INTEGER' : 'BIGINT';
  return constantOf({ type: { id, type_info: null }, is_null: false, value: new LosslessNumber(value) });
}

function constantOf(value: Constant['value']): Constant {
  return { class: 'CONSTANT', type: 'VALUE_CONSTANT', alias: '', value };
}

export function cast(child: Expression, type: LogicalType): Cast {
  return { class: 'CAST', type: 'OPERATOR_CAST', alias: '', child, cast_type: type, try_cast: false };
}

/** AND of any number: TRUE for none, the one itself for one. DuckDB's parser makes one list of an AND in an AND: so is this. */
export function and(operands: readonly Expression[]): Expression {
  const children = operands.flatMap((each) => (isPlainAnd(each) ? each.children : [each]));
  const [only, ...others] = children;
  if (only === undefined) return booleanConstant(true);
  if (others.length === 0) return only;
  const node: Conjunction = { class: 'CONJUNCTION', type: 'CONJUNCTION_AND', alias: '', children };
  return node;
}

function isPlainAnd(node: Expression): node is Conjunction {
  return node.class === 'CONJUNCTION' && node.type === 'CONJUNCTION_AND' && node.alias === '';
}

export function inList(value: Expression, options: readonly Expression[]): Expression {
  if (options.length === 0) return booleanConstant(false);
  return { class: 'OPERATOR', type: 'COMPARE_IN', alias: '', children: [value, ...options] };
}

export function functionCall(name: string, children: readonly Expression[]): FunctionCall {
  return {
    class: 'FUNCTION',
    type: 'FUNCTION',
    alias: '',
    function_name: name,
    schema: '',
    catalog: '',
    children,
    filter: null,
    order_bys: { type: 'ORDER_MODIFIER', orders: [] },
    distinct: false,
    is_operator: false,
    export_state: false,
  };
}

export function named<E extends Expression>(expression: E, alias: string): E {
  return expression.alias === alias ? expression : { ...expression, alias };
}

const emptyFrom: EmptyFrom = { type: 'EMPTY', alias: '', sample: null };

export function select(parts: Pick<SelectNode, 'select_list'> & Partial<SelectNode>): SelectNode {
  return {
    type: 'SELECT_NODE',
    modifiers: [],
    cte_map: { map: [] },
    from_table: emptyFrom,
    where_clause: null,
    group_expressions: [],
    group_sets: [],
    aggregate_handling: 'STANDARD_HANDLING',
    having: null,
    sample: null,
    qualify: null,
    ...parts,
  };
}

/** `(SELECT …)` as a value. */
export function scalarSubquery(node: SelectNode): Expression {
  return {
    class: 'SUBQUERY',
    type: 'SUBQUERY',
    alias: '',
    subquery_type: 'SCALAR',
    subquery: statementOf(node),
    child: null,
    comparison_type: 'INVALID',
  };
}

/** `left, right`: the right side sees the left one, not the other way round. */
export function crossJoin(left: TableRef, right: TableRef): Join {
  return {
    type: 'JOIN',
    alias: '',
    sample: null,
    left,
    right,
    condition: null,
    join_type: 'INNER',
    ref_type: 'CROSS',
    using_columns: [],
    delim_flipped: false,
    duplicate_eliminated_columns: [],
  };
}

export function joinOn(
  join_type: 'INNER' | 'LEFT' | 'FULL',
  sides: readonly [TableRef, TableRef],
  condition: Expression,
): Join {
  return { ...crossJoin(...sides), condition, join_type, ref_type: 'REGULAR' };
}

export function equal(left: Expression, right: Expression): Comparison {
  return { class: 'COMPARISON', type: 'COMPARE_EQUAL', alias: '', left, right };
}

export function or(children: readonly Expression[]): Expression {
  const [only, ...others] = children;
  if (only === undefined) return booleanConstant(false);
  return others.length === 0 ? only : { class: 'CONJUNCTION', type: 'CONJUNCTION_OR', alias: '', children };
}

export function exists(node: SelectStatement['node']): Expression {
  return {
    class: 'SUBQUERY',
    type: 'SUBQUERY',
    alias: '',
    subquery_type: 'EXISTS',
    subquery: statementOf(node),
    child: null,
    comparison_type: 'INVALID',
  };
}

export function isNull(child: Expression): Expression {
  return { class: 'OPERATOR', type: 'OPERATOR_IS_NULL', alias: '', children: [child] };
}

export function isNotNull(child: Expression): Expression {
  return { class: 'OPERATOR', type: 'OPERATOR_IS_NOT_NULL', alias: '', children: [child] };
}

export function not(child: Expression): Expression {
  return { class: 'OPERATOR', type: 'OPERATOR_NOT', alias: '', children: [child] };
}

export function caseWhen(
  checks: readonly (readonly [when: Expression, then: Expression])[],
  otherwise: Expression,
): Expression {
  return {
    class: 'CASE',
    type: 'CASE_EXPR',
    alias: '',
    case_checks: checks.map(([when_expr, then_expr]) => ({ when_expr, then_expr })),
    else_expr: otherwise,
  };
}

export function star(): Star {
  return {
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
}

export function statementOf(node: SelectStatement['node']): SelectStatement {
  return { node, named_param_map: [] };
}

export function baseTable(name: { catalog: string; schema: string; table: string }, alias: string): BaseTable {
  return {
    type: 'BASE_TABLE',
    alias,
    sample: null,
    catalog_name: name.catalog,
    schema_name: name.schema,
    table_name: name.table,
    column_name_alias: [],
    at_clause: null,
  };
}

export function subqueryRef(
  node: SelectStatement['node'],
  outer: Pick<SubqueryRef, 'alias' | 'sample' | 'column_name_alias'>,
): TableRef {
  return {
    type: 'SUBQUERY',
    alias: outer.alias,
    sample: outer.sample,
    subquery: statementOf(node),
    column_name_alias: outer.column_name_alias,
  };
}
