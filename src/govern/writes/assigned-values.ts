// The expressions of assignments and of VALUES, each in the type of the column it goes to.
import { SqlError } from '../../base/sql-error.ts';
import type { Column } from '../../catalog/securable.ts';
import type { Expression, ExpressionList, SelectNode, SelectStatement } from '../../sql/ast.ts';
import type { LogicalType } from '../../sql/ast-leaf.ts';
import { cast, nullConstant } from '../../sql/build.ts';
import { type Piece, readExpression } from '../../sql/read-parts.ts';
import type { GovernEnvironment } from '../environment.ts';
import { columnTypes } from './target.ts';

/** One per column. */
export async function assignedValues(
  environment: GovernEnvironment,
  columns: readonly Column[],
  assigned: readonly { readonly value?: Piece }[],
): Promise<readonly Expression[]> {
  const types = await columnTypes(environment, columns);
  return Promise.all(
    columns.map(async (column, index) => {
      const piece = assigned[index]?.value;
      const value =
        piece === undefined ? await defaultOf(environment, column) : await readExpression(environment.codec, piece);
      return typed(value, types.get(column.id));
    }),
  );
}

export async function defaultOf({ codec }: GovernEnvironment, column: Column): Promise<Expression> {
  return column.default === undefined ? nullConstant() : readExpression(codec, { text: column.default, offset: 0 });
}

function typed(value: Expression, type: LogicalType | undefined): Expression {
  return type === undefined ? value : cast(value, type);
}

/** The rows of a statement that is VALUES and nothing else. */
export function valuesOf({ node }: SelectStatement): { node: SelectNode; list: ExpressionList } | undefined {
  if (node.type !== 'SELECT_NODE' || node.from_table.type !== 'EXPRESSION_LIST') return undefined;
  const clauses = [node.where_clause, node.having, node.qualify, node.sample];
  const plain = node.modifiers.length + node.group_sets.length === 0 && clauses.every((clause) => clause === null);
  return plain && node.select_list[0]?.class === 'STAR' ? { node, list: node.from_table } : undefined;
}

/** Every value on its own becomes its column's type, and DEFAULT the column's default. */
export async function typedValues(
  environment: GovernEnvironment,
  statement: SelectStatement,
  columns: readonly Column[],
): Promise<SelectStatement> {
  const found = valuesOf(statement);
  if (found === undefined) return typedParameters(environment, statement, columns);
  const { node, list } = found;
  const types = await columnTypes(environment, columns);
  const defaults = await Promise.all(columns.map((column) => defaultOf(environment, column)));
  const plain = columns.map((_, index) => isUniform(list.values.map((row) => row[index])));
  const values = list.values.map((row) => {
    if (row.length !== list.values[0]?.length) {
      throw new SqlError('syntaxError', 'VALUES lists must all be the same length');
    }
    return row.map((item, index) => {
      const type = types.get(columns[index]?.id ?? '');
      const value = item.class === 'DEFAULT' ? (defaults[index] ?? nullConstant()) : item;
      return plain[index] === true ? value : typed(value, type);
    });
  });
  return { ...statement, node: { ...node, from_table: { ...list, values } } };
}

/** Constants of one type need no cast: a list of thousands stays as small as it was written. */
function isUniform(items: readonly (Expression | undefined)[]): boolean {
  const kinds = items.map((item) => (item?.class === 'CONSTANT' ? item.value.type.id : undefined));
  return kinds.every((kind) => kind !== undefined && kind === kinds[0]);
}

/** `INSERT … SELECT $1`: a bare parameter has no type but the column's. */
async function typedParameters(
  environment: GovernEnvironment,
  statement: SelectStatement,
  columns: readonly Column[],
): Promise<SelectStatement> {
  const { node } = statement;
  if (node.type !== 'SELECT_NODE' || !node.select_list.some((item) => item.class === 'PARAMETER')) return statement;
  const types = await columnTypes(environment, columns);
  const select_list = node.select_list.map((item, index) =>
    item.class === 'PARAMETER'
      ? { ...typed({ ...item, alias: '' }, types.get(columns[index]?.id ?? '')), alias: item.alias }
      : item,
  );
  return { ...statement, node: { ...node, select_list } };
}
