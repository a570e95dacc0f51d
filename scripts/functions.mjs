// Lists the functions of the installed DuckDB, for the review in src/analyze/functions.
//   node scripts/functions.mjs            every function with its signatures and definition, one a line
//   node scripts/functions.mjs --new      only what nobody has classified (after an upgrade of DuckDB)
//   node scripts/functions.mjs --docs     writes docs/functions.md
// The full search for amplifying functions: PORTCULLIS_PROBE=full npx vitest run test/functions/amplification.test.ts
import { writeFile } from 'node:fs/promises';
import { DuckDBInstance } from '@duckdb/node-api';

// Lets Node import the .ts files below.
await import('../src/base/worker-from-source.mjs');
const { functionLimits } = await import('../src/analyze/functions/function-limits.ts');
const { reviewedNames } = await import('../src/analyze/functions/function-catalog.ts');

const all = await installedFunctions();
if (process.argv.includes('--docs')) await writeFile(new URL('../docs/functions.md', import.meta.url), docs());
else for (const line of all.filter((f) => !process.argv.includes('--new') || !isReviewed(f))) print(line);

async function installedFunctions() {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  const reader = await connection.runAndReadAll(`
    SELECT function_type AS type, lower(function_name) AS name, database_name || '.' || schema_name AS home,
      list(DISTINCT '(' || array_to_string(parameter_types, ', ') || coalesce(', ' || varargs || '…', '') || ') -> '
        || coalesce(return_type, '?')) AS signatures,
      any_value(alias_of) AS alias, any_value(stability) AS stability, any_value(macro_definition) AS definition
    FROM duckdb_functions() GROUP BY ALL ORDER BY ALL`);
  return reader.getRowObjectsJson();
}

function isReviewed({ type, name }) {
  if (type === 'pragma') return reviewedNames.pragma.has(name);
  if (type === 'table' || type === 'table_macro') return reviewedNames.table.has(name);
  return reviewedNames.scalar.has(name) || reviewedNames.aggregate.has(name) || reviewedNames.windowOnly.has(name);
}

function print({ type, name, home, signatures, alias, stability, definition }) {
  const facts = [alias && `alias of ${alias}`, stability, definition && `:= ${definition}`].filter(Boolean);
  console.log([type, `${home}.${name}`, ...facts, ...signatures].join('\t'));
}

function docs() {
  const sections = [
    '# Functions',
    '',
    'Made by `node scripts/functions.mjs --docs` from `src/analyze/functions`. A function that is not here does not exist',
    'for a client, whatever DuckDB has. Table functions: `range`, `generate_series`, `unnest`.',
    '',
    '## Scalar functions',
    table(reviewedNames.scalar),
    '## Aggregates',
    table(reviewedNames.aggregate),
    `With \`OVER\` only: ${names(reviewedNames.windowOnly)}.`,
    '',
    `By name in \`list_aggregate\`: ${names(reviewedNames.listAggregates)}.`,
    '',
    `In the body of \`list_reduce\`: ${names(reviewedNames.accumulating)}.`,
    '',
    '## Limits of amplifying functions',
    '',
    '| limit | value |',
    '| --- | --- |',
    ...Object.entries(functionLimits).map(([name, value]) => `| ${name} | ${value.toLocaleString('en')} |`),
  ];
  return `${sections.join('\n')}\n`;
}

function table(classes) {
  const rows = new Map();
  for (const [name, value] of classes) {
    if (name.startsWith('icu_collate_')) continue;
    const title = titleOf(value);
    rows.set(title, [...(rows.get(title) ?? []), name]);
  }
  const lines = [...rows].map(([title, list]) => `| ${title} | ${names(list)} |`);
  return ['', '| class | functions |', '| --- | --- |', ...lines, ''].join('\n');
}

function titleOf(value) {
  switch (value.kind) {
    case 'leakproof':
      return `leakproof on ${value.on.join(', ')} (${value.arity})`;
    case 'refused':
      return `refused: ${value.reason}`;
    case 'lambda':
      return value.accumulates ? 'lambda, accumulating' : 'lambda';
    case 'amplifying':
      return `amplifying: ${value.guards.map(guardTitle).join(' and ')}`;
    default:
      return value.kind;
  }
}

function guardTitle(guard) {
  const { kind, limit, lengths = [], counts = [], argument } = guard;
  const places = [...(guard.arguments ?? []), ...lengths, ...counts, ...(argument === undefined ? [] : [argument])];
  const where = places.length === 0 ? '' : ` of argument ${places.map((place) => place + 1).join(', ')}`;
  return `${kind}${where}${limit === undefined ? '' : ` ≤ ${limit}`}`;
}

function names(list) {
  return [...list]
    .sort()
    .map((name) => `\`${name.replaceAll('|', '\\|')}\``)
    .join(' ');
}
