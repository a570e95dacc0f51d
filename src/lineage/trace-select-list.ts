// The select list: outputs in order, with stars spread out. An expression around COLUMNS(…) stands once for each column.
import { fold } from '../base/identifier.ts';
import type { Expression, SelectNode, Star } from '../sql/ast.ts';
import { forEachChild, isExpression } from '../sql/children.ts';
import { namedColumn, type OutputPart, type TraceScope, wholeOf } from './rowset.ts';
import { starParts } from './star-parts.ts';
import { coarse, merged, type Traced } from './traced.ts';
import type { TreeTracer } from './tree-tracer.ts';

export function selectParts(
  tracer: TreeTracer,
  items: readonly Expression[],
  scope: TraceScope,
): readonly OutputPart[] {
  return items.flatMap((item) => itemParts(tracer, item, scope));
}

function itemParts(tracer: TreeTracer, item: Expression, scope: TraceScope): readonly OutputPart[] {
  const alias = item.alias === '' ? undefined : item.alias;
  if (item.class === 'STAR') return starParts(tracer, item, scope);
  const star = spreadStar(item);
  if (star !== undefined) return spread(tracer, item, { star, scope });
  const value = valueOfItem(tracer, item, scope);
  if (spreadsStruct(item)) return [{ kind: 'open', value }];
  if (alias !== undefined) return [namedColumn(alias, value)];
  return [namedColumn(item.class === 'COLUMN_REF' ? item.column_names.at(-1) : undefined, value)];
}

/** `#2` is the second column of FROM. */
function valueOfItem(tracer: TreeTracer, item: Expression, scope: TraceScope): Traced {
  if (item.class !== 'POSITIONAL_REFERENCE') return tracer.expression(item, scope);
  const parts = scope.from.sources.flatMap((source) => source.parts);
  const part = parts.some(({ kind }) => kind === 'open') ? undefined : parts[Number(item.index.toString()) - 1];
  return part?.value ?? coarse(wholeOf(parts));
}

/** The COLUMNS(…) for which an expression is repeated; `*COLUMNS(…)` is a list of arguments instead. */
function spreadStar(item: Expression): Star | undefined {
  let found: Star | undefined;
  const look = (node: Expression): void => {
    if (node.class === 'STAR') {
      if (node.columns) found ??= node;
      return;
    }
    if (node.class === 'OPERATOR' && node.type === 'OPERATOR_UNPACK') return;
    forEachChild(node, (child) => {
      if (isExpression(child)) look(child);
    });
  };
  look(item);
  return found;
}

function spread(
  tracer: TreeTracer,
  item: Expression,
  { star, scope }: { readonly star: Star; readonly scope: TraceScope },
): readonly OutputPart[] {
  // With the star as all its columns the rest of the expression is traced once; each repetition then takes its own.
  const parts = starParts(tracer, star, scope);
  const whole = tracer.expression(item, scope);
  const columns = new Set(parts.flatMap(({ value }) => [...value.origins.keys()]));
  return parts.map((part): OutputPart => {
    const origins = new Map([...whole.origins].filter(([key]) => !columns.has(key) || part.value.origins.has(key)));
    const value = { origins, influences: whole.influences };
    return part.kind === 'open'
      ? { kind: 'open', value }
      : namedColumn(item.alias === '' ? part.name : item.alias, value);
  });
}

/** unnest of a struct gives its fields, of which nothing is known here; of a list that is written out it gives one column. */
function spreadsStruct(item: Expression): boolean {
  if (item.class !== 'FUNCTION' || item.function_name !== 'unnest') return false;
  const [list] = item.children;
  return !(list?.class === 'FUNCTION' && list.function_name === 'list_value');
}

/** Aliases by which other clauses and later items call the outputs; each value is traced when it is asked for. */
export function aliasesOf(tracer: TreeTracer, node: SelectNode, scope: TraceScope): ReadonlyMap<string, () => Traced> {
  const aliases = new Map<string, () => Traced>();
  for (const [index, item] of node.select_list.entries()) {
    if (item.alias === '' || aliases.has(fold(item.alias))) continue;
    // An item sees those before it alone, so that no alias can mean itself.
    const earlier = new Map(aliases);
    let known: Traced | undefined;
    aliases.set(fold(item.alias), () => {
      known ??= merged(
        itemParts(tracer, node.select_list[index] ?? item, { ...scope, aliases: earlier }).map(({ value }) => value),
      );
      return known;
    });
  }
  return aliases;
}
