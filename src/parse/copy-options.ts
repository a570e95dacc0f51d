// Options of COPY: what they mean, and which do not go together. Errors are PostgreSQL's (commands/copy.c, ProcessCopyOptions).
import { fold } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import type { Condition } from '../base/sql-state.ts';
import type { CopyFormat } from '../sql/copy-format.ts';
import type { CopyOption } from './copy-statement.ts';

interface Draft {
  format: CopyFormat['format'];
  header: boolean;
  delimiter: string | undefined;
  null: string | undefined;
  quote: string | undefined;
  escape: string | undefined;
  forceQuote: CopyFormat['forceQuote'] | undefined;
}

/** @throws SqlError syntaxError, featureNotSupported, invalidParameterValue */
export function copyFormat(options: readonly CopyOption[]): CopyFormat {
  const draft: Draft = {
    format: 'text',
    header: false,
    delimiter: undefined,
    null: undefined,
    quote: undefined,
    escape: undefined,
    forceQuote: undefined,
  };
  const seen = new Set<string>();
  for (const option of options) {
    if (seen.has(option.name)) throw at(option, 'syntaxError', 'conflicting or redundant options');
    seen.add(option.name);
    const read = readers.get(option.name);
    if (read === undefined) throw at(option, 'syntaxError', `option "${option.name}" not recognized`);
    read(draft, option);
  }
  return checked(draft);
}

type Reader = (draft: Draft, option: CopyOption) => void;

const readers: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  [
    'format',
    (draft, option) => {
      const name = fold(textOf(option));
      if (name !== 'text' && name !== 'csv' && name !== 'binary') {
        throw at(option, 'invalidParameterValue', `COPY format "${name}" not recognized`);
      }
      draft.format = name;
    },
  ],
  [
    'header',
    (draft, option) => {
      draft.header = option.value === undefined || truth(option);
    },
  ],
  [
    'delimiter',
    (draft, option) => {
      draft.delimiter = textOf(option);
    },
  ],
  [
    'null',
    (draft, option) => {
      draft.null = textOf(option);
    },
  ],
  [
    'quote',
    (draft, option) => {
      draft.quote = textOf(option);
    },
  ],
  [
    'escape',
    (draft, option) => {
      draft.escape = textOf(option);
    },
  ],
  [
    'force_quote',
    (draft, option) => {
      if (typeof option.value !== 'object') {
        throw at(option, 'invalidParameterValue', 'argument to option "force_quote" must be a list of column names');
      }
      draft.forceQuote = option.value.columns;
    },
  ],
  [
    'encoding',
    (_, option) => {
      const encodings = ['utf8', 'utf-8', 'unicode'];
      if (encodings.includes(fold(textOf(option)))) return;
      throw at(option, 'featureNotSupported', 'COPY is offered in UTF8 only');
    },
  ],
]);

function textOf(option: CopyOption): string {
  if (typeof option.value === 'string') return option.value;
  throw at(option, 'syntaxError', `${option.name} requires a parameter`);
}

function truth(option: CopyOption): boolean {
  const word = fold(textOf(option));
  if (['true', 'on', '1'].includes(word)) return true;
  if (['false', 'off', '0'].includes(word)) return false;
  if (word === 'match') throw at(option, 'featureNotSupported', 'cannot use "match" with HEADER in COPY TO');
  throw at(option, 'syntaxError', `${option.name} requires a Boolean value or "match"`);
}

function checked(draft: Draft): CopyFormat {
  const { format } = draft;
  if (format === 'binary') checkBinary(draft);
  const csv = format === 'csv';
  const delimiter = draft.delimiter ?? (csv ? ',' : '\t');
  const nullText = draft.null ?? (csv ? '' : '\\N');
  checkDelimiter(delimiter, csv);
  if (/[\r\n]/.test(nullText)) {
    throw refusal('invalidParameterValue', 'COPY null representation cannot use newline or carriage return');
  }
  const quote = draft.quote ?? '"';
  if (csv) checkQuotes(draft, { quote, delimiter });
  else checkNoQuotes(draft);
  if (nullText.includes(delimiter)) {
    throw refusal('featureNotSupported', 'COPY delimiter must not appear in the NULL specification');
  }
  if (csv && nullText.includes(quote)) {
    throw refusal('featureNotSupported', 'CSV quote character must not appear in the NULL specification');
  }
  return {
    format,
    header: draft.header,
    delimiter,
    quote,
    escape: draft.escape ?? quote,
    null: nullText,
    forceQuote: draft.forceQuote ?? [],
  };
}

function checkBinary({ delimiter, null: nullText, header }: Draft): void {
  if (delimiter !== undefined) throw refusal('syntaxError', 'cannot specify DELIMITER in BINARY mode');
  if (nullText !== undefined) throw refusal('syntaxError', 'cannot specify NULL in BINARY mode');
  if (header) throw refusal('featureNotSupported', 'cannot specify HEADER in BINARY mode');
}

function checkDelimiter(delimiter: string, csv: boolean): void {
  if (!isOneByte(delimiter)) {
    throw refusal('featureNotSupported', 'COPY delimiter must be a single one-byte character');
  }
  if (delimiter === '\r' || delimiter === '\n') {
    throw refusal('invalidParameterValue', 'COPY delimiter cannot be newline or carriage return');
  }
  if (!csv && /[\\.a-z0-9]/.test(delimiter)) {
    throw refusal('invalidParameterValue', `COPY delimiter cannot be "${delimiter}"`);
  }
}

function checkQuotes(
  { escape }: Draft,
  { quote, delimiter }: { readonly quote: string; readonly delimiter: string },
): void {
  if (!isOneByte(quote)) throw refusal('featureNotSupported', 'COPY quote must be a single one-byte character');
  if (quote === delimiter) throw refusal('invalidParameterValue', 'COPY delimiter and quote must be different');
  if (escape !== undefined && !isOneByte(escape)) {
    throw refusal('featureNotSupported', 'COPY escape must be a single one-byte character');
  }
}

function checkNoQuotes({ quote, escape, forceQuote }: Draft): void {
  if (quote !== undefined) throw refusal('featureNotSupported', 'COPY quote available only in CSV mode');
  if (escape !== undefined) throw refusal('featureNotSupported', 'COPY escape available only in CSV mode');
  if (forceQuote !== undefined) throw refusal('featureNotSupported', 'COPY force quote available only in CSV mode');
}

function isOneByte(text: string): boolean {
  return text.length === 1 && text.charCodeAt(0) < 128;
}

function refusal(condition: Condition, message: string): SqlError {
  return new SqlError(condition, message);
}

function at({ offset }: CopyOption, condition: Condition, message: string): SqlError {
  return new SqlError(condition, message, { position: offset });
}
