// The built server in a process of its own, on any free ports.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

const adminPassword = 'admin-pw';

export interface ServerOptions {
  /** A data directory to start on; a new, empty one if absent. */
  readonly dataDirectory?: string;
  readonly adminPassword?: string;
  readonly arguments?: readonly string[];
  readonly readyWithinMs?: number;
  /** Another script than the built server. */
  readonly script?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface RunningServer {
  readonly pgPort: number;
  readonly httpPort: number;
  readonly dataDirectory: string;
  /** Everything it wrote to standard output and standard error so far. */
  output(): string;
  /** SIGTERM; fails unless it exits with 0. */
  stop(): Promise<void>;
  kill9(): Promise<void>;
}

interface ReadyLine {
  readonly msg: 'ready';
  readonly pgPort: number;
  readonly httpPort: number;
}

export async function startServer(options: ServerOptions = {}): Promise<RunningServer> {
  const dataDirectory = options.dataDirectory ?? mkdtempSync(join(tmpdir(), 'portcullis-server-'));
  const child = spawn(
    process.execPath,
    [
      options.script ?? 'dist/main.js',
      'serve',
      '--data',
      dataDirectory,
      '--pg-port',
      '0',
      '--http-port',
      '0',
      ...(options.arguments ?? []),
    ],
    {
      env: { ...process.env, PORTCULLIS_ADMIN_PASSWORD: options.adminPassword ?? adminPassword, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const output = collectOutput(child);
  const ready = await waitUntilReady(child, output, options.readyWithinMs ?? 30_000);
  return {
    pgPort: ready.pgPort,
    httpPort: ready.httpPort,
    dataDirectory,
    output,
    stop: async () => {
      const code = await exitAfter(child, 'SIGTERM');
      if (code !== 0) throw new Error(`the server exited with ${String(code)}:\n${output()}`);
    },
    kill9: async () => {
      await exitAfter(child, 'SIGKILL');
    },
  };
}

function collectOutput(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8');
    stream?.on('data', (chunk: string) => {
      text += chunk;
    });
  }
  return () => text;
}

async function waitUntilReady(child: ChildProcess, output: () => string, withinMs: number): Promise<ReadyLine> {
  let failure: string | undefined;
  child.once('error', (error) => {
    failure = error.message;
  });
  const deadline = Date.now() + withinMs;
  for (;;) {
    const ready = readyLineIn(output());
    if (ready !== undefined) return ready;
    if (hasExited(child)) failure ??= `it exited with ${String(child.exitCode ?? child.signalCode)}`;
    if (Date.now() > deadline) failure ??= `it was not ready within ${String(withinMs)} ms`;
    if (failure !== undefined) {
      child.kill('SIGKILL');
      throw new Error(`the server did not start: ${failure}\n${output()}`);
    }
    await delay(10);
  }
}

function readyLineIn(output: string): ReadyLine | undefined {
  const line = output.split('\n').find((each) => each.includes('"msg":"ready"') && each.endsWith('}'));
  return line === undefined ? undefined : (JSON.parse(line) as ReadyLine);
}

async function exitAfter(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
  if (!hasExited(child)) {
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }
  return child.exitCode;
}

function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** A driver's connection of the administrator, who has the default password; to be ended by the caller. */
export async function connectedAdmin({ pgPort }: RunningServer): Promise<pg.Client> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: pgPort,
    user: 'admin',
    password: adminPassword,
    database: 'system',
  });
  await client.connect();
  return client;
}
