// `id = ANY($1)`: clients send the parameter without a type and mean a list of what it is compared with, as PostgreSQL reads it.
// DuckDB cannot tell. Nothing but the parameter's type depends on what is found here.
import type { Expression, Parameter, SelectStatement } from '../sql/ast.ts';
import type { Resolution } from './resolution.ts';
import { typeIn } from './scope.ts';
import { followedType, unknownType } from './value-types.ts';

const listMark = '[]';

/** Its operands have been resolved. */
export function noteListParameter(resolution: Resolution, node: Expression): void {
  if (node.class !== 'SUBQUERY' || node.subquery_type !== 'ANY' || node.child === null) return;
  const parameter = unnestedParameter(node.subquery);
  if (parameter === undefined) return;
  // A client that says of what type its list is means it: made a list of the column's, 1.6 would be 2.
  const bound = resolution.parameterTypes[Number(parameter.identifier) - 1];
  const element = bound === undefined ? columnType(resolution, node.child) : elementOf(bound);
  if (isNamed(element)) resolution.listParameters.set(parameter, element);
}

/** What DuckDB's parser makes of `ANY(list)`: a subquery that unnests it. */
function unnestedParameter({ node }: SelectStatement): Parameter | undefined {
  if (node.type !== 'SELECT_NODE' || node.from_table.type !== 'EMPTY') return undefined;
  const [item, ...others] = node.select_list;
  if (others.length > 0 || item?.class !== 'FUNCTION' || item.function_name !== 'unnest') return undefined;
  const [list] = item.children;
  return list?.class === 'PARAMETER' ? list : undefined;
}

function elementOf(list: string): string {
  return list.endsWith(listMark) ? list.slice(0, -listMark.length) : unknownType;
}

/** A view's column has the type of its creation: what is bound is compared as it is, whatever has become of the column. */
function columnType({ columnTypes, columnSources }: Resolution, node: Expression): string {
  if (node.class !== 'COLUMN_REF') return unknownType;
  const source = columnSources.get(node);
  return source?.use.kind === 'view' ? typeIn(source.use.view, source.column) : (columnTypes.get(node) ?? unknownType);
}

/** One of the types that are followed, spelled by its name alone (DECIMAL is not). */
function isNamed(type: string): boolean {
  return type !== unknownType && followedType(type) === type && !type.includes('(');
}
