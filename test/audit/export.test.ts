import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type ExportRequest, exportEvents } from '../../src/audit/export.ts';
import { eventLine, fixedTime, linesOf, login, openWriter, scratch, statement } from '../support/audit-fixtures.ts';

async function exported(request: ExportRequest): Promise<string> {
  let text = '';
  for await (const piece of exportEvents(request)) text += piece;
  return text;
}

async function writeLog(directory: string): Promise<void> {
  const writer = await openWriter(directory, { segmentBytes: 600 });
  writer.append([eventLine(login('early'), '2026-11-23T10:00:00.000Z')]);
  writer.append([eventLine(statement('SELECT "a",\n1'), '2026-11-23T11:00:00.000Z')]);
  writer.append([eventLine(login('late'), '2026-11-23T12:00:00.000Z')]);
  writer.close('2026-11-23T13:00:00.000Z');
}

test('JSON lines are the stored lines, byte for byte', async () => {
  using place = scratch();
  await writeLog(place.directory);
  const text = await exported({ directory: place.directory, format: 'jsonl' });
  expect(text).toBe(
    linesOf(place.directory)
      .map((line) => `${line}\n`)
      .join(''),
  );
});

test('from is included and to is not', async () => {
  using place = scratch();
  await writeLog(place.directory);
  const from = new Date('2026-11-23T11:00:00.000Z');
  const to = new Date('2026-11-23T12:00:00.000Z');
  const text = await exported({ directory: place.directory, from, to, format: 'jsonl' });
  expect(
    text
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { sequence: number }).sequence),
  ).toEqual([3]);
});

test('CSV quotes what RFC 4180 asks to quote, and its last column is the whole event', async () => {
  using place = scratch();
  await writeLog(place.directory);
  const text = await exported({ directory: place.directory, format: 'csv' });
  const [header, opened] = text.split('\r\n');
  expect(header).toMatch(/^sequence,time,kind,principal,run_as,.*,hash,event$/);
  expect(opened).toMatch(new RegExp(`^1,${fixedTime},opened,,`));
  expect(text).toContain(
    '3,2026-11-23T11:00:00.000Z,statementStarted,alice,alice,127.0.0.1:5,psql,s1,q1,SELECT,"SELECT ""a"",\n1",',
  );
  expect(text).toContain('""text"":""SELECT \\""a\\"",\\n1""');
});

test('an incomplete last line is left out; a line that is no record stops the export and is named', async () => {
  using place = scratch();
  await writeLog(place.directory);
  const lines = linesOf(place.directory).length;
  const segment = join(place.directory, '0000000000000009.jsonl');
  writeFileSync(segment, '{"sequence":9,"ti');
  expect((await exported({ directory: place.directory, format: 'jsonl' })).split('\n')).toHaveLength(lines + 1);
  appendFileSync(segment, '\n');
  await expect(exported({ directory: place.directory, format: 'csv' })).rejects.toThrow(
    'segment 0000000000000009.jsonl, line 1',
  );
});

test('a directory without a log exports nothing', async () => {
  using place = scratch();
  expect(await exported({ directory: join(place.root, 'none'), format: 'jsonl' })).toBe('');
});
