// The bootstrap, CommonJS on purpose: libuv sizes its pool when something first uses it, and loading an ES module already
// does. Here nothing has used it yet. `serve` runs in a child process: when that ends by itself, because the engine has failed
// for good or crashed, a new one takes over on the same ports, as PostgreSQL's postmaster does it.
const fs = process.getBuiltinModule('node:fs');
const os = process.getBuiltinModule('node:os');
const { spawn } = process.getBuiltinModule('node:child_process');
const { isMainThread, Worker } = process.getBuiltinModule('node:worker_threads');

/** Of a server that fails again and again: sysexits' EX_SOFTWARE. */
const failedCode = 70;
/** Between looks at whether the supervisor still lives. */
const parentWatchMs = 500;
/** Restarts within a minute; more are no accident. */
const restartsPerMinuteMax = 20;

const asked = Number(/--max-running-queries[= ](\d+)/.exec(process.argv.join(' '))?.[1] ?? Number.NaN);
const configured = Number(process.env['PORTCULLIS_MAX_RUNNING_QUERIES'] ?? Number.NaN);
const filed = Number(fromConfigFile('max-running-queries') ?? Number.NaN);
const running = [asked, configured, filed].find((count) => count > 0) ?? Math.max(16, os.availableParallelism() * 4);

/** One thread per running statement, and some for files and names. */
process.env['UV_THREADPOOL_SIZE'] ??= String(running + 8);

const commandLine = process.argv.slice(2);
const isSupervised = process.env['PORTCULLIS_SUPERVISED'] !== undefined && process.send !== undefined;
const serves = commandLine[0] === 'serve' && !commandLine.includes('--help') && !commandLine.includes('-h');

if (!isMainThread) {
  watchParent(Number(process.env['PORTCULLIS_SUPERVISED']));
} else if (serves && !isSupervised) {
  supervise();
} else {
  // Without its supervisor nobody would stop it, or start it again. Watched from a thread that is never busy.
  if (isSupervised) new Worker(__filename).unref();
  // The build puts the ES modules beside this file.
  const program = './app/main.js';
  void import(program).then((app: { main: (argv: readonly string[], env: NodeJS.ProcessEnv) => Promise<void> }) =>
    app.main(commandLine, process.env),
  );
}

/** What the configuration file says, if it can be read: the server proper tells what is wrong with it. */
function fromConfigFile(name: string): unknown {
  const file = /--config[= ](\S+)/.exec(process.argv.join(' '))?.[1] ?? process.env['PORTCULLIS_CONFIG'];
  if (file === undefined || file === '') return undefined;
  try {
    return (JSON.parse(fs.readFileSync(file, 'utf8')) as Readonly<Record<string, unknown>>)[name];
  } catch {
    return undefined;
  }
}

function watchParent(parent: number): void {
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
  }, parentWatchMs);
}

function supervise(): void {
  const started: number[] = [];
  let ports: string | undefined;
  let stopping = false;
  const start = (): void => {
    started.push(Date.now());
    const env = {
      ...process.env,
      PORTCULLIS_SUPERVISED: String(process.pid),
      ...(ports === undefined ? {} : { PORTCULLIS_RESTART_PORTS: ports }),
    };
    const child = spawn(process.execPath, [...process.execArgv, __filename, ...commandLine], {
      env,
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    });
    child.on('message', (message: { pgPort: number; httpPort: number }) => {
      ports = `${String(message.pgPort)},${String(message.httpPort)}`;
    });
    // A terminal sends SIGINT to both; the child ends, and with it this process.
    const forward = (signal: NodeJS.Signals): void => {
      stopping = true;
      child.kill(signal);
    };
    process.on('SIGINT', forward).on('SIGTERM', forward);
    // The server reads its certificate again, or ends when it has none.
    const hangUp = (): void => {
      child.kill('SIGHUP');
    };
    process.on('SIGHUP', hangUp);
    child.on('exit', (code, signal) => {
      process.off('SIGINT', forward).off('SIGTERM', forward).off('SIGHUP', hangUp);
      const ownCode = code ?? (signal === null ? 1 : 128 + os.constants.signals[signal]);
      // Whoever asked for it to stop, or started it wrongly, is not helped by another one.
      if (stopping || code === 0 || signal === 'SIGHUP' || ports === undefined) process.exit(ownCode);
      const recent = started.filter((time) => time > Date.now() - 60_000).length;
      const again = recent <= restartsPerMinuteMax;
      report(again ? 'starting it again' : 'giving up', { code, signal, startsWithinAMinute: recent });
      if (again) start();
      else process.exit(failedCode);
    });
  };
  start();
}

/** As the server's own log lines; what crashed could not write one. */
function report(next: string, facts: object): void {
  const line = {
    level: 60,
    time: Date.now(),
    pid: process.pid,
    ...facts,
    msg: `the server process has ended; ${next}`,
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
