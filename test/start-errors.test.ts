import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { parseCommand } from '../src/config.ts';
import { plainText } from '../src/start-errors.ts';

const listening = (code: string): Error =>
  Object.assign(new Error(`listen ${code}`), { code, syscall: 'listen', address: '127.0.0.1', port: 5433 });

test('a port in use is told with the options that choose another', () => {
  expect(plainText(listening('EADDRINUSE'))).toBe(
    'port 5433 of 127.0.0.1 is in use: choose another with --pg-port or --http-port (0 for a free one)',
  );
});

test('a directory that cannot be made is told with what to do', () => {
  const error = Object.assign(new Error('EEXIST: file already exists, mkdir /x'), { code: 'EEXIST', syscall: 'mkdir' });
  expect(plainText(error)).toBe(
    'EEXIST: file already exists, mkdir /x: a directory cannot be made there; choose another place',
  );
});

test.each([
  [['audit', 'verfy'], 'See portcullis audit --help.'],
  [['verfy'], 'See portcullis --help.'],
])('a mistake in %j names the help that tells of it', (argv, line) => {
  const { status, stderr } = spawnSync(process.execPath, ['dist/main.js', ...argv], { encoding: 'utf8' });
  expect(status).toBe(2);
  expect(stderr).toContain(`\n${line}\n`);
});

test('what nobody expected keeps its stack', () => {
  expect(plainText(new Error('x'))).toBeUndefined();
  expect(plainText(listening('EWHATEVER'))).toBeUndefined();
});

test.each([[[]], [['audit']], [['policy']]])('portcullis %j without a command tells what there is', (argv) => {
  expect(() => parseCommand(argv, {}, '1')).toThrow(/a command is missing\n\nUsage: portcullis/);
});
