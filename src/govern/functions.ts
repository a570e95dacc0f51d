// CREATE FUNCTION: SQL functions, usable in queries, as masks and as row filters.
import { dependenciesOf } from '../analyze/policy-body.ts';
import { hiddenFrom, createFunction as mayCreateFunction, replaceBody } from '../authorize/rules.ts';
import { displayName, fold } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import type { SqlFunction } from '../catalog/securable.ts';
import type { GovernanceStatement } from '../parse/statement.ts';
import { created } from './containers.ts';
import { contextOf, type GovernEnvironment, type Governed } from './environment.ts';
import { homeFor, touched } from './find.ts';
import { authorizeFunction, returnTypeOf } from './function-checks.ts';
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
  const draft: SqlFunction = {
    kind: 'function',
    schemaId: schema.id,
    ...(known ?? created(environment, name, statement.comment)),
    comment: statement.comment ?? known?.comment,
    parameters: await parametersOf(environment, statement),
    returns: statement.returns === undefined ? 'VARCHAR' : await canonicalType(environment, statement.returns),
    body: statement.body.text,
    context: contextOf(environment),
  };
  const fn = statement.returns === undefined ? { ...draft, returns: await returnTypeOf(environment, draft) } : draft;
  await authorizeFunction(environment, fn);
  const { facts } = await environment.analyzer.draft(environment.snapshot, fn, hiddenFrom(environment.access));
  const bound: SqlFunction = { ...fn, dependencies: dependenciesOf(facts) };
  return {
    tag: 'CREATE FUNCTION',
    changes: [{ kind: known === undefined ? 'createFunction' : 'replaceFunction', function: bound }],
    touched: [touched(environment, schema, 'CREATE FUNCTION')],
  };
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
    if (parameter.default !== undefined) {
      throw new SqlError('featureNotSupported', 'default values of parameters are not supported');
    }
    seen.add(fold(parameter.name));
    parameters.push({
      name: parameter.name,
      type: await canonicalType(environment, parameter.type),
      default: undefined,
    });
  }
  return parameters;
}
