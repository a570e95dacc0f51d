// New rows of a table before they are written: every value in its column's type, and the writer's filter held to them. The
// relations here are guarded already, or hold rows of the write itself.
import type { Column, ObjectId, Table } from '../catalog/securable.ts';
import type { Expression, QueryNode, SelectNode, WindowCall } from '../sql/ast.ts';
import type { LogicalType } from '../sql/ast-leaf.ts';
import {
  and,
  baseTable,
  booleanConstant,
  caseWhen,
  cast,
  columnRef,
  crossJoin,
  equal,
  functionCall,
  integerConstant,
  isNotNull,
  select,
  stringConstant,
  subqueryRef,
} from '../sql/build.ts';
import { barrier } from './barrier.ts';
import { physicalCatalog, physicalTable } from './physical.ts';
import type { RowCheck } from './row-checks.ts';
import { rowColumn } from './scratch.ts';

/** The alias under which checks name the new row. */
export const checkAlias = '__pc_new';

/** What DuckDB's error text says when a new row fails its check; duckdb-error.ts knows it. */
export const checkFailure = 'portcullis: new row violates row filter';

export interface GivenRows {
  /** Gives `extra`, then `given`, in this order. */
  readonly rows: QueryNode;
  /** Columns of our own in front. */
  readonly extra: readonly string[];
  readonly given: readonly Column[];
}

/** Rows to insert: values cast as an assignment does it, then `added` ones (defaults), then the check. */
export function insertedRows(
  { rows, extra, given }: GivenRows,
  facts: {
    readonly types: ReadonlyMap<string, LogicalType>;
    readonly added: readonly (readonly [columnId: string, value: Expression])[];
    readonly checks: readonly RowCheck[];
  },
): SelectNode {
  const ids = [...extra, ...given.map(({ id }) => id)];
  const values = given.map(({ id }) => typed(columnRef(source, id), facts.types.get(id)));
  const cast = select({
    select_list: [
      ...extra.map((name) => columnRef(source, name)),
      ...values,
      ...facts.added.map(([id, value]) => typed(value, facts.types.get(id))),
    ],
    from_table: subqueryRef(rows, { alias: source, sample: null, column_name_alias: ids }),
  });
  return checked(cast, [...ids, ...facts.added.map(([id]) => id)], facts.checks);
}

const source = '__pc_source';
const old = '__pc_old';

function typed(value: Expression, type: LogicalType | undefined): Expression {
  return type === undefined ? value : cast(value, type);
}

/**
 * Rows as they will be: what is `given`, the rest as it is now. The physical table is met by row alone, over the barrier that
 * `rows` were found behind, and its values are met by checks above one more.
 */
export function changedRows(
  { rows, extra, given }: GivenRows,
  facts: { readonly table: Table; readonly catalogId: ObjectId; readonly checks: readonly RowCheck[] },
): SelectNode {
  const changed = new Set(given.map(({ id }) => id));
  const all = facts.table.columns.map(({ id }) => id);
  const physical = { catalog: physicalCatalog(facts.catalogId), schema: 'main', table: physicalTable(facts.table.id) };
  const whole = select({
    select_list: [
      ...extra.map((name) => columnRef(source, name)),
      ...all.map((id) => columnRef(changed.has(id) ? source : old, id)),
    ],
    from_table: crossJoin(
      subqueryRef(rows, { alias: source, sample: null, column_name_alias: [...extra, ...changed] }),
      baseTable(physical, old),
    ),
    where_clause: equal(columnRef(old, 'rowid'), columnRef(source, rowColumn)),
    modifiers: barrier,
  });
  // The row was visible: a filter that reads no changed column holds as it did.
  const needed = facts.checks.filter(({ columns }) => [...columns].some((id) => changed.has(id)));
  return checked(whole, [...extra, ...all], needed);
}

/** The rows with a condition that is TRUE or fails. */
function checked(rows: SelectNode, ids: readonly string[], checks: readonly RowCheck[]): SelectNode {
  const failure = functionCall('error', [stringConstant(checkFailure)]);
  const condition = and(checks.map((check) => check.condition));
  return select({
    select_list: ids.map((id) => columnRef(checkAlias, id)),
    from_table: subqueryRef(rows, { alias: checkAlias, sample: null, column_name_alias: ids }),
    where_clause: checks.length === 0 ? null : caseWhen([[condition, booleanConstant(true)]], failure),
  });
}

/** What DuckDB's error text says when two new values are for one row; duckdb-error.ts knows it. */
export const twiceFailure = 'portcullis: row affected twice';

/** The rows, unless one row of the target is among them twice. @param ids what `rows` gives, `rowColumn` among them */
export function onceEach(rows: QueryNode, ids: readonly string[], where: Expression | null = null): SelectNode {
  const row = columnRef(source, rowColumn);
  const failure = functionCall('error', [stringConstant(twiceFailure)]);
  const twice = and([isNotNull(row), greaterThanOne(countPer(row))]);
  return select({
    select_list: ids.map((id) => columnRef(source, id)),
    from_table: subqueryRef(rows, { alias: source, sample: null, column_name_alias: ids }),
    where_clause: where,
    qualify: caseWhen([[twice, failure]], booleanConstant(true)),
  });
}

/** A column of the rows inside `onceEach`. */
export function onceColumn(id: string): Expression {
  return columnRef(source, id);
}

function greaterThanOne(left: Expression): Expression {
  return { class: 'COMPARISON', type: 'COMPARE_GREATERTHAN', alias: '', left, right: integerConstant('1') };
}

function countPer(row: Expression): WindowCall {
  return {
    class: 'WINDOW',
    type: 'WINDOW_AGGREGATE',
    alias: '',
    function_name: 'count',
    schema: '',
    catalog: '',
    children: [],
    partitions: [row],
    orders: [],
    start: 'UNBOUNDED_PRECEDING',
    end: 'CURRENT_ROW_RANGE',
    start_expr: null,
    end_expr: null,
    offset_expr: null,
    default_expr: null,
    ignore_nulls: false,
    filter_expr: null,
    exclude_clause: 'NO_OTHER',
    distinct: false,
    arg_orders: [],
  };
}
