// Runs a script against a server of its own, and compares.
import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import pg from 'pg';
import { type RunningServer, startServer } from '../test/support/start-server.ts';
import { type AuditStep, parseScript, type QueryStep, type StatementStep, type Step } from './script.ts';

export type Protocol = 'simple' | 'extended';

const adminPassword = 'admin-pw';
const userPassword = 'pw';

/** @returns what went wrong, each with file:line */
export async function runScript(file: string, protocol: Protocol): Promise<readonly string[]> {
  const steps = parseScript(file, readFileSync(file, 'utf8'));
  const server = await startServer({ adminPassword });
  try {
    const run = new ScriptRun(file, protocol, server);
    await run.runAll(steps);
    await server.stop();
    for (const step of steps) if (step.kind === 'audit') await run.checkAudit(step);
    return run.failures;
  } finally {
    await server.kill9();
    rmSync(server.dataDirectory, { recursive: true, force: true });
  }
}

/** Replaces the rows of every query in the file by what the server answers. */
export async function rewriteResults(file: string): Promise<void> {
  const text = readFileSync(file, 'utf8');
  const steps = parseScript(file, text);
  const server = await startServer({ adminPassword });
  try {
    const run = new ScriptRun(file, 'simple', server);
    await run.runAll(steps);
    writeFileSync(file, withRows(text, run.answers));
    await server.stop();
  } finally {
    await server.kill9();
    rmSync(server.dataDirectory, { recursive: true, force: true });
  }
}

function withRows(text: string, answers: ReadonlyMap<QueryStep, readonly string[]>): string {
  const lines = text.split('\n');
  const lastFirst = [...answers].sort(([a], [b]) => b.rowsAt - a.rowsAt);
  for (const [step, rows] of lastFirst) lines.splice(step.rowsAt, step.rows.length, ...rows);
  return lines.join('\n');
}

class ScriptRun {
  readonly failures: string[] = [];
  readonly answers = new Map<QueryStep, readonly string[]>();
  private readonly file: string;
  private readonly protocol: Protocol;
  private readonly server: RunningServer;
  private readonly clients = new Map<string, Promise<pg.Client>>();
  private user = 'admin';
  private password = adminPassword;
  private catalog = 'system';

  constructor(file: string, protocol: Protocol, server: RunningServer) {
    this.file = file;
    this.protocol = protocol;
    this.server = server;
  }

  async runAll(steps: readonly Step[]): Promise<void> {
    for (const step of steps) await this.run(step);
    for (const client of this.clients.values()) await (await client).end();
  }

  async checkAudit(step: AuditStep): Promise<void> {
    const exported = await promisify(execFile)(
      process.execPath,
      ['dist/main.js', 'audit', 'export', '--data', this.server.dataDirectory, '--format', 'jsonl'],
      { maxBuffer: 1 << 28 },
    );
    const left = auditedStatements(exported.stdout);
    let from = 0;
    for (const [index, expected] of step.events.entries()) {
      const line = step.line + 1 + index;
      const [, absent] = /^never (.+)$/.exec(expected) ?? [];
      if (absent !== undefined) {
        if (exported.stdout.includes(absent)) this.fail(line, `no event with ${absent}`, 'one');
        continue;
      }
      const found = left.findIndex((names, position) => position >= from && names.includes(expected));
      if (found < 0) this.fail(line, expected, `no such event; left are:\n${left.slice(from).map(first).join('\n')}`);
      else from = found + 1;
    }
  }

  private async run(step: Step): Promise<void> {
    switch (step.kind) {
      case 'user':
        this.user = step.name;
        this.password = step.password ?? (step.name === 'admin' ? adminPassword : userPassword);
        return;
      case 'catalog':
        this.catalog = step.name;
        return;
      case 'statement':
        await this.runStatement(step);
        return;
      case 'query':
        await this.runQuery(step);
        return;
      case 'audit':
        return;
    }
  }

  private async runStatement(step: StatementStep): Promise<void> {
    const { expected } = step;
    const wanted = expected.kind === 'ok' ? 'ok' : `error (${expected.sqlState}) ${expected.message}`;
    try {
      await this.send(step);
    } catch (error) {
      const problem = problemOf(error);
      if (expected.kind === 'ok' || problem.sqlState !== expected.sqlState || !problem.text.includes(expected.message))
        this.fail(step.line, wanted, problem.text);
      else if (expected.position !== undefined && expected.position !== problem.position)
        this.fail(step.line, `position ${expected.position}`, `position ${String(problem.position)}`);
      return;
    }
    if (expected.kind === 'error') this.fail(step.line, wanted, `ok\n${step.sql}`);
  }

