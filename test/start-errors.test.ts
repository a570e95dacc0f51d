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

test('what nobody expected keeps its stack', () => {
  expect(plainText(new Error('x'))).toBeUndefined();
  expect(plainText(listening('EWHATEVER'))).toBeUndefined();
});

test.each([[[]], [['audit']], [['policy']]])('portcullis %j without a command tells what there is', (argv) => {
  expect(() => parseCommand(argv, {}, '1')).toThrow(/a command is missing\n\nUsage: portcullis/);
});
