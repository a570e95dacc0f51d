// One scalar expression over the columns of one table (DEFAULT, CHECK), printed over column ids. No subquery, no SQL function
// of the catalog: what stands in a table definition is evaluated by DuckDB for everybody, without a guard.

import { functionClassOf } from '../analyze/functions/function-catalog.ts';
import { isLinear } from '../analyze/pattern-calls.ts';
import type { Identity } from '../authorize/identity.ts';
import { displayName, fold } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import type { Expression } from '../sql/ast.ts';
import { columnRef, select, statementOf } from '../sql/build.ts';
import { mapChildren, walk } from '../sql/children.ts';
import { positionOf } from '../sql/position.ts';
import type { SqlCodec } from '../sql/sql-codec.ts';
import type { SessionFacts } from './rewrite-context.ts';

export interface ScalarContext {
  /** Folded column name -> column id. */
  readonly columns: ReadonlyMap<string, string>;
  readonly session: SessionFacts;
  readonly identity: Identity;
}

/** @throws SqlError featureNotSupported for what may not stand there */
export async function printScalar(codec: SqlCodec, text: string, context: ScalarContext): Promise<string> {
  const { node } = await codec.parse(`SELECT (\n${text}\n)`);
  const only = node.type === 'SELECT_NODE' && node.select_list.length === 1 ? node.select_list[0] : undefined;
  if (
    only === undefined ||
    node.type !== 'SELECT_NODE' ||
    node.from_table.type !== 'EMPTY' ||
    node.where_clause !== null
  ) {
    throw new SqlError('syntaxError', 'one expression is expected');
  }
  const printed = await codec.print(statementOf(select({ select_list: [scalar(only, context)] })));
  return printed.replace(/^SELECT /, '');
}

/** Ids of the columns that such an expression reads. */
export async function scalarColumns(
  codec: SqlCodec,
  text: string,
  columns: ScalarContext['columns'],
): Promise<readonly string[]> {
  const { node } = await codec.parse(`SELECT (\n${text}\n)`);
  const ids = new Set<string>();
  walk(node, (each) => {
    const id =
      'class' in each && each.class === 'COLUMN_REF' ? columns.get(fold(each.column_names.at(-1) ?? '')) : undefined;
    if (id !== undefined) ids.add(id);
    return true;
  });
  return [...ids];
}

function scalar(node: Expression, context: ScalarContext): Expression {
  switch (node.class) {
    case 'COLUMN_REF':
      return columnRef(columnIdOf(node.column_names, context));
    case 'FUNCTION':
      checkFunction(node);
      break;
    case 'SUBQUERY':
    case 'STAR':
    case 'WINDOW':
    case 'PARAMETER':
    case 'DEFAULT':
    case 'POSITIONAL_REFERENCE':
      throw new SqlError('featureNotSupported', 'only a plain expression may stand in a table definition');
    default:
      break;
  }
  return mapChildren(node, {
    expression: (child) => scalar(child, context),
    tableRef: (ref) => ref,
    queryNode: (query) => query,
  });
}

function columnIdOf(names: readonly string[], context: ScalarContext): string {
  const id = context.columns.get(fold(names.at(-1) ?? ''));
  if (id === undefined) throw new SqlError('undefinedColumn', `column ${displayName(names)} does not exist`);
  return id;
}

const allowed: ReadonlySet<string> = new Set(['pure', 'leakproof', 'stable', 'volatile']);

function checkFunction(node: Extract<Expression, { class: 'FUNCTION' }>): void {
  const known = functionClassOf(node.function_name);
  if (
    node.catalog === '' &&
    (node.schema === '' || node.schema === 'main') &&
    known !== undefined &&
    allowed.has(known.kind)
  )
    return;
  if (known?.kind === 'pattern' && node.catalog === '' && node.schema === '' && isLinear(known, node)) return;
  throw new SqlError('featureNotSupported', `function ${node.function_name} is not supported here`, positionOf(node));
}
