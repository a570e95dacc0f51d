// Resolves the bodies of views and SQL functions that a tree may mention, before the tree itself: parsing is asynchronous,
// resolution is not. Finished bodies are kept per catalog snapshot.
import { LRUCache } from 'lru-cache';
import { assert } from '../base/assert.ts';
import { displayName } from '../base/identifier.ts';
import { limits } from '../base/limits.ts';
import { SqlError } from '../base/sql-error.ts';
import type { ObjectId, SqlFunction, View } from '../catalog/securable.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type {
  BaseTable,
  Cast,
  Expression,
  FunctionCall,
  Node,
  QueryNode,
  SelectNode,
  SelectStatement,
} from '../sql/ast.ts';
import { walk } from '../sql/children.ts';
import type { SqlCodec } from '../sql/sql-codec.ts';
import { findFunction, findRelation } from './name-resolution.ts';
import type { Bodies, Hides } from './resolution.ts';
import { resolveStatement } from './resolve-query.ts';
import { pathOf, type ResolvedFunction, type ResolvedQuery, type SearchPath } from './resolved-query.ts';
import type { ValueType } from './value-types.ts';

type Body = ResolvedQuery | ResolvedFunction | SqlError;
type Finished = Map<ObjectId, Body>;

export interface AnalysisRequest {
  readonly path: SearchPath;
  readonly parameterTypes?: readonly ValueType[] | undefined;
  readonly hides?: Hides | undefined;
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
    { path, parameterTypes, hides }: AnalysisRequest,
  ): Promise<ResolvedQuery> {
    const seen = this.#seen(snapshot);
    await this.#prepare(statement.node, path, seen);
    const bodies = bodiesOf(seen.finished);
    return resolveStatement({ snapshot, statement, path, bodies, parameterTypes: parameterTypes ?? [], hides }).query;
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

  /** The same, with what is wrong as a value: a policy that does not resolve makes its table unreadable. */
  async tryFunction(snapshot: CatalogSnapshot, fn: SqlFunction): Promise<ResolvedFunction | SqlError> {
    const seen = this.#seen(snapshot);
    await this.#resolve(fn, seen);
    return seen.finished.get(fn.id) as ResolvedFunction | SqlError;
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
      object.kind === 'view' ? this.#view(object, deeper) : this.#function(object, deeper),
    );
    if (seen.draft && body instanceof SqlError && body.condition === 'invalidObjectDefinition') throw body;
    seen.finished.set(object.id, body);
  }

  async #view(view: View, seen: Seen): Promise<ResolvedQuery> {
    const statement = await this.#codec.parse(view.query);
    const path = pathOf(homeOf(seen.snapshot, view), view.context);
    await this.#prepare(statement.node, path, seen);
    return resolveStatement({ snapshot: seen.snapshot, statement, path, bodies: bodiesOf(seen.finished) }).query;
  }

  async #function(fn: SqlFunction, seen: Seen, hides?: Hides): Promise<ResolvedFunction> {
    const { statement, casts } = await this.#parseFunction(fn);
    const path = pathOf(homeOf(seen.snapshot, fn), fn.context);
    await this.#prepare(statement.node, path, seen);
    const { query, parameterRefs } = resolveStatement({
      snapshot: seen.snapshot,
      statement,
      path,
      bodies: bodiesOf(seen.finished),
      hides,
      parameters: fn.parameters.map((parameter) => parameter.name),
    });
    const [result, ...parameters] = casts.toReversed();
    if (result === undefined) throw new SqlError('internalError', 'internal error');
    return {
      function: fn,
      parameters: parameters.toReversed().map((each, index) => ({
        name: fn.parameters[index]?.name ?? '',
        type: each.cast_type,
      })),
      returns: result.cast_type,
      body: result.child,
      facts: query,
      parameterRefs,
    };
  }

  /** One parse gives the parameters' types, the body and its type. The shape is checked: a body cannot break out. */
  async #parseFunction(fn: SqlFunction): Promise<{ statement: SelectStatement; casts: readonly Cast[] }> {
    const types = fn.parameters.map((parameter) => `CAST(NULL AS ${parameter.type})`);
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

