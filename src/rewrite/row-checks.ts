// The filters of a guard as conditions over a new row.
import type { Authorization } from '../authorize/authorization.ts';
import type { Expression } from '../sql/ast.ts';
import { columnRef, nullConstant } from '../sql/build.ts';
import { inlineBody } from './inline-functions.ts';
import { checkAlias } from './insert.ts';
import type { Rewriter } from './rewrite.ts';
import type { SessionFacts } from './rewrite-context.ts';
import { isTrue, simplify } from './simplify.ts';

export interface NewRowFacts {
  /** Of a read of the target table alone. */
  readonly authorization: Authorization;
  readonly session: SessionFacts;
  /** Ids of the columns that the statement gives. */
  readonly given: ReadonlySet<string>;
}

/** Conditions that are not TRUE for this writer anyway. */
export async function rowChecks(rewriter: Rewriter, facts: NewRowFacts): Promise<readonly Expression[]> {
  const context = await rewriter.contextOf(facts.authorization, facts.session);
  const [guard, ...others] = facts.authorization.guards.values();
  if (guard === undefined || others.length > 0) return context.refuse('a new row has one guard');
  return guard.filters
    .map((filter) => {
      const values = filter.arguments.map((argument) => {
        if (argument.kind === 'constant') return context.literals.get(argument.literal) ?? context.refuse('literal');
        return facts.given.has(argument.columnId) ? columnRef(checkAlias, argument.columnId) : nullConstant();
      });
      return simplify(inlineBody(context, { function: filter.function, body: filter.body, values }));
    })
    .filter((condition) => !isTrue(condition));
}
