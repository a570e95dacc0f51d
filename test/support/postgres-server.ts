// A throwaway PostgreSQL server of its own, for comparing with the real thing.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

export interface PostgresServerOptions {
  /** Lines of postgresql.conf, such as `wal_level = logical`. */
  readonly settings?: readonly string[];
}

export interface PostgresServer {
  readonly host: '127.0.0.1';
  readonly port: number;
  /** A superuser, who logs in with SCRAM-SHA-256. */
  readonly user: 'postgres';
  readonly password: string;
  readonly database: 'postgres';
  /** Major version, such as 15. */
  readonly version: number;
  /** Ends the server at once and removes its files. */
  stop(): Promise<void>;
}

const READY_WITHIN_MS = 30_000;
const RETRY_EVERY_MS = 50;
const PASSWORD = 'postgres-pw';

/**
 * Starts an empty PostgreSQL 15 cluster (UTF8, locale C.UTF-8) on any free port of loopback.
 *
 * @throws Error when no PostgreSQL server is installed: a comparison without it would prove nothing
 */
export async function startPostgres(options: PostgresServerOptions = {}): Promise<PostgresServer> {
  const bin = binaryDirectory();
  const home = mkdtempSync(join(tmpdir(), 'portcullis-postgres-'));
  const data = join(home, 'data');
  const passwordFile = join(home, 'password');
  writeFileSync(passwordFile, `${PASSWORD}\n`);
  const account = unprivilegedAccount();
  if (account !== undefined) for (const path of [home, passwordFile]) chownSync(path, account.uid, account.gid);
  const cluster = ['--pgdata', data, '--username', 'postgres', '--pwfile', passwordFile, '--encoding', 'UTF8'];
  execFileSync(join(bin, 'initdb'), [...cluster, '--locale', 'C.UTF-8', '--auth', 'scram-sha-256', '--no-sync'], {
    ...account,
    cwd: home,
    stdio: 'pipe',
  });
  const port = await freePort();
  appendFileSync(
    join(data, 'postgresql.conf'),
    [
      '',
      "listen_addresses = '127.0.0.1'",
      "unix_socket_directories = ''",
      'fsync = off',
      'shared_buffers = 32MB',
      "timezone = 'UTC'",
      ...(options.settings ?? []),
      '',
    ].join('\n'),
  );
  const child = spawn(join(bin, 'postgres'), ['-D', data, '-p', String(port)], {
    ...account,
    cwd: home,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
  }
  const server = { host: '127.0.0.1', port, user: 'postgres', password: PASSWORD, database: 'postgres' } as const;
  const version = await waitUntilReady(child, server, () => output);
  return { ...server, version, stop: () => stop(child, home) };
}

/** Where initdb is: Debian keeps it out of PATH. */
function binaryDirectory(): string {
  const places = ['/usr/lib/postgresql/15/bin', ...(process.env['PATH'] ?? '').split(':')];
  const found = places.find((place) => existsSync(join(place, 'initdb')));
  if (found === undefined) throw new Error('no PostgreSQL server found: install the package postgresql-15');
  return found;
}

/** PostgreSQL refuses to run as root; its own account, or nobody, is used then. */
function unprivilegedAccount(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    try {
      const id = (flag: string): number =>
        Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: 'pipe' }));
      return { uid: id('-u'), gid: id('-g') };
    } catch {
      // No such account; the next one.
    }
  }
  throw new Error('running as root, and no account to start PostgreSQL as');
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function waitUntilReady(
  child: ChildProcess,
  server: Omit<PostgresServer, 'version' | 'stop'>,
  output: () => string,
): Promise<number> {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (child.exitCode === null && Date.now() < deadline) {
    const client = new pg.Client(server);
    try {
      await client.connect();
      const answer = await client.query<{ number: string }>("SELECT current_setting('server_version_num') AS number");
      return Math.floor(Number(answer.rows[0]?.number) / 10_000);
    } catch {
      await delay(RETRY_EVERY_MS);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
  child.kill('SIGKILL');
  throw new Error(`PostgreSQL did not start:\n${output()}`);
}

async function stop(child: ChildProcess, home: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const exit = once(child, 'exit');
    child.kill('SIGINT'); // fast shutdown: clients are thrown out
    await exit;
  }
  rmSync(home, { recursive: true, force: true });
}
