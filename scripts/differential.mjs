// npm run differential -- --suite DIR [--only PART]: DuckDB's own SQL tests, run by a user who may do everything.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const usage = `usage: npm run differential -- --suite DIR [--only PART]

  --suite DIR   a checkout of DuckDB's sources (the folder that holds test/sql), of the version that is embedded
  --only PART   files whose path holds PART, for example sql/join
`;

let values;
try {
  ({ values } = parseArgs({
    options: { suite: { type: 'string' }, only: { type: 'string' }, help: { type: 'boolean' } },
  }));
} catch (error) {
  process.stderr.write(`${error.message}\n\n${usage}`);
  process.exit(2);
}
if (values.help) {
  process.stdout.write(usage);
  process.exit(0);
}
const suite = resolve(values.suite ?? '');
if (values.suite === undefined || !existsSync(join(suite, 'test/sql'))) {
  process.stderr.write(`--suite names no folder with test/sql in it\n\n${usage}`);
  process.exit(2);
}
const env = { ...process.env, DUCKDB_SUITE: suite, DUCKDB_SUITE_ONLY: values.only ?? '' };
const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'vitest.differential.config.ts'];
spawn(process.execPath, vitest, { env, stdio: 'inherit' }).on('exit', (code) => process.exit(code ?? 1));
