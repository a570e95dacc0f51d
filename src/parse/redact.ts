// Statement text for the audit log and errors, without secrets: the string after PASSWORD (and its like) becomes '***'.
import { SqlError } from '../base/sql-error.ts';
import { isSolid, type Token, tokensOf } from './tokens.ts';

const secretWords: ReadonlySet<string> = new Set(['PASSWORD', 'TOKEN', 'SECRET', 'IDENTIFIED', 'VERIFIER']);
const mention = /password|token|secret|identified|verifier/i;

/** Also for text that no grammar accepted; what cannot even be split into tokens and mentions a secret is hidden whole. */
export function redactSecrets(text: string): string {
  return redactedIn(text, 0);
}

/** Statements within statements: PLAN, and a function in it. Deeper is nothing that runs. */
const quotesMax = 3;

function redactedIn(text: string, depth: number): string {
  if (!mention.test(text)) return text;
  if (depth >= quotesMax) return '***';
  try {
    return redacted(tokensOf(text), depth);
  } catch (error) {
    if (error instanceof SqlError) return '<redacted>';
    throw error;
  }
}

/** Every string from a secret word up to the next bracket or semicolon, and whatever follows PASSWORD at once. */
function redacted(tokens: readonly Token[], depth: number): string {
  let hiding = false;
  let afterPassword = false;
  let text = '';
  for (const token of tokens) {
    if (!isSolid(token)) {
      text += hiding && token.kind === 'comment' ? "'***'" : token.text;
      continue;
    }
    const secret: boolean = isSecretWord(token) && !afterPassword;
    hiding = secret || (hiding && !endsSecret(token));
    const hidden = (afterPassword && token.kind !== 'symbol') || (hiding && token.kind === 'string');
    text += hidden && !secret ? "'***'" : shownToken(token, depth);
    // `PASSWORD = x`: the sign is no secret.
    if (afterPassword && token.text === '=') continue;
    afterPassword = secret && token.text.toUpperCase() === 'PASSWORD';
  }
  return text;
}

/** Between dollar quotes may stand statements (PLAN) with secrets of their own. */
function shownToken(token: Token, depth: number): string {
  const quotes = token.kind === 'string' ? /^\$[^$]*\$/.exec(token.text)?.[0] : undefined;
  if (quotes === undefined) return token.text;
  return quotes + redactedIn(token.text.slice(quotes.length, -quotes.length), depth + 1) + quotes;
}

function isSecretWord(token: Token): boolean {
  return token.kind === 'word' && secretWords.has(token.text.toUpperCase());
}

function endsSecret(token: Token): boolean {
  return token.kind === 'symbol' && (token.text === ';' || token.text === ')');
}
