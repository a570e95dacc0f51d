// `id = ANY($1)`: clients send the parameter without a type and mean a list of what it is compared with, as PostgreSQL reads it.
// DuckDB cannot tell. Nothing but the parameter's type depends on what is found here.
import { fold } from '../base/identifier.ts';
import type { Expression, Parameter, SelectStatement } from '../sql/ast.ts';
import type { Resolution } from './resolution.ts';

/** Types that a list's text spells without more than their name. */
const listed: ReadonlySet<string> = new Set([
  'BOOLEAN',
  'TINYINT',
  'SMALLINT',
  'INTEGER',
  'BIGINT',
  'HUGEINT',
  'FLOAT',
  'DOUBLE',
  'VARCHAR',
  'UUID',
  'DATE',
  'TIMESTAMP',
  'TIMESTAMP WITH TIME ZONE',
]);

/** Its operands have been resolved. */
export function noteListParameter(resolution: Resolution, node: Expression): void {
  if (node.class !== 'SUBQUERY' || node.subquery_type !== 'ANY' || node.child === null) return;
  const parameter = unnestedParameter(node.subquery);
  const type = columnTypeIn(resolution, node.child);
  if (parameter === undefined || type === undefined || !listed.has(type)) return;
  const bound = resolution.parameterTypes[Number(parameter.identifier) - 1];
  // A client that names the type of its list means it.
  if (bound === undefined || bound === `${type}[]`) resolution.listParameters.set(parameter, type);
}

/** What DuckDB's parser makes of `ANY(list)`: a subquery that unnests it. */
function unnestedParameter({ node }: SelectStatement): Parameter | undefined {
  if (node.type !== 'SELECT_NODE' || node.from_table.type !== 'EMPTY') return undefined;
  const [item, ...others] = node.select_list;
  if (others.length > 0 || item?.class !== 'FUNCTION' || item.function_name !== 'unnest') return undefined;
  const [list] = item.children;
  return list?.class === 'PARAMETER' ? list : undefined;
}

function columnTypeIn({ columnSources }: Resolution, node: Expression): string | undefined {
  const found = node.class === 'COLUMN_REF' ? columnSources.get(node) : undefined;
  if (found === undefined) return undefined;
  const wanted = fold(found.column);
  switch (found.use.kind) {
    case 'table':
      return found.use.table.columns.find(({ name }) => fold(name) === wanted)?.type;
    case 'view':
      return found.use.view.columns.find(({ name }) => fold(name) === wanted)?.type;
    case 'system':
      return found.use.relation.columns.find(({ name }) => fold(name) === wanted)?.type;
  }
}
