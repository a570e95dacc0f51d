// portcullis policy export|plan|apply: policies as files, compared with a running server by the login's own rights. The server
// decides everything; here are files and text.
import pg from 'pg';
import { parseStatements } from '../parse/parse.ts';
import { policyStatement } from './canonical.ts';
import { compare, type PolicyDifference, type ServerStatement } from './compare.ts';
import { type PolicyFile, PolicyFileError, readPolicyFiles, writePolicyFiles } from './policy-files.ts';

export interface PolicyConfig {
  readonly action: 'export' | 'plan' | 'apply';
  readonly directory: string;
  readonly connection: pg.ClientConfig;
  readonly json: boolean;
}

export interface PolicyResult {
  /** 0: no difference, or done. 2: there are differences. */
  readonly exitCode: 0 | 2;
  readonly text: string;
}

/** @throws Error for what cannot be read, reached or done: exit code 1 */
export async function runPolicyCommand(config: PolicyConfig): Promise<PolicyResult> {
  const client = new pg.Client(config.connection);
  try {
    await client.connect();
    return await actions[config.action](client, config);
  } finally {
    await client.end();
  }
}

type Action = (client: pg.Client, config: PolicyConfig) => Promise<PolicyResult>;

const actions: Readonly<Record<PolicyConfig['action'], Action>> = {
  export: async (client, { directory, json }) => {
    const files = new Map<string, string[]>();
    for (const { file, text } of await serverState(client)) files.set(file, [...(files.get(file) ?? []), text]);
    writePolicyFiles(directory, files);
    const names = [...files.keys()];
    return { exitCode: 0, text: json ? JSON.stringify({ files: names }) : `${String(names.length)} file(s) written` };
  },
  plan: async (client, { directory, json }) => {
    const difference = await differenceOf(client, directory);
    const rows = await planRows(client, difference);
    const exitCode = difference.statements.length === 0 ? 0 : 2;
    return { exitCode, text: json ? JSON.stringify({ ...difference, plan: rows }) : planText(difference, rows) };
  },
  apply: async (client, { directory, json }) => {
    const difference = await differenceOf(client, directory);
    const rows = await planRows(client, difference);
    const [head] = rows;
    if (head !== undefined) await client.query(`APPLY PLAN ${client.escapeLiteral(head.object ?? '')}`);
    const text = json ? JSON.stringify({ ...difference, plan: rows, applied: true }) : planText(difference, rows);
    return { exitCode: 0, text };
  },
};

/** What the server said, with its detail and hint. */
export function failureText(error: unknown): string {
  if (!(error instanceof pg.DatabaseError)) return withHint(error instanceof Error ? error.message : String(error));
  return [error.message, error.detail, error.hint].filter((part) => part !== undefined).join('\n  ');
}

function withHint(text: string): string {
  if (/password must be a/.test(text)) return 'no password: set PGPASSWORD';
  if (/ECONNREFUSED|ENOTFOUND/.test(text)) return `${text}\n  Name the server with --url, or with PGHOST and PGPORT.`;
  return text;
}

async function serverState(client: pg.Client): Promise<readonly ServerStatement[]> {
  const { rows } = await client.query<{ file: string; statement: string; undo: string }>('SHOW GOVERNANCE');
  return rows.map(({ file, statement, undo }) => {
    const [parsed, ...others] = parseStatements(statement);
    const known = parsed === undefined || others.length > 0 ? undefined : policyStatement(parsed);
    if (known === undefined) throw new PolicyFileError(`the server told something unknown: ${statement}`);
    return { ...known, file, undo };
  });
}

async function differenceOf(client: pg.Client, directory: string): Promise<PolicyDifference> {
  const files = readPolicyFiles(directory);
  const inScope = scopeOf(files);
  const server = (await serverState(client)).filter(({ file }) => inScope(file));
  return compare(
    files.flatMap(({ statements }) => statements),
    server,
  );
}

/** A catalog without a directory, and a top-level file that is not there, are not spoken of: nothing of theirs is undone. */
function scopeOf(files: readonly PolicyFile[]): (file: string) => boolean {
  const tops = new Set(files.map(({ name }) => name.split('/')[0]));
  return (file) => tops.has(file.split('/')[0]);
}

interface PlanRow {
  readonly kind: string;
  readonly principal: string | null;
  readonly object: string | null;
  readonly column: string | null;
  readonly before: string | null;
  readonly after: string | null;
  readonly change: string | null;
  readonly rows_before: string | null;
  readonly rows_after: string | null;
}

async function planRows(client: pg.Client, { statements }: PolicyDifference): Promise<readonly PlanRow[]> {
  if (statements.length === 0) return [];
  const text = statements.join(';\n');
  const quotes = quotesFor(text);
  return (await client.query<PlanRow>(`PLAN ${quotes}\n${text}\n${quotes}`)).rows;
}

/** Dollar quotes that do not stand in the text. */
function quotesFor(text: string): string {
  for (let number = 0; ; number += 1) {
    const quotes = `$policy${String(number)}$`;
    if (!text.includes(quotes)) return quotes;
  }
}

function planText({ add, remove }: PolicyDifference, rows: readonly PlanRow[]): string {
  if (rows.length === 0) return 'no difference';
  const visible = rows.slice(1).map((row) => {
    const counts = row.rows_before === null ? '' : ` (${row.rows_before} -> ${row.rows_after ?? ''} rows)`;
    const what = row.kind === 'rows' ? 'rows' : `column ${row.column ?? ''}`;
    const change = `${row.before ?? ''} -> ${row.after ?? ''}`;
    return `  ${row.change ?? ''}: ${row.principal ?? ''} on ${row.object ?? ''}, ${what}: ${change}${counts}`;
  });
  const lines = [...remove.map((text) => `- ${text}`), ...add.map((text) => `+ ${text}`)];
  const seen = visible.length === 0 ? ['nobody sees more or less'] : ['what becomes visible:', ...visible];
  return [...lines, ...seen, `plan ${rows[0]?.object ?? ''}`].join('\n');
}
