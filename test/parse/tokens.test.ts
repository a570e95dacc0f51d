import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SqlError } from '../../src/base/sql-error.ts';
import { convertBackticks } from '../../src/parse/backticks.ts';
import { splitStatements } from '../../src/parse/split.ts';
import { isSolid, tokensOf } from '../../src/parse/tokens.ts';
import { thrownBy } from '../support/thrown.ts';

/** Texts made of what a lexer may get wrong. */
const fragment = fc.constantFrom(
  ...[
    "'",
    "''",
    '"',
    '""',
    '$$',
    '$a$',
    '$1',
    '$',
    ';',
    '--',
    '/*',
    '*/',
    '\n',
    ' ',
    '\\',
    "e'",
    "E'\\'",
    'x',
    'SELECT 1',
  ],
  ...[
    '1',
    ',',
    '(',
    ')',
    '`',
    '-',
    '/',
    '*',
    'é',
    '\r',
    '\t',
    '.',
    'a$',
    '1.5e3',
    '?',
    "x'",
    "b'",
    '::',
    '\u00a0',
    '🙂',
  ],
);
const text = fc.array(fragment, { maxLength: 14 }).map((parts) => parts.join(''));
/** Texts that are often sound SQL, so that both parsers have something to count. */
const sound = fc
  .array(
    fc.constantFrom(
      ...[
        'SELECT 1',
        "SELECT ';'",
        'SELECT 1 AS ";"',
        "SELECT E'\\';'",
        'SELECT $$;$$',
        'SELECT $t$;$$;$t$',
        ';',
        '\n',
      ],
      ...[
        '-- ;\n',
        '/* ; */',
        '/* /* ; */ ; */',
        "SELECT '--'",
        "SELECT '/*'",
        "SELECT ''';'",
        'SELECT 2',
        ' ',
        '\t',
        '\r\n',
      ],
      ...[
        "SELECT '\\'",
        'SELECT 1 AS """;"',
        'SELECT 1-1',
        'SELECT 4/2',
        'SELECT a$b FROM (SELECT 1 AS a$b)',
        '\u00a0',
      ],
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''));

