// The words of a condition over tags -> a tree: NOT binds closer than AND, AND closer than OR.
import { limits } from '../base/limits.ts';
import { SqlError } from '../base/sql-error.ts';
import type { ConditionTerm } from './tag-statement.ts';

export type ParsedCondition =
  | { readonly kind: 'hasTag'; readonly key: string }
  | { readonly kind: 'hasTagValue'; readonly key: string; readonly value: string }
  | { readonly kind: 'and' | 'or'; readonly operands: readonly ParsedCondition[] }
  | { readonly kind: 'not'; readonly operand: ParsedCondition };

/** @throws SqlError syntaxError, statementTooComplex */
export function conditionOf(terms: readonly ConditionTerm[]): ParsedCondition {
  if (terms.length > limits.conditionTermsMax) throw tooComplex();
  const reader = new ConditionReader(terms);
  const condition = reader.alternatives(0);
  reader.expectEnd();
  return condition;
}

function tooComplex(): SqlError {
  return new SqlError('statementTooComplex', 'the condition over tags is too long or too deeply nested');
}

class ConditionReader {
  readonly #terms: readonly ConditionTerm[];
  #at = 0;

  constructor(terms: readonly ConditionTerm[]) {
    this.#terms = terms;
  }

  alternatives(depth: number): ParsedCondition {
    return this.#list('or', () => this.#list('and', () => this.#single(depth)));
  }

  expectEnd(): void {
    if (this.#at < this.#terms.length) throw this.#unexpected();
  }

  #list(word: 'and' | 'or', operand: () => ParsedCondition): ParsedCondition {
    const first = operand();
    const operands = [first];
    while (this.#take(word)) operands.push(operand());
    return operands.length === 1 ? first : { kind: word, operands };
  }

  #single(depth: number): ParsedCondition {
    if (depth > limits.conditionDepthMax) throw tooComplex();
    if (this.#take('not')) return { kind: 'not', operand: this.#single(depth + 1) };
    if (this.#take('(')) {
      const inner = this.alternatives(depth + 1);
      if (!this.#take(')')) throw this.#unexpected();
      return inner;
    }
    const term = this.#terms[this.#at];
    if (term?.kind === 'hasTag') {
      this.#at += 1;
      return { kind: 'hasTag', key: term.key };
    }
    if (term?.kind !== 'hasTagValue') throw this.#unexpected();
    this.#at += 1;
    return { kind: 'hasTagValue', key: term.key, value: term.value };
  }

  #take(kind: ConditionTerm['kind']): boolean {
    if (this.#terms[this.#at]?.kind !== kind) return false;
    this.#at += 1;
    return true;
  }

  #unexpected(): SqlError {
    const term = this.#terms[this.#at] ?? this.#terms.at(-1);
    const position = term === undefined ? {} : { position: term.offset };
    return new SqlError('syntaxError', 'syntax error in a condition over tags', position);
  }
}
