// The closed world of tree nodes: for every kind its keys and what each holds. The checker, the walker and the rebuilder
// all read this one table, so that none of them can forget a child that another one knows.
import type { Expression, QueryNode, TableRef } from './ast.ts';

/**
 * What a key holds. Children: expression, expression? (or null), expressions, rows (lists of lists), query (a SELECT
 * statement), node (a query node), tableRef, orders, orderModifier, modifiers, ctes, cases, replacements, pivots.
 * Leaves: text (printed quoted by DuckDB), texts, word (printed bare: letters, digits, underscore), flag, number,
 * enum-like `keyword`, constant, constants are inside pivots, logicalType(s), sample, groupSets, qualifiedColumns,
 * renames, parameters, null (only null is accepted).
 */
export type FieldKind =
  | 'expression'
  | 'expression?'
  | 'expressions'
  | 'rows'
  | 'query'
  | 'node'
  | 'tableRef'
  | 'orders'
  | 'orderModifier'
  | 'modifiers'
  | 'ctes'
  | 'cases'
  | 'replacements'
  | 'pivots'
  | 'text'
  | 'texts'
  | 'word'
  | 'flag'
  | 'number'
  | 'keyword'
  | 'constant'
  | 'logicalType'
  | 'logicalTypes'
  | 'sample'
  | 'groupSets'
  | 'qualifiedColumns'
  | 'renames'
  | 'null';

type Kinds<Node, Skipped extends string> = { readonly [K in Exclude<keyof Node, Skipped>]: FieldKind };
type Of<Union, Tag extends string, Name> = Extract<Union, { readonly [T in Tag]: Name }>;
type BaseKeys = 'class' | 'type' | 'alias' | 'query_location';

/** Keys of each expression class besides class, type, alias and query_location. */
export const expressionSpecs: {
  readonly [C in Expression['class']]: Kinds<Of<Expression, 'class', C>, BaseKeys>;
} = {
  COLUMN_REF: { column_names: 'texts' },
  CONSTANT: { value: 'constant' },
  FUNCTION: {
    function_name: 'text',
    schema: 'text',
    catalog: 'text',
    children: 'expressions',
    filter: 'expression?',
    order_bys: 'orderModifier',
    distinct: 'flag',
    is_operator: 'flag',
    export_state: 'flag',
  },
  WINDOW: {
    function_name: 'word',
    schema: 'text',
    catalog: 'text',
    children: 'expressions',
    partitions: 'expressions',
    orders: 'orders',
    start: 'keyword',
    end: 'keyword',
    start_expr: 'expression?',
    end_expr: 'expression?',
    offset_expr: 'expression?',
    default_expr: 'expression?',
    ignore_nulls: 'flag',
    filter_expr: 'expression?',
    exclude_clause: 'keyword',
    distinct: 'flag',
    arg_orders: 'orders',
  },
  CAST: { child: 'expression', cast_type: 'logicalType', try_cast: 'flag' },
  COMPARISON: { left: 'expression', right: 'expression' },
  CONJUNCTION: { children: 'expressions' },
  OPERATOR: { children: 'expressions' },
  BETWEEN: { input: 'expression', lower: 'expression', upper: 'expression' },
  CASE: { case_checks: 'cases', else_expr: 'expression' },
  COLLATE: { child: 'expression', collation: 'word' },
  LAMBDA: { lhs: 'expression', expr: 'expression' },
  PARAMETER: { identifier: 'word' },
  POSITIONAL_REFERENCE: { index: 'number' },
  STAR: {
    relation_name: 'word',
    exclude_list: 'texts',
    replace_list: 'replacements',
    columns: 'flag',
    expr: 'expression?',
    qualified_exclude_list: 'qualifiedColumns',
    rename_list: 'renames',
  },
  DEFAULT: {},
  SUBQUERY: { subquery_type: 'keyword', subquery: 'query', child: 'expression?', comparison_type: 'keyword' },
};

/** The `type` values of the classes that have several. A class not named here has the one in ast.ts. */
export const expressionTypes: Readonly<Record<Expression['class'], readonly string[]>> = {
  COLUMN_REF: ['COLUMN_REF'],
  CONSTANT: ['VALUE_CONSTANT'],
  FUNCTION: ['FUNCTION'],
  WINDOW: [
    'WINDOW_AGGREGATE',
    'WINDOW_RANK',
    'WINDOW_RANK_DENSE',
    'WINDOW_NTILE',
    'WINDOW_PERCENT_RANK',
    'WINDOW_CUME_DIST',
    'WINDOW_ROW_NUMBER',
    'WINDOW_FIRST_VALUE',
    'WINDOW_LAST_VALUE',
    'WINDOW_LEAD',
    'WINDOW_LAG',
    'WINDOW_NTH_VALUE',
    'WINDOW_FILL',
  ],
  CAST: ['OPERATOR_CAST'],
  COMPARISON: [
    'COMPARE_EQUAL',
    'COMPARE_NOTEQUAL',
    'COMPARE_LESSTHAN',
    'COMPARE_GREATERTHAN',
    'COMPARE_LESSTHANOREQUALTO',
    'COMPARE_GREATERTHANOREQUALTO',
    'COMPARE_DISTINCT_FROM',
    'COMPARE_NOT_DISTINCT_FROM',
  ],
  CONJUNCTION: ['CONJUNCTION_AND', 'CONJUNCTION_OR'],
  OPERATOR: [
    'OPERATOR_NOT',
    'OPERATOR_IS_NULL',
    'OPERATOR_IS_NOT_NULL',
    'OPERATOR_COALESCE',
    'OPERATOR_NULLIF',
    'OPERATOR_TRY',
    'OPERATOR_UNPACK',
    'COMPARE_IN',
    'COMPARE_NOT_IN',
    'ARRAY_EXTRACT',
    'ARRAY_SLICE',
    'STRUCT_EXTRACT',
    'ARRAY_CONSTRUCTOR',
    'GROUPING_FUNCTION',
  ],
  BETWEEN: ['COMPARE_BETWEEN'],
  CASE: ['CASE_EXPR'],
  COLLATE: ['COLLATE'],
  LAMBDA: ['LAMBDA'],
  PARAMETER: ['VALUE_PARAMETER'],
  POSITIONAL_REFERENCE: ['POSITIONAL_REFERENCE'],
  STAR: ['STAR'],
  DEFAULT: ['VALUE_DEFAULT'],
  SUBQUERY: ['SUBQUERY'],
};

