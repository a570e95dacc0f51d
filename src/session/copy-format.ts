// What the options of COPY come to, with PostgreSQL's defaults, rules and words.
import { fold } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import type { Condition } from '../base/sql-state.ts';
import type { CopyOption } from '../parse/copy-statement.ts';
import type { CopyFormat, CopyHeader } from './door.ts';

export interface CopyRequest {
  readonly options: readonly CopyOption[];
  readonly direction: 'to' | 'from';
  /** Names of the columns that are copied. */
  readonly columns: readonly string[];
}

const known: ReadonlySet<string> = new Set(
  'format freeze delimiter null header quote escape force_quote force_not_null force_null encoding'.split(' '),
);

type Options = ReadonlyMap<string, CopyOption['value']>;

/** @throws SqlError */
export function copyFormatOf(request: CopyRequest): CopyFormat {
  const options = optionsOf(request.options);
  const kind = formatNamed(text(options, 'format') ?? 'text');
  demandUtf8(text(options, 'encoding'));
  if (flag(options, 'freeze') && request.direction === 'from') throw refused('COPY FREEZE is not supported');
  if (kind === 'binary') return binary(options);
  const header = headerOf(options, request.direction);
  if (kind === 'text') return textFormat(options, header);
  return csvFormat(options, header, request);
}

function optionsOf(list: readonly CopyOption[]): Options {
  const found = new Map<string, CopyOption['value']>();
  for (const { name, value } of list) {
    if (!known.has(name)) throw wrong('syntaxError', `option "${name}" not recognized`);
    if (found.has(name)) throw wrong('syntaxError', 'conflicting or redundant options');
    found.set(name, value);
  }
  return found;
}

function wrong(condition: Condition, message: string): SqlError {
  return new SqlError(condition, message);
}

function refused(message: string): SqlError {
  return wrong('featureNotSupported', message);
}

function formatNamed(name: string): CopyFormat['kind'] {
  const folded = fold(name);
  if (folded === 'text' || folded === 'csv' || folded === 'binary') return folded;
  throw wrong('invalidParameterValue', `COPY format "${name}" not recognized`);
}

function text(options: Options, name: string): string | undefined {
  const value = options.get(name);
  if (value === undefined || typeof value === 'string') return value;
  if (value === true) throw wrong('syntaxError', `${name} requires a parameter`);
  throw wrong('invalidParameterValue', `argument to option "${name}" must be a single value`);
}

function demandUtf8(encoding: string | undefined): void {
  if (encoding === undefined || ['utf8', 'utf-8', 'unicode'].includes(fold(encoding))) return;
  throw new SqlError('featureNotSupported', 'COPY in another encoding than UTF8 is not supported', {
    hint: 'Convert the data on the side of the client.',
  });
}

const truths: Readonly<Record<string, boolean>> = { true: true, on: true, 1: true, false: false, off: false, 0: false };

function flag(options: Options, name: string): boolean {
  const value = options.get(name);
  if (value === undefined || value === true) return value === true;
  const truth = typeof value === 'string' ? truths[fold(value)] : undefined;
  if (truth === undefined) throw wrong('syntaxError', `${name} requires a Boolean value`);
  return truth;
}

function headerOf(options: Options, direction: 'to' | 'from'): CopyHeader {
  const value = options.get('header');
  if (typeof value === 'string' && fold(value) === 'match') {
    if (direction === 'from') return 'match';
    throw refused('cannot use "match" with HEADER in COPY TO');
  }
  const truth = typeof value === 'string' ? truths[fold(value)] : value;
  if (value !== undefined && typeof truth !== 'boolean') {
    throw wrong('syntaxError', 'header requires a Boolean value or "match"');
  }
  return truth === true ? 'skip' : 'none';
}

function binary(options: Options): CopyFormat {
  for (const name of ['delimiter', 'null']) {
    if (options.has(name)) throw wrong('syntaxError', `cannot specify ${name.toUpperCase()} in BINARY mode`);
  }
  if (flag(options, 'header')) throw refused('cannot specify HEADER in BINARY mode');
  refuseCsvOptions(options);
  return { kind: 'binary' };
}

