// The filters of a guard as conditions over a new row.
import type { Authorization } from '../authorize/authorization.ts';
import type { Expression } from '../sql/ast.ts';
import { columnRef } from '../sql/build.ts';
import { inlineBody } from './inline-functions.ts';
import { checkAlias } from './new-rows.ts';
import type { Rewriter } from './rewrite.ts';
import type { SessionFacts } from './rewrite-context.ts';
import { isTrue, simplify } from './simplify.ts';

export interface NewRowFacts {
  /** Of a read of the target table alone. */
  readonly authorization: Authorization;
  readonly session: SessionFacts;
}

export interface RowCheck {
  /** Over the new row, all its columns as `checkAlias.k1`. */
  readonly condition: Expression;
  /** Ids of the columns it reads. */
  readonly columns: ReadonlySet<string>;
}

/** Conditions that are not TRUE for this writer anyway. */
export async function rowChecks(rewriter: Rewriter, facts: NewRowFacts): Promise<readonly RowCheck[]> {
  const context = await rewriter.contextOf(facts.authorization, facts.session);
  const [guard, ...others] = facts.authorization.guards.values();
  if (guard === undefined || others.length > 0) return context.refuse('a new row has one guard');
  const checks = guard.filters
    .map((filter): RowCheck => {
      const values = filter.arguments.map((argument) => {
        if (argument.kind === 'column') return columnRef(checkAlias, argument.columnId);
        return context.literals.get(argument.literal) ?? context.refuse('literal');
      });
      const columns = filter.arguments.flatMap((argument) => (argument.kind === 'column' ? [argument.columnId] : []));
      const condition = simplify(inlineBody(context, { function: filter.function, body: filter.body, values }));
      return { condition, columns: new Set(columns) };
    })
    .filter(({ condition }) => !isTrue(condition));
  // They stand in a statement whose parameters have numbers of their own.
  return context.values.texts.length === 0 ? checks : context.refuse('a policy reads system relations');
}
