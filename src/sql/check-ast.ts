// unknown JSON -> SelectStatement, or 0A000: the one place that trusts nothing. A kind, key or keyword that node-specs.ts
// does not list is refused, so a new DuckDB feature is closed until somebody has looked at it.
import { limits } from '../base/limits.ts';
import { SqlError } from '../base/sql-error.ts';
import type { SelectStatement } from './ast.ts';
import {
  type Check,
  checkConstant,
  checkFlag,
  checkKeys,
  checkKeyword,
  checkLogicalType,
  checkNumber,
  checkText,
  checkWord,
  deeper,
  each,
  type Json,
  listOf,
  objectOf,
  orNull,
  printable,
  refuse,
} from './check-leaf.ts';
import {
  expressionSpecs,
  expressionTypes,
  type FieldKind,
  nullOrders,
  orderTypes,
  queryNodeSpecs,
  tableRefSpecs,
} from './node-specs.ts';

function checkFields(json: Json, spec: Readonly<Record<string, FieldKind>>, depth: number): void {
  for (const [key, kind] of Object.entries(spec)) fieldChecks[kind](json[key], depth);
}

function checkExpression(value: unknown, depth: number): void {
  const json = objectOf(value, 'an expression');
  const name = json['class'];
  if (typeof name !== 'string' || !Object.hasOwn(expressionSpecs, name)) refuse(`expression ${printable(name)}`);
  const spec: Readonly<Record<string, FieldKind>> = expressionSpecs[name as keyof typeof expressionSpecs];
  checkKeys(json, ['class', 'type', 'alias', ...Object.keys(spec)], ['query_location']);
  if (!expressionTypes[name as keyof typeof expressionTypes].includes(String(json['type']))) {
    refuse(`operator ${printable(json['type'])}`);
  }
  checkText(json['alias']);
  checkFields(json, spec, deeper(depth));
}

function checkTableRef(value: unknown, depth: number): void {
  const json = objectOf(value, 'a relation');
  const name = json['type'];
  if (typeof name !== 'string' || !Object.hasOwn(tableRefSpecs, name)) refuse(`relation ${printable(name)}`);
  const spec: Readonly<Record<string, FieldKind>> = tableRefSpecs[name as keyof typeof tableRefSpecs];
  checkKeys(json, ['type', 'alias', ...Object.keys(spec)], ['query_location']);
  checkText(json['alias']);
  checkFields(json, spec, deeper(depth));
}

function checkQueryNode(value: unknown, depth: number): void {
  const json = objectOf(value, 'a query');
  const name = json['type'];
  if (typeof name !== 'string' || !Object.hasOwn(queryNodeSpecs, name)) refuse(`query ${printable(name)}`);
  const spec: Readonly<Record<string, FieldKind>> = queryNodeSpecs[name as keyof typeof queryNodeSpecs];
  checkKeys(json, ['type', ...Object.keys(spec)]);
  if (Array.isArray(json['select_list'])) checkColumnCount(json['select_list'].length);
  checkFields(json, spec, deeper(depth));
}

/** PostgreSQL's limit and words; DuckDB's own time grows with the square of the columns. @throws SqlError tooManyColumns */
export function checkColumnCount(count: number): void {
  if (count <= limits.resultColumnsMax) return;
  throw new SqlError('tooManyColumns', `target lists can have at most ${String(limits.resultColumnsMax)} entries`);
}

function checkSelectStatement(value: unknown, depth: number): void {
  const json = objectOf(value, 'a query');
  checkKeys(json, ['node', 'named_param_map']);
  checkQueryNode(json['node'], depth);
  for (const entry of listOf(json['named_param_map'], 'parameters')) {
    const parameter = objectOf(entry, 'a parameter');
    checkKeys(parameter, ['key', 'value']);
    checkWord(parameter['key']);
    checkNumber(parameter['value']);
  }
}

function checkOrder(value: unknown, depth: number): void {
  const json = objectOf(value, 'an ordering');
  checkKeys(json, ['type', 'null_order', 'expression']);
  if (!orderTypes.has(String(json['type'])) || !nullOrders.has(String(json['null_order']))) refuse('this ordering');
  checkExpression(json['expression'], depth);
}

function checkOrderModifier(value: unknown, depth: number): void {
  const json = objectOf(value, 'an ordering');
  checkKeys(json, ['type', 'orders']);
  if (json['type'] !== 'ORDER_MODIFIER') refuse('this ordering');
  each(checkOrder)(json['orders'], depth);
}

