// Text -> Statement: which grammar reads it is decided by its first words, and what no grammar knows is refused.
import { SqlError, shiftedBy } from '../base/sql-error.ts';
import { convertBackticks } from './backticks.ts';
import { SyntaxError as GovernanceSyntaxError, parse as parseGovernance } from './generated/governance.js';
import { parse as parseShell, SyntaxError as ShellSyntaxError } from './generated/shell.js';
import { type Piece, splitStatements } from './split.ts';
import type { ParsedStatement, Statement } from './statement.ts';
import { isSolid, type Token } from './tokens.ts';

/** @throws SqlError syntaxError with position, featureNotSupported, limitExceeded */
export function parseStatements(message: string): readonly ParsedStatement[] {
  return splitStatements(message).map((piece) => ({
    statement: parsedAt(piece),
    text: piece.text,
    offset: piece.offset,
  }));
}

/** Positions of errors are in the message. */
function parsedAt(piece: Piece): Statement {
  try {
    return parsePiece(piece);
  } catch (error) {
    throw error instanceof SqlError ? shiftedBy(error, piece.offset) : error;
  }
}

/** Statements that DuckDB's own parser reads whole. */
const queryWords: ReadonlySet<string> = new Set(['SELECT', 'WITH', 'FROM', 'VALUES', 'TABLE', 'PIVOT', 'UNPIVOT', '(']);

const grammarWords: ReadonlySet<string> = new Set(
  `CREATE ALTER DROP GRANT REVOKE SHOW DESCRIBE DESC USE SET RESET COMMENT BEGIN START COMMIT END ROLLBACK ABORT
  DEALLOCATE DISCARD INSERT UPDATE DELETE MERGE TRUNCATE WITH UNSET REASSIGN EXPLAIN WHO APPLY RUN SAVEPOINT RELEASE DECLARE FETCH
  MOVE CLOSE COPY WHAT UNLISTEN`.split(/\s+/),
);

/** Known verbs that are not offered: said so, rather than called a syntax error. */
const refusedWords: ReadonlySet<string> = new Set(
  `ATTACH DETACH PRAGMA CALL PREPARE EXECUTE INSTALL LOAD EXPORT IMPORT VACUUM
  ANALYZE CHECKPOINT REINDEX CLUSTER LISTEN NOTIFY LOCK DO FORCE UNLOAD REFRESH SECURITY`.split(/\s+/),
);

const shellStarts: readonly RegExp[] = [
  /^CREATE (OR REPLACE )?(TABLE|VIEW)$/,
  /^(INSERT|UPDATE|DELETE|MERGE|TRUNCATE|WITH|COPY)\b/,
];

const refusedCreates =
  /^CREATE (OR REPLACE )?(TEMP|TEMPORARY|MACRO|SEQUENCE|INDEX|UNIQUE|TYPE|TRIGGER|ROLE|EXTENSION|MATERIALIZED|SECRET|RECURSIVE|SERVER|SHARE|RECIPIENT|EXTERNAL|FOREIGN|VOLUME)\b/;

function parsePiece(piece: Piece): Statement {
  const solid = piece.tokens.filter(isSolid);
  const words = solid.slice(0, 4).map((token) => token.text.toUpperCase());
  const [first = ''] = words;
  const converted = convertBackticks(piece.tokens);
  if (queryWords.has(first) && !writesAfterWith(solid)) {
    return { kind: 'query', query: { text: converted.text, offset: 0 } };
  }
  if (first === 'SUMMARIZE' || describesQuery(words)) return aboutQuery(first, converted.text, words);
  if (first === 'PLAN') return parsePlan(piece, solid);
  const lead = leadOf(words);
  if (refusedWords.has(first)) throw notSupported(first, 0);
  const refused = refusedCreates.exec(lead)?.[0];
  if (refused !== undefined) throw notSupported(refused, 0);
  if (!grammarWords.has(first)) throw nearError(piece, solid[0]);
  try {
    const parser = shellStarts.some((start) => start.test(lead)) ? parseShell : parseGovernance;
    return parser(converted.text);
  } catch (error) {
    // Our parsers recurse, and the stack is what bounds them.
    if (error instanceof RangeError) {
      throw new SqlError('statementTooComplex', 'statement is nested too deeply', { cause: error });
    }
    throw placed(error, piece, converted.originalOffset);
  }
}

