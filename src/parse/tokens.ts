// Our own lexer: where strings, quoted names and comments end, so that a message can be split and backticks replaced. It
// decides nothing about safety: DuckDB's parser reads every statement again and must find exactly one.
import { SqlError } from '../base/sql-error.ts';

export type TokenKind =
  | 'space'
  | 'comment'
  | 'string'
  | 'name'
  | 'backtick'
  | 'word'
  | 'number'
  | 'parameter'
  | 'symbol';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly offset: number;
}

// Each is tried at the current place; the first that matches wins. `y`: exactly there.
const patterns: readonly (readonly [TokenKind, RegExp])[] = [
  ['space', /[\s\ufeff]+/y],
  ['comment', /--[^\r\n]*/y],
  ['string', /[eE]'(?:''|\\[\s\S]|[^'\\])*'/y],
  ['string', /'(?:''|[^'])*'/y],
  ['string', /\$([A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$[\s\S]*?\$\1\$/y],
  ['parameter', /\$[A-Za-z0-9_]+|\?/y],
  ['name', /"(?:""|[^"])*"/y],
  ['backtick', /`(?:``|[^`])*`/y],
  ['number', /[0-9][A-Za-z0-9_.]*/y],
  ['word', /[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*/y],
];

/** @throws SqlError syntaxError for what never ends */
export function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let offset = 0;
  while (offset < text.length) {
    const token = blockComment(text, offset) ?? matched(text, offset) ?? symbol(text, offset);
    tokens.push(token);
    offset += token.text.length;
  }
  return tokens;
}

function matched(text: string, offset: number): Token | undefined {
  refuseOpenEscapeString(text, offset);
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = offset;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) return { kind, text: found, offset };
  }
  return undefined;
}

/** `E'…` that never ends must not be read as a word and a plain string. */
function refuseOpenEscapeString(text: string, offset: number): void {
  const start = /[eE]'/y;
  start.lastIndex = offset;
  if (!start.test(text)) return;
  const whole = /[eE]'(?:''|\\[\s\S]|[^'\\])*'/y;
  whole.lastIndex = offset;
  if (!whole.test(text)) throw new SqlError('syntaxError', 'unterminated quoted string', { position: offset });
}

/** Block comments nest, as in PostgreSQL and DuckDB. */
function blockComment(text: string, offset: number): Token | undefined {
  if (!text.startsWith('/*', offset)) return undefined;
  let depth = 0;
  const mark = /\/\*|\*\//g;
  mark.lastIndex = offset;
  for (let found = mark.exec(text); found !== null; found = mark.exec(text)) {
    depth += found[0] === '/*' ? 1 : -1;
    if (depth === 0) return { kind: 'comment', text: text.slice(offset, mark.lastIndex), offset };
  }
  throw new SqlError('syntaxError', 'unterminated /* comment', { position: offset });
}

const openers: Readonly<Record<string, string>> = {
  "'": 'quoted string',
  '"': 'quoted identifier',
  '`': 'quoted identifier',
};

function symbol(text: string, offset: number): Token {
  const character = text[offset] ?? '';
  const opened = openers[character];
  if (opened !== undefined) throw new SqlError('syntaxError', `unterminated ${opened}`, { position: offset });
  if (character === '\0') throw new SqlError('syntaxError', 'a NUL character is not allowed', { position: offset });
  return { kind: 'symbol', text: character, offset };
}

/** Does it carry meaning? */
export function isSolid(token: Token): boolean {
  return token.kind !== 'space' && token.kind !== 'comment';
}
