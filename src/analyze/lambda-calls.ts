// What a lambda may cost: DuckDB runs it over all elements of 2,048 lists before it looks at an interrupt, and counts nothing of
// what it makes there. A body that holds a whole list, a lambda or an amplifying call squares the number of elements.
import { fold } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import type { ColumnRef, Expression, FunctionCall, Lambda } from '../sql/ast.ts';
import { isExpression, walk } from '../sql/children.ts';
import { positionOf } from '../sql/position.ts';
import type { ElementsGuard } from './amplification.ts';
import { functionClassOf } from './functions/function-catalog.ts';
import { functionLimits } from './functions/function-limits.ts';
import { unknownType, type ValueType } from './value-types.ts';

interface LambdaFacts {
  readonly columnTypes: ReadonlyMap<ColumnRef, ValueType>;
  readonly parameterTypes: readonly (ValueType | undefined)[];
}

/** @throws SqlError statementTooComplex; undefined: the body's cost does not grow with the list */
export function lambdaGuard(facts: LambdaFacts, node: FunctionCall): ElementsGuard | undefined {
  const lambdas = node.children.filter((child): child is Lambda => child.class === 'LAMBDA');
  if (depthOf(node) > functionLimits.lambdaDepthMax) {
    throw new SqlError('statementTooComplex', 'lambdas are nested too deeply', positionOf(node));
  }
  if (!lambdas.some((lambda) => isHeavy(facts, lambda))) return undefined;
  return { kind: 'elements', argument: 0, max: functionLimits.heavyLambdaElementsMax };
}

function depthOf(node: Expression): number {
  let deepest = 0;
  walk(node, (inner) => {
    if (!isExpression(inner) || inner.class !== 'LAMBDA') return true;
    deepest = Math.max(deepest, 1 + depthOf(inner.expr));
    return false;
  });
  return deepest;
}

function isHeavy(facts: LambdaFacts, lambda: Lambda): boolean {
  const own = new Set<string>();
  walk(lambda.lhs, (node) => {
    if (isExpression(node) && node.class === 'COLUMN_REF') own.add(fold(node.column_names[0] ?? ''));
    return true;
  });
  let heavy = false;
  walk(lambda.expr, (node) => {
    heavy ||= !isExpression(node) || weighs(facts, node, own);
    return !heavy;
  });
  return heavy;
}

function weighs(facts: LambdaFacts, node: Expression, own: ReadonlySet<string>): boolean {
  switch (node.class) {
    case 'LAMBDA':
    case 'SUBQUERY':
      return true;
    case 'COLUMN_REF':
      // One of the types that are followed is no list.
      return !own.has(fold(node.column_names[0] ?? '')) && (facts.columnTypes.get(node) ?? unknownType) === unknownType;
    case 'PARAMETER':
      return (facts.parameterTypes[Number(node.identifier) - 1] ?? unknownType) === unknownType;
    case 'FUNCTION':
      return functionClassOf(node.function_name)?.kind === 'amplifying' || node.children.length > shortListMax;
    case 'OPERATOR':
      return node.type === 'ARRAY_CONSTRUCTOR' && node.children.length > shortListMax;
    default:
      return false;
  }
}

/** A list written out in the body is made for every element. */
const shortListMax = 16;