function checkModifier(value: unknown, depth: number): void {
  const json = objectOf(value, 'a modifier');
  switch (json['type']) {
    case 'ORDER_MODIFIER':
      checkOrderModifier(value, depth);
      return;
    case 'LIMIT_MODIFIER':
    case 'LIMIT_PERCENT_MODIFIER':
      checkKeys(json, ['type', 'limit', 'offset']);
      orNull(checkExpression)(json['limit'], depth);
      orNull(checkExpression)(json['offset'], depth);
      return;
    case 'DISTINCT_MODIFIER':
      checkKeys(json, ['type', 'distinct_on_targets']);
      each(checkExpression)(json['distinct_on_targets'], depth);
      return;
    default:
      refuse(`modifier ${printable(json['type'])}`);
  }
}

function checkCtes(value: unknown, depth: number): void {
  const json = objectOf(value, 'WITH');
  checkKeys(json, ['map']);
  for (const entry of listOf(json['map'], 'WITH')) {
    const pair = objectOf(entry, 'WITH');
    checkKeys(pair, ['key', 'value']);
    checkText(pair['key']);
    const cte = objectOf(pair['value'], 'WITH');
    checkKeys(cte, ['aliases', 'query', 'materialized', 'key_targets']);
    each(checkText)(cte['aliases'], depth);
    if (!/^CTE_MATERIALIZE_(DEFAULT|ALWAYS|NEVER)$/.test(String(cte['materialized']))) refuse('this WITH');
    checkSelectStatement(cte['query'], depth);
    each(checkExpression)(cte['key_targets'], depth);
  }
}

function checkCase(value: unknown, depth: number): void {
  const json = objectOf(value, 'CASE');
  checkKeys(json, ['when_expr', 'then_expr']);
  checkExpression(json['when_expr'], depth);
  checkExpression(json['then_expr'], depth);
}

function checkReplacement(value: unknown, depth: number): void {
  const json = objectOf(value, 'REPLACE');
  checkKeys(json, ['key', 'value']);
  checkText(json['key']);
  checkExpression(json['value'], depth);
}

function checkPivot(value: unknown, depth: number): void {
  const json = objectOf(value, 'PIVOT');
  checkKeys(json, ['pivot_expressions', 'unpivot_names', 'entries', 'pivot_enum']);
  // A pivot over an ENUM type would name an object we do not hold.
  if (json['pivot_enum'] !== '') refuse('PIVOT over an enum');
  each(checkExpression)(json['pivot_expressions'], depth);
  each(checkText)(json['unpivot_names'], depth);
  for (const item of listOf(json['entries'], 'PIVOT')) {
    const entry = objectOf(item, 'PIVOT');
    checkKeys(entry, ['values', 'star_expr', 'alias']);
    each(checkConstant)(entry['values'], depth);
    orNull(checkExpression)(entry['star_expr'], depth);
    checkText(entry['alias']);
  }
}

function checkSample(value: unknown, depth: number): void {
  const json = objectOf(value, 'a sample');
  checkKeys(json, ['sample_size', 'is_percentage', 'method', 'seed']);
  checkConstant(json['sample_size'], depth);
  checkFlag(json['is_percentage']);
  if (!['System', 'Bernoulli', 'Reservoir'].includes(String(json['method']))) refuse('this sample');
  checkNumber(json['seed']);
}

function checkQualifiedColumn(value: unknown): void {
  const json = objectOf(value, 'a column');
  checkKeys(json, ['catalog', 'schema', 'table', 'column']);
  for (const part of Object.values(json)) checkText(part);
}

function checkRename(value: unknown): void {
  const json = objectOf(value, 'RENAME');
  checkKeys(json, ['key', 'value']);
  checkQualifiedColumn(json['key']);
  checkText(json['value']);
}

const fieldChecks: Readonly<Record<FieldKind, Check>> = {
  expression: checkExpression,
  'expression?': orNull(checkExpression),
  expressions: each(checkExpression),
  rows: each(each(checkExpression)),
  query: checkSelectStatement,
  node: checkQueryNode,
  tableRef: checkTableRef,
  orders: each(checkOrder),
  orderModifier: checkOrderModifier,
  modifiers: each(checkModifier),
  ctes: checkCtes,
  cases: each(checkCase),
  replacements: each(checkReplacement),
  pivots: each(checkPivot),
  text: checkText,
  texts: each(checkText),
  word: checkWord,
  flag: checkFlag,
  number: checkNumber,
  keyword: checkKeyword,
  constant: checkConstant,
  logicalType: checkLogicalType,
  logicalTypes: each(checkLogicalType),
  sample: orNull(checkSample),
  groupSets: each(each(checkNumber)),
  qualifiedColumns: each(checkQualifiedColumn),
  renames: each(checkRename),
  null: (value) => {
    if (value !== null) refuse('AT (time travel)');
  },
};

/**
 * Checks what json_serialize_sql gave (numbers kept as LosslessNumber).
 * @throws SqlError featureNotSupported for anything not listed in node-specs.ts, statementTooComplex when too deep
 */
export function checkAst(value: unknown): SelectStatement {
  checkSelectStatement(value, 0);
  return value as SelectStatement;
}
