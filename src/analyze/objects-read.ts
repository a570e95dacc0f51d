// Which objects a query names, and which the bodies of its views and functions name.
import { isBuiltIn } from '../catalog/built-in-functions.ts';
import type { SqlFunction, Table, View } from '../catalog/securable.ts';
import type { Mention, ResolvedQuery } from './resolved-query.ts';

export interface ObjectRead {
  readonly object: Table | View | SqlFunction;
  readonly mention: Mention;
  /** The object of the text in whose body it is; undefined: the text itself names it. */
  readonly through: Table | View | SqlFunction | undefined;
}

/** Built-in functions belong to nobody, and everybody may know and call them: they are left out. */
export function objectsRead(resolved: ResolvedQuery): readonly ObjectRead[] {
  return read(resolved, undefined).filter(({ object }) => !isBuiltIn(object.id));
}

export function mentionedObjects(resolved: ResolvedQuery): readonly ObjectRead[] {
  return objectsRead(resolved).filter(({ through }) => through === undefined);
}

/** Its rows tell what their reader may know: they are no object's. */
export function readsInformationSchema(resolved: ResolvedQuery): boolean {
  return resolved.relations.some((use) => use.kind === 'system') || bodiesOf(resolved).some(readsInformationSchema);
}

function bodiesOf({ relations, functions, tableFunctions }: ResolvedQuery): readonly ResolvedQuery[] {
  const views = relations.flatMap((use) => (use.kind === 'view' ? [use.body] : []));
  return [...views, ...[...functions, ...tableFunctions].map((use) => use.resolved.facts)];
}

function read(resolved: ResolvedQuery, through: ObjectRead['through']): readonly ObjectRead[] {
  const relations = resolved.relations.flatMap((use): readonly ObjectRead[] => {
    switch (use.kind) {
      case 'system':
        return [];
      case 'table':
        return [{ object: use.table, mention: use.mention, through }];
      case 'view':
        return [{ object: use.view, mention: use.mention, through }, ...read(use.body, through ?? use.view)];
    }
  });
  const calls = [...resolved.functions, ...resolved.tableFunctions];
  const functions = calls.flatMap(({ resolved: { function: object, facts }, mention }) => {
    return [{ object, mention, through }, ...read(facts, through ?? object)];
  });
  return [...relations, ...functions];
}
