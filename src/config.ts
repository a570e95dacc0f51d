// Command line, environment and configuration file -> one frozen command. The only reader of the environment.
import { resolve } from 'node:path';
import { Command as Commander, CommanderError, InvalidArgumentError, Option } from 'commander';
import { availableMemoryBytes, bytesOf } from './base/size.ts';
import { type ConfigFile, readConfigFile } from './config-file.ts';
import type { PolicyConfig } from './policy/policy-command.ts';
import { addPolicy } from './policy-options.ts';
import { serveOptions } from './serve-options.ts';
import type { OidcProvider } from './session/oidc.ts';
import { UsageError } from './usage-error.ts';

export interface ServeConfig {
  readonly dataDirectory: string;
  readonly host: string;
  readonly pgPort: number;
  readonly httpPort: number;
  readonly demo: boolean;
  readonly adminPassword: string | undefined;
  readonly externalRoots: readonly string[];
  readonly maxRunningQueries: number;
  readonly memoryLimit: string | undefined;
  readonly residentLimitBytes: number;
  readonly tempLimit: string;
  /** 0: none. */
  readonly resultLimits: { readonly rows: number; readonly bytes: number };
  readonly threads: number | undefined;
  readonly statementTimeoutMs: number;
  /** Undefined: TLS is not offered. */
  readonly tls: { readonly certificate: string; readonly key: string } | undefined;
  readonly requireTls: boolean;
  /** Of passwords through TLS: by SCRAM, or in clear text so that clients may send tokens without saying so first. */
  readonly asksForSecrets: boolean;
  readonly oidc: readonly OidcProvider[];
  readonly connectionsMax: number;
  /** 0: none. */
  readonly connectionsPerUserMax: number;
  readonly authenticationTimeoutMs: number;
  /** 0: none. */
  readonly idleTimeouts: { readonly sessionMs: number; readonly inTransactionMs: number };
}

export interface AuditConfig {
  readonly dataDirectory: string;
  readonly publicKey: string | undefined;
  readonly anchor: string | undefined;
}

export interface ExportConfig {
  readonly dataDirectory: string;
  readonly format: 'jsonl' | 'csv';
  readonly from: Date | undefined;
  readonly to: Date | undefined;
}

export type Command =
  | { readonly kind: 'serve'; readonly config: ServeConfig }
  | { readonly kind: 'auditVerify'; readonly config: AuditConfig }
  | { readonly kind: 'auditExport'; readonly config: ExportConfig }
  | { readonly kind: 'policy'; readonly config: PolicyConfig }
  /** Help or version: the text is for stdout. */
  | { readonly kind: 'print'; readonly text: string };

export type Environment = Readonly<Record<string, string | undefined>>;

