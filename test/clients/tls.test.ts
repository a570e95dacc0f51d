// Real psql and node-postgres through TLS against the built server, and a certificate renewed while it runs.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningServer, startServer } from '../support/start-server.ts';

const run = promisify(execFile);
const certificates = new URL('../support/certificates/', import.meta.url).pathname;
const directory = mkdtempSync(join(tmpdir(), 'portcullis-tls-'));
const [certificate, key] = [join(directory, 'server.crt'), join(directory, 'server.key')];

let server: RunningServer;

function install(name: string): void {
  copyFileSync(join(certificates, `${name}.crt`), certificate);
  copyFileSync(join(certificates, `${name}.key`), key);
}

beforeAll(async () => {
  install('rsa');
  server = await startServer({ arguments: ['--tls-cert', certificate, '--tls-key', key, '--require-tls'] });
});
afterAll(async () => {
  await server.stop();
});

/** What psql prints for `sql`, or what it says against it. */
async function psql(settings: string, sql = '\\conninfo', password = 'admin-pw'): Promise<string> {
  const connection = `host=localhost port=${String(server.pgPort)} dbname=system user=admin ${settings}`;
  const env = { ...process.env, PGPASSWORD: password };
  const answer = await run('psql', ['-X', '-At', connection, '-c', sql], { env }).catch((error: unknown) => error);
  const { stdout, stderr } = answer as { readonly stdout: string; readonly stderr: string };
  return `${stdout}${stderr}`;
}

test('psql connects with sslmode=require and with verify-full', async () => {
  expect(await psql('sslmode=require')).toMatch(/SSL connection \(protocol: TLSv1\.[23]/);
  expect(await psql(`sslmode=verify-full sslrootcert=${certificate}`)).toMatch(/SSL connection/);
});

test('libpq binds its login to the certificate', async () => {
  expect(await psql(`sslmode=verify-full sslrootcert=${certificate} channel_binding=require`)).toMatch(
    /SSL connection/,
  );
});

test('psql logs in with a personal access token that it announces, until it is dropped', async () => {
  const [id = '', token = ''] = (await psql('', "CREATE TOKEN COMMENT 'psql' EXPIRES IN 7 DAYS")).split('|');
  const announced = "sslmode=require options='-c portcullis.authentication=token'";
  expect(await psql(announced, 'SELECT current_user', token)).toBe('admin\n');
  expect(await psql('sslmode=require', 'SELECT current_user', token)).toContain('password authentication failed');
  expect(await psql('', `DROP TOKEN ${id}`)).toBe('DROP TOKEN\n');
  expect(await psql(announced, 'SELECT current_user', token)).toContain('password authentication failed');
});

test('psql that announces a token is asked for it in clear text, which may be a password too', async () => {
  const announced = "options='-c portcullis.authentication=token'";
  expect(await psql(`sslmode=require ${announced}`, 'SELECT 1 AS one')).toBe('1\n');
});

test("psql's \\password sends a ready verifier, and the new password holds", async () => {
  const change = async (user: string, from: string, to: string): Promise<string> => {
    const connection = `host=localhost port=${String(server.pgPort)} dbname=system user=${user}`;
    // Without a terminal psql asks on standard error and reads standard input.
    const child = spawn('psql', ['-X', connection, '-c', String.raw`\password`], {
      env: { ...process.env, PGPASSWORD: from },
      detached: true,
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => (said += bytes.toString()));
    child.stdin.end(`${to}\n${to}\n`);
    await once(child, 'close');
    return said;
  };
  await psql('', "CREATE USER changing PASSWORD 'first'");
  expect(await change('changing', 'first', 'pässwörd two')).not.toContain('ERROR');
  expect(await change('changing', 'first', 'third')).toContain('password authentication failed');
  expect(await change('changing', 'pässwörd two', 'third')).not.toContain('ERROR');
});

test('psql without TLS is refused, and a wrong certificate is noticed', async () => {
  expect(await psql('sslmode=disable')).toContain('connections must be encrypted');
  const other = join(certificates, 'ec.crt');
  expect(await psql(`sslmode=verify-full sslrootcert=${other}`)).toContain('certificate verify failed');
});

test('a certificate renewed by SIGHUP is what the next connection sees', async () => {
  const ca = ['rsa', 'ec'].map((name) => readFileSync(join(certificates, `${name}.crt`)));
  const connected = async (authorities: readonly Buffer[]): Promise<unknown> => {
    const { pgPort: port } = server;
    const login = { host: 'localhost', port, database: 'system', user: 'admin', password: 'admin-pw' };
    const client = new pg.Client({ ...login, ssl: { ca: [...authorities] } });
    await client.connect();
    const { rows } = await client.query('SELECT 1 AS one');
    await client.end();
    return rows;
  };
  expect(await connected(ca.slice(0, 1))).toEqual([{ one: 1 }]);
  install('ec');
  process.kill(Number(readFileSync(join(server.dataDirectory, 'portcullis.pid'), 'utf8')), 'SIGHUP');
  await expect.poll(() => server.output()).toContain('read again');
  expect(await connected(ca.slice(1))).toEqual([{ one: 1 }]);
  await expect(connected(ca.slice(0, 1))).rejects.toThrow('self-signed');
});
