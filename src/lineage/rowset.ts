// What relations and queries put out, and where names are looked up. Values; nothing is changed after it is built.
import { fold } from '../base/identifier.ts';
import { coarse, flowing, merged, type Traced, untraced } from './traced.ts';

/** One output. */
export interface TracedColumn {
  readonly kind: 'column';
  /** Undefined: DuckDB makes one up from the expression's text. */
  readonly name: string | undefined;
  readonly value: Traced;
}

/** Any number of outputs, made of the same. */
export interface OpenColumns {
  readonly kind: 'open';
  readonly value: Traced;
}

export type OutputPart = TracedColumn | OpenColumns;

export interface Rowset {
  /** In order. */
  readonly parts: readonly OutputPart[];
  /** What decides which rows there are: it influences every column. */
  readonly rows: Traced;
}

/** One entry of a FROM clause. */
export interface TracedSource {
  /** Folded; empty without one. */
  readonly alias: string;
  /** Folded catalog and schema of a table that was mentioned without an alias. */
  readonly home: readonly [catalog: string, schema: string] | undefined;
  readonly parts: readonly OutputPart[];
}

/** A FROM clause. */
export interface TracedFrom {
  readonly sources: readonly TracedSource[];
  /** Columns of USING and NATURAL, folded name to value: they stand once in a star. */
  readonly shared: ReadonlyMap<string, Traced>;
  readonly rows: Traced;
}

export const emptyFrom: TracedFrom = { sources: [], shared: new Map(), rows: untraced };

export interface TraceScope {
  readonly parent: TraceScope | undefined;
  readonly from: TracedFrom;
  /** Aliases of the select list, folded. */
  readonly aliases: ReadonlyMap<string, () => Traced>;
}

export function scopeOf(parent: TraceScope | undefined, from: TracedFrom): TraceScope {
  return { parent, from, aliases: new Map() };
}

export function namedColumn(name: string | undefined, value: Traced): TracedColumn {
  return { kind: 'column', name, value };
}

/** All columns together. */
export function wholeOf(parts: readonly OutputPart[]): Traced {
  return merged(parts.map(({ value }) => value));
}

/** Columns of all sources; those of USING once. */
export function starOf({ sources, shared }: TracedFrom): readonly OutputPart[] {
  const seen = new Set<string>();
  return sources.flatMap(({ parts }) =>
    parts.flatMap((part): readonly OutputPart[] => {
      const name = part.kind === 'column' && part.name !== undefined ? fold(part.name) : undefined;
      const value = name === undefined ? undefined : shared.get(name);
      if (name === undefined || value === undefined) return [part];
      if (seen.has(name)) return [];
      seen.add(name);
      return [{ ...part, value }];
    }),
  );
}

/** Column aliases rename the first columns; where those are not known, the aliases say how many there are at least. */
export function renamedParts(parts: readonly OutputPart[], aliases: readonly string[]): readonly OutputPart[] {
  const renamed: OutputPart[] = [];
  let next = 0;
  for (const part of parts) {
    if (part.kind === 'column') {
      renamed.push({ ...part, name: aliases[next] ?? part.name });
      next += 1;
      continue;
    }
    while (next < aliases.length) {
      renamed.push(namedColumn(aliases[next], part.value));
      next += 1;
    }
    renamed.push(part);
  }
  return renamed;
}

/** The value of the column of this name; undefined: there is none. */
export function columnIn(parts: readonly OutputPart[], name: string): Traced | undefined {
  const wanted = fold(name);
  const found = parts.filter((part) => part.kind === 'column' && part.name !== undefined && fold(part.name) === wanted);
  if (found.length > 0) return wholeOf(found);
  // It may be one of those that cannot be told, or one that has no name of its own.
  const open = parts.filter((part) => part.kind === 'open' || part.name === undefined);
  if (open.length === 0) return undefined;
  return open.length === 1 ? open[0]?.value : coarse(wholeOf(open));
}

function certainlyHas(parts: readonly OutputPart[], name: string): boolean {
  const wanted = fold(name);
  return parts.some((part) => part.kind === 'column' && part.name !== undefined && fold(part.name) === wanted);
}

