// The options of `serve` that have a value, and the environment variable of each.
import { availableParallelism } from 'node:os';
import { InvalidArgumentError, Option } from 'commander';
import { limits } from './base/limits.ts';
import { bytesOf } from './base/size.ts';

export interface ServeOption {
  readonly option: Option;
  readonly variable: string;
}

const intMax = 2_147_483_647;

/** New ones each time: an Option takes its default from the environment it is read in. */
export function serveOptions(): readonly ServeOption[] {
  return [
    of('DATA', new Option('--data <dir>', 'data directory').default('./portcullis-data')),
    of('HOST', new Option('--host <host>', 'address to listen on').default('127.0.0.1')),
    of('PG_PORT', integer('--pg-port <n>', 'PostgreSQL port, 0 for a free one', [0, 65_535]).default(5433)),
    of('HTTP_PORT', integer('--http-port <n>', 'HTTP port, 0 for a free one', [0, 65_535]).default(8080)),
    of(
      'MAX_RUNNING_QUERIES',
      integer('--max-running-queries <n>', 'statements in the engine at once', [1, 256]).default(runningDefault()),
    ),
    of('MEMORY_LIMIT', size('--memory-limit <size>', 'memory of the engine, e.g. 4GB')),
    of('RESIDENT_LIMIT', size('--resident-limit <size>', 'memory of the process at which statements are stopped')),
    of('TEMP_LIMIT', size('--temp-limit <size>', 'disk for what does not fit into memory').default('20GB')),
    of(
      'MAX_RESULT_ROWS',
      integer('--max-result-rows <n>', 'rows of one answer, 0 for no limit', [0, intMax]).default(0),
    ),
    of('MAX_RESULT_BYTES', size('--max-result-bytes <size>', 'bytes of one answer (default: no limit)')),
    of('THREADS', integer('--threads <n>', 'worker threads of the engine', [1, 256]).default(threadsDefault())),
    of(
      'STATEMENT_TIMEOUT',
      integer('--statement-timeout <ms>', 'longest statement, 0 for no limit', [0, intMax]).default(0),
    ),
    of('DEMO', flag('--demo', 'load the demo lakehouse; every password is "demo"')),
    of('INSECURE', flag('--insecure', 'listen beyond loopback without requiring TLS')),
    of('TLS_CERT', new Option('--tls-cert <file>', 'TLS certificate with its chain, PEM; read again on SIGHUP')),
    of('TLS_KEY', new Option('--tls-key <file>', 'key of the TLS certificate, PEM; read again on SIGHUP')),
    ...connectionOptions(),
  ];
}

/** Who may connect, how, and for how long. */
function connectionOptions(): readonly ServeOption[] {
  return [
    of(
      'PASSWORD_AUTHENTICATION',
      new Option('--password-authentication <how>', 'through TLS: by SCRAM, or in clear text so that it may be a token')
        .choices(['scram', 'cleartext'])
        .default('scram'),
    ),
    of(
      'MAX_CONNECTIONS',
      integer('--max-connections <n>', 'connections at once', [1, 100_000]).default(limits.connectionsMax),
    ),
    of(
      'MAX_CONNECTIONS_PER_USER',
      integer('--max-connections-per-user <n>', 'sessions of one user, 0 for no limit', [0, 100_000]).default(0),
    ),
    of(
      'AUTHENTICATION_TIMEOUT',
      integer('--authentication-timeout <ms>', 'time for TLS and login', [1, intMax]).default(
        limits.authenticationTimeoutMs,
      ),
    ),
    of(
      'IDLE_SESSION_TIMEOUT',
      integer('--idle-session-timeout <ms>', 'longest silence, 0 for no limit', [0, intMax]).default(0),
    ),
    of(
      'IDLE_IN_TRANSACTION_TIMEOUT',
      integer('--idle-in-transaction-timeout <ms>', 'longest silence in a transaction, 0 for no limit', [
        0,
        intMax,
      ]).default(0),
    ),
    of('REQUIRE_TLS', flag('--require-tls', 'refuse connections without TLS (always so beyond loopback)')),
  ];
}

function of(name: string, option: Option): ServeOption {
  return { option, variable: `PORTCULLIS_${name}` };
}

function integer(flags: string, description: string, [low, high]: readonly [number, number]): Option {
  return new Option(flags, description).argParser((text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= low && value <= high) return value;
    throw new InvalidArgumentError(`Use an integer from ${String(low)} to ${String(high)}.`);
  });
}

/** Off unless given; its variable says true or false. */
function flag(flags: string, description: string): Option {
  return new Option(flags, description).argParser((text: string | undefined) => {
    if (text === undefined || /^(?:true|on|1)$/i.test(text)) return true;
    if (/^(?:false|off|0)$/i.test(text)) return false;
    throw new InvalidArgumentError('Use true or false.');
  });
}

function size(flags: string, description: string): Option {
  return new Option(flags, description).argParser((text) => {
    if (bytesOf(text) !== undefined) return text;
    throw new InvalidArgumentError('Use a number and a unit, e.g. 4GB.');
  });
}

/**
 * One core is left to everything but scans: with a thread on every core, point queries beside a long statement took four times
 * as long (p99, bench/concurrency.bench.ts).
 */
function threadsDefault(): number {
  return Math.max(1, availableParallelism() - 1);
}

/** More than anybody's few long queries: the next one must not wait for them. main.cts sizes the thread pool by it. */
function runningDefault(): number {
  return Math.max(16, availableParallelism() * 4);
}
