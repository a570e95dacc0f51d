// The program: reads the command, starts what it asks for, stops on signals. The bootstrap (main.cts) calls it after it has
// sized the thread pool.
import { createPublicKey } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Logger, pino } from 'pino';
import { checkpointOf } from './audit/checkpoint.ts';
import { exportEvents } from './audit/export.ts';
import { verifyLog } from './audit/verify.ts';
import { limits } from './base/limits.ts';
import { type AuditConfig, type Environment, type ExportConfig, parseCommand, type ServeConfig } from './config.ts';
import { lockDataDirectory } from './data-lock.ts';
import { loadDemo } from './demo/load-demo.ts';
import { failureText, type PolicyConfig, runPolicyCommand } from './policy/policy-command.ts';
import { type CommitStepHook, startServer } from './server.ts';
import { plainText } from './start-errors.ts';
import { UsageError } from './usage-error.ts';

/** sysexits' EX_SOFTWARE: main.cts starts the server again. */
const restartCode = 70;

export async function main(argv: readonly string[], env: Environment): Promise<void> {
  try {
    await run(argv, env);
  } catch (error) {
    const plain = plainText(error);
    process.stderr.write(`portcullis: ${plain ?? (error instanceof Error ? error.message : String(error))}\n`);
    if (plain === undefined) process.stderr.write(`${stackOf(error)}\n`);
    if (error instanceof UsageError) process.stderr.write(`See ${commandWords(argv)} --help.\n`);
    // Of `policy` 2 means a difference.
    process.exit(error instanceof UsageError && argv[0] !== 'policy' ? 2 : 1);
  }
}

/** Whose help tells of what was meant. */
function commandWords([first = '']: readonly string[]): string {
  return ['serve', 'audit', 'policy'].includes(first) ? `portcullis ${first}` : 'portcullis';
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? '') : '';
}

function versionOf(): string {
  const { version } = createRequire(import.meta.url)('../../package.json') as { readonly version: string };
  return version;
}

async function run(argv: readonly string[], env: Environment): Promise<void> {
  const command = parseCommand(argv, env, versionOf());
  switch (command.kind) {
    case 'serve':
      await serve(command.config);
      return;
    case 'auditVerify':
      await auditVerify(command.config);
      return;
    case 'auditExport':
      await auditExport(command.config);
      return;
    case 'policy':
      await policy(command.config);
      return;
    case 'print':
      process.stdout.write(command.text);
  }
}

/** @param onCommitStep for tests that stop the process within a commit */
export async function serve(config: ServeConfig, onCommitStep?: CommitStepHook): Promise<void> {
  const log = pino(process.stdout.isTTY ? { transport: { target: 'pino-pretty' } } : {});
  const unlock = await lockDataDirectory(config.dataDirectory);
  const server = await startServer(config, log, {
    onCommitStep,
    onEngineLost: (error) => {
      log.fatal({ err: error }, 'the engine cannot go on; restarting');
      // Time for the answers that are on their way; what was acknowledged is durable, as at any crash.
      setTimeout(() => process.exit(restartCode), limits.restartDelayMs);
    },
  });
  if (config.demo) await loadDemo(server.services, config.adminPassword ?? 'demo', log);
  log.info({ host: config.host, pgPort: server.pgPort, httpPort: server.httpPort }, 'ready');
  // The supervisor (main.cts) starts the next process on the same ports.
  process.send?.({ pgPort: server.pgPort, httpPort: server.httpPort });
  stopOnSignal(log, async () => {
    await server.close();
    unlock();
  });
  if (server.reload !== undefined) reloadOnSignal(log, server.reload);
}

/** Without something to read again SIGHUP ends the process, as when its terminal is closed. */
function reloadOnSignal(log: Logger, reload: () => void): void {
  process.on('SIGHUP', () => {
    try {
      reload();
      log.info('TLS certificate and key were read again');
    } catch (error) {
      log.error({ err: error }, 'TLS certificate and key cannot be used; the old ones stay');
    }
  });
}

function stopOnSignal(log: Logger, close: () => Promise<void>): void {
  let stopping = false;
  const stop = (signal: string): void => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'stopping');
    close().then(
      () => {
        log.info('stopped');
        process.exit(0);
      },
      (error: unknown) => {
        log.error({ err: error }, 'could not stop cleanly');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

/** For CI: 0 no difference, 2 differences, 1 whatever went wrong. */
async function policy(config: PolicyConfig): Promise<void> {
  try {
    const { exitCode, text } = await runPolicyCommand(config);
    process.stdout.write(`${text}\n`);
    process.exitCode = exitCode;
  } catch (error) {
    process.stderr.write(`portcullis: ${failureText(error)}\n`);
    process.exitCode = 1;
  }
}

async function auditVerify(config: AuditConfig): Promise<void> {
  needsLog(config.dataDirectory);
  const keyFile = config.publicKey ?? join(config.dataDirectory, 'keys', 'audit-signing.pub');
  const anchor =
    config.anchor === undefined ? undefined : checkpointOf(JSON.parse(readFileSync(config.anchor, 'utf8')));
  if (config.anchor !== undefined && anchor === undefined) throw new UsageError(`${config.anchor} holds no checkpoint`);
  const result = await verifyLog({
    directory: join(config.dataDirectory, 'audit'),
    publicKey: createPublicKey(readFileSync(keyFile)),
    ...(anchor === undefined ? {} : { anchor }),
  });
  process.stdout.write(`${JSON.stringify(result)}\n`);
  if (!result.ok) process.exitCode = 1;
}

async function auditExport(config: ExportConfig): Promise<void> {
  const { dataDirectory, format, from, to } = config;
  needsLog(dataDirectory);
  const lines = exportEvents({
    directory: join(dataDirectory, 'audit'),
    format,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  });
  try {
    await pipeline(lines, process.stdout, { end: false });
  } catch (error) {
    // The reader has what it wanted: `| head`.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPIPE')) throw error;
  }
}

/** An empty answer about a directory that was mistyped would read like a log without events. */
function needsLog(dataDirectory: string): void {
  if (existsSync(join(dataDirectory, 'audit'))) return;
  throw new UsageError(`${dataDirectory} holds no audit log: name the server's data directory with --data`);
}
