// Builds src/parse/generated from grammar/*.peggy: the shared lexical part is appended to each grammar.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import peggy from 'peggy';

const root = new URL('..', import.meta.url).pathname;
const target = join(root, 'src/parse/generated');
const read = (name) => readFileSync(join(root, 'grammar', name), 'utf8');

const declarations = `import type { Statement } from '../statement.ts';
export class SyntaxError extends Error {
  readonly location?: { readonly start: { readonly offset: number } };
  readonly expected: readonly { readonly type: string; readonly description?: string; readonly text?: string }[] | null;
}
export function parse(text: string): Statement;
`;

mkdirSync(target, { recursive: true });
for (const name of ['governance', 'shell']) {
  const source = `${read('actions.js')}\n${read(`${name}.peggy`)}\n${read('lexical.peggy')}`;
  const code = peggy.generate(source, {
    output: 'source',
    format: 'es',
    grammarSource: `${name}.peggy`,
    allowedStartRules: ['Start'],
  });
  writeFileSync(join(target, `${name}.js`), code);
  writeFileSync(join(target, `${name}.d.ts`), declarations);
}
