// The log as text for other tools. JSON lines are the stored lines themselves, checkpoints too, so that a full export
// can be verified like the log; CSV (RFC 4180) has the common fields in columns and the whole event in the last one.
// It checks nothing: `verifyLog` does.
import { join } from 'node:path';
import { SqlError } from '../base/sql-error.ts';
import { type LogLine, readRecord } from './record.ts';
import { segmentLines } from './segment-lines.ts';
import { listSegments } from './segments.ts';

export interface ExportRequest {
  readonly directory: string;
  /** Records of this time and later. */
  readonly from?: Date;
  /** Records before this time. */
  readonly to?: Date;
  readonly format: 'jsonl' | 'csv';
}

/** Text in pieces of whole lines. An incomplete last line is left out. */
export async function* exportEvents({
  directory,
  from,
  to,
  format,
}: ExportRequest): AsyncGenerator<string, void, void> {
  const toText = format === 'csv' ? csvOf : (_record: LogLine, line: Buffer): string => `${line.toString('utf8')}\n`;
  if (format === 'csv') yield `${[...Object.keys(columns), 'event'].join(',')}\r\n`;
  const fromTime = from?.toISOString() ?? '';
  const toTime = to?.toISOString() ?? '~';
  for (const { name } of await listSegments(directory)) {
    let number = 0;
    for await (const { lines } of segmentLines(join(directory, name))) {
      let text = '';
      for (const line of lines) {
        number += 1;
        const record = readRecord(line);
        if (record === undefined) throw notARecord(name, number);
        // ISO times of one length compare as texts.
        if (record.time >= fromTime && record.time < toTime) text += toText(record, line);
      }
      if (text !== '') yield text;
    }
  }
}

type Fields = Readonly<Record<string, unknown>>;

const columns = {
  sequence: ({ sequence }) => sequence,
  time: ({ time }) => time,
  kind: (_, event) => event['kind'],
  principal: (_, __, actor) => actor['principal'],
  run_as: (_, __, actor) => actor['runAs'],
  client_address: (_, __, actor) => actor['clientAddress'],
  application: (_, __, actor) => actor['application'],
  session_id: (_, __, actor) => actor['sessionId'],
  statement_id: (_, event) => event['statementId'],
  command: (_, event) => event['command'],
  text: (_, event) => event['text'],
  outcome: (_, event) => event['outcome'],
  sql_state: (_, event) => event['sqlState'],
  reason: (_, event) => event['reason'],
  rows: (_, event) => event['rows'],
  duration_ms: (_, event) => event['durationMs'],
  catalog_version: (_, event) => event['catalogVersion'],
  hash: ({ hash }) => hash,
} satisfies Record<string, (record: LogLine, event: Fields, actor: Fields) => unknown>;

function csvOf(record: LogLine): string {
  const text = record.eventText();
  const event = JSON.parse(text) as Fields;
  const actor = (event['actor'] ?? {}) as Fields;
  const cells = Object.values(columns).map((column) => cell(column(record, event, actor)));
  return `${[...cells, cell(text)].join(',')}\r\n`;
}

function cell(value: unknown): string {
  if (value === undefined || value === null) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function notARecord(segment: string, line: number): SqlError {
  return new SqlError(
    'objectNotInPrerequisiteState',
    `audit log is damaged: segment ${segment}, line ${String(line)}`,
    {
      hint: 'Run "portcullis audit verify".',
    },
  );
}
