// CREATE FUNCTION: SQL functions, usable in queries, as masks and as row filters.
import { bindingsOf } from '../analyze/bindings.ts';
import { hiddenFrom } from '../authorize/body-rules.ts';
import { createFunction as mayCreateFunction, replaceBody } from '../authorize/rules.ts';
import { displayName, fold } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import type { SqlFunction } from '../catalog/securable.ts';
import type { GovernanceStatement, Span } from '../parse/statement.ts';
import { created } from './containers.ts';
import { contextOf, type GovernEnvironment, type Governed } from './environment.ts';
import { homeFor, touched } from './find.ts';
import { authorizeFunction, castable, queryColumnsOf, returnTypeOf } from './function-checks.ts';
import { canonicalType } from './types.ts';

type CreateFunction = Extract<GovernanceStatement, { kind: 'createFunction' }>;

export async function createFunction(environment: GovernEnvironment, statement: CreateFunction): Promise<Governed> {
  const { schema, name } = homeFor(environment, statement.name);
  mayCreateFunction(environment.access, schema);
  const known = environment.snapshot.functionByName(schema.id, name);
  const shown = displayName([...environment.snapshot.nameOf(schema.id), name]);
  if (known !== undefined && !statement.orReplace) {
    if (statement.ifNotExists) return { tag: 'CREATE FUNCTION', notice: `function ${shown} already exists, skipping` };
    throw new SqlError('duplicateFunction', `function ${shown} already exists`, {
      hint: 'Use CREATE OR REPLACE FUNCTION.',
    });
  }
  if (known !== undefined) replaceBody(environment.access, known);
  const home = known ?? created(environment, name, statement.comment);
  const draft: SqlFunction = {
    kind: 'function',
    schemaId: schema.id,
    id: home.id,
    name: home.name,
    owner: home.owner,
    createdAt: home.createdAt,
    createdBy: home.createdBy,
    comment: statement.comment ?? known?.comment,
    parameters: await parametersOf(environment, statement),
    returns: 'VARCHAR',
    body: statement.body.text,
    context: contextOf(environment),
  };
  const fn =
    statement.returnsTable === undefined
      ? await scalarFunction(environment, draft, statement.returns)
      : await tableFunction(environment, draft, statement.returnsTable);
  const { analyzer, snapshot, access } = environment;
  const { facts } =
    fn.returnsTable === undefined
      ? await analyzer.draft(snapshot, fn, hiddenFrom(access))
      : await analyzer.draftTable(snapshot, fn, hiddenFrom(access));
  const bound: SqlFunction = { ...fn, ...bindingsOf(snapshot, facts) };
  return {
    tag: 'CREATE FUNCTION',
    changes: [{ kind: known === undefined ? 'createFunction' : 'replaceFunction', function: bound }],
    touched: [touched(environment, schema, 'CREATE FUNCTION')],
  };
}

async function scalarFunction(
  environment: GovernEnvironment,
  draft: SqlFunction,
  returns: Span | undefined,
): Promise<SqlFunction> {
  const type =
    returns === undefined ? await returnTypeOf(environment, draft) : await canonicalType(environment, returns);
  const fn = { ...draft, returns: type };
  await authorizeFunction(environment, fn);
  return fn;
}

/** Columns that are left out are those of the query. */
async function tableFunction(
  environment: GovernEnvironment,
  draft: SqlFunction,
  declared: NonNullable<CreateFunction['returnsTable']>,
): Promise<SqlFunction> {
  const columns: NonNullable<SqlFunction['returnsTable']>[number][] = [];
  for (const { name, type, comment } of declared) {
    const canonical = await canonicalType(environment, type);
    columns.push({ name, type: canonical, ...(comment === undefined ? {} : { comment }) });
  }
  const actual = await queryColumnsOf(environment, { ...draft, returns: 'TABLE', returnsTable: columns });
  if (declared.length > 0 && declared.length !== actual.length) {
    const counts = `${String(declared.length)} column(s), its query gives ${String(actual.length)}`;
    throw new SqlError('invalidObjectDefinition', `function ${displayName([draft.name])} declares ${counts}`);
  }
  const found = declared.length > 0 ? columns : actual;
  refuseDuplicates(found);
  for (const [index, { name, type }] of found.entries()) {
    const given = actual[index]?.type ?? type;
    if (castable(given, type)) continue;
    throw new SqlError('datatypeMismatch', `column ${displayName([name])} is ${given}, not ${type}`);
  }
  return { ...draft, returns: 'TABLE', returnsTable: found };
}

function refuseDuplicates(columns: readonly { readonly name: string }[]): void {
  const seen = new Set<string>();
  for (const { name } of columns) {
    if (seen.has(fold(name))) {
      throw new SqlError('duplicateColumn', `column ${displayName([name])} specified more than once`);
    }
    seen.add(fold(name));
  }
}

async function parametersOf(
  environment: GovernEnvironment,
  statement: CreateFunction,
): Promise<SqlFunction['parameters']> {
  const seen = new Set<string>();
  const parameters: SqlFunction['parameters'][number][] = [];
  for (const parameter of statement.parameters) {
    if (seen.has(fold(parameter.name))) {
      throw new SqlError('invalidObjectDefinition', `parameter ${displayName([parameter.name])} is declared twice`);
    }
    if (parameter.default === undefined && parameters.at(-1)?.default !== undefined) {
      throw new SqlError('invalidObjectDefinition', `parameter ${displayName([parameter.name])} needs a default too`, {
        detail: 'Every parameter after one with a default has one.',
      });
    }
    seen.add(fold(parameter.name));
    // A literal: anything else would be evaluated for callers who may not see what it reads.
    if (parameter.default !== undefined) await environment.analyzer.literal(parameter.default.text);
    parameters.push({
      name: parameter.name,
      type: await canonicalType(environment, parameter.type),
      default: parameter.default?.text,
    });
  }
  return parameters;
}
