// What a statement touched, for its audit event: names at the time, columns, and what the guards did to them.
import type { RelationUse } from '../analyze/resolved-query.ts';
import type { TouchedObject } from '../audit/event.ts';
import type { Authorization } from '../authorize/authorization.ts';
import { displayName } from '../base/identifier.ts';
import { touchedSystem } from '../govern/query-parts.ts';
import type { GuardEffect } from '../rewrite/rewrite-context.ts';

export function touchedObjects(
  authorization: Authorization,
  effects: readonly GuardEffect[],
): readonly TouchedObject[] {
  const { resolved, snapshot } = authorization;
  const relations = resolved.relations.map((use): TouchedObject => {
    if (use.kind === 'system') return touchedSystem(use, columnsOf(authorization, use));
    const relation = use.kind === 'table' ? use.table : use.view;
    const effect = effects.find((each) => each.use === use);
    return {
      id: relation.id,
      name: displayName(snapshot.nameOf(relation.id)),
      action: 'SELECT',
      columns: columnsOf(authorization, use),
      masked: effect?.masked ?? [],
      filtered: effect?.filtered ?? false,
    };
  });
  const functions = [...resolved.functions, ...resolved.tableFunctions].map(
    ({ resolved: { function: fn } }): TouchedObject => {
      const name = displayName(snapshot.nameOf(fn.id));
      return { id: fn.id, name, action: 'EXECUTE', columns: [], masked: [], filtered: false };
    },
  );
  const behindViews = [...authorization.views.values()].flatMap((view) => touchedObjects(view, effects));
  return [...relations, ...functions, ...behindViews];
}

/** Columns the text names; all of them where a star or an unresolved name may mean any. */
function columnsOf({ resolved }: Authorization, use: RelationUse): readonly string[] {
  const named = [...resolved.columnSources.values()]
    .filter((source) => source.use === use)
    .map((source) => source.column);
  return resolved.namesEveryColumn ? [...new Set(named)] : ['*'];
}
