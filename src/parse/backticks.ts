// Backtick identifiers become double-quoted ones before any parser sees them.
import { quote } from '../base/identifier.ts';
import type { Token } from './tokens.ts';

export interface Converted {
  readonly text: string;
  /** A place in the converted text -> the place in the original one. */
  readonly originalOffset: (offset: number) => number;
}

export function convertBackticks(tokens: readonly Token[]): Converted {
  let text = '';
  // [converted start, original start] of every token after a change of length.
  const shifts: (readonly [number, number])[] = [];
  const base = tokens[0]?.offset ?? 0;
  for (const token of tokens) {
    const spelled = token.kind === 'backtick' ? quote(token.text.slice(1, -1).replaceAll('``', '`')) : token.text;
    shifts.push([text.length, token.offset - base]);
    text += spelled;
  }
  return { text, originalOffset: (offset) => originalOf(shifts, offset) };
}

function originalOf(shifts: readonly (readonly [number, number])[], offset: number): number {
  const [converted, original] = shifts.findLast(([start]) => start <= offset) ?? [0, 0];
  return original + (offset - converted);
}
