// ResolvedQuery + asker -> Authorization, or SqlError. Grants are those of whoever owns the tree: the asker for the query, the
// owner for a view's or function's body. Identity functions, filters and masks see the asker everywhere.
import type { RelationUse, ResolvedFunction, ResolvedQuery, TableUse, ViewUse } from '../analyze/resolved-query.ts';
import type { ObjectId } from '../catalog/securable.ts';
import { Access } from './access.ts';
import { type Asker, onBehalf, ownerAccess } from './asker.ts';
import type { Authorization, TableGuard } from './authorization.ts';
import { guardOf } from './guards.ts';
import { executeFunction, selectRelation } from './rules.ts';

/** @throws SqlError insufficientPrivilege or the not-found errors, as authorize/rules.ts decides */
export function authorize(asker: Asker, resolved: ResolvedQuery): Authorization {
  return authorizeTree(asker, resolved, new Access(asker.snapshot, asker.identity, asker.now));
}

function authorizeTree(asker: Asker, resolved: ResolvedQuery, access: Access): Authorization {
  const guards = new Map<TableUse, TableGuard>();
  const views = new Map<ViewUse, Authorization>();
  const functions = new Map<ObjectId, Authorization>();
  for (const use of resolved.relations) {
    const columns = resolved.columnsRead(use);
    const readable =
      use.node === asker.unread
        ? undefined
        : selectRelation(access, relationOf(use), { columns, mention: use.mention });
    if (use.kind === 'view') views.set(use, authorizeView(asker, use));
    else guards.set(use, { ...guardOf(asker, use.table, authorizeTree), readable });
  }
  for (const { resolved: fn, mention } of resolved.functions) {
    executeFunction(access, fn.function, mention);
    functions.set(fn.function.id, authorizeFunctionBody(asker, fn));
  }
  const inner = [...views.values(), ...functions.values(), ...[...guards.values()].flatMap(bodiesOf)];
  const validUntil = earliest([access.validUntil, ...inner.map((body) => body.validUntil)]);
  return { snapshot: asker.snapshot, resolved, identity: asker.identity, guards, views, functions, validUntil };
}

function relationOf(use: RelationUse): TableUse['table'] | ViewUse['view'] {
  return use.kind === 'table' ? use.table : use.view;
}

function bodiesOf(guard: TableGuard): readonly Authorization[] {
  return [...guard.masks.values(), ...guard.filters].map((call) => call.body);
}

function earliest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

function authorizeView(asker: Asker, use: ViewUse): Authorization {
  const access = ownerAccess(asker, use.view);
  return onBehalf(asker, use.view, () => authorizeTree(asker, use.body, access));
}

function authorizeFunctionBody(asker: Asker, fn: ResolvedFunction): Authorization {
  const access = ownerAccess(asker, fn.function);
  return onBehalf(asker, fn.function, () => authorizeTree(asker, fn.facts, access));
}