type TableRefKeys = 'type' | 'alias' | 'query_location';

/** Keys of each relation kind besides type, alias and query_location. SHOW_REF, COLUMN_DATA … are not here: refused. */
export const tableRefSpecs: { readonly [T in TableRef['type']]: Kinds<Of<TableRef, 'type', T>, TableRefKeys> } = {
  BASE_TABLE: {
    sample: 'sample',
    catalog_name: 'text',
    schema_name: 'text',
    table_name: 'text',
    column_name_alias: 'texts',
    at_clause: 'null',
  },
  SUBQUERY: { sample: 'sample', subquery: 'query', column_name_alias: 'texts' },
  JOIN: {
    sample: 'sample',
    left: 'tableRef',
    right: 'tableRef',
    condition: 'expression?',
    join_type: 'keyword',
    ref_type: 'keyword',
    using_columns: 'texts',
    delim_flipped: 'flag',
    duplicate_eliminated_columns: 'expressions',
  },
  TABLE_FUNCTION: { sample: 'sample', function: 'expression', column_name_alias: 'texts', with_ordinality: 'keyword' },
  EMPTY: { sample: 'sample' },
  EXPRESSION_LIST: { sample: 'sample', expected_names: 'texts', expected_types: 'logicalTypes', values: 'rows' },
  PIVOT: {
    sample: 'sample',
    source: 'tableRef',
    aggregates: 'expressions',
    unpivot_names: 'texts',
    pivots: 'pivots',
    groups: 'texts',
    column_name_alias: 'texts',
    include_nulls: 'flag',
  },
};

export const queryNodeSpecs: { readonly [T in QueryNode['type']]: Kinds<Of<QueryNode, 'type', T>, 'type'> } = {
  SELECT_NODE: {
    cte_map: 'ctes',
    select_list: 'expressions',
    from_table: 'tableRef',
    where_clause: 'expression?',
    group_expressions: 'expressions',
    group_sets: 'groupSets',
    aggregate_handling: 'keyword',
    having: 'expression?',
    sample: 'sample',
    qualify: 'expression?',
    modifiers: 'modifiers',
  },
  SET_OPERATION_NODE: {
    cte_map: 'ctes',
    setop_type: 'keyword',
    left: 'node',
    right: 'node',
    setop_all: 'flag',
    modifiers: 'modifiers',
  },
  RECURSIVE_CTE_NODE: {
    cte_map: 'ctes',
    cte_name: 'text',
    union_all: 'flag',
    left: 'node',
    right: 'node',
    aliases: 'texts',
    key_targets: 'expressions',
    modifiers: 'modifiers',
  },
};

/** Every value a `keyword` field may have. DuckDB prints these from its own enums, never from the client's text. */
export const keywords: ReadonlySet<string> = new Set([
  // joins
  'INNER',
  'LEFT',
  'RIGHT',
  'OUTER',
  'FULL',
  'SEMI',
  'ANTI',
  'REGULAR',
  'NATURAL',
  'CROSS',
  'POSITIONAL',
  'ASOF',
  // set operations
  'UNION',
  'UNION_BY_NAME',
  'INTERSECT',
  'EXCEPT',
  // SELECT
  'STANDARD_HANDLING',
  'NO_AGGREGATES_ALLOWED',
  'FORCE_AGGREGATES',
  'WITHOUT_ORDINALITY',
  'WITH_ORDINALITY',
  'SCALAR',
  'EXISTS',
  'NOT_EXISTS',
  'ANY',
  'INVALID',
  'COMPARE_EQUAL',
  'COMPARE_NOTEQUAL',
  'COMPARE_LESSTHAN',
  'COMPARE_GREATERTHAN',
  'COMPARE_LESSTHANOREQUALTO',
  'COMPARE_GREATERTHANOREQUALTO',
  // window frames
  'INVALID',
  'UNBOUNDED_PRECEDING',
  'UNBOUNDED_FOLLOWING',
  'CURRENT_ROW_RANGE',
  'CURRENT_ROW_ROWS',
  'EXPR_PRECEDING_ROWS',
  'EXPR_FOLLOWING_ROWS',
  'EXPR_PRECEDING_RANGE',
  'EXPR_FOLLOWING_RANGE',
  'CURRENT_ROW_GROUPS',
  'EXPR_PRECEDING_GROUPS',
  'EXPR_FOLLOWING_GROUPS',
  'NO_OTHER',
  'CURRENT_ROW',
  'GROUP',
  'TIES',
]);

export const orderTypes: ReadonlySet<string> = new Set(['ORDER_DEFAULT', 'ASCENDING', 'DESCENDING']);
export const nullOrders: ReadonlySet<string> = new Set([
  'ORDER_DEFAULT',
  'NULLS_FIRST',
  'NULLS_LAST',
  'NULLS FIRST',
  'NULLS LAST',
]);
