// Resolves the bodies of views and SQL functions that a tree may mention, before the tree itself: parsing is asynchronous,
// resolution is not. Finished bodies are kept per catalog snapshot.
import { LRUCache } from 'lru-cache';
import { assert } from '../base/assert.ts';
import { displayName } from '../base/identifier.ts';
import { limits } from '../base/limits.ts';
import { SqlError } from '../base/sql-error.ts';
import type { ObjectId, SqlFunction, View } from '../catalog/securable.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { Cast, Expression, Node, SelectStatement } from '../sql/ast.ts';
import { isBareSelect } from '../sql/read-parts.ts';
import type { SqlCodec } from '../sql/sql-codec.ts';

import { checkBindings } from './bindings.ts';
import { castsOf, isLiteral, nullOf, nullsOf, typeAt } from './body-shapes.ts';

import { mentionedBodies } from './mentioned-bodies.ts';
import type { Bodies, Hides } from './resolution.ts';
import { type ResolvedBody, resolveStatement } from './resolve-query.ts';
import {
  pathOf,
  type ResolvedFunction,
  type ResolvedParameter,
  type ResolvedQuery,
  type ResolvedTableFunction,
  type SearchPath,
} from './resolved-query.ts';
import type { ValueType } from './value-types.ts';

type Body = ResolvedQuery | ResolvedFunction | ResolvedTableFunction | SqlError;
type Finished = Map<ObjectId, Body>;

export interface AnalysisRequest {
  readonly path: SearchPath;
  readonly parameterTypes?: readonly (ValueType | undefined)[] | undefined;
  readonly hides?: Hides | undefined;
  readonly standsAlone?: boolean | undefined;
}

interface Seen {
  readonly snapshot: CatalogSnapshot;
  readonly finished: Finished;
  /** Objects whose bodies are being resolved: meeting one again is a cycle. */
  readonly chain: readonly ObjectId[];
  /** A body that is about to be stored: the cycle that it would close is its own error. */
  readonly draft: boolean;
}

