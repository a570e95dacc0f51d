// Runs every attack of the corpus over a real socket, in both protocols, and looks for the secrets in everything that the
// client gets to see: rows, column names, errors, notices, parameter statuses.
import { readFileSync } from 'node:fs';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseStatements } from '../../src/parse/parse.ts';
import { CatalogDoor } from '../../src/session/login.ts';
import { startWireServer, type WireServer } from '../../src/wire/server.ts';
import { type InProcess, startInProcess } from '../../test/support/in-process.ts';
import { type AttackCase, type AttackStep, attackCorpus, disguisesOf, type Expectation } from './attack-case.ts';

const corpus = attackCorpus();
const administrator = 'admin@example.com';
/** The corpus gives resource attacks ten seconds. */
const statementTimeoutMs = 5_000;

interface Server {
  readonly parts: InProcess;
  readonly wire: WireServer;
}

async function startServer(): Promise<Server> {
  const parts = await startInProcess(administrator, statementTimeoutMs);
  const admin = await parts.as(administrator);
  for (const { text } of parseStatements(readFileSync(new URL('./schema.sql', import.meta.url), 'utf8'))) {
    if (text.startsWith(`CREATE USER \`${administrator}\``)) continue;
    await admin.run(text.startsWith('CREATE USER') ? `${text} PASSWORD 'secret'` : text);
  }
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const wire = await startWireServer({ door: new CatalogDoor(parts.services), host: '127.0.0.1', port: 0, log });
  return { parts, wire };
}

async function stopServer({ parts, wire }: Server): Promise<void> {
  await wire.close();
  await parts.close();
}

/** One client, and everything it was shown. */
class Attacker {
  readonly shown: string[] = [];
  readonly #client: pg.Client;

  constructor(port: number, user: string, options?: string) {
    this.#client = new pg.Client({
      host: '127.0.0.1',
      port,
      user,
      password: 'secret',
      database: 'system',
      ...(options === undefined ? {} : { options }),
    });
    this.#client.on('notice', (notice) => this.shown.push(JSON.stringify({ ...notice, message: notice.message })));
    this.#client.on('error', () => undefined);
    // Raw protocol messages: names and values of ParameterStatus are shown too.
    (
      this.#client as unknown as { connection: { on(name: string, seen: (message: object) => void): void } }
    ).connection.on('parameterStatus', (message) => this.shown.push(JSON.stringify(message)));
  }

  async connect(): Promise<void> {
    await this.#client.connect();
    await this.#client.query('USE prod.silver').catch(() => undefined);
  }

  async close(): Promise<void> {
    await this.#client.end().catch(() => undefined);
  }

  /** pg's types know neither queryMode nor arrays of results. */
  async #query(config: object): Promise<unknown> {
    return (this.#client.query as (config: object) => Promise<unknown>).call(this.#client, config);
  }

  async run(config: pg.QueryConfig & { queryMode?: string }): Promise<Result> {
    try {
      const answer: unknown = await this.#query({
        ...config,
        rowMode: 'array',
        types: { getTypeParser: () => String },
      });
      const results = (Array.isArray(answer) ? answer : [answer]) as pg.QueryArrayResult[];
      for (const result of results) {
        this.shown.push(
          JSON.stringify(result.rows),
          JSON.stringify(result.fields.map((field) => field.name)),
          result.command,
        );
      }
      return { rows: results.at(-1)?.rows ?? [] };
    } catch (error) {
      const { message, detail, hint, code } = error as pg.DatabaseError;
      this.shown.push(JSON.stringify({ message, detail, hint, code }));
      return { error: message, code: code ?? '' };
    }
  }
}

type Result = { readonly rows: readonly (readonly unknown[])[] } | { readonly error: string; readonly code: string };

/** Secrets that showed, the text of the attack itself aside. */
function leaks(attack: AttackCase, shown: readonly string[]): readonly string[] {
  const text = shown.join('\n').toLowerCase();
  const said = JSON.stringify(attack).toLowerCase();
  const secrets = corpus.secretSets[attack.secrets] ?? [];
  return secrets.filter(
    (secret) =>
      !(attack.sql ?? '').includes(secret) &&
      disguisesOf(secret).some((each) => text.includes(each) && !said.includes(`"sql":"${each}`)),
  );
}

