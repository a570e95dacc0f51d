import { quote } from '../base/identifier.ts';
import type { Column, ObjectId, Table } from '../catalog/securable.ts';
import type { Expression, SelectStatement } from '../sql/ast.ts';
import {
  and,
  booleanConstant,
  columnRef,
  functionCall,
  select,
  statementOf,
  stringConstant,
  subqueryRef,
} from '../sql/build.ts';
import type { SqlCodec } from '../sql/sql-codec.ts';
import { type ExecutableQuery, sealQuery } from './executable-query.ts';
import { physicalName } from './physical.ts';
import type { OwnValues } from './system-rows.ts';

export interface InsertParts {
  readonly catalogId: ObjectId;
  readonly table: Table;
  /** Target columns in the order of the source's. */
  readonly columns: readonly Column[];
  /** Rewritten; undefined for DEFAULT VALUES. */
  readonly source: SelectStatement | undefined;
  /** What the source's own parameters are bound to. */
  readonly values: OwnValues | undefined;
  /** Conditions over the new row, its columns as `alias.k1`; see checkAlias. */
  readonly checks: readonly Expression[];
}

/** The alias under which checks name the new row. */
export const checkAlias = '__pc_new';

/** What DuckDB's error text says when a new row fails its check; duckdb-error.ts knows it. */
export const checkFailure = 'portcullis: new row violates row filter';

export async function insertQuery(codec: SqlCodec, parts: InsertParts): Promise<ExecutableQuery> {
  const target = `INSERT INTO ${physicalName(parts.catalogId, parts.table.id)}`;
  if (parts.source === undefined) {
    return sealQuery({ sql: `${target} DEFAULT VALUES`, writes: parts.catalogId });
  }
  const columns = parts.columns.map((column) => quote(column.id)).join(', ');
  const source = await codec.print(checked(parts, parts.source));
  return sealQuery({ sql: `${target} (${columns}) ${source}`, writes: parts.catalogId, ...valuesOf(parts) });
}

function valuesOf({ values }: InsertParts): { readonly values?: OwnValues } {
  return values === undefined ? {} : { values };
}

/** The source with a condition that is TRUE or fails. */
function checked(parts: InsertParts, source: SelectStatement): SelectStatement {
  if (parts.checks.length === 0) return source;
  const ids = parts.columns.map((column) => column.id);
  const failure = functionCall('error', [stringConstant(checkFailure)]);
  const condition: Expression = {
    class: 'CASE',
    type: 'CASE_EXPR',
    alias: '',
    case_checks: [{ when_expr: and(parts.checks), then_expr: booleanConstant(true) }],
    else_expr: failure,
  };
  return statementOf(
    select({
      select_list: ids.map((id) => columnRef(checkAlias, id)),
      from_table: subqueryRef(source.node, { alias: checkAlias, sample: null, column_name_alias: ids }),
      where_clause: condition,
    }),
  );
}
