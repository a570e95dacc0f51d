// DuckDB's SELECT trees as json_serialize_sql gives them (1.5.6): every kind we accept, all fields readonly. Numbers stay
// text (LosslessNumber): JSON.parse would silently change 64-bit and decimal literals.
import type { LosslessNumber } from 'lossless-json';
import type { ConstantValue, LogicalType, Sample } from './ast-leaf.ts';

interface ExpressionBase {
  readonly alias: string;
  readonly query_location?: LosslessNumber;
}
export interface ColumnRef extends ExpressionBase {
  readonly class: 'COLUMN_REF';
  readonly type: 'COLUMN_REF';
  readonly column_names: readonly string[];
}
export interface Constant extends ExpressionBase {
  readonly class: 'CONSTANT';
  readonly type: 'VALUE_CONSTANT';
  readonly value: ConstantValue;
}
export interface FunctionCall extends ExpressionBase {
  readonly class: 'FUNCTION';
  readonly type: 'FUNCTION';
  readonly function_name: string;
  readonly schema: string;
  readonly catalog: string;
  readonly children: readonly Expression[];
  readonly filter: Expression | null;
  readonly order_bys: OrderModifier;
  readonly distinct: boolean;
  readonly is_operator: boolean;
  readonly export_state: boolean;
}
export interface WindowCall extends ExpressionBase {
  readonly class: 'WINDOW';
  readonly type: string;
  readonly function_name: string;
  readonly schema: string;
  readonly catalog: string;
  readonly children: readonly Expression[];
  readonly partitions: readonly Expression[];
  readonly orders: readonly OrderBy[];
  readonly start: string;
  readonly end: string;
  readonly start_expr: Expression | null;
  readonly end_expr: Expression | null;
  readonly offset_expr: Expression | null;
  readonly default_expr: Expression | null;
  readonly ignore_nulls: boolean;
  readonly filter_expr: Expression | null;
  readonly exclude_clause: string;
  readonly distinct: boolean;
  readonly arg_orders: readonly OrderBy[];
}
export interface Cast extends ExpressionBase {
  readonly class: 'CAST';
  readonly type: 'OPERATOR_CAST';
  readonly child: Expression;
  readonly cast_type: LogicalType;
  readonly try_cast: boolean;
}
export interface Comparison extends ExpressionBase {
  readonly class: 'COMPARISON';
  readonly type: string;
  readonly left: Expression;
  readonly right: Expression;
}
export interface Conjunction extends ExpressionBase {
  readonly class: 'CONJUNCTION';
  readonly type: 'CONJUNCTION_AND' | 'CONJUNCTION_OR';
  readonly children: readonly Expression[];
}
export interface Operator extends ExpressionBase {
  readonly class: 'OPERATOR';
  readonly type: string;
  readonly children: readonly Expression[];
}
export interface Between extends ExpressionBase {
  readonly class: 'BETWEEN';
  readonly type: string;
  readonly input: Expression;
  readonly lower: Expression;
  readonly upper: Expression;
}
export interface Case extends ExpressionBase {
  readonly class: 'CASE';
  readonly type: 'CASE_EXPR';
  readonly case_checks: readonly CaseCheck[];
  readonly else_expr: Expression;
}
export interface CaseCheck {
  readonly when_expr: Expression;
  readonly then_expr: Expression;
}
export interface Collate extends ExpressionBase {
  readonly class: 'COLLATE';
  readonly type: 'COLLATE';
  readonly child: Expression;
  readonly collation: string;
}
export interface Lambda extends ExpressionBase {
  readonly class: 'LAMBDA';
  readonly type: 'LAMBDA';
  readonly lhs: Expression;
  readonly expr: Expression;
}
export interface Parameter extends ExpressionBase {
  readonly class: 'PARAMETER';
  readonly type: 'VALUE_PARAMETER';
  readonly identifier: string;
}
export interface PositionalReference extends ExpressionBase {
  readonly class: 'POSITIONAL_REFERENCE';
  readonly type: 'POSITIONAL_REFERENCE';
  readonly index: LosslessNumber;
}
export interface Star extends ExpressionBase {
  readonly class: 'STAR';
  readonly type: 'STAR';
  readonly relation_name: string;
  readonly exclude_list: readonly string[];
  readonly replace_list: readonly { readonly key: string; readonly value: Expression }[];
  readonly columns: boolean;
  readonly expr: Expression | null;
  readonly qualified_exclude_list: readonly QualifiedColumn[];
  readonly rename_list: readonly { readonly key: QualifiedColumn; readonly value: string }[];
}
export interface QualifiedColumn {
  readonly catalog: string;
  readonly schema: string;
  readonly table: string;
  readonly column: string;
}
/** DEFAULT in a list of VALUES: a write puts the column's default in its place, nothing else accepts it. */
export interface DefaultValue extends ExpressionBase {
  readonly class: 'DEFAULT';
  readonly type: 'VALUE_DEFAULT';
}
export interface SubqueryExpression extends ExpressionBase {
  readonly class: 'SUBQUERY';
  readonly type: 'SUBQUERY';
  readonly subquery_type: string;
  readonly subquery: SelectStatement;
  readonly child: Expression | null;
  readonly comparison_type: string;
}
export type Expression =
  | ColumnRef
  | Constant
  | FunctionCall
  | WindowCall
  | Cast
  | Comparison
  | Conjunction
  | Operator
  | Between
  | Case
  | Collate
  | Lambda
  | Parameter
  | PositionalReference
  | Star
  | DefaultValue
  | SubqueryExpression;

