// The bootstrap, CommonJS on purpose: libuv sizes its pool when something first uses it, and loading an ES module already
// does. Here nothing has used it yet.
const os = process.getBuiltinModule('node:os');
const asked = Number(/--max-running-queries[= ](\d+)/.exec(process.argv.join(' '))?.[1] ?? Number.NaN);
const configured = Number(process.env['PORTCULLIS_MAX_RUNNING_QUERIES'] ?? Number.NaN);
const running = [asked, configured].find((count) => count > 0) ?? Math.max(16, os.availableParallelism() * 4);

/** One thread per running statement, and some for files and names. */
process.env['UV_THREADPOOL_SIZE'] ??= String(running + 8);

// The build puts the ES modules beside this file.
const program = './app/main.js';
void import(program).then((app: { main: (argv: readonly string[], env: NodeJS.ProcessEnv) => Promise<void> }) =>
  app.main(process.argv.slice(2), process.env),
);
