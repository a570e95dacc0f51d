// CREATE POLICY and DROP POLICY.

import { setTagPolicy } from '../authorize/tag-rules.ts';
import { displayName, fold } from '../base/identifier.ts';
import { limits } from '../base/limits.ts';
import { SqlError } from '../base/sql-error.ts';
import { keyArguments } from '../catalog/built-in-functions.ts';
import type { Change } from '../catalog/change.ts';
import type { Catalog, ObjectId, Schema, SqlFunction, Table } from '../catalog/securable.ts';
import type { ColumnMatch, PolicyInput, TagPolicy } from '../catalog/tag-policy.ts';
import type { PrincipalRef } from '../parse/statement.ts';
import { conditionOf } from '../parse/tag-condition.ts';
import type { PolicyTargetRef, SimpleName, TagStatement } from '../parse/tag-statement.ts';
import type { GovernEnvironment, Governed } from './environment.ts';
import { catalogNamed, functionNamed, principalNamed, schemaNamed, tableNamed, touched } from './find.ts';
import { checkTagPolicyBody } from './policy-body.ts';

type CreatePolicy = Extract<TagStatement, { kind: 'createPolicy' }>;
type DropPolicy = Extract<TagStatement, { kind: 'dropPolicy' }>;

export type PolicyPlace = Catalog | Schema | Table;

export function placeNamed(environment: GovernEnvironment, { type, name }: PolicyTargetRef): PolicyPlace {
  switch (type) {
    case 'CATALOG':
      return catalogNamed(environment, name);
    case 'SCHEMA':
      return schemaNamed(environment, name);
    case 'TABLE':
      return tableNamed(environment, name);
  }
}

export function policyOn(environment: GovernEnvironment, place: PolicyPlace, name: string): TagPolicy | undefined {
  return environment.snapshot.tagPoliciesOn(place.id).find((each) => fold(each.name) === fold(name));
}

export function missingPolicy({ name, offset }: SimpleName): SqlError {
  return new SqlError('undefinedObject', `policy ${displayName([name])} does not exist`, { position: offset });
}

export async function createPolicy(environment: GovernEnvironment, statement: CreatePolicy): Promise<Governed> {
  const place = placeNamed(environment, statement.object);
  setTagPolicy(environment.access, place);
  const fn = functionNamed(environment, statement.function);
  setTagPolicy(environment.access, place, fn);
  const known = policyOn(environment, place, statement.name.name);
  if (known !== undefined && !statement.orReplace) {
    const text = `policy ${displayName([known.name])} already exists`;
    if (statement.ifNotExists) return { tag: 'CREATE POLICY', notice: `${text}, skipping` };
    throw new SqlError('duplicateObject', text, { position: statement.name.offset });
  }
  const policy = await policyOf(environment, statement, { place, fn });
  const change: Change = { kind: known === undefined ? 'createPolicy' : 'replacePolicy', policy };
  await checkTagPolicyBody(environment, fn, change);
  return {
    tag: 'CREATE POLICY',
    changes: [change],
    touched: [touched(environment, place, 'CREATE POLICY'), touched(environment, fn, 'EXECUTE')],
  };
}

async function policyOf(
  environment: GovernEnvironment,
  statement: CreatePolicy,
  { place, fn }: { readonly place: PolicyPlace; readonly fn: SqlFunction },
): Promise<TagPolicy> {
  const match = matchesOf(statement);
  const onColumn = maskedAlias(statement, match);
  const inputs = await inputsOf(environment, statement, match);
  checkFunction(statement, fn, inputs);
  return {
    name: statement.name.name,
    securableId: place.id,
    comment: statement.comment,
    functionId: fn.id,
    onColumn,
    inputs,
    ...principalsOf(environment, statement),
    when: statement.when === undefined ? undefined : conditionOf(statement.when),
    match,
    createdAt: environment.now,
    createdBy: environment.actorId,
  };
}

