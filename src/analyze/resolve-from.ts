// FROM clauses: what every relation is, and which columns it brings into scope.
import { displayName, fold } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import type { Table, View } from '../catalog/securable.ts';
import type {
  BaseTable,
  ExpressionList,
  FunctionCall,
  Join,
  Pivot,
  SelectStatement,
  TableFunction,
  TableRef,
} from '../sql/ast.ts';
import { positionOf } from '../sql/position.ts';
import { systemCatalogName } from '../system/registry.ts';
import { columnTypeOf } from './column-type.ts';
import { reviewedNames, tableFunctionAllowed } from './functions/function-catalog.ts';
import { findRelation, findSystemRelation, fullName } from './name-resolution.ts';
import { checkNotReserved, type Resolution } from './resolution.ts';
import { resolveTableCall } from './resolve-call.ts';
import type { Mention, RelationUse } from './resolved-query.ts';
import {
  cteOf,
  innerScope,
  type OutputColumn,
  type OutputColumns,
  renamed,
  type Scope,
  type Source,
  untyped,
} from './scope.ts';
import { comparable } from './value-types.ts';

/** Resolves a FROM clause seen from `scope` (which holds the WITH queries and the outer sources). */
export function resolveFrom(resolution: Resolution, ref: TableRef, scope: Scope): readonly Source[] {
  checkNotReserved(ref.alias, ...('column_name_alias' in ref ? ref.column_name_alias : []));
  switch (ref.type) {
    case 'EMPTY':
      return [];
    case 'BASE_TABLE':
      return [baseTableSource(resolution, ref, scope)];
    case 'SUBQUERY':
      return [subquerySource(resolution, ref, scope)];
    case 'JOIN':
      return joinSources(resolution, ref, scope);
    case 'TABLE_FUNCTION':
      return [tableFunctionSource(resolution, ref, scope)];
    case 'EXPRESSION_LIST':
      for (const item of ref.values.flat()) {
        resolution.resolver.expression(resolution, item, scope);
        // The rows are cast to common types.
        if (item.class !== 'CONSTANT') resolution.mayLeak = true;
      }
      return [valuesSource(ref)];
    case 'PIVOT':
      return [pivotSource(resolution, ref, scope)];
  }
}

function unknownSource(alias: string): Source {
  return { alias: fold(alias), home: undefined, columns: undefined, use: undefined };
}

/** Without aliases DuckDB calls the columns col0, col1, … */
function valuesSource(ref: ExpressionList): Source {
  const width = ref.values[0]?.length ?? 0;
  const names = Array.from({ length: width }, (_, index) => ref.expected_names[index] ?? `col${String(index)}`);
  return { alias: fold(ref.alias), home: undefined, columns: untyped(names), use: undefined };
}

function baseTableSource(resolution: Resolution, ref: BaseTable, scope: Scope): Source {
  const cte = isPlain(ref) || isRecurring(ref) ? cteOf(scope, ref.table_name) : undefined;
  const alias = fold(ref.alias === '' ? ref.table_name : ref.alias);
  if (cte !== undefined) {
    resolution.cteRefs.set(ref, cte.cte);
    return { alias, home: undefined, columns: renamed(cte.columns, ref.column_name_alias), use: undefined };
  }
  const use = relationUse(resolution, ref);
  if (use.kind === 'broken') return unknownSource(alias);
  resolution.addRelation(use);
  // Renamed columns: their new names are not followed.
  if (ref.column_name_alias.length > 0) resolution.reads.wholeUse(use);
  return {
    alias,
    home: ref.alias === '' ? homeOf(resolution, use) : undefined,
    columns: renamed(columnsOf(resolution, use), ref.column_name_alias),
    // Renamed columns are no longer the table's own names: nothing is told about their origin.
    use: ref.column_name_alias.length === 0 ? use : undefined,
  };
}

