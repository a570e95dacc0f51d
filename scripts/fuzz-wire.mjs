// npm run fuzz:wire -- [--frames N] [--seed S]: random frames into the whole product, for as long as asked.
import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';

const usage = `usage: npm run fuzz:wire -- [--frames N] [--seed S]

  --frames N  frames sent, sound, mutated, lying and random, before and after login; default 1000000
  --seed S    repeats a run: the seed is printed by every run; default: a fresh one
`;

let values;
try {
  ({ values } = parseArgs({
    options: { frames: { type: 'string' }, seed: { type: 'string' }, help: { type: 'boolean' } },
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
  WIRE_FUZZ_FRAMES: values.frames ?? '1000000',
  ...(values.seed === undefined ? {} : { WIRE_FUZZ_SEED: values.seed }),
};
const vitest = ['node_modules/vitest/vitest.mjs', 'run', 'test/wire/wire-fuzz.test.ts', '--disable-console-intercept'];
spawn(process.execPath, vitest, { env, stdio: 'inherit' }).on('exit', (code) => process.exit(code ?? 1));
