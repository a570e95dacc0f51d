// A write knows the rows of its target by a column of ours in the guarded relation. Nothing of the client's may show that
// column: it has a reserved name, and here whatever stands for a whole row is refused.
import { fold } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import type { ColumnRef, Expression, Node } from '../sql/ast.ts';
import { forEachChild, isExpression, isQueryNode } from '../sql/children.ts';
import { positionOf } from '../sql/position.ts';

export interface RowTarget {
  readonly alias: string;
  readonly columns: readonly { readonly name: string }[];
}

/** @throws SqlError featureNotSupported where a piece of the statement may mean all columns of one of `targets` */
export function refuseWholeRows(pieces: readonly Node[], targets: readonly RowTarget[]): void {
  for (const piece of pieces) refuseIn(piece, targets, 'own');
}

/** `own`: a star stands for the target's columns; inside a subquery for those of its own FROM. */
function refuseIn(node: Node, targets: readonly RowTarget[], scope: 'own' | 'inner'): void {
  if (isExpression(node) && targets.some((target) => meansWholeRow(node, target, scope))) {
    throw new SqlError('featureNotSupported', 'a whole row of the written table is not supported here', {
      ...positionOf(node),
      hint: 'Name the columns.',
    });
  }
  forEachChild(node, (child) => {
    refuseIn(child, targets, !isExpression(child) && isQueryNode(child) ? 'inner' : scope);
  });
}

function meansWholeRow(node: Expression, target: RowTarget, scope: 'own' | 'inner'): boolean {
  switch (node.class) {
    case 'STAR':
      return node.relation_name === '' ? scope === 'own' : fold(node.relation_name) === fold(target.alias);
    case 'POSITIONAL_REFERENCE':
      return scope === 'own';
    case 'COLUMN_REF':
      return namesRow(node, target);
    default:
      return false;
  }
}

/** A column of that name goes before the row. */
function namesRow({ column_names: names }: ColumnRef, { alias, columns }: RowTarget): boolean {
  const [only = '', ...others] = names;
  if (others.length > 0 || fold(only) !== fold(alias)) return false;
  return !columns.some(({ name }) => fold(name) === fold(only));
}