function matchesOf({ match }: CreatePolicy): readonly ColumnMatch[] {
  if (match.length > limits.policyMatchesMax) {
    throw new SqlError('limitExceeded', `MATCH COLUMNS has more than ${String(limits.policyMatchesMax)} expressions`);
  }
  const seen = new Set<string>();
  return match.map(({ condition, alias }): ColumnMatch => {
    if (alias !== undefined && seen.has(fold(alias.name))) {
      throw new SqlError('invalidObjectDefinition', `alias ${displayName([alias.name])} is used twice`, {
        position: alias.offset,
      });
    }
    if (alias !== undefined) seen.add(fold(alias.name));
    return { condition: conditionOf(condition), alias: alias?.name };
  });
}

function checkAlias(match: readonly ColumnMatch[], { name, offset }: SimpleName): void {
  if (match.some((each) => each.alias !== undefined && fold(each.alias) === fold(name))) return;
  throw new SqlError('undefinedColumn', `${displayName([name])} is not an alias of MATCH COLUMNS`, {
    position: offset,
  });
}

function maskedAlias({ effect, onColumn }: CreatePolicy, match: readonly ColumnMatch[]): string | undefined {
  if (effect === 'rowFilter') {
    if (onColumn === undefined) return undefined;
    throw new SqlError('syntaxError', 'ON COLUMN belongs to a column mask', { position: onColumn.offset });
  }
  if (onColumn === undefined) throw new SqlError('syntaxError', 'a column mask needs MATCH COLUMNS … ON COLUMN alias');
  checkAlias(match, onColumn);
  return onColumn.name;
}

async function inputsOf(
  environment: GovernEnvironment,
  { using, onColumn }: CreatePolicy,
  match: readonly ColumnMatch[],
): Promise<readonly PolicyInput[]> {
  const inputs: PolicyInput[] = [];
  for (const ref of using) {
    if (ref.kind === 'constant') {
      await environment.analyzer.literal(ref.literal.text);
      inputs.push({ kind: 'constant', literal: ref.literal.text });
      continue;
    }
    checkAlias(match, ref);
    if (onColumn !== undefined && fold(onColumn.name) === fold(ref.name)) {
      throw new SqlError(
        'invalidObjectDefinition',
        `USING COLUMNS names the masked column ${displayName([ref.name])}`,
        {
          position: ref.offset,
        },
      );
    }
    inputs.push({ kind: 'alias', alias: ref.name });
  }
  return inputs;
}

/** What can be told without a table. */
function checkFunction({ effect, onColumn }: CreatePolicy, fn: SqlFunction, inputs: readonly PolicyInput[]): void {
  const given = inputs.length + (onColumn === undefined ? 0 : 1);
  const wanted = fn.parameters.length - keyArguments(fn.id);
  if (given !== wanted) {
    const wants = `takes ${String(wanted)} argument(s), ${String(given)} given`;
    throw new SqlError('invalidObjectDefinition', `function ${displayName([fn.name])} ${wants}`);
  }
  if (effect === 'columnMask' || fn.returns === 'BOOLEAN') return;
  throw new SqlError('datatypeMismatch', `row filter ${displayName([fn.name])} must return BOOLEAN, not ${fn.returns}`);
}

function principalsOf(
  environment: GovernEnvironment,
  { to, except }: CreatePolicy,
): { readonly to: readonly ObjectId[]; readonly except: readonly ObjectId[] } {
  if (to.length + except.length > limits.policyPrincipalsMax) {
    throw new SqlError('limitExceeded', `a policy names at most ${String(limits.policyPrincipalsMax)} principals`);
  }
  const idsOf = (refs: readonly PrincipalRef[]): readonly ObjectId[] => [
    ...new Set(refs.map((ref) => principalNamed(environment, ref).id)),
  ];
  return { to: idsOf(to), except: idsOf(except) };
}

export function dropPolicy(environment: GovernEnvironment, statement: DropPolicy): Governed {
  const place = placeNamed(environment, statement.object);
  setTagPolicy(environment.access, place);
  const known = policyOn(environment, place, statement.name.name);
  if (known === undefined) {
    if (!statement.ifExists) throw missingPolicy(statement.name);
    return { tag: 'DROP POLICY', notice: `policy ${displayName([statement.name.name])} does not exist, skipping` };
  }
  return {
    tag: 'DROP POLICY',
    changes: [{ kind: 'dropPolicy', securableId: place.id, name: known.name }],
    touched: [touched(environment, place, 'DROP POLICY')],
  };
}