function homeOf({ snapshot }: Resolution, use: RelationUse): readonly [string, string] {
  if (use.kind === 'system') return [fold(use.catalog?.name ?? systemCatalogName), fold(use.node.schema_name)];
  const [catalog = '', schema = ''] = snapshot.nameOf(use.kind === 'table' ? use.table.id : use.view.id).map(fold);
  return [catalog, schema];
}

function columnsOf(resolution: Resolution, use: RelationUse): OutputColumns {
  switch (use.kind) {
    case 'table':
      return tableColumns(resolution, use.table);
    case 'view':
      return untyped(namesOf(use.view));
    case 'system':
      return use.relation.columns;
  }
}

function tableColumns(resolution: Resolution, table: Table): OutputColumns {
  return table.columns.map((column) => ({ name: column.name, type: columnTypeOf(resolution.snapshot, table, column) }));
}

/** The types of a view's columns are those of its creation: nothing is built on them. */
function namesOf(view: View): readonly string[] {
  return view.columns.map((column) => column.name);
}

function isPlain(ref: BaseTable): boolean {
  return ref.catalog_name === '' && ref.schema_name === '';
}

/** `recurring.r` inside WITH … USING KEY means the whole result so far. */
function isRecurring(ref: BaseTable): boolean {
  return ref.catalog_name === '' && fold(ref.schema_name) === 'recurring';
}

function relationUse(resolution: Resolution, ref: BaseTable): RelationUse | { readonly kind: 'broken' } {
  const names = [ref.catalog_name, ref.schema_name, ref.table_name].filter((name) => name !== '');
  const mention: Mention = { written: displayName(fullName(resolution.path, names)), ...positionOf(ref) };
  const system = findSystemRelation(resolution.snapshot, resolution.path, names);
  if (system !== undefined) return { kind: 'system', node: ref, mention, ...system };
  const relation = findRelation(resolution.snapshot, resolution.path, names);
  const hidden = relation === undefined ? undefined : resolution.hides(relation);
  if (relation === undefined || hidden !== undefined) throw missingRelation(mention, hidden);
  if (relation.kind === 'table') return { kind: 'table', node: ref, mention, table: relation };
  const body = resolution.bodies.view(relation);
  if (body instanceof SqlError) {
    // Whether the asker may know the view is not decided yet.
    resolution.broken.push({ object: relation, mention, reason: body });
    return { kind: 'broken' };
  }
  return { kind: 'view', node: ref, mention, view: relation, body };
}

/** What authorize/rules.ts says of a hidden one, word for word. */
function missingRelation({ written, position }: Mention, cause?: object): SqlError {
  return new SqlError('undefinedTable', `table ${written} does not exist`, {
    ...(position === undefined ? {} : { position }),
    cause,
  });
}

function subquerySource(
  resolution: Resolution,
  ref: { readonly alias: string; readonly subquery: SelectStatement; readonly column_name_alias: readonly string[] },
  scope: Scope,
): Source {
  const columns = resolution.resolver.queryNode(resolution, ref.subquery.node, scope);
  return {
    alias: fold(ref.alias),
    home: undefined,
    columns: renamed(columns, ref.column_name_alias),
    use: undefined,
  };
}

/** The right side of a join sees the left one (LATERAL is implicit in DuckDB). */
function joinSources(resolution: Resolution, ref: Join, scope: Scope): readonly Source[] {
  const left = resolveFrom(resolution, ref.left, scope);
  const right = resolveFrom(resolution, ref.right, innerScope(scope, left));
  const sources = [...left, ...right];
  const inner = innerScope(scope, sources);
  if (ref.condition !== null) resolution.resolver.condition(resolution, ref.condition, inner);
  if (!keysCompare(ref, left, right)) resolution.mayLeak = true;
  readKeys(resolution, ref, { left, right });
  for (const item of ref.duplicate_eliminated_columns) resolution.resolver.expression(resolution, item, inner);
  return sources;
}

