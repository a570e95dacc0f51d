// Statement text for the audit log and errors, without secrets: the string after PASSWORD (and its like) becomes '***'.
import { SqlError } from '../base/sql-error.ts';
import { isSolid, type Token, tokensOf } from './tokens.ts';

const secretWords: ReadonlySet<string> = new Set(['PASSWORD', 'TOKEN', 'SECRET', 'IDENTIFIED', 'VERIFIER']);
const mention = /password|token|secret|identified|verifier/i;

/** Also for text that no grammar accepted; what cannot even be split into tokens and mentions a secret is hidden whole. */
export function redactSecrets(text: string): string {
  if (!mention.test(text)) return text;
  try {
    return redacted(tokensOf(text));
  } catch (error) {
    if (error instanceof SqlError) return '<redacted>';
    throw error;
  }
}

/** Every string from a secret word up to the next comma, bracket or semicolon. */
function redacted(tokens: readonly Token[]): string {
  let hiding = false;
  let text = '';
  for (const token of tokens) {
    if (isSolid(token)) hiding = isSecretWord(token) || (hiding && !endsSecret(token));
    text += hiding && (token.kind === 'string' || token.kind === 'comment') ? "'***'" : token.text;
  }
  return text;
}

function isSecretWord(token: Token): boolean {
  return token.kind === 'word' && secretWords.has(token.text.toUpperCase());
}

function endsSecret(token: Token): boolean {
  return token.kind === 'symbol' && (token.text === ';' || token.text === ')');
}
