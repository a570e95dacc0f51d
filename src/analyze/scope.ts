// Scopes are values: what names mean at one place of a query. Nothing is changed after it is built.
import { fold } from '../base/identifier.ts';
import type { CommonTableExpression } from '../sql/ast.ts';
import type { RelationUse } from './resolved-query.ts';
import { unknownType, type ValueType } from './value-types.ts';

/** One column that a relation or query node puts out. */
export interface OutputColumn {
  readonly name: string;
  readonly type: ValueType;
}

/** In order; undefined when they cannot be told. */
export type OutputColumns = readonly OutputColumn[] | undefined;

/** One entry of a FROM clause, or the parameters of a lambda. */
export interface Source {
  /** Folded; empty for an unnamed subquery. */
  readonly alias: string;
  /** Folded catalog and schema, when the table was mentioned without an alias. */
  readonly home: readonly [catalog: string, schema: string] | undefined;
  readonly columns: OutputColumns;
  readonly use: RelationUse | undefined;
  /** The parameters of a lambda. */
  readonly isLambda?: true;
  /** Of the select list: aliases, folded, that do not just repeat their column's name. */
  readonly aliases?: ReadonlySet<string>;
}

export interface VisibleCte {
  readonly cte: CommonTableExpression;
  readonly columns: OutputColumns;
}

export interface Scope {
  readonly parent: Scope | undefined;
  readonly sources: readonly Source[];
  /** Folded name -> query, nearest first by chaining through `parent`. */
  readonly ctes: ReadonlyMap<string, VisibleCte>;
  /** Folded parameter names of a function body, by position; only in the outermost scope. */
  readonly parameters: readonly string[] | undefined;
}

export const emptyScope: Scope = { parent: undefined, sources: [], ctes: new Map(), parameters: undefined };

export function innerScope(parent: Scope, sources: readonly Source[] = []): Scope {
  return { parent, sources, ctes: new Map(), parameters: undefined };
}

export function withCte(scope: Scope, name: string, cte: VisibleCte): Scope {
  return { ...scope, ctes: new Map([...scope.ctes, [fold(name), cte]]) };
}

export function cteOf(scope: Scope, name: string): VisibleCte | undefined {
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
    const found = at.ctes.get(fold(name));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What one column name means: its source, a parameter, nothing, or nobody can tell. */
export type ColumnMeaning =
  | { readonly kind: 'column'; readonly source: Source; readonly name: string }
  | { readonly kind: 'parameter'; readonly index: number }
  /** A column, but not known which. */
  | { readonly kind: 'someColumn' }
  /** A column of a relation whose columns are not known, if it has one of this name. */
  | { readonly kind: 'unknown' }
  /** A parameter of the body and a column of a relation in it. */
  | { readonly kind: 'ambiguous' }
  | { readonly kind: 'missing' };

/** An unqualified name, innermost scope first. */
export function meaningOf(scope: Scope, name: string): ColumnMeaning {
  const wanted = fold(name);
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
    const holders = at.sources.filter((source) => hasColumn(source, wanted));
    const [holder] = holders;
    if (holder !== undefined && holder.isLambda !== true && parameterOf(at, wanted) >= 0) return { kind: 'ambiguous' };
    // Two holders: a USING column or an ambiguity; either way DuckDB decides and nothing is taken for granted.
    if (holders.length > 1) return { kind: 'someColumn' };
    if (at.sources.some((source) => source.columns === undefined)) {
      return { kind: hasHolder(at, wanted) ? 'someColumn' : 'unknown' };
    }
    if (holder !== undefined) return { kind: 'column', source: holder, name };
    const index = at.parameters?.indexOf(wanted) ?? -1;
    if (index >= 0) return { kind: 'parameter', index };
  }
  return { kind: 'missing' };
}

function hasColumn(source: Source, wanted: string): boolean {
  return source.columns?.some((column) => fold(column.name) === wanted) === true;
}

/** Here or further out. */
function hasHolder(scope: Scope, wanted: string): boolean {
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
    if (at.sources.some((source) => hasColumn(source, wanted))) return true;
  }
  return false;
}

/** The position of the parameter of this name in the body around; -1: none. */
function parameterOf(scope: Scope, wanted: string): number {
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
    const index = at.parameters?.indexOf(wanted) ?? -1;
    if (index >= 0) return index;
  }
  return -1;
}

/** The source with this alias, innermost scope first. */
export function sourceOf(scope: Scope, alias: string): Source | undefined {
  const wanted = fold(alias);
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
    const found = at.sources.find((source) => source.alias === wanted);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * What `a.b.c…` reads, innermost scope first, and in each as DuckDB decides: catalog.schema.table.column, then
 * schema.table.column, then table.column.field, then column.field. The path starts with the column. Not certain: a column of a
 * nearer scope has, or may have, the first name.
 */
export function qualifiedSource(
  scope: Scope,
  names: readonly string[],
): { readonly source: Source; readonly path: readonly string[]; readonly certain: boolean } | undefined {
  const wanted = names.map(fold);
  let certain = true;
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
    for (const length of [3, 2]) {
      const source = names.length > length ? sourceAt(at, wanted.slice(0, length)) : undefined;
      if (source !== undefined && mayHave(source, wanted[length] ?? ''))
        return { source, path: names.slice(length), certain };
    }
    const source = at.sources.find((each) => each.alias === wanted[0]);
    if (source !== undefined) return { source, path: names.slice(1), certain };
    certain &&= !at.sources.some((each) => mayHave(each, wanted[0] ?? ''));
  }
  return undefined;
}

/** The source mentioned as schema.table or catalog.schema.table. */
function sourceAt(scope: Scope, wanted: readonly string[]): Source | undefined {
  return scope.sources.find((source) => source.home !== undefined && isSuffix(wanted, [...source.home, source.alias]));
}

function mayHave(source: Source, column: string): boolean {
  return source.columns === undefined || hasColumn(source, column);
}

function isSuffix(part: readonly string[], whole: readonly string[]): boolean {
  const start = whole.length - part.length;
  return start >= 0 && part.every((name, index) => name === whole[start + index]);
}

/** Column aliases rename the first columns. */
export function renamed(columns: OutputColumns, aliases: readonly string[]): OutputColumns {
  if (aliases.length === 0) return columns;
  return columns?.map((column, index) => ({ ...column, name: aliases[index] ?? column.name }));
}

/** Names whose types nobody follows. */
export function untyped(names: readonly string[]): readonly OutputColumn[] {
  return names.map((name) => ({ name, type: unknownType }));
}

/** The type of a source's column; unknown for one it does not have. */
export function typeIn(source: Pick<Source, 'columns'>, name: string): ValueType {
  const wanted = fold(name);
  return source.columns?.find((column) => fold(column.name) === wanted)?.type ?? unknownType;
}

/** DuckDB renames the second of two equal names: then no name's type is taken for granted. */
export function withUniqueTypes(columns: OutputColumns): OutputColumns {
  if (columns === undefined || new Set(columns.map((column) => fold(column.name))).size === columns.length)
    return columns;
  return untyped(columns.map((column) => column.name));
}
