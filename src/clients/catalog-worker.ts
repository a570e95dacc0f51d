// The worker thread of the embedded PostgreSQL: questions in, answers out, one after the other.
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../base/assert.ts';
import { CatalogInstances } from './catalog-instances.ts';
import type { CatalogQuestion, CatalogReply } from './catalog-protocol.ts';

const port = parentPort;
assert(port !== null, 'this runs in a worker thread');
const instances = new CatalogInstances((workerData as { readonly image: string }).image);

let last: Promise<void> = Promise.resolve();
port.on('message', (question: CatalogQuestion) => {
  last = last.then(async () => {
    port.postMessage(await reply(question));
  });
});

async function reply(question: CatalogQuestion): Promise<CatalogReply> {
  try {
    return await instances.ask(question);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { id: question.id, refusal: { sqlState: 'XX000', message, hint: undefined, position: undefined } };
  }
}