const csvOnly: readonly (readonly [option: string, words: string])[] = [
  ['quote', 'quote'],
  ['escape', 'escape'],
  ['force_quote', 'force quote'],
  ['force_not_null', 'force not null'],
  ['force_null', 'force null'],
];

function refuseCsvOptions(options: Options): void {
  for (const [option, words] of csvOnly) {
    if (options.has(option)) throw refused(`COPY ${words} available only in CSV mode`);
  }
}

function oneByte(value: string, what: string): string {
  if (Buffer.byteLength(value) === 1) return value;
  throw refused(`COPY ${what} must be a single one-byte character`);
}

function delimiterOf(options: Options, otherwise: string): string {
  const delimiter = oneByte(text(options, 'delimiter') ?? otherwise, 'delimiter');
  if (/[\r\n]/.test(delimiter)) {
    throw wrong('invalidParameterValue', 'COPY delimiter cannot be newline or carriage return');
  }
  return delimiter;
}

function nullTextOf(options: Options, otherwise: string): string {
  const nullText = text(options, 'null') ?? otherwise;
  if (/[\r\n]/.test(nullText)) {
    throw wrong('invalidParameterValue', 'COPY null representation cannot use newline or carriage return');
  }
  return nullText;
}

function textFormat(options: Options, header: CopyHeader): CopyFormat {
  const delimiter = delimiterOf(options, '\t');
  const nullText = nullTextOf(options, '\\N');
  // Each of them would be read as part of an escape, or of a value.
  if (/[\\.a-z0-9]/.test(delimiter)) {
    throw wrong('invalidParameterValue', `COPY delimiter cannot be "${delimiter}"`);
  }
  refuseCsvOptions(options);
  checkNullText(nullText, delimiter);
  return { kind: 'text', delimiter, nullText, header };
}

function csvFormat(options: Options, header: CopyHeader, request: CopyRequest): CopyFormat {
  const delimiter = delimiterOf(options, ',');
  const nullText = nullTextOf(options, '');
  const quote = oneByte(text(options, 'quote') ?? '"', 'quote');
  if (quote === delimiter) throw wrong('invalidParameterValue', 'COPY delimiter and quote must be different');
  const escape = oneByte(text(options, 'escape') ?? quote, 'escape');
  refuseOtherDirection(options, request.direction);
  checkNullText(nullText, delimiter);
  if (nullText.includes(quote)) {
    throw refused('CSV quote character must not appear in the NULL specification');
  }
  const forced = request.direction === 'to' ? 'force_quote' : 'force_not_null';
  return {
    kind: 'csv',
    delimiter,
    nullText,
    header,
    quote,
    escape,
    forced: chosen(options, forced, request.columns),
    forcedNull: chosen(options, 'force_null', request.columns),
  };
}

function checkNullText(nullText: string, delimiter: string): void {
  if (!nullText.includes(delimiter)) return;
  throw refused('COPY delimiter must not appear in the NULL specification');
}

function refuseOtherDirection(options: Options, direction: 'to' | 'from'): void {
  if (direction === 'from') {
    if (options.has('force_quote')) throw refused('COPY force quote only available using COPY TO');
    return;
  }
  for (const [option, words] of csvOnly.slice(3)) {
    if (options.has(option)) throw refused(`COPY ${words} only available using COPY FROM`);
  }
}

/** Which columns a list of an option names. */
function chosen(options: Options, name: string, columns: readonly string[]): readonly boolean[] {
  const value = options.get(name);
  if (value === undefined) return columns.map(() => false);
  if (value === '*') return columns.map(() => true);
  if (!Array.isArray(value))
    throw wrong('invalidParameterValue', `argument to option "${name}" must be a list of column names`);
  const names = (value as readonly string[]).map(fold);
  const others = names.find((each) => !columns.some((column) => fold(column) === each));
  if (others !== undefined) {
    throw wrong('invalidColumnReference', `${name.toUpperCase()} column "${others}" not referenced by COPY`);
  }
  return columns.map((column) => names.includes(fold(column)));
}
