// The closed world of functions: what DuckDB's functions are to a client. A name without an answer here is refused.
// Names are exact: DuckDB's parser gives them in lower case, and anything else was not made by it.
import { assert } from '../../base/assert.ts';
import { aggregateFunctions, listAggregateNames, windowOnlyNames } from './aggregate-functions.ts';
import { type FunctionClass, namesOf, pure, type ReviewedFunctions } from './function-class.ts';
import { functionLimits } from './function-limits.ts';
import { accumulatingNames, guardedFunctions } from './guarded-functions.ts';
import { leakproofFunctions, pureFunctions } from './pure-functions.ts';
import { refusedFunctions } from './refused-functions.ts';
import { allowedTableNames, pragmaNames, refusedTableNames } from './table-functions.ts';

const scalars = byName([...leakproofFunctions, ...pureFunctions, ...guardedFunctions, ...refusedFunctions]);
const aggregates = byName(aggregateFunctions);
const listAggregates = nameSet(listAggregateNames);
const windowOnly = nameSet(windowOnlyNames);
const accumulating = nameSet(accumulatingNames);
const tableFunctions = nameSet(allowedTableNames);
const refusedTables = nameSet(Object.values(refusedTableNames).join(' '));

/** The class of a scalar function or scalar macro; undefined when nobody has reviewed one of this name. */
export function functionClassOf(name: string): FunctionClass | undefined {
  return scalars.get(name);
}

/** The class of an aggregate, plain or with OVER. */
export function aggregateClassOf(name: string): FunctionClass | undefined {
  return aggregates.get(name);
}

/** The class of a name that stands before OVER: an aggregate or a window function proper. */
export function windowClassOf(name: string): FunctionClass | undefined {
  return windowOnly.has(name) ? pure : aggregates.get(name);
}

export function tableFunctionAllowed(name: string): boolean {
  return tableFunctions.has(name);
}

/** May the constant `name` be the second argument of list_aggregate and its like? */
export function listAggregateNameAllowed(name: string): boolean {
  return listAggregates.has(name);
}

/** May the body of a lambda that accumulates (list_reduce) call this? The body must also name the accumulator only once. */
export function mayAccumulate(name: string): boolean {
  return accumulating.has(name);
}

/** Do all fields of a printf or format string together make at most outputBytesMax, with no width from an argument? */
export function isBoundedFormat(text: string): boolean {
  // A brace within a field is a width from an argument. That also refuses `{{`, a literal brace: its rules inside a
  // field are the formatter's own, and to follow them here would be to trust a copy.
  if (text.includes('*') || /\{[^}]*\{/.test(text)) return false;
  const fields = (text.match(/[%{]/g) ?? []).length;
  // Every number counts as a width, also one in the plain text: telling them apart needs the formatter's grammar.
  const width = Math.max(1, ...(text.match(/\d+/g) ?? []).map(Number));
  return width <= functionLimits.formatWidthMax && fields * width <= functionLimits.outputBytesMax;
}

/** PostgreSQL clients qualify these; DuckDB has them there too, or Portcullis answers. */
const inPgCatalog = new Set(['pg_typeof', 'pg_size_pretty']);

/**
 * Does the spelling catalog.schema.name mean DuckDB's own function? Any other schema is a catalog object or, in DuckDB's
 * eyes, a column: `c.upper()` means upper(c), whose arguments would not be where the guards look for them.
 */
export function isBuiltInPath(path: {
  readonly catalog: string;
  readonly schema: string;
  readonly name: string;
}): boolean {
  if (path.catalog !== '' && path.catalog !== 'system') return false;
  if (path.schema === 'pg_catalog') return inPgCatalog.has(path.name) || scalars.get(path.name)?.kind === 'identity';
  if (path.schema === 'main') return !inPgCatalog.has(path.name);
  return path.schema === '' && path.catalog === '';
}

/** Every reviewed name, for the test against DuckDB's own list and for docs/functions.md. */
export const reviewedNames: {
  readonly scalar: ReadonlyMap<string, FunctionClass>;
  readonly aggregate: ReadonlyMap<string, FunctionClass>;
  readonly windowOnly: ReadonlySet<string>;
  readonly table: ReadonlySet<string>;
  readonly pragma: ReadonlySet<string>;
  readonly listAggregates: ReadonlySet<string>;
  readonly accumulating: ReadonlySet<string>;
} = {
  scalar: scalars,
  aggregate: aggregates,
  windowOnly,
  table: new Set([...tableFunctions, ...refusedTables]),
  pragma: nameSet(pragmaNames),
  listAggregates,
  accumulating,
};

function byName(lines: readonly ReviewedFunctions[]): ReadonlyMap<string, FunctionClass> {
  const map = new Map<string, FunctionClass>();
  for (const line of lines) {
    for (const name of namesOf(line)) {
      assert(!map.has(name), `function ${name} is classified twice`);
      map.set(name, line.class);
    }
  }
  return map;
}

function nameSet(names: string): ReadonlySet<string> {
  return new Set(namesOf({ names, class: pure }));
}
