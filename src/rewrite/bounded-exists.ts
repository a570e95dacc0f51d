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
  let differs = false;
  let orders = false;
  walk(node, (each) => {
    if (!isExpression(each)) return true;
    if (each.class === 'COMPARISON') {
      if (differences.has(each.type)) differs = true;
      else if (!equalities.has(each.type)) orders = true;
    }
    if (each.class === 'BETWEEN') orders = true;
    // A negation makes a difference of an equality, and an order of another.
    if (each.class === 'OPERATOR' && each.type === 'OPERATOR_NOT') differs = true;
    return !(differs && orders);
  });
  return differs && orders;
}