/** What `a`, `t.a`, `s.t.a`, `c.s.t.a` or a field of one of these is made of, innermost scope first. */
export function valueOfName(scope: TraceScope, names: readonly string[]): Traced {
  const possible: Traced[] = [];
  for (let at: TraceScope | undefined = scope; at !== undefined; at = at.parent) {
    const { value, certain } = valueHere(at, names);
    if (value !== undefined) possible.push(value);
    if (certain) return possible.length === 1 ? (possible[0] ?? untraced) : coarse(merged(possible));
  }
  // A word of the engine's own, such as current_date, or one of several.
  return possible.length > 0 ? coarse(merged(possible)) : untraced;
}

interface Found {
  readonly value: Traced | undefined;
  /** No scope further out can be meant. */
  readonly certain: boolean;
}

function valueHere({ from, aliases }: TraceScope, names: readonly string[]): Found {
  const qualified = names.length > 1 ? qualifiedHere(from, names) : undefined;
  if (qualified !== undefined) return { value: qualified, certain: true };
  const [first = '', ...fields] = names;
  const reached = (value: Traced): Traced => (fields.length === 0 ? value : fieldOf(value));
  const shared = from.shared.get(fold(first));
  if (shared !== undefined) return { value: reached(shared), certain: true };
  const holders = from.sources.filter(({ parts }) => certainlyHas(parts, first));
  const alias = aliases.get(fold(first));
  if (holders.length > 0) {
    const own = merged(holders.map(({ parts }) => columnIn(parts, first) ?? untraced));
    // Where an alias of the select list has the name too, the clause decides which is meant.
    return { value: reached(alias === undefined ? own : eitherOf(own, alias())), certain: true };
  }
  if (alias !== undefined) return { value: reached(alias()), certain: true };
  const whole = from.sources.find((source) => source.alias === fold(first));
  if (whole !== undefined) return { value: flowing(wholeOf(whole.parts), 'derived'), certain: true };
  const open = from.sources.flatMap(({ parts }) => columnIn(parts, first) ?? []);
  if (open.length === 0) return { value: undefined, certain: false };
  return { value: reached(open.length === 1 ? merged(open) : coarse(merged(open))), certain: false };
}

/** Which part of a struct went into which field is not followed. */
function fieldOf(value: Traced): Traced {
  const field = flowing(value, 'derived');
  return value.origins.size > 1 ? coarse(field) : field;
}

function eitherOf(a: Traced, b: Traced): Traced {
  return a === b ? a : coarse(merged([a, b]));
}

/** catalog.schema.table.column, then schema.table.column, then table.column; what follows are fields. */
function qualifiedHere({ sources }: TracedFrom, names: readonly string[]): Traced | undefined {
  const wanted = names.map(fold);
  for (const length of [3, 2, 1]) {
    if (names.length <= length) continue;
    const source = sources.find((each) => isCalled(each, wanted.slice(0, length)));
    const value = source === undefined ? undefined : columnIn(source.parts, names[length] ?? '');
    if (value !== undefined) return names.length > length + 1 ? fieldOf(value) : value;
  }
  return undefined;
}

function isCalled(source: TracedSource, wanted: readonly string[]): boolean {
  if (wanted.length === 1) return source.alias === wanted[0];
  if (source.home === undefined) return false;
  const full = [...source.home, source.alias];
  const start = full.length - wanted.length;
  return wanted.every((name, index) => name === full[start + index]);
}

/** The sources of a star with a qualifier. */
export function sourcesNamed(scope: TraceScope, alias: string): readonly TracedSource[] {
  for (let at: TraceScope | undefined = scope; at !== undefined; at = at.parent) {
    const found = at.from.sources.filter((source) => source.alias === fold(alias));
    if (found.length > 0) return found;
  }
  return [];
}

/** Exactly `width` values, in order. Where the places cannot be told, each may be any: coarse. */
export function fixedParts(parts: readonly OutputPart[], width: number): readonly Traced[] {
  const open = parts.filter((part) => part.kind === 'open');
  const missing = width - (parts.length - open.length);
  if ((open.length === 0 && missing === 0) || (open.length === 1 && missing >= 0)) {
    return parts.flatMap(({ kind, value }) =>
      kind === 'column' ? [value] : Array.from({ length: missing }, () => value),
    );
  }
  const any = coarse(wholeOf(parts));
  return Array.from({ length: width }, () => any);
}
