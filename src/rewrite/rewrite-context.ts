// What one rewriting shares over all its trees: fresh names, what the guards did, and the session's facts.

import { reservedPrefix } from '../analyze/resolution.ts';
import type { TableFunctionUse, TableUse, ViewUse } from '../analyze/resolved-query.ts';
import type { Authorization, PolicyCall } from '../authorize/authorization.ts';
import { AssertionError } from '../base/assert.ts';
import { limits } from '../base/limits.ts';
import { SqlError } from '../base/sql-error.ts';
import type { BaseTable, CommonTableExpression, Expression } from '../sql/ast.ts';
import type { TreeRewriter } from './rewrite-tree.ts';
import type { OwnValues } from './system-rows.ts';
import { TreeSizes } from './tree-sizes.ts';

/** Facts of the session that identity functions may tell. */
export interface SessionFacts {
  /** The login user's name (session_user); current_user is the identity's. */
  readonly sessionUser: string;
  readonly currentCatalog: string;
  readonly currentSchema: string | undefined;
}

/** What a guard came to for this reader, for the audit event. */
export interface GuardEffect {
  readonly use: TableUse;
  readonly masked: readonly string[];
  readonly filtered: boolean;
  /** What the physical table is called inside the guarded relation. */
  readonly alias: string;
  /** What the filters came to; null: every row is visible. */
  readonly filter: Expression | null;
  /** The filters and masks that are not folded away for this reader. */
  readonly applied: ReadonlySet<PolicyCall>;
  /** By column name, what stands in its place. Only masked columns. */
  readonly masks: ReadonlyMap<string, Expression>;
  readonly barrier: BarrierReason | undefined;
}

/** Why the client's expressions are kept above the filter. */
export type BarrierReason = 'expressions' | 'masks';

/** What stands for the parameters of a function whose body is rewritten. */
export interface BodyArguments {
  readonly refs: ReadonlyMap<Expression, number>;
  readonly values: readonly Expression[];
}

/** Makes the rewriter of another tree (a view's or function's body) in the same context. */
export type RewriterFactory = (
  context: RewriteContext,
  authorization: Authorization,
  body?: BodyArguments,
) => TreeRewriter;

/** What a write needs of its target's mention. */
export interface TargetMention {
  readonly node: BaseTable;
  /** rows: the guarded relation also tells which row it is; scratch: it is made from the rows kept in this table. */
  readonly as: 'rows' | { readonly scratch: string };
}

export class RewriteContext {
  readonly session: SessionFacts;
  /** True when the statement holds an expression that may fail or show: filtered uses then get the barrier. */
  readonly mayLeak: boolean;
  readonly effects: GuardEffect[] = [];
  /** Uses of views and table functions whose body ends in the barrier. */
  readonly barredBodies: Set<ViewUse | TableFunctionUse> = new Set();
  /** Literals of policies, parsed beforehand, by their text. */
  readonly literals: ReadonlyMap<string, Expression>;
  /** DuckDB's names of unnamed outputs that rewriting changes. */
  readonly names: ReadonlyMap<Expression, string>;
  readonly target: TargetMention | undefined;
  readonly #firstOwn: number;
  readonly #ownTexts: string[] = [];
  readonly #cteNames: Map<CommonTableExpression, string> = new Map();
  readonly #makeRewriter: RewriterFactory;
  readonly #sizes: TreeSizes = new TreeSizes();
  #fresh = 0;
  #expansions = 0;
  #nodes = 0;

  constructor(facts: {
    readonly session: SessionFacts;
    readonly mayLeak: boolean;
    readonly literals: ReadonlyMap<string, Expression>;
    readonly names: ReadonlyMap<Expression, string>;
    readonly target?: TargetMention | undefined;
    readonly makeRewriter: RewriterFactory;
    /** The number after the client's last parameter. */
    readonly firstOwn: number;
  }) {
    this.session = facts.session;
    this.mayLeak = facts.mayLeak;
    this.literals = facts.literals;
    this.names = facts.names;
    this.target = facts.target;
    this.#makeRewriter = facts.makeRewriter;
    this.#firstOwn = facts.firstOwn;
  }

  rewriterOf(authorization: Authorization, body?: BodyArguments): TreeRewriter {
    this.#expansions += 1;
    if (this.#expansions > limits.expansionsMax) {
      throw new SqlError('statementTooComplex', 'statement calls too many views and functions');
    }
    return this.#makeRewriter(this, authorization, body);
  }

  /** Binds a text of the product's own. @returns the number of its parameter */
  ownValue(text: string): number {
    this.#ownTexts.push(text);
    return this.#firstOwn + this.#ownTexts.length - 1;
  }

  get values(): OwnValues {
    return { first: this.#firstOwn, texts: this.#ownTexts };
  }

  /** An argument takes the place of a parameter once more. */
  noteArgument(value: Expression): void {
    this.#nodes += this.#sizes.of(value);
    if (this.#nodes > limits.inlinedNodesMax) {
      throw new SqlError('statementTooComplex', 'arguments of SQL functions expand to too much');
    }
  }

  /** A name no client's can equal (analysis refuses the prefix). */
  freshName(): string {
    this.#fresh += 1;
    return `${reservedPrefix}${String(this.#fresh)}`;
  }

  cteName(cte: CommonTableExpression): string {
    const known = this.#cteNames.get(cte);
    if (known !== undefined) return known;
    const name = this.freshName();
    this.#cteNames.set(cte, name);
    return name;
  }

  /** Something earlier stages should have refused: the statement does not run. */
  refuse(what: string): never {
    throw new AssertionError(what);
  }
}
