// dist/main.js is CommonJS (the bootstrap), dist/app/ are ES modules: each folder says so in a package.json of its own.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