describe('tokens', () => {
  test.each([
    ["'it''s'", ['string']],
    ["'back\\'", ['string']],
    ["E'it\\'s'", ['string']],
    ["e'a''b'", ['string']],
    ['$$a;b$$', ['string']],
    ['$tag$a$$b$tag$', ['string']],
    ['"a""b"', ['name']],
    ['`a``b`', ['backtick']],
    ['/* a /* b */ c */', ['comment']],
    ['--a\nb', ['comment', 'space', 'word']],
    ['$1', ['parameter']],
    ['?', ['parameter']],
    ['a$b', ['word']],
    ['1.5e3', ['number']],
    ["x'ff'", ['word', 'string']],
    ["fE'a'", ['word', 'string']],
    ['a.b', ['word', 'symbol', 'word']],
  ])('%s is read as %j', (sql, kinds) => {
    expect(tokensOf(sql).map((token) => token.kind)).toEqual(kinds);
  });

  test.each([
    ["a 'b", 2, 'unterminated quoted string'],
    ['a "b', 2, 'unterminated quoted identifier'],
    ['a `b', 2, 'unterminated quoted identifier'],
    ['a /* /* */', 2, 'unterminated /* comment'],
    ['a\0', 1, 'a NUL character is not allowed'],
  ])('%j never ends and is refused where it starts', (sql, position, message) => {
    const error = thrownBy(() => tokensOf(sql));
    expect([error.sqlState, error.position, error.message]).toEqual(['42601', position, message]);
  });

  test('the tokens of any text are the text, and their offsets are where they are', () => {
    fc.assert(
      fc.property(fc.oneof(text, fc.string({ unit: 'binary' })), (sql) => {
        const tokens = tokensOrRefusal(sql);
        if (tokens === undefined) return;
        expect(tokens.map((token) => token.text).join('')).toBe(sql);
        for (const token of tokens) expect(sql.startsWith(token.text, token.offset)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});

function tokensOrRefusal(sql: string): ReturnType<typeof tokensOf> | undefined {
  try {
    return tokensOf(sql);
  } catch (error) {
    expect(error).toBeInstanceOf(SqlError);
    return undefined;
  }
}

describe('splitting', () => {
  test('statements end at semicolons outside strings, names and comments', () => {
    const pieces = splitStatements(`a ';' ; b ";" -- ;\n; /* ; */ c $$;$$;;`);
    expect(pieces.map((piece) => piece.text)).toEqual(["a ';'", 'b ";"', 'c $$;$$']);
  });

  test('white space and comments alone are no statement', () => {
    expect(splitStatements(' ; -- a\n ;/* b */;')).toEqual([]);
  });

  test('the text of a piece is found at its offset', () => {
    fc.assert(
      fc.property(fc.oneof(text, sound), (sql) => {
        if (tokensOrRefusal(sql) === undefined) return;
        for (const piece of splitStatements(sql)) {
          expect(sql.slice(piece.offset, piece.offset + piece.text.length)).toBe(piece.text);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('pieces joined by semicolons split into the same tokens', () => {
    fc.assert(
      fc.property(fc.oneof(text, sound), (sql) => {
        if (tokensOrRefusal(sql) === undefined) return;
        const words = (message: string) =>
          splitStatements(message).map((piece) =>
            piece.tokens.filter(isSolid).map(({ kind, text: word }) => [kind, word]),
          );
        const joined = splitStatements(sql)
          .map((piece) => piece.text)
          .join(';');
        expect(words(joined)).toEqual(words(sql));
      }),
      { numRuns: 1000 },
    );
  });

  test('DuckDB finds as many statements as we do, wherever both accept the text', async () => {
    const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
    const connection = await instance.connect();
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(fc.oneof(text, sound, sound), async (sql) => {
        const tokens = tokensOrRefusal(sql);
        if (tokens === undefined || tokens.some((token) => token.kind === 'backtick')) return;
        const theirs = await connection.extractStatements(sql).then(
          (statements) => statements.count,
          () => undefined,
        );
        if (theirs === undefined) return;
        compared += theirs;
        expect(splitStatements(sql).length).toBe(theirs);
      }),
      { numRuns: 3000 },
    );
    expect(compared).toBeGreaterThan(300);
    connection.closeSync();
    instance.closeSync();
  });

  test('a message over the size limit is refused', () => {
    expect(thrownBy(() => splitStatements(`SELECT '${'x'.repeat(262_144)}'`)).sqlState).toBe('54000');
  });

  test('a message of more than a thousand statements is refused', () => {
    expect(splitStatements('a;'.repeat(1000)).length).toBe(1000);
    expect(thrownBy(() => splitStatements('a;'.repeat(1001))).sqlState).toBe('54000');
  });
});

describe('backticks', () => {
  test.each([
    ['`a`', '"a"'],
    ['`a``b`', '"a`b"'],
    ['`a"b`', '"a""b"'],
    ["'`a`'", "'`a`'"],
    ['-- `a`', '-- `a`'],
    ['"`a`"', '"`a`"'],
    ['$$`a`$$', '$$`a`$$'],
  ])('%s becomes %s', (sql, converted) => {
    expect(convertBackticks(tokensOf(sql)).text).toBe(converted);
  });

  test('a place in the converted text is found in the original, also behind names that grew or shrank', () => {
    const sql = 'SELECT `a"b`, `c``d` FROM nowhere';
    const { text: converted, originalOffset } = convertBackticks(tokensOf(sql));
    expect(originalOffset(converted.indexOf('nowhere'))).toBe(sql.indexOf('nowhere'));
    expect(originalOffset(converted.indexOf('"c`d"'))).toBe(sql.indexOf('`c``d`'));
  });

  test('the start of every token is mapped to where it was', () => {
    const part = fc.constantFrom('`a`', '`"`', '````', ' ', 'word', "'`'", ',', '"x"');
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const sql = parts.join(' ');
        const tokens = tokensOf(sql);
        const { originalOffset } = convertBackticks(tokens);
        let at = 0;
        for (const token of tokens) {
          expect(originalOffset(at)).toBe(token.offset);
          at += convertBackticks([token]).text.length;
        }
      }),
    );
  });
});
