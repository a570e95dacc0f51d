// Stars: `*`, `t.*`, EXCLUDE, REPLACE, RENAME, COLUMNS(…).
import { fold } from '../base/identifier.ts';
import type { Expression, QualifiedColumn, Star } from '../sql/ast.ts';
import { type OutputPart, sourcesNamed, starOf, type TraceScope, wholeOf } from './rowset.ts';
import { coarse } from './traced.ts';
import type { TreeTracer } from './tree-tracer.ts';

export function starParts(tracer: TreeTracer, star: Star, scope: TraceScope): readonly OutputPart[] {
  const all = star.relation_name === '' ? starOf(scope.from) : columnsOfNamed(star, scope);
  const replaced = new Map(star.replace_list.map(({ key, value }) => [fold(key), value]));
  const renames = new Map(star.rename_list.map(({ key, value }) => [fold(key.column), value]));
  const excluded = new Set([...star.exclude_list, ...star.qualified_exclude_list.map(nameOf)].map(fold));
  const parts = all.flatMap((part): readonly OutputPart[] => {
    if (part.kind === 'open' || part.name === undefined) return [part];
    const name = fold(part.name);
    if (excluded.has(name)) return [];
    const replacement = replaced.get(name);
    const value = replacement === undefined ? part.value : tracer.expression(replacement, scope);
    return [{ ...part, name: renames.get(name) ?? part.name, value }];
  });
  return star.expr === null ? parts : chosen(parts, star.expr);
}

function nameOf({ column }: QualifiedColumn): string {
  return column;
}

function columnsOfNamed(star: Star, scope: TraceScope): readonly OutputPart[] {
  return sourcesNamed(scope, star.relation_name).flatMap(({ parts }) => parts);
}

/** COLUMNS('pattern') and COLUMNS(c -> …): a plain pattern is followed; otherwise it may be any number of any columns. */
function chosen(parts: readonly OutputPart[], by: Expression): readonly OutputPart[] {
  const pattern = plainPattern(by);
  const named = parts.every((part) => part.kind === 'column' && part.name !== undefined);
  if (pattern !== undefined && named) {
    return parts.filter((part) => part.kind === 'column' && pattern.test(part.name ?? ''));
  }
  return [{ kind: 'open', value: coarse(wholeOf(parts)) }];
}

/** Of characters that mean the same to JavaScript as to the engine's own patterns. */
function plainPattern(by: Expression): RegExp | undefined {
  if (by.class !== 'CONSTANT' || by.value.is_null || typeof by.value.value !== 'string') return undefined;
  const text = by.value.value;
  return /^[\w .*+?|^$()[\]-]*$/.test(text) && !/[*+?]{2}|\(\?|\[[^\]]*\[/.test(text) ? compiled(text) : undefined;
}

function compiled(text: string): RegExp | undefined {
  try {
    return new RegExp(text, 'u');
  } catch {
    // Not one for JavaScript; the engine has the last word, and the columns stay open.
    return undefined;
  }
}
