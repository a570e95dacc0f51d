// Which of a query's conditions a table use may test already where its rows are read, below the barrier: a point lookup keeps
// its index and its scan filter that way. The conditions stay where they were as well.
import type { BaseTable, ColumnRef, Expression, Join, SelectNode, TableRef } from '../sql/ast.ts';
import { forEachChild, isExpression } from '../sql/children.ts';
import { isCondition, type TypeFacts } from './leakproof.ts';
import type { RelationUse } from './resolved-query.ts';
import { unknownType } from './value-types.ts';

interface PushFacts extends TypeFacts {
  readonly columnSources: ReadonlyMap<ColumnRef, { readonly use: RelationUse }>;
  readonly pushable: Map<BaseTable, Expression[]>;
}

/** Notes the conditions of one SELECT. Its expressions have been resolved. */
export function notePushable(facts: PushFacts, node: SelectNode): void {
  // The sample is taken of the rows before WHERE.
  if (node.sample !== null) return;
  const uses = new Set<BaseTable>();
  const conditions = node.where_clause === null ? [] : conjunctsOf(node.where_clause);
  collect(node.from_table, uses, conditions);
  for (const condition of conditions) {
    const use = onlyUse(facts, condition);
    if (use === undefined || !uses.has(use) || !isCondition(facts, condition)) continue;
    const known = facts.pushable.get(use);
    if (known === undefined) facts.pushable.set(use, [condition]);
    else known.push(condition);
  }
}

/**
 * The uses of which a row that fails the condition cannot help to make any row of the answer, and the conditions of inner
 * joins among them. A use on the side that an outer join fills with NULLs is not one, nor either side of joins by position or
 * by nearest match.
 */
function collect(ref: TableRef, uses: Set<BaseTable>, conditions: Expression[]): void {
  if (ref.sample !== null) return;
  if (ref.type === 'BASE_TABLE') uses.add(ref);
  if (ref.type !== 'JOIN' || !plainJoins.has(ref.ref_type)) return;
  const sides = keptSides.get(ref.join_type) ?? [];
  for (const side of sides) collect(ref[side], uses, conditions);
  if (ref.join_type === 'INNER' && ref.condition !== null) conditions.push(...conjunctsOf(ref.condition));
}

const plainJoins: ReadonlySet<Join['ref_type']> = new Set(['REGULAR', 'NATURAL', 'CROSS']);
const keptSides: ReadonlyMap<Join['join_type'], readonly ('left' | 'right')[]> = new Map([
  ['INNER', ['left', 'right']],
  ['LEFT', ['left']],
  ['RIGHT', ['right']],
  ['SEMI', ['left']],
  ['ANTI', ['left']],
]);

function conjunctsOf(node: Expression): Expression[] {
  return node.class === 'CONJUNCTION' && node.type === 'CONJUNCTION_AND' ? node.children.flatMap(conjunctsOf) : [node];
}

/** The one table use whose columns the condition reads, if that is all it reads. */
function onlyUse(facts: PushFacts, condition: Expression): BaseTable | undefined {
  const uses = new Set<BaseTable | undefined>();
  const visit = (node: Expression): void => {
    if (!copiedClasses.has(node.class)) uses.add(undefined);
    if (node.class === 'COLUMN_REF' && !facts.identities.has(node)) uses.add(useOf(facts, node));
    forEachChild(node, (child) => {
      if (isExpression(child)) visit(child);
      else uses.add(undefined);
    });
  };
  visit(condition);
  const [only, ...others] = uses;
  return others.length === 0 ? only : undefined;
}

function useOf(facts: PushFacts, node: ColumnRef): BaseTable | undefined {
  const use = facts.columnSources.get(node)?.use;
  const type = facts.columnTypes.get(node);
  return use?.kind === 'table' && type !== undefined && type !== unknownType ? use.node : undefined;
}

const copiedClasses: ReadonlySet<Expression['class']> = new Set([
  'COLUMN_REF',
  'CONSTANT',
  'PARAMETER',
  'COMPARISON',
  'BETWEEN',
  'CONJUNCTION',
  'OPERATOR',
  'CASE',
  'CAST',
  'FUNCTION',
]);