function readKeys(
  { reads }: Resolution,
  ref: Join,
  { left, right }: { readonly left: readonly Source[]; readonly right: readonly Source[] },
): void {
  for (const key of ref.using_columns) for (const source of [...left, ...right]) reads.column(source, key);
  if (ref.ref_type !== 'NATURAL') return;
  for (const [ours, theirs] of [
    [left, right],
    [right, left],
  ] as const) {
    const names = allColumns(theirs);
    // Names that are not known may be any.
    if (names === undefined) reads.whole(...ours);
    for (const { name } of names ?? []) for (const source of ours) reads.column(source, name);
  }
}

/** USING and NATURAL compare columns without any expression saying so. */
function keysCompare(ref: Join, left: readonly Source[], right: readonly Source[]): boolean {
  const natural = ref.ref_type === 'NATURAL';
  if (!natural && ref.using_columns.length === 0) return true;
  const ours = allColumns(left);
  const theirs = allColumns(right);
  if (ours === undefined || theirs === undefined) return false;
  const keys = new Set(ref.using_columns.map(fold));
  const pairs = ours.flatMap((a) => theirs.filter((b) => fold(a.name) === fold(b.name)).map((b) => [a, b] as const));
  return pairs.every(([a, b]) => comparable(a.type, b.type) || !(natural || keys.has(fold(a.name))));
}

function allColumns(sources: readonly Source[]): OutputColumns {
  const columns: OutputColumn[] = [];
  for (const source of sources) {
    if (source.columns === undefined) return undefined;
    columns.push(...source.columns);
  }
  return columns;
}

function tableFunctionSource(resolution: Resolution, ref: TableFunction, scope: Scope): Source {
  const call = ref.function;
  if (call.class !== 'FUNCTION') {
    throw new SqlError('featureNotSupported', 'this relation is not supported', positionOf(ref));
  }
  const builtIn = call.schema === '' && call.catalog === '' && reviewedNames.table.has(call.function_name);
  if (builtIn && !tableFunctionAllowed(call.function_name)) {
    throw new SqlError('featureNotSupported', `table function ${call.function_name} is not supported`, positionOf(ref));
  }
  for (const argument of call.children) {
    resolution.resolver.expression(resolution, argument, scope);
    // Arguments are cast to what the function takes.
    if (argument.class !== 'CONSTANT') resolution.mayLeak = true;
  }
  const alias = ref.alias === '' ? call.function_name : ref.alias;
  if (!builtIn) {
    const fn = resolveTableCall(resolution, ref, call);
    resolution.mayLeak = true;
    const columns = untyped((fn.returnsTable ?? []).map((column) => column.name));
    return { ...unknownSource(alias), columns: renamed(columns, ref.column_name_alias) };
  }
  if (!hasOneColumn(call) || ref.with_ordinality !== 'WITHOUT_ORDINALITY') return unknownSource(alias);
  const columns = untyped([ref.column_name_alias[0] ?? call.function_name]);
  return { alias: fold(alias), home: undefined, columns, use: undefined };
}

/** A series, or a list written out; unnest of a struct gives its fields. */
function hasOneColumn(call: FunctionCall): boolean {
  if (call.children.some((argument) => argument.alias !== '')) return false;
  if (call.function_name === 'range' || call.function_name === 'generate_series') return true;
  const [list, ...others] = call.children;
  const written = list?.class === 'FUNCTION' && list.function_name === 'list_value' && list.schema === '';
  return call.function_name === 'unnest' && written && others.length === 0;
}

function pivotSource(resolution: Resolution, ref: Pivot, scope: Scope): Source {
  const sources = resolveFrom(resolution, ref.source, scope);
  const inner = innerScope(scope, sources);
  // What is not pivoted is grouped by.
  resolution.reads.whole(...sources);
  // Values are compared with, and columns brought to, types of which nothing is known here.
  resolution.mayLeak = true;
  for (const item of ref.aggregates) resolution.resolver.expression(resolution, item, inner);
  for (const pivot of ref.pivots) {
    for (const item of pivot.pivot_expressions) resolution.resolver.expression(resolution, item, inner);
    for (const entry of pivot.entries) {
      if (entry.star_expr !== null) resolution.resolver.expression(resolution, entry.star_expr, inner);
    }
  }
  return unknownSource(ref.alias);
}