/** What follows the first word is read in its place, so that positions stay; a name alone is FROM that table. */
function aboutQuery(word: string, text: string, [, next = '']: readonly string[]): Statement {
  const start = text.search(/\S/);
  const instead = (queryWords.has(next) ? '' : 'FROM').padEnd(word.length);
  const query = { text: text.slice(0, start) + instead + text.slice(start + word.length), offset: 0 };
  return word === 'SUMMARIZE' ? { kind: 'query', query, summary: true } : { kind: 'describeQuery', query };
}

/** `PLAN statement`, or several between dollar quotes. */
function parsePlan(piece: Piece, [plan, first, ...others]: readonly Token[]): Statement {
  if (plan === undefined || first === undefined) throw nearError(piece, plan);
  const quotes = first.kind === 'string' && others.length === 0 ? /^\$[^$]*\$/.exec(first.text)?.[0] : undefined;
  const start = first.offset - piece.offset + (quotes?.length ?? 0);
  const text = quotes === undefined ? piece.text.slice(start) : piece.text.slice(start, -quotes.length);
  try {
    const pieces = splitStatements(text);
    if (pieces.length === 0) throw nearError(piece, plan);
    return { kind: 'plan', statements: pieces.map((each) => planned(each, start)) };
  } catch (error) {
    throw error instanceof SqlError ? shiftedBy(error, start) : error;
  }
}

function planned(piece: Piece, start: number): ParsedStatement {
  const [lead] = piece.tokens.filter(isSolid);
  // A plan of a plan would be read again and again.
  if (lead?.text.toUpperCase() === 'PLAN') throw nearError(piece, lead);
  return { statement: parsedAt(piece), text: piece.text, offset: piece.offset + start };
}

/** The words that say which kind of CREATE it is. */
function leadOf(words: readonly string[]): string {
  const count = words[1] === 'OR' ? 4 : 2;
  return words.slice(0, count).join(' ');
}

function describesQuery(words: readonly string[]): boolean {
  const [first = '', second = ''] = words;
  return (first === 'DESCRIBE' || first === 'DESC') && queryWords.has(second) && second !== 'TABLE';
}

const writeWords: ReadonlySet<string> = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE']);
const withWords: ReadonlySet<string> = new Set(['AS', 'USING']);

/** `WITH … INSERT` and the like: what comes after the last query in brackets. */
function writesAfterWith(solid: readonly Token[]): boolean {
  if (solid[0]?.text.toUpperCase() !== 'WITH') return false;
  let depth = 0;
  for (const [index, token] of solid.entries()) {
    const word = token.text.toUpperCase();
    if (depth === 0 && solid[index - 1]?.text === ')' && token.kind === 'word' && !withWords.has(word)) {
      return writeWords.has(word);
    }
    if (token.text === '(') depth += 1;
    if (token.text === ')') depth -= 1;
  }
  return false;
}

function notSupported(what: string, position: number): SqlError {
  return new SqlError('featureNotSupported', `${what} is not supported`, { position });
}

function nearError(piece: Piece, token: Token | undefined): SqlError {
  const position = (token?.offset ?? piece.offset) - piece.offset;
  return new SqlError('syntaxError', `syntax error at or near "${token?.text ?? ''}"`, { position });
}

interface Located {
  readonly location?: { readonly start: { readonly offset: number } };
  readonly expected?:
    | readonly { readonly type: string; readonly description?: string; readonly text?: string }[]
    | null;
}

function placed(error: unknown, piece: Piece, originalOffset: (offset: number) => number): unknown {
  if (!(error instanceof GovernanceSyntaxError) && !(error instanceof ShellSyntaxError)) return error;
  const located = error as Located & Error;
  const position = originalOffset(located.location?.start.offset ?? 0);
  const token = tokenAt(piece, position);
  const message = token === undefined ? 'syntax error at end of input' : `syntax error at or near "${token.text}"`;
  return new SqlError('syntaxError', message, { position, ...expectedOf(located), cause: error });
}

function tokenAt(piece: Piece, position: number): Token | undefined {
  return piece.tokens.find((token) => isSolid(token) && token.offset - piece.offset + token.text.length > position);
}

const commentSigns: ReadonlySet<string> = new Set(['--', '/*']);

/** A few words, not the sixty that a parser expects. */
function expectedOf(error: Located): { readonly detail?: string } {
  const words = (error.expected ?? [])
    .map((item) => (item.type === 'literal' ? (item.text ?? '') : (item.description ?? '')))
    .filter(
      (word) =>
        word !== '' && word !== 'white space' && word !== 'end of input' && !commentSigns.has(word) && word.length > 1,
    );
  const known = [...new Set(words)].slice(0, 6);
  return known.length === 0 ? {} : { detail: `Expected ${known.join(', ')}.` };
}
