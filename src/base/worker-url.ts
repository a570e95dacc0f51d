// Starts a worker thread whose body is a file of ours, from dist (.js) and from the sources (.ts, under vitest).
// A worker starts in bare Node, not in vitest's module runner, and Node 20 strips no types. So from source the worker gets
// --import worker-from-source.mjs, which transpiles with the TypeScript of devDependencies. From dist nothing of this runs.
import { Worker, type WorkerOptions } from 'node:worker_threads';

/**
 * @param name the worker's file without extension, beside the importer: './writer-worker'
 * @param importer the importer's import.meta.url; its extension decides which file is meant
 */
export function startWorker(name: string, importer: string, options: WorkerOptions): Worker {
  if (!importer.endsWith('.ts')) return new Worker(new URL(`${name}.js`, importer), options);
  const transpiler = new URL('./worker-from-source.mjs', import.meta.url).href;
  return new Worker(new URL(`${name}.ts`, importer), { ...options, execArgv: ['--import', transpiler] });
}
