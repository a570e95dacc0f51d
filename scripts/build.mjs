// dist/main.js is CommonJS (the bootstrap), dist/app/ are ES modules: each folder says so in a package.json of its own.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import typescript from 'typescript';

const root = new URL('..', import.meta.url).pathname;
const dist = join(root, 'dist');

rmSync(dist, { recursive: true, force: true });
mkdirSync(join(dist, 'app'), { recursive: true });
execFileSync(process.execPath, [join(root, 'scripts/grammar.mjs')], { stdio: 'inherit' });
execFileSync(
  process.execPath,
  [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(root, 'tsconfig.build.json')],
  {
    stdio: 'inherit',
  },
);
cpSync(join(root, 'src/parse/generated'), join(dist, 'app/parse/generated'), { recursive: true });
const { outputText } = typescript.transpileModule(readFileSync(join(root, 'src/main.cts'), 'utf8'), {
  compilerOptions: { module: typescript.ModuleKind.Node16, target: typescript.ScriptTarget.ES2023 },
  fileName: 'main.cts',
});
writeFileSync(join(dist, 'main.js'), `#!/usr/bin/env node\n${outputText}`);
chmodSync(join(dist, 'main.js'), 0o755);
writeFileSync(join(dist, 'package.json'), '{"type":"commonjs"}\n');
writeFileSync(join(dist, 'app/package.json'), '{"type":"module"}\n');

// The data directory of an empty PostgreSQL: starting from it takes a tenth of the time and a third of the memory that initdb takes.
const { version } = JSON.parse(readFileSync(join(root, 'node_modules/@electric-sql/pglite/package.json'), 'utf8'));
const image = join(root, `build/postgres-image-${version}.tar.gz`);
if (!existsSync(image)) {
  mkdirSync(join(root, 'build'), { recursive: true });
  execFileSync(process.execPath, [join(root, 'scripts/postgres-image.mjs'), image], { stdio: 'inherit' });
}
cpSync(image, join(dist, 'app/clients/postgres-image.tar.gz'));
