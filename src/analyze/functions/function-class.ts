// What a reviewed function may do. A function without a class does not exist for a client: DuckDB's own list grows with
// each release, and enforcement must not.
import type { FunctionLimit } from './function-limits.ts';

/** Types on which a leakproof function was shown never to throw. Any other argument type makes the call a plain one. */
export type LeakproofType = 'VARCHAR' | 'BLOB' | 'FLOAT' | 'DOUBLE' | 'DATE' | 'TIMESTAMP';

/** How much an amplifying call may cost, by argument position (0-based; a position the call does not have is met). */
export type AmplificationGuard =
  /** Each argument is a constant of at most the limit. */
  | { readonly kind: 'constantSize'; readonly arguments: readonly number[]; readonly limit: FunctionLimit }
  /** The bytes of each text are at most the limit. */
  | { readonly kind: 'inputLength'; readonly arguments: readonly number[] | 'all'; readonly limit: FunctionLimit }
  /** The bytes of the texts at `lengths` times the numbers at `counts` are at most the limit. */
  | {
      readonly kind: 'outputLength';
      readonly lengths: readonly number[];
      readonly counts: readonly number[];
      readonly limit: FunctionLimit;
    }
  /** (stop), (start, stop) or (start, stop, step), integers: at most the limit's numbers lie between them. */
  | { readonly kind: 'series'; readonly limit: FunctionLimit }
  /** The argument is a constant for which isBoundedFormat holds. */
  | { readonly kind: 'constantFormat'; readonly argument: number };

export type RefusalReason =
  /** Files, network, environment. */
  | 'readsOutside'
  /** Shows settings, catalogs, statistics, other sessions, or how a statement was rewritten. */
  | 'introspects'
  /** Runs, plans or prints SQL that no one has governed. */
  | 'runsSql'
  /** Changes state, waits, writes a log, or raises an error of the caller's wording. */
  | 'sideEffect'
  /** Reads a table that it is given as a name. */
  | 'tableMacro'
  /** Made by DuckDB's optimizer for itself; arguments from outside were never meant. */
  | 'internal'
  /** Recurses, or works, without bound and without looking at an interrupt. */
  | 'unstoppable'
  /** Takes or gives raw aggregate states or types as values. */
  | 'rawState'
  /** PostgreSQL's catalog functions, which DuckDB answers with constants that are wrong here. */
  | 'catalogStub';

export type FunctionClass =
  /** Same result for same arguments, size bounded by a small multiple of them, reads nothing else. May throw. */
  | { readonly kind: 'pure' }
  /** Pure, and never throws when it has `arity` arguments, each of exactly one and the same of these types. */
  | { readonly kind: 'leakproof'; readonly arity: number; readonly on: readonly LeakproofType[] }
  /** Matches text by a pattern with wildcards: (text, pattern) or (text, pattern, escape). See pattern-calls.ts. */
  | {
      readonly kind: 'pattern';
      readonly language: 'like' | 'glob';
      readonly caseless: boolean;
      readonly negated: boolean;
      /** Constants without `_` are searched for piece by piece. Such calls never fail. */
      readonly searched: boolean;
    }
  /** Pure, but gives a row for each element: not for policies. */
  | { readonly kind: 'unnesting' }
  /** The same within one statement: the clock. */
  | { readonly kind: 'stable' }
  /** A new result for each call. */
  | { readonly kind: 'volatile' }
  /** Pure, but small arguments can cost much: every guard must hold. */
  | { readonly kind: 'amplifying'; readonly guards: readonly AmplificationGuard[] }
  /** Calls a lambda. One that accumulates feeds each result into the next call: mayAccumulate bounds its body. */
  | { readonly kind: 'lambda'; readonly accumulates: boolean }
  /** Runs the aggregate named by the constant argument 1: listAggregateNameAllowed. */
  | { readonly kind: 'aggregateByName' }
  /** Means the session: answered by Portcullis, never printed for DuckDB. */
  | { readonly kind: 'identity' }
  | { readonly kind: 'refused'; readonly reason: RefusalReason };

/** One reviewed line: names, separated by white space, and the class of them all. */
export interface ReviewedFunctions {
  readonly names: string;
  readonly class: FunctionClass;
}

export function namesOf(line: ReviewedFunctions): readonly string[] {
  return line.names.split(/\s+/).filter((name) => name !== '');
}

export const pure: FunctionClass = { kind: 'pure' };

export function refused(reason: RefusalReason): FunctionClass {
  return { kind: 'refused', reason };
}
