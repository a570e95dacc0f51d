// Reads DuckDB's sqllogictest files, as far as one connection and no settings of the runner are enough.

export type SuiteRecord =
  | { readonly kind: 'statement'; readonly sql: string; readonly line: number }
  | { readonly kind: 'query'; readonly sql: string; readonly line: number };

export interface SuiteFile {
  readonly records: readonly SuiteRecord[];
  /** Why reading ended before the file did. */
  readonly stopped: string | undefined;
}

const recordsMax = 5_000;
const builtIn: ReadonlySet<string> = new Set([
  'json',
  'icu',
  'parquet',
  'core_functions',
  'vector_size',
  'skip_reload',
  'no_alternative_verify',
  'no_vector_verification',
  'noforcestorage',
  'notwindows',
  '64bit',
]);

interface Frame {
  readonly name: string;
  readonly values: readonly string[];
  readonly start: number;
  next: number;
}

/** Loops are written out. */
export function readSuiteFile(text: string): SuiteFile {
  const lines = text.split(/\r?\n/);
  const records: SuiteRecord[] = [];
  const frames: Frame[] = [];
  let at = 0;
  const substituted = (sql: string): string =>
    frames.reduce((done, frame) => done.replaceAll(`\${${frame.name}}`, frame.values[frame.next] ?? ''), sql);
  const block = (): string => {
    const taken: string[] = [];
    while (at < lines.length && lines[at]?.trim() !== '' && lines[at] !== '----') {
      taken.push(lines[at] ?? '');
      at += 1;
    }
    if (lines[at] === '----') while (at < lines.length && lines[at]?.trim() !== '') at += 1;
    return substituted(taken.filter((line) => !line.startsWith('#')).join('\n'));
  };
  while (at < lines.length) {
    if (records.length >= recordsMax) return { records, stopped: 'too many records' };
    const line = substituted(lines[at] ?? '').trim();
    const [word = '', ...rest] = line.split(/\s+/);
    const number = at + 1;
    at += 1;
    if (word === '' || word.startsWith('#') || word === 'hash-threshold' || word === 'tags') continue;
    if (word === 'statement') {
      if (rest.length > 1) return { records, stopped: 'several connections' };
      const sql = block();
      if (rest[0] === 'ok' || rest[0] === 'error' || rest[0] === 'maybe')
        records.push({ kind: 'statement', sql, line: number });
      continue;
    }
    if (word === 'query') {
      if (rest.some((each) => /^con\d*$/.test(each))) return { records, stopped: 'several connections' };
      records.push({ kind: 'query', sql: block(), line: number });
      continue;
    }
    if (word === 'loop' || word === 'foreach') {
      const [name = '', ...items] = rest;
      const values = word === 'foreach' ? items.flatMap(expanded) : range(Number(items[0]), Number(items[1]));
      if (values.length === 0 || values.length > 200) return { records, stopped: 'loop' };
      frames.push({ name, values, start: at, next: 0 });
      continue;
    }
    if (word === 'endloop') {
      const frame = frames.at(-1);
      if (frame === undefined) return { records, stopped: 'endloop' };
      frame.next += 1;
      if (frame.next < frame.values.length) at = frame.start;
      else frames.pop();
      continue;
    }
    if (word === 'require' && rest[0] !== undefined && builtIn.has(rest[0].toLowerCase())) continue;
    if (word === 'reset' || word === 'sleep') continue;
    return { records, stopped: line };
  }
  return { records, stopped: undefined };
}

function range(from: number, to: number): readonly string[] {
  return Array.from({ length: Math.min(to - from, 201) }, (_, index) => String(from + index));
}

/** Groups of types that DuckDB's runner knows by name. */
function expanded(item: string): readonly string[] {
  const signed = ['tinyint', 'smallint', 'integer', 'bigint', 'hugeint'];
  const unsigned = ['utinyint', 'usmallint', 'uinteger', 'ubigint', 'uhugeint'];
  switch (item) {
    case '<signed>':
      return signed;
    case '<unsigned>':
      return unsigned;
    case '<integral>':
      return [...signed, ...unsigned];
    case '<numeric>':
      return [...signed, ...unsigned, 'float', 'double'];
    case '<alltypes>':
      return [...signed, ...unsigned, 'float', 'double', 'bool', 'interval', 'varchar'];
    default:
      return [item];
  }
}
