// The name PostgreSQL gives an output without an alias (its FigureColname): a function's name, a cast's type, ?column?.
import { fold } from '../base/identifier.ts';
import type { Expression, SubqueryExpression } from '../sql/ast.ts';
import type { LogicalType } from '../sql/ast-leaf.ts';

const anonymous = '?column?';

export function postgresName(node: Expression): string {
  return nameOf(node)?.name ?? anonymous;
}

/** Weak names (a cast's type, `case`) give way to a stronger one further in. */
interface Figured {
  readonly name: string;
  readonly strong: boolean;
}

function strong(name: string): Figured {
  return { name, strong: true };
}

function nameOf(node: Expression): Figured | undefined {
  switch (node.class) {
    case 'COLUMN_REF':
      return strong(node.column_names.at(-1) ?? '');
    case 'FUNCTION':
      return functionName(node.function_name, node.is_operator);
    case 'WINDOW':
      return functionName(node.function_name, false);
    case 'CAST':
      return castName(node);
    case 'CASE': {
      const otherwise = nameOf(node.else_expr);
      return otherwise?.strong === true ? otherwise : { name: 'case', strong: false };
    }
    case 'COLLATE':
      return nameOf(node.child);
    case 'OPERATOR':
      return operatorName(node.type, node.children);
    case 'SUBQUERY':
      return subqueryName(node);
    default:
      return undefined;
  }
}

/** The parser's own names for what the client wrote. */
const writtenNames: Readonly<Record<string, string>> = {
  count_star: 'count',
  list_value: 'array',
  date_part: 'extract',
  struct_pack: 'row',
  to_days: 'interval',
  to_months: 'interval',
  to_years: 'interval',
  to_hours: 'interval',
  to_minutes: 'interval',
  to_seconds: 'interval',
  quantile_cont: 'percentile_cont',
  quantile_disc: 'percentile_disc',
};

function functionName(name: string, isOperator: boolean): Figured | undefined {
  if (isOperator || !/^[a-z_]/i.test(name) || name === 'like_escape' || name === 'not_like_escape') return undefined;
  return strong(fold(writtenNames[name] ?? name));
}

const operatorNames: Readonly<Record<string, string>> = {
  OPERATOR_COALESCE: 'coalesce',
  OPERATOR_NULLIF: 'nullif',
  ARRAY_CONSTRUCTOR: 'array',
  GROUPING_FUNCTION: 'grouping',
  OPERATOR_TRY: 'try',
};

function operatorName(type: string, children: readonly Expression[]): Figured | undefined {
  const fixed = operatorNames[type];
  if (fixed !== undefined) return strong(fixed);
  const [first, second] = children;
  if (type === 'STRUCT_EXTRACT' && second?.class === 'CONSTANT')
    return typeof second.value.value === 'string' ? strong(second.value.value) : undefined;
  return type === 'ARRAY_EXTRACT' && first !== undefined ? nameOf(first) : undefined;
}

function subqueryName(node: SubqueryExpression): Figured | undefined {
  if (node.subquery_type === 'EXISTS') return strong('exists');
  if (node.subquery_type !== 'SCALAR') return undefined;
  const inner = node.subquery.node;
  const only = inner.type === 'SELECT_NODE' ? inner.select_list[0] : undefined;
  if (only === undefined) return undefined;
  return only.alias === '' ? nameOf(only) : strong(only.alias);
}

function castName(node: Extract<Expression, { class: 'CAST' }>): Figured | undefined {
  const inner = nameOf(node.child);
  if (inner?.strong === true) return inner;
  const name = typeName(node.cast_type);
  return name === undefined ? inner : { name, strong: false };
}

const typeNames: Readonly<Record<string, string>> = {
  BOOLEAN: 'bool',
  SMALLINT: 'int2',
  INTEGER: 'int4',
  BIGINT: 'int8',
  FLOAT: 'float4',
  DOUBLE: 'float8',
  DECIMAL: 'numeric',
  VARCHAR: 'varchar',
  BLOB: 'bytea',
  'TIMESTAMP WITH TIME ZONE': 'timestamptz',
  'TIME WITH TIME ZONE': 'timetz',
};

function typeName(type: LogicalType): string | undefined {
  const known = typeNames[type.id];
  if (known !== undefined) return known;
  const given = type.type_info?.['name'];
  if (type.id === 'UNBOUND') return typeof given === 'string' ? fold(given) : undefined;
  return fold(type.id);
}
