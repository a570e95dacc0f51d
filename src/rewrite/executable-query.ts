// The only things the engine runs. They cannot be made outside this folder: the constructors are private and `seal…` is
// imported under rewrite/ alone (test/architecture).
import type { ObjectId } from './physical.ts';
import type { OwnValues } from './system-rows.ts';

let makeQuery: (facts: ExecutableQueryFacts) => ExecutableQuery;
let makeDdl: (facts: ExecutableDdlFacts) => ExecutableDdl;

export interface ExecutableQueryFacts {
  readonly sql: string;
  /** The catalog whose file this statement writes; undefined for reads. */
  readonly writes: ObjectId | undefined;
  /** Catalogs whose data it reads; default: perhaps all. A plan holds for the data it was made for (engine/data-versions.ts). */
  readonly reads?: readonly ObjectId[];
  /** Bound by the engine itself, whatever the client binds; none by default. */
  readonly values?: OwnValues;
  /** The client's number of each parameter, by the statement's own; default the same. */
  readonly parameters?: readonly number[];
  /** The engine may keep it prepared (repeatable.ts); default no. */
  readonly repeatable?: boolean;
}

/** A rewritten, verified query or write. */
export class ExecutableQuery {
  readonly #facts: ExecutableQueryFacts;

  private constructor(facts: ExecutableQueryFacts) {
    this.#facts = facts;
  }

  get sql(): string {
    return this.#facts.sql;
  }

  get writes(): ObjectId | undefined {
    return this.#facts.writes;
  }

  get reads(): readonly ObjectId[] | undefined {
    return this.#facts.reads;
  }

  get values(): OwnValues | undefined {
    return this.#facts.values;
  }

  /** What holding it costs. */
  get valueCharacters(): number {
    return this.values?.texts.reduce((sum, text) => sum + text.length, 0) ?? 0;
  }

  /** The client's number of the statement's parameter `own`. */
  parameterNumber(own: number): number {
    return this.#facts.parameters?.[own - 1] ?? own;
  }

  get repeatable(): boolean {
    return this.#facts.repeatable === true;
  }

  static {
    makeQuery = (facts) => new ExecutableQuery(facts);
  }
}

export interface ExecutableDdlFacts {
  /** In order; each one statement printed from parts. */
  readonly statements: readonly string[];
  readonly writes: ObjectId;
}

/** Physical DDL on one catalog's file. */
export class ExecutableDdl {
  readonly #facts: ExecutableDdlFacts;

  private constructor(facts: ExecutableDdlFacts) {
    this.#facts = facts;
  }

  get statements(): readonly string[] {
    return this.#facts.statements;
  }

  get writes(): ObjectId {
    return this.#facts.writes;
  }

  static {
    makeDdl = (facts) => new ExecutableDdl(facts);
  }
}

export function sealQuery(facts: ExecutableQueryFacts): ExecutableQuery {
  return makeQuery(facts);
}

export function sealDdl(facts: ExecutableDdlFacts): ExecutableDdl {
  return makeDdl(facts);
}