/** Analysis of queries against snapshots. */
export class Analyzer {
  readonly #codec: SqlCodec;
  readonly #finished: WeakMap<CatalogSnapshot, Finished> = new WeakMap();
  readonly #literals: LRUCache<string, Expression> = new LRUCache({
    max: limits.policyLiteralsMax,
    maxSize: limits.policyLiteralBytesMax,
    sizeCalculation: (_, text) => text.length + 1,
  });

  constructor(codec: SqlCodec) {
    this.#codec = codec;
  }

  /** @throws SqlError undefinedTable, undefinedFunction, featureNotSupported … */
  async analyze(
    snapshot: CatalogSnapshot,
    statement: SelectStatement,
    { path, parameterTypes, hides, standsAlone }: AnalysisRequest,
  ): Promise<ResolvedQuery> {
    const seen = this.#seen(snapshot);
    await this.#prepare(statement.node, path, seen);
    const bodies = bodiesOf(seen.finished);
    const types = parameterTypes ?? [];
    return resolveStatement({ snapshot, statement, path, bodies, parameterTypes: types, hides, standsAlone }).query;
  }

  /** @throws SqlError what is wrong with its body */
  async function(snapshot: CatalogSnapshot, fn: SqlFunction): Promise<ResolvedFunction> {
    const seen = this.#seen(snapshot);
    await this.#resolve(fn, seen);
    return sound(bodiesOf(seen.finished).function(fn));
  }

  /** A function that is not (or no longer so) in the catalog: about to be made or replaced. */
  async draft(snapshot: CatalogSnapshot, fn: SqlFunction, hides?: Hides): Promise<ResolvedFunction> {
    const seen: Seen = { snapshot, finished: new Map(), chain: [fn.id], draft: true };
    return this.#function(fn, seen, hides);
  }

  /** A view about to be made or replaced. @throws SqlError also when it refers to itself */
  async draftView(snapshot: CatalogSnapshot, view: View): Promise<ResolvedQuery> {
    return this.#view(view, { snapshot, finished: new Map(), chain: [view.id], draft: true });
  }

  async draftTable(snapshot: CatalogSnapshot, fn: SqlFunction, hides?: Hides): Promise<ResolvedTableFunction> {
    const seen: Seen = { snapshot, finished: new Map(), chain: [fn.id], draft: true };
    return this.#tableFunction(fn, seen, hides);
  }

  /** The same, with what is wrong as a value: a policy that does not resolve makes its table unreadable. */
  async tryFunction(snapshot: CatalogSnapshot, fn: SqlFunction): Promise<ResolvedFunction | SqlError> {
    const seen = this.#seen(snapshot);
    await this.#resolve(fn, seen);
    return bodiesOf(seen.finished).function(fn);
  }

  /** @throws SqlError what is wrong with its body */
  async view(snapshot: CatalogSnapshot, view: View): Promise<ResolvedQuery> {
    const seen = this.#seen(snapshot);
    await this.#resolve(view, seen);
    return sound(bodiesOf(seen.finished).view(view));
  }

  /** A policy's literal as an expression. @throws SqlError syntaxError when it is not one literal */
  async literal(text: string): Promise<Expression> {
    const known = this.#literals.get(text);
    if (known !== undefined) return known;
    const statement = await this.#codec.parse(`SELECT ${text}`);
    const { node } = statement;
    const only = isBareSelect(node) && node.select_list.length === 1 ? node.select_list[0] : undefined;
    if (only === undefined || !isLiteral(only)) throw new SqlError('syntaxError', 'a literal is expected');
    this.#literals.set(text, only);
    return only;
  }

  #seen(snapshot: CatalogSnapshot): Seen {
    const finished: Finished = this.#finished.get(snapshot) ?? new Map<ObjectId, Body>();
    this.#finished.set(snapshot, finished);
    return { snapshot, finished, chain: [], draft: false };
  }

  async #prepare(tree: Node, path: SearchPath, seen: Seen): Promise<void> {
    for (const object of mentionedBodies(tree, path, seen.snapshot)) await this.#resolve(object, seen);
  }

  async #resolve(object: View | SqlFunction, seen: Seen): Promise<void> {
    if (seen.finished.has(object.id)) return;
    if (seen.chain.includes(object.id) || seen.chain.length >= limits.expansionDepthMax) {
      throw new SqlError('invalidObjectDefinition', `${object.kind} ${displayName([object.name])} refers to itself`);
    }
    const deeper = { ...seen, chain: [...seen.chain, object.id] };
    // A broken body is an error of whoever uses it, not of a statement that merely mentions a name like it.
    const body = await attempt(() =>
      object.kind === 'view' ? this.#view(object, deeper) : this.#anyFunction(object, deeper),
    );
    if (seen.draft && body instanceof SqlError && body.condition === 'invalidObjectDefinition') throw body;
    seen.finished.set(object.id, body);
  }

  async #view(view: View, seen: Seen): Promise<ResolvedQuery> {
    const statement = await this.#codec.parse(view.query);
    return (await this.#stored(view, statement, { seen })).query;
  }

  /** A tree as it stands in others: closed, and made of what its names meant when it was stored. */
  async #stored(
    object: View | SqlFunction,
    statement: SelectStatement,
    { seen, hides }: { readonly seen: Seen; readonly hides?: Hides | undefined },
  ): Promise<ResolvedBody> {
    const { snapshot, finished } = seen;
    const path = pathOf(homeOf(snapshot, object), object.context);
    await this.#prepare(statement.node, path, seen);
    const parameters =
      object.kind === 'function' ? { parameters: object.parameters.map((parameter) => parameter.name) } : {};
    const bodies = bodiesOf(finished);
    const resolved = resolveStatement({ snapshot, statement, path, bodies, hides, ...parameters, closed: true });
    checkBindings(snapshot, object, resolved.query);
    return resolved;
  }

  #anyFunction(fn: SqlFunction, seen: Seen): Promise<ResolvedFunction | ResolvedTableFunction> {
    return fn.returnsTable === undefined ? this.#function(fn, seen) : this.#tableFunction(fn, seen);
  }

  async #tableFunction(fn: SqlFunction, seen: Seen, hides?: Hides): Promise<ResolvedTableFunction> {
    const columns = fn.returnsTable ?? [];
    const types = castsOf(await this.#codec.parse(nullsOf([...fn.parameters, ...columns])));
    const statement = await this.#codec.parse(fn.body);
    const { query, parameterRefs } = await this.#stored(fn, statement, { seen, hides });
    const shift = fn.parameters.length;
    return {
      function: fn,
      parameters: await this.#parameters(fn, types ?? []),
      columns: columns.map(({ name }, index) => ({ name, type: typeAt(types, shift + index) })),
      facts: query,
      parameterRefs,
    };
  }

  async #parameters(fn: SqlFunction, types: readonly Cast[]): Promise<readonly ResolvedParameter[]> {
    const parameters: ResolvedParameter[] = [];
    for (const [index, { name, default: text }] of fn.parameters.entries()) {
      const value = text === undefined ? undefined : await this.literal(text);
      parameters.push({ name, type: typeAt(types, index), default: value });
    }
    return parameters;
  }

  async #function(fn: SqlFunction, seen: Seen, hides?: Hides): Promise<ResolvedFunction> {
    const { statement, casts } = await this.#parseFunction(fn);
    const { query, parameterRefs } = await this.#stored(fn, statement, { seen, hides });
    const [result, ...parameters] = casts.toReversed();
    if (result === undefined) throw new SqlError('internalError', 'internal error');
    return {
      function: fn,
      parameters: await this.#parameters(fn, parameters.toReversed()),
      returns: result.cast_type,
      body: result.child,
      facts: query,
      parameterRefs,
    };
  }

  /** One parse gives the parameters' types, the body and its type. The shape is checked: a body cannot break out. */
  async #parseFunction(fn: SqlFunction): Promise<{ statement: SelectStatement; casts: readonly Cast[] }> {
    const types = fn.parameters.map(nullOf);
    const items = [...types, `CAST((\n${fn.body}\n) AS ${fn.returns})`];
    const statement = await this.#codec.parse(`SELECT ${items.join(', ')}`);
    const casts = castsOf(statement);
    if (casts?.length !== items.length) {
      throw new SqlError('syntaxError', `body of function ${displayName([fn.name])} is not one expression`);
    }
    return { statement, casts };
  }
}

