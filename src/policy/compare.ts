// Files and server compared: which statements would make the server be as the files say.
import { fold } from '../base/identifier.ts';
import type { PolicyStatement } from './canonical.ts';

export interface ServerStatement extends PolicyStatement {
  readonly file: string;
  readonly undo: string;
}

export interface PolicyDifference {
  /** Statements of files that the server does not hold. */
  readonly add: readonly string[];
  /** Statements of the server that no file holds. */
  readonly remove: readonly string[];
  /** What to run, in order. */
  readonly statements: readonly string[];
}

/** @param server only what lies in the part of the server that the files speak of */
export function compare(files: readonly PolicyStatement[], server: readonly ServerStatement[]): PolicyDifference {
  const wanted = new Set(files.flatMap(({ facts }) => facts));
  const present = new Set(server.flatMap(({ facts }) => facts));
  const add = files.filter(({ facts }) => facts.some((fact) => !present.has(fact)));
  const extra = server.filter(({ facts }) => facts.some((fact) => !wanted.has(fact)));
  // What is set anew need not be undone: the new value replaces the old one. Grants and row filters add up instead.
  const replaced = new Set(add.filter(({ kind }) => kind !== 'principal').flatMap(({ subjects }) => subjects));
  const undone = extra.filter(
    ({ subjects, facts }) => addsUp(facts) || !subjects.some((subject) => replaced.has(subject)),
  );
  return {
    add: add.map(({ text }) => text),
    remove: extra.map(({ text }) => text),
    statements: ordered(add, undone),
  };
}

function addsUp(facts: readonly string[]): boolean {
  return facts.some((fact) => fact.startsWith('grant ') || fact.startsWith('filter '));
}

/**
 * A function or view that another one mentions goes before it. A text that holds the name counts as a mention: too many cost
 * nothing, and where they make a circle the order of the files stays.
 */
function usedFirst<T extends PolicyStatement>(list: readonly T[]): readonly T[] {
  const names = list.map(({ subjects, kind }) => (kind === 'definition' ? subjects.map(lastName) : []));
  const done = new Set<number>();
  const visit = (index: number, depth: number): void => {
    if (done.has(index) || depth > chainMax) return;
    done.add(index);
    const text = fold(list[index]?.text ?? '');
    for (const [other, held] of names.entries()) if (held.some((name) => text.includes(name))) visit(other, depth + 1);
    order.push(index);
  };
  const order: number[] = [];
  for (const index of list.keys()) visit(index, 0);
  return order.map((index) => list[index]).filter((each) => each !== undefined);
}

/** Longest chain of definitions that mention each other. */
const chainMax = 1_000;

/** `view ["c","s","v"]`: v */
function lastName(subject: string): string {
  const parts: unknown = JSON.parse(subject.slice(subject.indexOf('[')));
  return Array.isArray(parts) ? String(parts.at(-1)) : '';
}

/** Attachments go before what they hang on, and come after it. */
function ordered(add: readonly PolicyStatement[], undone: readonly ServerStatement[]): readonly string[] {
  const order = ['principal', 'definition', 'attachment', 'test'] as const;
  const undo = order.toReversed().map((kind) => {
    return usedFirst(undone.filter((each) => each.kind === kind))
      .toReversed()
      .map((each) => each.undo);
  });
  const [tests = [], attachments = [], definitions = [], principals = []] = undo;
  const made = order.flatMap((kind) => usedFirst(add.filter((each) => each.kind === kind)).map(({ text }) => text));
  // Members go before their groups, users before what they use: the server tells of them in the other order.
  return [...tests, ...attachments, ...made, ...definitions, ...principals];
}
