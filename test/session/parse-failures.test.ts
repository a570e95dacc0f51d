import { afterAll, beforeAll, expect, test } from 'vitest';
import { type InProcess, startInProcess } from '../support/in-process.ts';

let server: InProcess;

beforeAll(async () => {
  server = await startInProcess();
});

afterAll(async () => {
  await server.close();
});

test('text that no grammar reads leaves an event, without its secrets', async () => {
  const admin = await server.as('admin');
  server.audit.events.length = 0;
  await expect(admin.run("CREATE USER x PASSWORD 'hunter2' AND MORE")).rejects.toMatchObject({ sqlState: '42601' });
  const text = JSON.stringify(server.audit.events);
  expect(text).toContain('"sqlState":"42601"');
  expect(text).not.toContain('hunter2');
});

test('the position of an error counts from the start of the message', async () => {
  const admin = await server.as('admin');
  await expect(admin.run('SELECT 1; FOO bar')).rejects.toMatchObject({ sqlState: '42601', position: 10 });
});
