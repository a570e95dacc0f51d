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

/** Every string from a secret word up to the next bracket or semicolon, and whatever follows PASSWORD at once. */
function redacted(tokens: readonly Token[]): string {
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
    text += hidden && !secret ? "'***'" : token.text;
    // `PASSWORD = x`: the sign is no secret.
    if (afterPassword && token.text === '=') continue;
    afterPassword = secret && token.text.toUpperCase() === 'PASSWORD';
  }
  return text;
}

function isSecretWord(token: Token): boolean {
  return token.kind === 'word' && secretWords.has(token.text.toUpperCase());
}

function endsSecret(token: Token): boolean {
  return token.kind === 'symbol' && (token.text === ';' || token.text === ')');
}
