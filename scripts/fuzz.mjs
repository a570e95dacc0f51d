// npm run fuzz -- [--cases N] [--seed S]: the oracle and non-interference over drawn worlds, for as long as asked.
import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';

const usage = `usage: npm run fuzz -- [--cases N] [--seed S]

  --cases N   comparisons of two answers, half of them against copies filtered and masked by hand (oracle), half with other
              hidden rows and raw values (non-interference); default 100000
  --seed S    repeats a run: the seed is printed by every run; default: a fresh one
`;

let values;
try {
  ({ values } = parseArgs({
    options: { cases: { type: 'string' }, seed: { type: 'string' }, help: { type: 'boolean' } },
  }));
  for (const [name, value] of Object.entries(values)) {
    if (name !== 'help' && !/^\d{1,10}$/.test(value)) throw new TypeError(`--${name} takes a number`);
  }
} catch (error) {
  process.stderr.write(`${error.message}\n\n${usage}`);
  process.exit(2);
}
if (values.help) {
  process.stdout.write(usage);
  process.exit(0);
}

const env = {
  ...process.env,
  FUZZ_CASES: values.cases ?? '100000',
  ...(values.seed === undefined ? {} : { FUZZ_SEED: values.seed }),
};
const vitest = ['node_modules/vitest/vitest.mjs', 'run', 'test/property/fuzz.test.ts', '--disable-console-intercept'];
spawn(process.execPath, vitest, { env, stdio: 'inherit' }).on('exit', (code) => process.exit(code ?? 1));
