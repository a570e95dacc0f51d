// LIKE, ILIKE and GLOB over patterns that DuckDB's own matcher could take for ever for: as regular expressions, which RE2 matches
// in time proportional to the text. The expression is made from the pattern's value, row by row; a constant is folded.

import { functionLimits } from '../analyze/functions/function-limits.ts';
import type { PatternGuard } from '../analyze/pattern-calls.ts';
import type { Expression, FunctionCall } from '../sql/ast.ts';
import { and, cast, functionCall, integerConstant, named, stringConstant } from '../sql/build.ts';

interface Branch {
  readonly when: Expression;
  readonly then: Expression;
}

/** In order: as it is, where that takes no time; as a regular expression. */
export function patternBranches(node: FunctionCall, guard: PatternGuard): readonly Branch[] {
  const [text = node, pattern = node] = node.children.map((child) => named(child, ''));
  const short = atMost(pattern, functionLimits.patternBytesMax);
  const simple = functionCall('regexp_full_match', [pattern, stringConstant(simplePatterns[guard.pattern.language])]);
  const lowered = (value: Expression): Expression => (guard.pattern.caseless ? functionCall('lower', [value]) : value);
  const matches = functionCall('regexp_full_match', [lowered(text), expressionOf(lowered(pattern), guard)]);
  return [
    { when: and([simple, short]), then: named(node, '') },
    {
      when: guard.pattern.language === 'glob' ? and([withoutSets(pattern), short]) : short,
      then: guard.pattern.negated ? not(matches) : matches,
    },
  ];
}

/** At most one run of wildcards besides one at the end. */
const simplePatterns = { like: '(?s)[^%]*(%+[^%]*)?%*', glob: '(?s)[^*]*(\\*+[^*]*)?\\**' } as const;

/** GLOB's `?` and sets are of bytes, not of characters. NULL passes: it matches to NULL. */
function withoutSets(pattern: Expression): Expression {
  const plain = functionCall('regexp_full_match', [pattern, stringConstant('(?s)[^?\\[\\]\\\\]*')]);
  return orElse(plain, cast(stringConstant('t'), { id: 'BOOLEAN', type_info: null }));
}

function not(child: Expression): Expression {
  return { class: 'OPERATOR', type: 'OPERATOR_NOT', alias: '', children: [child] };
}

function orElse(value: Expression, otherwise: Expression): Expression {
  return { class: 'OPERATOR', type: 'OPERATOR_COALESCE', alias: '', children: [value, otherwise] };
}

function atMost(pattern: Expression, max: number): Expression {
  const bigint = { id: 'BIGINT', type_info: null };
  return {
    class: 'COMPARISON',
    type: 'COMPARE_LESSTHANOREQUALTO',
    alias: '',
    left: orElse(functionCall('strlen', [pattern]), cast(integerConstant('0'), bigint)),
    right: cast(integerConstant(String(max)), bigint),
  };
}

/**
 * regexp_escape puts a backslash before every sign, so `%` is `\%` from then on and can be told; `_` counts as a letter and
 * stays. Signs without one, such as the `<` of the mark, do not occur.
 */
function expressionOf(pattern: Expression, { pattern: { language }, escape }: PatternGuard): Expression {
  const escaped = functionCall('regexp_escape', [pattern]);
  if (language === 'glob') return dotMatchesAll(replaced(escaped, [['\\*', '.*']]));
  const marked = escape === '' ? escaped : withoutEscapes(escaped, escape);
  return dotMatchesAll(
    replaced(marked, [
      ['\\%', '.*'],
      ['_', '.'],
    ]),
  );
}

const mark = 'Q<';

/** What follows an escape stands for itself; an escape at the very end becomes an error, as it is one in LIKE. */
function withoutEscapes(escaped: Expression, escape: string): Expression {
  const sign = `\\\\${escape === '\\' ? '\\\\' : `\\${escape}`}`;
  const marked = functionCall('regexp_replace', [
    escaped,
    stringConstant(`(?s)${sign}(\\\\x00|\\\\.|[^\\\\]|$)`),
    stringConstant(`${mark}\\1`),
    stringConstant('g'),
  ]);
  const literal = replaced(marked, [
    [`${mark}\\%`, '\\x25'],
    [`${mark}_`, '\\x5f'],
  ]);
  const checked = functionCall('regexp_replace', [literal, stringConstant(`${mark}$`), stringConstant('(')]);
  return replaced(checked, [[mark, '']]);
}

function replaced(text: Expression, pairs: readonly (readonly [string, string])[]): Expression {
  return pairs.reduce<Expression>(
    (value, [from, to]) => functionCall('replace', [value, stringConstant(from), stringConstant(to)]),
    text,
  );
}

function dotMatchesAll(expression: Expression): Expression {
  return { ...functionCall('||', [stringConstant('(?s)'), expression]), is_operator: true };
}
