// Authorization -> ExecutableQuery: rewritten, printed, parsed again, compared, sealed.
import type { Analyzer } from '../analyze/bodies.ts';
import type { ResolvedFunction, ResolvedQuery, ResolvedTableFunction } from '../analyze/resolved-query.ts';
import type { Authorization } from '../authorize/authorization.ts';
import type { Expression, SelectStatement } from '../sql/ast.ts';
import { cast, nullConstant, select, statementOf } from '../sql/build.ts';
import type { SqlCodec } from '../sql/sql-codec.ts';
import { withCatalogNames } from './catalog-names.ts';
import { type ExecutableQuery, sealQuery } from './executable-query.ts';
import { bodyValue } from './inline-functions.ts';
import { duckdbNames, wireNames } from './name-outputs.ts';
import { numberedParameters } from './parameters.ts';
import { catalogsRead } from './physical.ts';
import { isRepeatable } from './repeatable.ts';
import { type GuardEffect, RewriteContext, type SessionFacts, type TargetMention } from './rewrite-context.ts';
import { TreeRewriter } from './rewrite-tree.ts';
import { firstOwnParameter, type OwnValues } from './system-rows.ts';

export interface RewriteRequest {
  readonly authorization: Authorization;
  readonly session: SessionFacts;
  /** How unnamed outputs are called: for the wire, or as DuckDB would have (tables and views made from queries). */
  readonly outputNames: 'postgres' | 'duckdb';
  readonly target?: TargetMention | undefined;
}

export interface RewrittenTree {
  readonly statement: SelectStatement;
  /** Output tokens -> names for RowDescription. */
  readonly names: ReadonlyMap<string, string>;
  readonly effects: readonly GuardEffect[];
  /** What the statement's parameters after the client's are bound to. */
  readonly values: OwnValues;
}

export interface RewrittenQuery {
  readonly executable: ExecutableQuery;
  readonly names: ReadonlyMap<string, string>;
  readonly effects: readonly GuardEffect[];
}

/** What the policies on the relations of a tree come to for its reader. */
export interface RewriteEffects {
  readonly guards: readonly GuardEffect[];
  readonly barredBodies: RewriteContext['barredBodies'];
}

export class Rewriter {
  readonly #codec: SqlCodec;
  readonly #analyzer: Analyzer;
  readonly #outputNames: WeakMap<ResolvedQuery, ReadonlyMap<Expression, string>> = new WeakMap();

  constructor(codec: SqlCodec, analyzer: Analyzer) {
    this.#codec = codec;
    this.#analyzer = analyzer;
  }

  /** A query to run and send. @throws SqlError featureNotSupported when it cannot be printed faithfully */
  async query(request: RewriteRequest): Promise<RewrittenQuery> {
    const tree = await this.tree(request);
    return { executable: await this.seal(tree), names: tree.names, effects: tree.effects };
  }

  /** SUMMARIZE over a query's rows, by DuckDB's own names of its outputs. @throws SqlError as query does */
  async summary(request: RewriteRequest): Promise<RewrittenQuery> {
    const tree = await this.tree({ ...request, outputNames: 'duckdb' });
    const executable = await this.seal(tree, 'SUMMARIZE ');
    return { executable, names: new Map(), effects: tree.effects };
  }

