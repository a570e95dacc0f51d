// The server's side of the embedded PostgreSQL: starts its worker when the first question comes, and anew when one takes too long
// (nothing can interrupt WebAssembly from outside).
import type { Worker } from 'node:worker_threads';
import { limits } from '../base/limits.ts';
import { SqlError } from '../base/sql-error.ts';
import { startWorker } from '../base/worker-url.ts';
import type { CatalogQuestion, CatalogReply } from './catalog-protocol.ts';
import type { ShadowSchema } from './shadow-schema.ts';

interface Waiting {
  readonly question: CatalogQuestion;
  readonly schema: ShadowSchema;
  readonly resolve: (reply: Exclude<CatalogReply, { readonly unknownSchema: true }>) => void;
  readonly reject: (error: SqlError) => void;
}

export class CatalogEngine {
  readonly #image: string;
  readonly #waiting: Map<number, Waiting> = new Map();
  #worker: Worker | undefined;
  #next = 1;

  /** @param image data directory of an empty PostgreSQL (tar, gzip) */
  constructor(image: string) {
    this.#image = image;
  }

  /** @throws SqlError queryCanceled when it takes too long or is cancelled, limitExceeded when too many wait */
  async ask(
    schema: ShadowSchema,
    question: Omit<CatalogQuestion, 'id' | 'schema' | 'schemaKey'>,
    signal: AbortSignal,
  ): Promise<Exclude<CatalogReply, { readonly unknownSchema: true }>> {
    if (this.#waiting.size >= limits.catalogQuestionsMax) {
      throw new SqlError('limitExceeded', 'too many queries of the catalogs are waiting');
    }
    const id = this.#next;
    this.#next += 1;
    const stop = (): void => {
      this.#waiting.get(id)?.reject(canceled());
      this.#waiting.delete(id);
      this.#restart();
    };
    // The first one also waits for the start.
    const timer = setTimeout(stop, limits.catalogStartTimeoutMs + limits.catalogQueryTimeoutMs);
    signal.addEventListener('abort', stop, { once: true });
    try {
      return await new Promise((resolve, reject) => {
        const asked = { ...question, id, schemaKey: schema.key };
        this.#waiting.set(id, { question: asked, schema, resolve, reject });
        this.#started().postMessage(asked);
      });
    } finally {
      this.#waiting.delete(id);
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    }
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
    this.#worker = undefined;
  }

  #started(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = startWorker('./catalog-worker', import.meta.url, { workerData: { image: this.#image } });
    // An idle worker does not keep the server alive.
    worker.unref();
    worker.on('message', (reply: CatalogReply) => {
      const waiting = this.#waiting.get(reply.id);
      // Definitions may be megabytes: they are sent when they are asked for.
      if (!('unknownSchema' in reply)) waiting?.resolve(reply);
      else if (waiting !== undefined) worker.postMessage({ ...waiting.question, schema: waiting.schema });
    });
    worker.on('error', () => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      // One of them may be what it failed at.
      for (const { reject } of this.#waiting.values()) {
        reject(new SqlError('internalError', 'the catalogs cannot be read'));
      }
      this.#waiting.clear();
    });
    this.#worker = worker;
    return worker;
  }

  /** The others are asked again. */
  #restart(): void {
    void this.#worker?.terminate();
    this.#worker = undefined;
    for (const { question } of this.#waiting.values()) this.#started().postMessage(question);
  }
}

function canceled(): SqlError {
  return new SqlError('queryCanceled', 'canceling statement: the query of the catalogs took too long or was cancelled');
}
