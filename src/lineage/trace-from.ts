// FROM clauses: which columns each relation brings, and what decides which rows a join has.
import { fold } from '../base/identifier.ts';
import type { BaseTable, ExpressionList, Join, Pivot, SubqueryRef, TableFunction, TableRef } from '../sql/ast.ts';
import {
  columnIn,
  emptyFrom,
  namedColumn,
  type OutputPart,
  type Rowset,
  renamedParts,
  scopeOf,
  type TracedFrom,
  type TracedSource,
  type TraceScope,
} from './rowset.ts';
import { pivotRows } from './trace-pivot.ts';
import { flowing, influencing, merged, type Traced, untraced } from './traced.ts';
import type { TreeTracer } from './tree-tracer.ts';

export function traceFrom(tracer: TreeTracer, ref: TableRef, scope: TraceScope): TracedFrom {
  switch (ref.type) {
    case 'EMPTY':
      return emptyFrom;
    case 'BASE_TABLE':
      return baseTable(tracer, ref);
    case 'SUBQUERY':
      return single(ref.alias, subquery(tracer, ref, scope));
    case 'JOIN':
      return join(tracer, ref, scope);
    case 'TABLE_FUNCTION':
      return tableFunction(tracer, ref, scope);
    case 'EXPRESSION_LIST':
      return single(ref.alias, values(tracer, ref, scope));
    case 'PIVOT':
      return pivot(tracer, ref, scope);
  }
}

function single(alias: string, { parts, rows }: Rowset): TracedFrom {
  const source: TracedSource = { alias: fold(alias), home: undefined, parts };
  return { sources: [source], shared: new Map(), rows };
}

function baseTable(tracer: TreeTracer, ref: BaseTable): TracedFrom {
  const cte = tracer.cteOf(ref);
  if (cte === undefined) return tracer.relation(ref);
  const alias = ref.alias === '' ? ref.table_name : ref.alias;
  return single(alias, { ...cte, parts: renamedParts(cte.parts, ref.column_name_alias) });
}

function subquery(tracer: TreeTracer, ref: SubqueryRef, scope: TraceScope): Rowset {
  const { parts, rows } = tracer.queryNode(ref.subquery.node, scope);
  return { parts: renamedParts(parts, ref.column_name_alias), rows };
}

function values(tracer: TreeTracer, ref: ExpressionList, scope: TraceScope): Rowset {
  const width = ref.values[0]?.length ?? 0;
  const parts = Array.from({ length: width }, (_, index): OutputPart => {
    const column = ref.values.map((row) => {
      const item = row[index];
      return item === undefined ? untraced : tracer.expression(item, scope);
    });
    return namedColumn(ref.expected_names[index] ?? `col${String(index)}`, merged(column));
  });
  return { parts, rows: untraced };
}

/** Functions of one column are known; the columns of others (unnest of a struct) are not. */
function tableFunction(tracer: TreeTracer, ref: TableFunction, scope: TraceScope): TracedFrom {
  const call = ref.function;
  const name = call.class === 'FUNCTION' ? call.function_name : '';
  const alias = ref.alias === '' ? name : ref.alias;
  const own = tracer.tableFunctionRows(ref, scope);
  if (own !== undefined) return single(alias, { ...own, parts: renamedParts(own.parts, ref.column_name_alias) });
  const given = flowing(
    call.class === 'FUNCTION' ? merged(call.children.map((child) => tracer.expression(child, scope))) : untraced,
    'derived',
  );
  const series = name === 'range' || name === 'generate_series';
  const parts: readonly OutputPart[] = series ? [namedColumn(name, given)] : [{ kind: 'open', value: given }];
  // How many rows there are is a matter of the same values.
  return single(alias, { parts: renamedParts(parts, ref.column_name_alias), rows: influencing(given, 'join') });
}

function pivot(tracer: TreeTracer, ref: Pivot, scope: TraceScope): TracedFrom {
  const from = tracer.from(ref.source, scope);
  const { parts, rows } = pivotRows(tracer, ref, { from, scope: scopeOf(scope, from) });
  return single(ref.alias, { parts: renamedParts(parts, ref.column_name_alias), rows });
}

/** The right side sees the left one. */
function join(tracer: TreeTracer, ref: Join, scope: TraceScope): TracedFrom {
  const left = tracer.from(ref.left, scope);
  const right = tracer.from(ref.right, scopeOf(scope, left));
  const sources = [...left.sources, ...right.sources];
  const both: TracedFrom = { sources, shared: new Map([...left.shared, ...right.shared]), rows: untraced };
  const condition =
    ref.condition === null ? untraced : influencing(tracer.expression(ref.condition, scopeOf(scope, both)), 'join');
  const keys = keysOf(ref, left, right);
  const compared = keys.map(({ ours, theirs }) => influencing(merged([ours, theirs]), 'join'));
  const rows = merged([left.rows, right.rows, condition, ...compared]);
  // A semi or anti join only says which rows of the left side stay.
  if (ref.join_type === 'SEMI' || ref.join_type === 'ANTI') return { ...left, rows };
  const shared = new Map(both.shared);
  for (const { name, ours, theirs } of keys) shared.set(name, keyValue(ref, ours, theirs));
  return { sources, shared, rows };
}

interface Key {
  readonly name: string;
  readonly ours: Traced;
  readonly theirs: Traced;
}

function keysOf(ref: Join, left: TracedFrom, right: TracedFrom): readonly Key[] {
  const names = ref.ref_type === 'NATURAL' ? commonNames(left, right) : ref.using_columns.map(fold);
  return names.map((name) => ({ name, ours: valueIn(left, name), theirs: valueIn(right, name) }));
}

function commonNames(left: TracedFrom, right: TracedFrom): readonly string[] {
  const theirs = new Set(namesOf(right));
  return [...new Set(namesOf(left))].filter((name) => theirs.has(name));
}

function namesOf({ sources }: TracedFrom): readonly string[] {
  return sources.flatMap(({ parts }) =>
    parts.flatMap((part) => (part.kind === 'column' && part.name !== undefined ? [fold(part.name)] : [])),
  );
}

function valueIn({ sources, shared }: TracedFrom, name: string): Traced {
  return shared.get(name) ?? merged(sources.flatMap(({ parts }) => columnIn(parts, name) ?? []));
}

/** One column for both sides: the side whose rows are all there gives it. */
function keyValue({ join_type }: Join, ours: Traced, theirs: Traced): Traced {
  switch (join_type) {
    case 'RIGHT':
      return theirs;
    case 'FULL':
    case 'OUTER':
      return merged([ours, theirs]);
    default:
      return ours;
  }
}