export interface OrderBy {
  readonly type: string;
  readonly null_order: string;
  readonly expression: Expression;
}
export interface OrderModifier {
  readonly type: 'ORDER_MODIFIER';
  readonly orders: readonly OrderBy[];
}
export type Modifier =
  | OrderModifier
  | {
      readonly type: 'LIMIT_MODIFIER' | 'LIMIT_PERCENT_MODIFIER';
      readonly limit: Expression | null;
      readonly offset: Expression | null;
    }
  | { readonly type: 'DISTINCT_MODIFIER'; readonly distinct_on_targets: readonly Expression[] };

interface TableRefBase {
  readonly alias: string;
  readonly sample: Sample | null;
  readonly query_location?: LosslessNumber;
}
export interface BaseTable extends TableRefBase {
  readonly type: 'BASE_TABLE';
  readonly catalog_name: string;
  readonly schema_name: string;
  readonly table_name: string;
  readonly column_name_alias: readonly string[];
  readonly at_clause: null;
}
export interface SubqueryRef extends TableRefBase {
  readonly type: 'SUBQUERY';
  readonly subquery: SelectStatement;
  readonly column_name_alias: readonly string[];
}
export interface Join extends TableRefBase {
  readonly type: 'JOIN';
  readonly left: TableRef;
  readonly right: TableRef;
  readonly condition: Expression | null;
  readonly join_type: string;
  readonly ref_type: string;
  readonly using_columns: readonly string[];
  readonly delim_flipped: boolean;
  readonly duplicate_eliminated_columns: readonly Expression[];
}
export interface TableFunction extends TableRefBase {
  readonly type: 'TABLE_FUNCTION';
  readonly function: Expression;
  readonly column_name_alias: readonly string[];
  readonly with_ordinality: string;
}
export interface EmptyFrom extends TableRefBase {
  readonly type: 'EMPTY';
}
export interface ExpressionList extends TableRefBase {
  readonly type: 'EXPRESSION_LIST';
  readonly expected_names: readonly string[];
  readonly expected_types: readonly LogicalType[];
  readonly values: readonly (readonly Expression[])[];
}
export interface PivotEntry {
  readonly values: readonly ConstantValue[];
  readonly star_expr: Expression | null;
  readonly alias: string;
}
export interface PivotColumn {
  readonly pivot_expressions: readonly Expression[];
  readonly unpivot_names: readonly string[];
  readonly entries: readonly PivotEntry[];
  readonly pivot_enum: string;
}
export interface Pivot extends TableRefBase {
  readonly type: 'PIVOT';
  readonly source: TableRef;
  readonly aggregates: readonly Expression[];
  readonly unpivot_names: readonly string[];
  readonly pivots: readonly PivotColumn[];
  readonly groups: readonly string[];
  readonly column_name_alias: readonly string[];
  readonly include_nulls: boolean;
}
export type TableRef = BaseTable | SubqueryRef | Join | TableFunction | EmptyFrom | ExpressionList | Pivot;

export interface CommonTableExpression {
  readonly aliases: readonly string[];
  readonly query: SelectStatement;
  readonly materialized: string;
  readonly key_targets: readonly Expression[];
}
export interface CteMap {
  readonly map: readonly { readonly key: string; readonly value: CommonTableExpression }[];
}
interface QueryNodeBase {
  readonly modifiers: readonly Modifier[];
  readonly cte_map: CteMap;
}
export interface SelectNode extends QueryNodeBase {
  readonly type: 'SELECT_NODE';
  readonly select_list: readonly Expression[];
  readonly from_table: TableRef;
  readonly where_clause: Expression | null;
  readonly group_expressions: readonly Expression[];
  readonly group_sets: readonly (readonly LosslessNumber[])[];
  readonly aggregate_handling: string;
  readonly having: Expression | null;
  readonly sample: Sample | null;
  readonly qualify: Expression | null;
}
export interface SetOperation extends QueryNodeBase {
  readonly type: 'SET_OPERATION_NODE';
  readonly setop_type: string;
  readonly left: QueryNode;
  readonly right: QueryNode;
  readonly setop_all: boolean;
}
export interface RecursiveCte extends QueryNodeBase {
  readonly type: 'RECURSIVE_CTE_NODE';
  readonly cte_name: string;
  readonly union_all: boolean;
  readonly left: QueryNode;
  readonly right: QueryNode;
  readonly aliases: readonly string[];
  readonly key_targets: readonly Expression[];
}
export type QueryNode = SelectNode | SetOperation | RecursiveCte;

/** What the parser gives and the printer takes. */
export interface SelectStatement {
  readonly node: QueryNode;
  readonly named_param_map: readonly { readonly key: string; readonly value: LosslessNumber }[];
}

/** Anything with a place in the tree that the generic walk visits. */
export type Node = Expression | TableRef | QueryNode;
