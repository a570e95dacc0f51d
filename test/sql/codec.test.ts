import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DuckDbEngine } from '../../src/engine/duckdb-engine.ts';
import { walk } from '../../src/sql/children.ts';
import { corpus, refusedCorpus } from '../support/query-corpus.ts';

let engine: DuckDbEngine;

beforeAll(async () => {
  engine = await DuckDbEngine.open({
    dataDirectory: mkdtempSync(join(tmpdir(), 'portcullis-codec-')),
    memoryLimit: undefined,
    threads: 1,
  });
});

afterAll(() => {
  engine.close();
});

test.each(corpus)('printing gives the same tree back: %s', async (sql) => {
  const tree = await engine.codec.parse(sql);
  const text = await engine.codec.print(tree);
  expect(text).not.toBe('');
  // What was printed can be printed again: views and functions are stored and printed many times.
  await engine.codec.print(await engine.codec.parse(text));
});

test.each(corpus)('the typed walk reaches every node that a blind walk over the JSON finds: %s', async (sql) => {
  const tree = await engine.codec.parse(sql);
  const blind = new Set<unknown>();
  const look = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(look);
    else if (typeof value === 'object' && value !== null) {
      if ('alias' in value && ('class' in value || 'sample' in value)) blind.add(value);
      if ('modifiers' in value && 'cte_map' in value) blind.add(value);
      if ('extension_info' in value) blind.delete(value);
      Object.values(value).forEach(look);
    }
  };
  look(tree);
  const typed = new Set<unknown>();
  walk(tree.node, (node) => {
    typed.add(node);
    return true;
  });
  expect(typed.size).toBe(blind.size);
  for (const node of blind) expect(typed.has(node)).toBe(true);
});

test.each(refusedCorpus)('refused with a typed error: %s', async (sql, sqlState) => {
  const attempt = async (): Promise<string> => engine.codec.print(await engine.codec.parse(sql));
  await expect(attempt()).rejects.toMatchObject({ name: 'SqlError', sqlState });
});