async function attempt(work: () => Promise<Body>): Promise<Body> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof SqlError) return error;
    throw error;
  }
}

function homeOf(snapshot: CatalogSnapshot, object: View | SqlFunction): readonly [string, string] {
  const [catalog = '', schema = ''] = snapshot.nameOf(object.schemaId);
  return [catalog, schema];
}

function bodiesOf(finished: Finished): Bodies {
  const bodyOf = (object: View | SqlFunction): Body => {
    const body = finished.get(object.id);
    assert(body !== undefined, 'every body that is mentioned was resolved before');
    return body;
  };
  return {
    view: (view) => bodyOf(view) as ResolvedQuery | SqlError,
    function: (fn) => (fn.returnsTable === undefined ? (bodyOf(fn) as ResolvedFunction | SqlError) : returnsRows(fn)),
    tableFunction: (fn) =>
      fn.returnsTable === undefined ? returnsValue(fn) : (bodyOf(fn) as ResolvedTableFunction | SqlError),
  };
}

function returnsRows(fn: SqlFunction): SqlError {
  return new SqlError('wrongObjectType', `function ${displayName([fn.name])} returns a table`, {
    hint: `Write it in a FROM clause: SELECT * FROM ${displayName([fn.name])}(…).`,
  });
}

function returnsValue(fn: SqlFunction): SqlError {
  return new SqlError('wrongObjectType', `function ${displayName([fn.name])} does not return a table`);
}

/** A body where one is needed. */
function sound<T extends ResolvedQuery | ResolvedFunction>(body: T | SqlError): T {
  if (body instanceof SqlError) throw body;
  return body;
}