  private async runQuery(step: QueryStep): Promise<void> {
    let result: pg.QueryArrayResult<(string | null)[]>;
    try {
      result = await this.send(step);
    } catch (error) {
      this.fail(step.line, 'rows', problemOf(error).text);
      return;
    }
    const types = result.fields.map((field) => typeLetter(field.dataTypeID)).join('');
    if (!sameTypes(step.types, types)) this.fail(step.line, `types ${step.types}`, types);
    const names = result.fields.map((field) => field.name);
    if (step.names !== undefined && names.join(' ') !== step.names.join(' '))
      this.fail(step.line, `names ${step.names.join(' ')}`, names.join(' '));
    const rows = result.rows.map((row) => row.map(shown).join(' '));
    if (step.sorted) rows.sort();
    this.answers.set(step, rows);
    const expected = step.sorted ? [...step.rows].sort() : step.rows;
    if (rows.join('\n') !== expected.join('\n'))
      this.fail(step.line, `\n${expected.join('\n')}`, `\n${rows.join('\n')}`);
  }

  private async send(step: StatementStep | QueryStep): Promise<pg.QueryArrayResult<(string | null)[]>> {
    const client = await this.client();
    const extended = this.protocol === 'extended' || step.parameters !== undefined;
    return client.query<(string | null)[]>({
      text: step.sql,
      rowMode: 'array',
      ...(extended ? { queryMode: 'extended' } : {}),
      ...(step.parameters === undefined ? {} : { values: [...step.parameters] }),
    });
  }

  private client(): Promise<pg.Client> {
    const key = `${this.user}\n${this.catalog}`;
    let client = this.clients.get(key);
    if (client === undefined) {
      client = this.connect();
      this.clients.set(key, client);
    }
    return client;
  }

  private async connect(): Promise<pg.Client> {
    const client = new pg.Client({
      host: '127.0.0.1',
      port: this.server.pgPort,
      user: this.user,
      password: this.password,
      database: this.catalog,
      types: { getTypeParser: () => (value: string) => value },
    });
    await client.connect();
    return client;
  }

  private fail(line: number, expected: string, got: string): void {
    this.failures.push(`${this.file}:${String(line)} (${this.protocol})\nexpected ${expected}\ngot ${got}`);
  }
}

interface Problem {
  readonly sqlState: string | undefined;
  readonly text: string;
  readonly position: string | undefined;
}

function problemOf(error: unknown): Problem {
  if (!(error instanceof Error)) return { sqlState: undefined, text: String(error), position: undefined };
  const { code, position } = error as pg.DatabaseError;
  return { sqlState: code, text: `error (${String(code)}) ${error.message}`, position };
}

const letters = new Map<number, string>([
  ...[20, 21, 23, 26].map((oid) => [oid, 'I'] as const),
  ...[700, 701, 1700].map((oid) => [oid, 'R'] as const),
  ...[1082, 1083, 1114, 1184, 1186, 1266].map((oid) => [oid, 'D'] as const),
  [16, 'B'],
  [25, 'T'],
  [1043, 'T'],
]);

function typeLetter(oid: number): string {
  return letters.get(oid) ?? '?';
}

function sameTypes(expected: string, got: string): boolean {
  return expected.length === got.length && [...expected].every((letter, at) => letter === '?' || letter === got[at]);
}

function shown(value: string | null): string {
  if (value === null) return 'NULL';
  return value === '' ? '(empty)' : value.replaceAll('\n', '\\n');
}

interface ExportedEvent {
  readonly kind: string;
  readonly actor: { readonly principal: string; readonly runAs: string };
  readonly statementId: string;
  readonly command: string;
  readonly objects: readonly { readonly name: string }[];
  readonly outcome: string;
}

/** Of each statement the lines that describe it: without an object, and with each of its objects. */
function auditedStatements(exported: string): readonly (readonly string[])[] {
  const events = exported
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { readonly event: ExportedEvent }).event);
  const finished = new Map(
    events.filter((event) => event.kind === 'statementFinished').map((event) => [event.statementId, event.outcome]),
  );
  return events
    .filter((event) => event.kind === 'statementStarted' || event.kind === 'statementDenied')
    .map((event) => {
      const verdict = event.kind === 'statementDenied' ? 'denied' : verdictOf(finished.get(event.statementId));
      const { principal, runAs } = event.actor;
      const line = `${verdict} ${principal === runAs ? principal : `${principal}/${runAs}`} ${event.command}`;
      return [line, ...event.objects.map((object) => `${line} ${object.name}`)];
    });
}

function verdictOf(outcome: string | undefined): string {
  return outcome === 'succeeded' ? 'allowed' : (outcome ?? 'unfinished');
}

function first(names: readonly string[]): string {
  return names.length > 1 ? `${names[0] ?? ''} ${names.slice(1).join(', ')}` : (names[0] ?? '');
}