/** The select list, if the statement is nothing but a list of casts. */
function castsOf(statement: SelectStatement): readonly Cast[] | undefined {
  const { node } = statement;
  if (!isBareSelect(node)) return undefined;
  const casts = node.select_list.filter((item: Expression): item is Cast => item.class === 'CAST' && !item.try_cast);
  return casts.length === node.select_list.length ? casts : undefined;
}

/** SELECT and a list, nothing else. */
function isBareSelect(node: QueryNode): node is SelectNode {
  if (node.type !== 'SELECT_NODE' || node.from_table.type !== 'EMPTY') return false;
  const clauses = [node.where_clause, node.having, node.qualify, node.sample];
  const lists = [node.modifiers, node.cte_map.map, node.group_expressions, node.group_sets];
  return clauses.every((clause) => clause === null) && lists.every((list) => list.length === 0);
}

/** A constant, also one with a sign, a cast around it (DATE '…', TRUE) or an interval's functions. */
function isLiteral(node: Expression): boolean {
  switch (node.class) {
    case 'CONSTANT':
      return true;
    case 'CAST':
      return isLiteral(node.child);
    case 'FUNCTION':
      return literalFunctions.has(node.function_name) && node.schema === '' && node.children.every(isLiteral);
    default:
      return false;
  }
}

/** What DuckDB's parser makes of -1 and INTERVAL '…'. */
const literalFunctions: ReadonlySet<string> = new Set(
  '- trunc to_years to_months to_days to_hours to_minutes to_seconds to_milliseconds to_microseconds to_weeks'.split(
    ' ',
  ),
);

function homeOf(snapshot: CatalogSnapshot, object: View | SqlFunction): readonly [string, string] {
  const [catalog = '', schema = ''] = snapshot.nameOf(object.schemaId);
  return [catalog, schema];
}

/** Every view and SQL function whose name the tree mentions, CTEs and built-ins of that name notwithstanding. */
function mentionedBodies(tree: Node, path: SearchPath, snapshot: CatalogSnapshot): readonly (View | SqlFunction)[] {
  const found = new Map<ObjectId, View | SqlFunction>();
  walk(tree, (node) => {
    const object = mentioned(node, path, snapshot);
    if (object !== undefined) found.set(object.id, object);
    return true;
  });
  return [...found.values()];
}

function mentioned(node: Node, path: SearchPath, snapshot: CatalogSnapshot): View | SqlFunction | undefined {
  if ('class' in node) {
    return node.class === 'FUNCTION' ? findFunction(snapshot, path, functionNames(node)) : undefined;
  }
  if (node.type !== 'BASE_TABLE') return undefined;
  const relation = findRelation(snapshot, path, tableNames(node));
  return relation?.kind === 'view' ? relation : undefined;
}

export function functionNames(node: FunctionCall): readonly string[] {
  return [node.catalog, node.schema, node.function_name].filter((name) => name !== '');
}

function tableNames(node: BaseTable): readonly string[] {
  return [node.catalog_name, node.schema_name, node.table_name].filter((name) => name !== '');
}

function bodiesOf(finished: Finished): Bodies {
  const bodyOf = (object: View | SqlFunction): Body => {
    const body = finished.get(object.id);
    assert(body !== undefined, 'every body that is mentioned was resolved before');
    return body;
  };
  return {
    view: (view) => bodyOf(view) as ResolvedQuery | SqlError,
    function: (fn) => bodyOf(fn) as ResolvedFunction | SqlError,
  };
}

/** A body where one is needed. */
function sound<T extends ResolvedQuery | ResolvedFunction>(body: T | SqlError): T {
  if (body instanceof SqlError) throw body;
  return body;
}
