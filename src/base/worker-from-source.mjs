// Lets a worker thread import .ts files: loaded with --import by worker-url.ts when Portcullis runs from its TypeScript
// sources (tests). It is no .ts file, so tsc never copies it into dist, where only .js runs and nothing is transpiled.
// It registers itself a second time (with ?hooks) as the loader, because Node runs loader hooks in a thread of their own.
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { register } from 'node:module';
import { threadId } from 'node:worker_threads';

if (new URL(import.meta.url).search === '') register(`${import.meta.url}?hooks`);

/** Loading the compiler takes most of a second, for each worker: what it made is kept, by the hash of the source. */
const cache = new URL('../../node_modules/.cache/portcullis-workers/', import.meta.url);

export async function load(url, context, nextLoad) {
  if (!url.startsWith('file:') || !url.endsWith('.ts')) return nextLoad(url, context);
  const text = await readFile(new URL(url), 'utf8');
  const made = new URL(`${createHash('sha256').update(text).digest('hex')}.js`, cache);
  const source = (await kept(made)) ?? (await make(text, url, made));
  return { format: 'module', source, shortCircuit: true };
}

async function kept(file) {
  return readFile(file, 'utf8').catch((error) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

async function make(text, url, file) {
  const { default: typescript } = await import('typescript');
  const { ModuleKind, ScriptTarget } = typescript;
  const compilerOptions = { module: ModuleKind.ESNext, target: ScriptTarget.ES2023, verbatimModuleSyntax: true };
  const { outputText } = typescript.transpileModule(text, { compilerOptions, fileName: url });
  await mkdir(cache, { recursive: true });
  // Several workers may make the same file at once: each renames a whole one into place.
  const own = new URL(`${file.href}.${String(process.pid)}-${String(threadId)}`);
  await writeFile(own, outputText);
  await rename(own, file);
  return outputText;
}