  /** The rewritten tree, for statements that hold it as a part. */
  async tree(request: RewriteRequest): Promise<RewrittenTree> {
    const { authorization } = request;
    const context = this.#context(authorization, {
      session: request.session,
      literals: await this.#literals(authorization),
      names: await this.#names(authorization),
      target: request.target,
    });
    const rewritten = new TreeRewriter(context, authorization).statement(authorization.resolved.statement);
    const top =
      request.outputNames === 'postgres'
        ? wireNames(authorization.resolved.statement, rewritten)
        : { statement: rewritten, names: new Map<string, string>() };
    return { ...top, effects: context.effects, values: context.values };
  }

  /** What the guards of an authorized tree come to for its reader, without printing anything. */
  async effects(authorization: Authorization, session: SessionFacts): Promise<RewriteEffects> {
    const context = this.#context(authorization, {
      session,
      literals: await this.#literals(authorization),
      names: await this.#names(authorization),
    });
    new TreeRewriter(context, authorization).statement(authorization.resolved.statement);
    return { guards: context.effects, barredBodies: context.barredBodies };
  }

  /** The rewritten tree as text for people, with the catalog's names. It is not sealed and cannot run. */
  async shown(request: RewriteRequest): Promise<string> {
    const { statement, effects } = await this.tree(request);
    return this.#codec.print(withCatalogNames(request.authorization.snapshot, statement, effects));
  }

  /** Prints and seals a rewritten tree. */
  async seal(tree: RewrittenTree, lead: '' | 'SUMMARIZE ' = ''): Promise<ExecutableQuery> {
    const { statement, parameters } = numberedParameters(tree.statement);
    const sql = await this.#codec.print(statement);
    return sealQuery({
      sql: `${lead}${sql}`,
      parameters,
      writes: undefined,
      reads: catalogsRead(statement),
      values: tree.values,
      // An idle statement would hold its values.
      repeatable: lead === '' && isRepeatable(statement) && tree.values.texts.length === 0,
    });
  }

  async contextOf(authorization: Authorization, session: SessionFacts): Promise<RewriteContext> {
    const literals = await this.#literals(authorization);
    return this.#context(authorization, { session, literals, names: new Map() });
  }

  /** A query that only asks DuckDB whether a function's body binds, and to what type. */
  async functionProbe(
    fn: { readonly resolved: ResolvedFunction; readonly body: Authorization },
    session: SessionFacts,
  ): Promise<ExecutableQuery> {
    const literals = await this.#literals(fn.body);
    const context = this.#context(fn.body, { session, literals, names: new Map() });
    const values = fn.resolved.parameters.map((parameter) => cast(nullConstant(), parameter.type));
    const value = bodyValue(context, { function: fn.resolved, body: fn.body, values });
    return this.#probe(statementOf(select({ select_list: [value] })), context);
  }

  /** A query that only asks DuckDB what columns a table function's query gives. */
  async tableFunctionProbe(
    fn: { readonly resolved: ResolvedTableFunction; readonly body: Authorization },
    session: SessionFacts,
  ): Promise<ExecutableQuery> {
    const literals = await this.#literals(fn.body);
    const context = this.#context(fn.body, { session, literals, names: new Map() });
    const values = fn.resolved.parameters.map((parameter) => cast(nullConstant(), parameter.type));
    const body = context.rewriterOf(fn.body, { refs: fn.resolved.parameterRefs, values });
    return this.#probe(body.statement(fn.resolved.facts.statement), context);
  }

  async #probe(tree: SelectStatement, context: RewriteContext): Promise<ExecutableQuery> {
    const { statement, parameters } = numberedParameters(tree);
    const sql = await this.#codec.print(statement);
    return sealQuery({ sql, parameters, writes: undefined, values: context.values });
  }

  #context(
    authorization: Authorization,
    facts: {
      readonly session: SessionFacts;
      readonly literals: ReadonlyMap<string, Expression>;
      readonly names: ReadonlyMap<Expression, string>;
      readonly target?: TargetMention | undefined;
    },
  ): RewriteContext {
    return new RewriteContext({
      ...facts,
      firstOwn: firstOwnParameter(authorization.resolved.statement),
      mayLeak: mayLeakAnywhere(authorization),
      makeRewriter: (shared, other, body) => new TreeRewriter(shared, other, body),
    });
  }

  /** Printed names of every tree that will be written into the statement: its own and those of its views. */
  async #names(authorization: Authorization): Promise<ReadonlyMap<Expression, string>> {
    const all = new Map(await this.#namesIn(authorization.resolved));
    for (const view of authorization.views.values()) {
      for (const [item, name] of await this.#names(view)) all.set(item, name);
    }
    return all;
  }

  /** The same tree is rewritten again for every reader that is asked about. */
  async #namesIn(resolved: ResolvedQuery): Promise<ReadonlyMap<Expression, string>> {
    const known = this.#outputNames.get(resolved);
    if (known !== undefined) return known;
    const names = await duckdbNames(this.#codec, resolved);
    this.#outputNames.set(resolved, names);
    return names;
  }

  async #literals(authorization: Authorization): Promise<ReadonlyMap<string, Expression>> {
    const literals = new Map<string, Expression>();
    for (const text of literalTexts(authorization)) literals.set(text, await this.#analyzer.literal(text));
    return literals;
  }
}

/** Also what stands in a view: its expressions meet the same hidden rows. */
function mayLeakAnywhere(authorization: Authorization): boolean {
  return authorization.resolved.mayLeak || [...authorization.views.values()].some(mayLeakAnywhere);
}

function literalTexts(authorization: Authorization): ReadonlySet<string> {
  const texts = new Set<string>();
  for (const guard of authorization.guards.values()) {
    for (const call of [...guard.masks.values(), ...guard.filters]) {
      for (const argument of call.arguments) if (argument.kind === 'constant') texts.add(argument.literal);
    }
  }
  for (const inner of [...authorization.views.values(), ...authorization.functions.values()]) {
    for (const text of literalTexts(inner)) texts.add(text);
  }
  return texts;
}
