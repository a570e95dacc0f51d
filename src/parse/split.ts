// One message -> its statements, at the semicolons outside strings, names and comments.
import { limits } from '../base/limits.ts';
import { SqlError } from '../base/sql-error.ts';
import { isSolid, type Token, tokensOf } from './tokens.ts';

export interface Piece {
  readonly text: string;
  /** 0-based character offset in the message. */
  readonly offset: number;
  /** Offsets are in the message. */
  readonly tokens: readonly Token[];
}

/** Pieces that hold more than white space and comments. @throws SqlError syntaxError, limitExceeded */
export function splitStatements(message: string): readonly Piece[] {
  if (Buffer.byteLength(message) > limits.statementBytesMax) {
    throw new SqlError('limitExceeded', `statement is longer than ${String(limits.statementBytesMax)} bytes`);
  }
  const pieces: Piece[] = [];
  let tokens: Token[] = [];
  const finish = (): void => {
    const first = tokens.findIndex(isSolid);
    const last = tokens.findLastIndex(isSolid);
    if (first >= 0) pieces.push(pieceOf(tokens.slice(first, last + 1)));
    tokens = [];
  };
  for (const token of tokensOf(message)) {
    if (token.kind === 'symbol' && token.text === ';') finish();
    else tokens.push(token);
  }
  finish();
  if (pieces.length > limits.statementsPerMessageMax) {
    throw new SqlError(
      'limitExceeded',
      `more than ${String(limits.statementsPerMessageMax)} statements in one message`,
    );
  }
  return pieces;
}

function pieceOf(tokens: readonly Token[]): Piece {
  return { text: tokens.map((token) => token.text).join(''), offset: tokens[0]?.offset ?? 0, tokens };
}