function sameRows(
  actual: readonly (readonly unknown[])[],
  wanted: readonly (readonly unknown[])[],
  order: string,
): boolean {
  const lines = (rows: readonly (readonly unknown[])[]): string[] =>
    rows.map((row) => JSON.stringify(row.map(cellText)));
  const [a, b] = [lines(actual), lines(wanted)];
  if (order === 'any') return JSON.stringify(a.toSorted()) === JSON.stringify(b.toSorted());
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Rows in the corpus are JSON; rows off the wire are PostgreSQL's text. */
function cellText(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'boolean') return value ? 't' : 'f';
  if (Array.isArray(value)) {
    if (value.some((item) => typeof item === 'object' && item !== null))
      return JSON.stringify(value).replaceAll(/[\s"]/g, '');
    return `{${value.map((item) => cellText(item) ?? 'NULL').join(',')}}`.replaceAll(/[\s"]/g, '');
  }
  if (typeof value === 'object') return JSON.stringify(value).replaceAll(/[\s"]/g, '');
  const text = String(value);
  return /^[{[]/.test(text) ? text.replaceAll(/[\s"]/g, '') : text;
}

function accepted(step: { expect?: Expectation; accept?: readonly Expectation[] }): readonly Expectation[] {
  return [...(step.expect === undefined ? [] : [step.expect]), ...(step.accept ?? [])];
}

/** Right by what the case accepts; leaks are looked for apart. */
function judge(step: AttackCase | AttackStep, result: Result): string | undefined {
  const allowed = accepted(step);
  if (allowed.length === 0 || allowed.includes('any')) return undefined;
  if ('error' in result) {
    const mayFail = allowed.includes('refused') || allowed.includes('error_without_data');
    return mayFail ? undefined : `refused: ${result.code} ${result.error}`;
  }
  if (allowed.includes('governed') && step.rows !== undefined) {
    const order = 'order' in step ? (step.order ?? 'any') : 'any';
    return sameRows(result.rows, step.rows, order)
      ? undefined
      : `rows ${JSON.stringify(result.rows)} instead of ${JSON.stringify(step.rows)}`;
  }
  return allowed.includes('governed') || allowed.includes('governed_metadata')
    ? undefined
    : `answered ${JSON.stringify(result.rows).slice(0, 200)}`;
}

let shared: Server;
const outcome = { cases: 0, leaked: [] as string[], wrong: [] as string[], answered: 0, governed: 0 };

beforeAll(async () => {
  shared = await startServer();
});

afterAll(async () => {
  await stopServer(shared);
  console.info(
    `attacks: ${String(outcome.cases - outcome.leaked.length)} of ${String(outcome.cases)} without a leak; ` +
      `governed ones answered with the right rows: ${String(outcome.answered)} of ${String(outcome.governed)}`,
  );
});

const single = corpus.cases.filter((attack) => attack.sql !== undefined);
const stepped = corpus.cases.filter((attack) => attack.steps !== undefined);

test.each(single)('nothing hidden shows: $name', async (attack) => {
  outcome.cases += 1;
  const wantsRows = attack.expect === 'governed' && attack.rows !== undefined;
  if (wantsRows) outcome.governed += 1;
  const problems: string[] = [];
  for (const queryMode of ['simple', 'extended']) {
    const attacker = new Attacker(shared.wire.port, attack.user);
    await attacker.connect();
    const result = await attacker.run({ text: attack.sql ?? '', values: [...(attack.params ?? [])], queryMode });
    await attacker.close();
    const leaked = leaks(attack, attacker.shown);
    if (leaked.length > 0) outcome.leaked.push(attack.name);
    expect(leaked, `${attack.name} (${queryMode}) showed ${attacker.shown.join(' ').slice(0, 500)}`).toEqual([]);
    const problem = judge(attack, result);
    if (problem !== undefined) problems.push(`${queryMode}: ${problem}`);
    if (wantsRows && queryMode === 'simple' && 'rows' in result && problem === undefined) outcome.answered += 1;
  }
  expect(problems, attack.sql).toEqual([]);
});

test.each(stepped)('nothing hidden shows, step by step: $name', async (attack) => {
  outcome.cases += 1;
  const server = await startServer();
  const attackers = new Map<string, Attacker>();
  const prepared = new Map<string, string>();
  try {
    for (const step of attack.steps ?? []) {
      const options = step.how?.startsWith('startup options=') === true ? step.how.slice(17, -1) : undefined;
      const user = `${step.user}@example.com`;
      let attacker = attackers.get(user + (options ?? ''));
      if (attacker === undefined) {
        attacker = new Attacker(server.wire.port, user, options);
        await attacker.connect();
        attackers.set(user + (options ?? ''), attacker);
      }
      for (const text of step.before ?? []) await attacker.run({ text });
      const [how = '', name = ''] = (step.how ?? '').split(' ');
      if (how === 'parse') prepared.set(name, step.sql ?? '');
      const text = how === 'execute' ? (prepared.get(name) ?? '') : (step.sql ?? '');
      const named = how === 'parse' || how === 'execute';
      const result = await attacker.run(named ? { name, text, values: [] } : { text });
      // Statements of later issues may be refused to the administrator; nothing may leak all the same.
      if (step.user !== 'admin') expect(judge(step, result), step.sql ?? step.how).toBeUndefined();
    }
    const shown = [...attackers]
      .filter(([user]) => !user.startsWith('admin'))
      .flatMap(([, attacker]) => attacker.shown);
    const allowed = JSON.stringify((attack.steps ?? []).map((step) => step.rows ?? []));
    const leaked = leaks(attack, shown).filter((secret) => !allowed.includes(secret));
    if (leaked.length > 0) outcome.leaked.push(attack.name);
    expect(leaked, shown.join(' ').slice(0, 500)).toEqual([]);
  } finally {
    for (const attacker of attackers.values()) await attacker.close();
    await stopServer(server);
  }
});
