import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { rewriteResults, runScript } from './runner.ts';

const rewrite = process.env['UPDATE_CONFORMANCE'] === '1';
if (rewrite && process.env['CI'] !== undefined) throw new Error('UPDATE_CONFORMANCE is not for CI');

const scripts = readdirSync('conformance', { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.slt'))
  .map((path) => join('conformance', path))
  .sort();

test.each(scripts)('%s holds with the simple and the extended protocol', async (script) => {
  if (rewrite) await rewriteResults(script);
  const failures = await Promise.all([runScript(script, 'simple'), runScript(script, 'extended')]);
  expect(failures.flat().join('\n\n')).toBe('');
});
