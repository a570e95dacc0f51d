// The .slt format: a script of directives, each a few lines, with an empty line between.
//
//   # comment
//   user alice [password]            whose session the statements below use
//   catalog sales                    the database of sessions opened below
//   statement ok                     the statement on the next lines succeeds
//   statement error (42501) [text]   … fails with this SQLSTATE and a message that contains the text
//   statements ok | error (…) [text] the same for each of the next lines, one statement a line
//   query <types> [rowsort|nosort]   the query on the next lines gives the rows after ----
//   audit                            the events this file must have left, in this order
//
// Types: T text, I integer, R other number, B boolean, D date or time, ? any. Between a header and its SQL may stand
// `names a b` (column names), `params x y` (values of $1, $2: such a statement always runs with the extended protocol)
// and `position n` (of the error).

export type Expectation =
  | { readonly kind: 'ok' }
  | { readonly kind: 'error'; readonly sqlState: string; readonly message: string; readonly position?: string };

interface Located {
  /** From 1. */
  readonly line: number;
}

export interface StatementStep extends Located {
  readonly kind: 'statement';
  readonly sql: string;
  readonly parameters: readonly (string | null)[] | undefined;
  readonly expected: Expectation;
}

export interface QueryStep extends Located {
  readonly kind: 'query';
  readonly sql: string;
  readonly parameters: readonly (string | null)[] | undefined;
  readonly types: string;
  readonly sorted: boolean;
  readonly names: readonly string[] | undefined;
  readonly rows: readonly string[];
  /** Index of the line after ----. */
  readonly rowsAt: number;
}

export interface AuditStep extends Located {
  readonly kind: 'audit';
  readonly events: readonly string[];
}

export type Step =
  | (Located & { readonly kind: 'user'; readonly name: string; readonly password: string | undefined })
  | (Located & { readonly kind: 'catalog'; readonly name: string })
  | StatementStep
  | QueryStep
  | AuditStep;

export function parseScript(file: string, text: string): readonly Step[] {
  return new ScriptReader(file, text.split('\n')).steps();
}

class ScriptReader {
  private readonly file: string;
  private readonly lines: readonly string[];
  private at = 0;

  constructor(file: string, lines: readonly string[]) {
    this.file = file;
    this.lines = lines;
  }

  steps(): readonly Step[] {
    const steps: Step[] = [];
    for (; this.at < this.lines.length; this.at += 1) {
      const line = this.current();
      if (line.trim() === '' || line.startsWith('#')) continue;
      steps.push(...this.step(line));
    }
    return steps;
  }

  private step(header: string): readonly Step[] {
    const line = this.at + 1;
    const [word = '', first = '', second] = header.trim().split(/\s+/);
    switch (word) {
      case 'user':
        return [{ kind: 'user', line, name: first, password: second }];
      case 'catalog':
        return [{ kind: 'catalog', line, name: first }];
      case 'statement':
        return [this.statement(header, line)];
      case 'statements':
        return this.statements(header);
      case 'query':
        return [this.query(first, second, line)];
      case 'audit':
        return [{ kind: 'audit', line, events: this.block().map((event) => event.trim().replace(/\s+/g, ' ')) }];
      default:
        return this.fail(`unknown directive: ${header}`);
    }
  }

  private statement(header: string, line: number): StatementStep {
    const expected = this.expectation(header);
    const options = this.options();
    const positioned =
      expected.kind === 'error' && options.position !== undefined
        ? { ...expected, position: options.position }
        : expected;
    const sql = this.block().join('\n');
    return { kind: 'statement', line, sql, parameters: options.parameters, expected: positioned };
  }

  private statements(header: string): readonly StatementStep[] {
    const expected = this.expectation(header);
    const first = this.at + 2;
    return this.block().map((sql, index) => ({
      kind: 'statement',
      line: first + index,
      sql,
      parameters: undefined,
      expected,
    }));
  }

  private query(types: string, order: string | undefined, line: number): QueryStep {
    if (!/^[TIRBD?]+$/.test(types)) this.fail(`not column types: ${types}`);
    if (order !== undefined && order !== 'rowsort' && order !== 'nosort') this.fail(`not an order: ${order}`);
    const { names, parameters } = this.options();
    const lines = this.block();
    const separator = lines.indexOf('----');
    if (separator < 0) this.fail('a query needs ---- before its rows');
    return {
      kind: 'query',
      line,
      sql: lines.slice(0, separator).join('\n'),
      parameters,
      types,
      sorted: order === 'rowsort',
      names,
      rows: lines.slice(separator + 1),
      rowsAt: this.at - lines.length + separator + 2,
    };
  }

  private expectation(header: string): Expectation {
    const found = /^statements? (?:ok|error \(([0-9A-Z]{5})\) ?(.*))$/.exec(header.trim());
    if (found === null) this.fail(`neither "ok" nor "error (SQLSTATE)": ${header}`);
    const [, sqlState, message = ''] = found;
    return sqlState === undefined ? { kind: 'ok' } : { kind: 'error', sqlState, message };
  }

  private options(): {
    readonly names?: readonly string[];
    readonly parameters?: readonly (string | null)[];
    readonly position?: string;
  } {
    const next = this.lines[this.at + 1] ?? '';
    const [word = '', ...values] = next.trim().split(/\s+/);
    if (word !== 'names' && word !== 'params' && word !== 'position') return {};
    this.at += 1;
    const others = this.options();
    if (word === 'names') return { ...others, names: values };
    if (word === 'params')
      return { ...others, parameters: values.map((value) => (value === 'NULL' ? null : value.replace('(empty)', ''))) };
    return { ...others, position: values[0] ?? '' };
  }

  /** The lines up to the next empty one; leaves the reader on the last of them. */
  private block(): readonly string[] {
    const from = this.at + 1;
    let to = from;
    while (to < this.lines.length && this.lines[to]?.trim() !== '') to += 1;
    if (to === from) this.fail('nothing follows');
    this.at = to - 1;
    return this.lines.slice(from, to);
  }

  private current(): string {
    return this.lines[this.at] ?? '';
  }

  private fail(problem: string): never {
    throw new Error(`${this.file}:${String(this.at + 1)}: ${problem}`);
  }
}
