// PIVOT and UNPIVOT as the parser gives them: entries with their values, what is aggregated, what is grouped by.
import { isLosslessNumber } from 'lossless-json';
import { fold } from '../base/identifier.ts';
import type { Expression, Pivot, PivotColumn } from '../sql/ast.ts';
import type { ConstantValue } from '../sql/ast-leaf.ts';
import { isExpression, walk } from '../sql/children.ts';
import {
  columnIn,
  namedColumn,
  type OutputPart,
  type Rowset,
  starOf,
  type TracedFrom,
  type TraceScope,
  wholeOf,
} from './rowset.ts';
import { influencing, merged, type Traced, untraced } from './traced.ts';
import type { TreeTracer } from './tree-tracer.ts';

interface Input {
  readonly from: TracedFrom;
  readonly scope: TraceScope;
}

export function pivotRows(tracer: TreeTracer, ref: Pivot, input: Input): Rowset {
  return ref.unpivot_names.length > 0 ? unpivoted(tracer, ref, input) : pivoted(tracer, ref, input);
}

function pivoted(tracer: TreeTracer, ref: Pivot, { from, scope }: Input): Rowset {
  const all = starOf(from);
  const keys = ref.pivots.flatMap(({ pivot_expressions }) => pivot_expressions);
  const used = namesIn([...keys, ...ref.aggregates]);
  const groups = ref.groups.length > 0 ? new Set(ref.groups.map(fold)) : undefined;
  const kept = all.filter((part) => {
    if (part.kind === 'open' || part.name === undefined) return true;
    return groups === undefined ? !used.has(fold(part.name)) : groups.has(fold(part.name));
  });
  const turned = influencing(merged(keys.map((key) => tracer.expression(key, scope))), 'group');
  const values = ref.aggregates.map((aggregate) => merged([tracer.expression(aggregate, scope), turned]));
  const rows = merged([from.rows, influencing(wholeOf(kept), 'group')]);
  const told = ref.pivots.every(isTold);
  const cells: readonly OutputPart[] = told
    ? namesOfCells(ref.pivots).flatMap((name) => cellsOf(ref, name, values))
    : [{ kind: 'open', value: merged(values) }];
  return { parts: [...kept, ...cells], rows };
}

/** Are all values written out? */
function isTold(pivot: PivotColumn): boolean {
  return (
    pivot.pivot_enum === '' && pivot.entries.length > 0 && pivot.entries.every(({ star_expr }) => star_expr === null)
  );
}

/** For every combination of the pivots' values one name. */
function namesOfCells(pivots: readonly PivotColumn[]): readonly string[] {
  return pivots.reduce<readonly string[]>(
    (names, { entries }) => {
      const own = entries.map(({ alias, values }) => (alias === '' ? values.map(textOf).join('_') : alias));
      return names.flatMap((name) => own.map((entry) => (name === '' ? entry : `${name}_${entry}`)));
    },
    [''],
  );
}

function textOf({ is_null, value }: ConstantValue): string {
  if (is_null) return 'NULL';
  return typeof value === 'string' || typeof value === 'boolean' || isLosslessNumber(value) ? value.toString() : '';
}

function cellsOf(ref: Pivot, name: string, values: readonly Traced[]): readonly OutputPart[] {
  return ref.aggregates.map((aggregate, index) => {
    const value = values[index] ?? untraced;
    if (ref.aggregates.length === 1 && aggregate.alias === '') return namedColumn(name, value);
    return namedColumn(aggregate.alias === '' ? undefined : `${name}_${aggregate.alias}`, value);
  });
}

function namesIn(expressions: readonly Expression[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const expression of expressions) {
    walk(expression, (node) => {
      if (isExpression(node) && node.class === 'COLUMN_REF') names.add(fold(node.column_names.at(-1) ?? ''));
      return true;
    });
  }
  return names;
}

function unpivoted(tracer: TreeTracer, ref: Pivot, { from, scope }: Input): Rowset {
  const all = starOf(from);
  const entries = ref.pivots.flatMap((pivot) => pivot.entries);
  if (entries.some(({ star_expr }) => star_expr !== null)) {
    const chosen = merged(
      entries.map(({ star_expr, values }) =>
        star_expr === null ? namedValues(all, values) : tracer.expression(star_expr, scope),
      ),
    );
    return openUnpivot(ref, { all, chosen, rows: from.rows });
  }
  const turned = new Set(entries.flatMap(({ values }) => values.map((value) => fold(textOf(value)))));
  const kept = all.filter((part) => part.kind === 'open' || part.name === undefined || !turned.has(fold(part.name)));
  const columns = ref.unpivot_names.map((name, index): OutputPart => {
    const cells = entries.map(({ values }) => namedValues(all, values.slice(index, index + 1)));
    return namedColumn(name, merged(cells));
  });
  // Cells that are NULL give no row.
  const rows = merged([from.rows, influencing(wholeOf(columns), 'filter')]);
  return { parts: [...kept, ...namesOf(ref), ...columns], rows };
}

function namesOf(ref: Pivot): readonly OutputPart[] {
  return ref.pivots.flatMap(({ unpivot_names }) => unpivot_names.map((name) => namedColumn(name, untraced)));
}

function namedValues(all: readonly OutputPart[], values: readonly ConstantValue[]): Traced {
  return merged(values.map((value) => columnIn(all, textOf(value)) ?? untraced));
}

/** Which columns are turned is a matter of a star: what stays may be all of them. */
function openUnpivot(
  ref: Pivot,
  { all, chosen, rows }: { readonly all: readonly OutputPart[]; readonly chosen: Traced; readonly rows: Traced },
): Rowset {
  const columns = ref.unpivot_names.map((name) => namedColumn(name, chosen));
  const kept: OutputPart = { kind: 'open', value: wholeOf(all) };
  return { parts: [kept, ...namesOf(ref), ...columns], rows: merged([rows, influencing(chosen, 'filter')]) };
}