/** @throws UsageError */
export function parseCommand(argv: readonly string[], env: Environment, version: string): Command {
  let command: Command | undefined;
  let printed = '';
  let told = '';
  const file = argv[0] === 'serve' ? configFileOf(argv, env) : undefined;
  const program = programOf({
    version,
    sink: (parsed) => {
      command = parsed;
    },
    env,
    file: readConfigFile(file),
  });
  forEachCommand(program, (each) => {
    each.exitOverride().configureOutput({
      writeOut: (text) => {
        printed += text;
      },
      writeErr: (text) => {
        told += text;
      },
    });
  });
  try {
    program.parse(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { kind: 'print', text: printed };
    if (error.code === 'commander.help') throw new UsageError(`a command is missing\n\n${told.trimEnd()}`);
    throw new UsageError(error.message.replace(/^error: /, ''), { cause: error });
  }
  return command ?? { kind: 'print', text: program.helpInformation() };
}

function forEachCommand(command: Commander, visit: (command: Commander) => void): void {
  visit(command);
  for (const child of command.commands) forEachCommand(child, visit);
}

type Sink = (command: Command) => void;

interface ProgramParts {
  readonly version: string;
  readonly sink: Sink;
  readonly env: Environment;
  readonly file: ConfigFile;
}

function programOf({ version, sink, env, file }: ProgramParts): Commander {
  const program = new Commander('portcullis')
    .description(
      'SQL governance engine and query proxy: PostgreSQL protocol in front, DuckDB underneath, policy in between',
    )
    .version(version);
  addServe(program, { sink, env, file });
  addPolicy(program, env, (config) => sink({ kind: 'policy', config }));
  const audit = program.command('audit').description('inspect the audit log');
  audit
    .command('verify')
    .description(
      'check that no audit event was changed, lost, duplicated, reordered or cut off; exit 1 names the first',
    )
    .addOption(dataOption(env))
    .option('--anchor <file>', 'a checkpoint kept elsewhere: a log that ends before it is found')
    .option('--public-key <file>', 'default: <data>/keys/audit-signing.pub')
    .action((options: { data: string; anchor?: string; publicKey?: string }) => {
      const config = { dataDirectory: resolve(options.data), anchor: options.anchor, publicKey: options.publicKey };
      sink({ kind: 'auditVerify', config });
    });
  audit
    .command('export')
    .description('write audit events to standard output')
    .addOption(dataOption(env))
    .addOption(new Option('--format <format>', 'output format').choices(['jsonl', 'csv']).default('jsonl'))
    .option('--from <time>', 'first event (ISO 8601)', timeOf)
    .option('--to <time>', 'before this time (ISO 8601)', timeOf)
    .action((options: { data: string; format: 'jsonl' | 'csv'; from?: Date; to?: Date }) => {
      const { data, format, from, to } = options;
      sink({ kind: 'auditExport', config: { dataDirectory: resolve(data), format, from, to } });
    });
  return program;
}

/** The variable that holds a value, and where it was written, for errors. */
interface ValueSource {
  readonly name: string;
  readonly source: string;
}

/** Default, then environment, then the command line. */
function withEnvironment(option: Option, variable: string | ValueSource, env: Environment): Option {
  const { name, source } = typeof variable === 'string' ? { name: variable, source: variable } : variable;
  const value = env[name];
  option.description += ` [${name}]`;
  if (value === undefined || value === '') return option;
  try {
    return option.default(option.parseArg === undefined ? value : option.parseArg(value, undefined), value);
  } catch (error) {
    throw new UsageError(`${source}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

function dataOption(env: Environment): Option {
  return withEnvironment(
    new Option('--data <dir>', 'data directory').default('./portcullis-data'),
    'PORTCULLIS_DATA',
    env,
  );
}

interface ServeOptions {
  readonly data: string;
  readonly host: string;
  readonly pgPort: number;
  readonly httpPort: number;
  readonly demo?: boolean;
  readonly insecure?: boolean;
  readonly externalRoot?: readonly string[];
  readonly maxRunningQueries: number;
  readonly memoryLimit?: string;
  readonly residentLimit?: string;
  readonly tempLimit: string;
  readonly maxResultRows: number;
  readonly maxResultBytes?: string;
  readonly threads?: number;
  readonly statementTimeout: number;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly requireTls?: boolean;
  readonly passwordAuthentication: 'scram' | 'cleartext';
  readonly maxConnections: number;
  readonly maxConnectionsPerUser: number;
  readonly authenticationTimeout: number;
  readonly idleSessionTimeout: number;
  readonly idleInTransactionTimeout: number;
  readonly config?: string;
}

function addServe(program: Commander, { sink, env, file }: Omit<ProgramParts, 'version'>): void {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const serve = program.command('serve').description('start the server');
  for (const { option, variable } of serveOptions()) {
    const source = given[variable] === undefined ? file.sourceOf(option.long?.slice(2) ?? '') : variable;
    serve.addOption(withEnvironment(option, { name: variable, source }, { ...file.variables, ...given }));
  }
  serve
    .option('--external-root <dir...>', 'directories that external locations may point into')
    .option('--config <file>', 'JSON file: names of these options without --, and oidc [PORTCULLIS_CONFIG]')
    .action((options: ServeOptions) => {
      sink({ kind: 'serve', config: serveConfig(options, env, file) });
    });
}

/** Needed before the options are there: their defaults come from it. */
function configFileOf(argv: readonly string[], env: Environment): string | undefined {
  const at = argv.indexOf('--config');
  const joined = argv.find((word) => word.startsWith('--config='));
  return at >= 0 ? argv[at + 1] : (joined?.slice('--config='.length) ?? env['PORTCULLIS_CONFIG']);
}

const loopback: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost']);

function serveConfig(options: ServeOptions, env: Environment, file: ConfigFile): ServeConfig {
  const local = loopback.has(options.host);
  if (options.demo === true && !local) throw new UsageError('--demo listens on loopback only');
  const password = env['PORTCULLIS_ADMIN_PASSWORD'];
  return Object.freeze({
    dataDirectory: resolve(options.data),
    host: options.host,
    ...portsOf(options, env),
    demo: options.demo === true,
    adminPassword: password === '' ? undefined : password,
    externalRoots: (options.externalRoot ?? file.externalRoots).map((root) => resolve(root)),
    maxRunningQueries: options.maxRunningQueries,
    memoryLimit: options.memoryLimit,
    residentLimitBytes: residentLimit(options),
    tempLimit: options.tempLimit,
    resultLimits: {
      rows: options.maxResultRows,
      bytes: bytesOf(options.maxResultBytes ?? '') ?? 0,
    },
    threads: options.threads,
    statementTimeoutMs: options.statementTimeout,
    ...tlsOf(options),
    oidc: file.oidc,
    asksForSecrets: options.passwordAuthentication === 'cleartext',
    connectionsMax: options.maxConnections,
    connectionsPerUserMax: options.maxConnectionsPerUser,
    authenticationTimeoutMs: options.authenticationTimeout,
    idleTimeouts: { sessionMs: options.idleSessionTimeout, inTransactionMs: options.idleInTransactionTimeout },
  });
}

/** Beyond loopback nobody's password or data go in the clear unless --insecure says so. */
function tlsOf(options: ServeOptions): Pick<ServeConfig, 'tls' | 'requireTls'> {
  const { host, tlsCert, tlsKey, insecure = false, requireTls = false } = options;
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw new UsageError('--tls-cert and --tls-key are needed together');
  }
  const tls =
    tlsCert === undefined || tlsKey === undefined ? undefined : { certificate: resolve(tlsCert), key: resolve(tlsKey) };
  const exposed = !loopback.has(host) && !insecure;
  if (tls === undefined && exposed) throw new UsageError(`listening on ${host} without TLS needs --insecure`);
  if (tls === undefined && requireTls) throw new UsageError('--require-tls needs --tls-cert and --tls-key');
  return { tls, requireTls: requireTls || exposed };
}

/** A process that replaces one that failed listens where that did, also where any free port had been asked for. */
function portsOf(options: ServeOptions, env: Environment): { readonly pgPort: number; readonly httpPort: number } {
  const [pgPort, httpPort] = (env['PORTCULLIS_RESTART_PORTS'] ?? '').split(',').map(Number);
  return pgPort === undefined || httpPort === undefined
    ? { pgPort: options.pgPort, httpPort: options.httpPort }
    : { pgPort, httpPort };
}

/** Room above the engine's own limit for what it does not count, within what there is. */
function residentLimit(options: ServeOptions): number {
  const given = bytesOf(options.residentLimit ?? '');
  if (given !== undefined) return given;
  const most = Math.floor(availableMemoryBytes() * 0.9);
  const engine = bytesOf(options.memoryLimit ?? '');
  return engine === undefined ? most : Math.min(most, Math.floor(engine * 1.25) + 2 ** 30);
}

function timeOf(text: string): Date {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw new InvalidArgumentError('Use an ISO 8601 time, e.g. 2026-01-31T00:00:00Z.');
  return time;
}
