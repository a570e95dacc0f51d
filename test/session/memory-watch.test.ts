// Short of memory: nothing new starts, the longest-running statement is stopped, and service resumes by itself.
import { expect, test } from 'vitest';
import { Admission } from '../../src/session/admission.ts';
import { MemoryWatch } from '../../src/session/memory-watch.ts';

interface FakeStatement {
  readonly signal: AbortSignal;
  readonly cancelled: string[];
  cancel(message: string, condition: 'outOfMemory'): void;
}

function statement(): FakeStatement {
  const cancelled: string[] = [];
  return {
    signal: new AbortController().signal,
    cancelled,
    cancel: (message, condition) => {
      cancelled.push(`${condition}: ${message}`);
    },
  };
}

function watchOf(admission: Admission, resident: { bytes: number }): { look(): void; messages: string[] } {
  const messages: string[] = [];
  const note = (_: object, message: string): void => {
    messages.push(message);
  };
  const log = { info: note, warn: note, error: note };
  const watch = new MemoryWatch(admission, { limitBytes: 100, log, residentBytes: () => resident.bytes });
  return {
    look: () => {
      watch.look();
    },
    messages,
  };
}

test('above the limit the statement that has run longest is stopped, then the next, one at a look', async () => {
  const admission = new Admission(8, 8);
  const resident = { bytes: 50 };
  const watch = watchOf(admission, resident);
  const [first, second] = [statement(), statement()];
  await admission.enter(first);
  await admission.enter(second);
  watch.look();
  expect(first.cancelled).toEqual([]);
  resident.bytes = 150;
  watch.look();
  expect(first.cancelled).toEqual(['outOfMemory: canceling statement because the server is short of memory']);
  expect(second.cancelled).toEqual([]);
  watch.look();
  expect(second.cancelled).toHaveLength(1);
  expect(first.cancelled).toHaveLength(1);
});

test('while it is above the limit nothing new starts; below it the queue goes on', async () => {
  const admission = new Admission(8, 8);
  const resident = { bytes: 150 };
  const watch = watchOf(admission, resident);
  const release = await admission.enter(statement());
  watch.look();
  let started = false;
  const waiting = admission.enter(statement()).then((place) => {
    started = true;
    return place;
  });
  release();
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect(started).toBe(false);
  resident.bytes = 50;
  watch.look();
  (await waiting)();
  expect(started).toBe(true);
  expect(admission.running).toBe(0);
});

test('memory that nobody uses does not stop the server for ever: the limit gives way, and the log says so', async () => {
  const admission = new Admission(8, 8);
  const resident = { bytes: 150 };
  const watch = watchOf(admission, resident);
  watch.look();
  watch.look();
  expect(watch.messages).toContain('idle memory is above the limit, which is raised');
  await admission.enter(statement());
});

test('memory far above the limit while statements run ends the process, before the machine does it', async () => {
  const admission = new Admission(8, 8);
  const resident = { bytes: 140 };
  const ended: unknown[] = [];
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const onExhausted = (error: unknown): void => void ended.push(error);
  const watch = new MemoryWatch(admission, { limitBytes: 100, log, residentBytes: () => resident.bytes, onExhausted });
  const running = statement();
  await admission.enter(running);
  watch.look();
  expect(running.cancelled).toHaveLength(1);
  expect(ended).toHaveLength(0);
  resident.bytes = 160;
  watch.look();
  expect(ended).toHaveLength(1);
});

test('never more run than may, however places come free', async () => {
  const admission = new Admission(2, 100);
  let running = 0;
  let most = 0;
  await Promise.all(
    Array.from({ length: 50 }, async () => {
      const release = await admission.enter(statement());
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 1));
      running -= 1;
      release();
      release();
    }),
  );
  expect(most).toBe(2);
  expect(admission.running).toBe(0);
});
