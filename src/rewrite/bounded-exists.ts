// DuckDB 1.5.6 answers EXISTS wrongly where its rows are tied to the query outside by `<>` and by an order at once: its deliminator
// takes the pair for what one comparison decides (measured against the same instance with that optimizer off: of 18,000 drawn
// queries all that differed were of this form). A LIMIT inside keeps the optimizer away and changes nothing: one row is enough.
import type { Expression, Modifier, QueryNode, SubqueryExpression } from '../sql/ast.ts';
import { integerConstant } from '../sql/build.ts';
import { isExpression, walk } from '../sql/children.ts';

export function boundedExists(node: Expression): Expression {
  if (node.class !== 'SUBQUERY' || !isExists(node)) return node;
  const inner = node.subquery.node;
  if (inner.modifiers.some(isLimit) || !comparesBothWays(inner)) return node;
  const one: Modifier = { type: 'LIMIT_MODIFIER', limit: integerConstant('1'), offset: null };
  return { ...node, subquery: { ...node.subquery, node: { ...inner, modifiers: [...inner.modifiers, one] } } };
}

function isExists({ subquery_type }: SubqueryExpression): boolean {
  return subquery_type === 'EXISTS' || subquery_type === 'NOT_EXISTS';
}

function isLimit({ type }: Modifier): boolean {
  return type === 'LIMIT_MODIFIER' || type === 'LIMIT_PERCENT_MODIFIER';
}

const differences: ReadonlySet<string> = new Set(['COMPARE_NOTEQUAL', 'COMPARE_DISTINCT_FROM']);
const equalities: ReadonlySet<string> = new Set(['COMPARE_EQUAL', 'COMPARE_NOT_DISTINCT_FROM']);

/** Whether the two stand where they do harm is left open: NOT and other expressions turn into them. */
function comparesBothWays(node: QueryNode): boolean {
  const found = new Set<'difference' | 'order'>();
  walk(node, (each) => {
    for (const kind of isExpression(each) ? comparedBy(each) : []) found.add(kind);
    return found.size < 2;
  });
  return found.size === 2;
}

function comparedBy(node: Expression): readonly ('difference' | 'order')[] {
  if (node.class === 'BETWEEN') return ['order'];
  // A negation makes a difference of an equality.
  if (node.class === 'OPERATOR') return node.type === 'OPERATOR_NOT' ? ['difference'] : [];
  if (node.class !== 'COMPARISON' || equalities.has(node.type)) return [];
  return [differences.has(node.type) ? 'difference' : 'order'];
}
