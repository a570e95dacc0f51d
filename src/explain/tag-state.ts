// Tags and the policies that follow them, as the statements that would make them: a part of SHOW GOVERNANCE.
import { quoteLiteral } from '../base/identifier.ts';
import { type Catalog, columnIdOf, type Schema, type Table, type View } from '../catalog/securable.ts';
import type { Tag, TagPolicy } from '../catalog/tag-policy.ts';
import type { GovernEnvironment } from '../govern/environment.ts';
import { conditionText } from '../govern/show-policies.ts';
import { fileOf, nameOf, principalOf, type StateRow, spelled } from './state-names.ts';

/** Of the object itself, for those who manage it. */
export function tagRows(environment: GovernEnvironment, object: Catalog | Schema | Table | View): readonly StateRow[] {
  if (!environment.access.manages(object)) return [];
  const { snapshot } = environment;
  const alter = `ALTER ${object.kind.toUpperCase()} ${nameOf(environment, object)}`;
  const file = fileOf(environment, object);
  const own = tagStatements(file, alter, snapshot.tagsOf(object.id));
  const columns = object.kind === 'table' || object.kind === 'view' ? object.columns : [];
  const ofColumns = columns.flatMap((column) =>
    tagStatements(
      file,
      `${alter} ALTER COLUMN ${spelled(column.name)}`,
      snapshot.columnTagsOf(object.id, columnIdOf(column)),
    ),
  );
  const policies = snapshot.tagPoliciesOn(object.id).map((policy) => policyRow(environment, object, policy));
  return [...own, ...ofColumns, ...policies];
}

function tagStatements(file: string, alter: string, tags: readonly Tag[]): readonly StateRow[] {
  return tags
    .map(({ key, value }): StateRow => {
      const name = quoteLiteral(key);
      return [file, `${alter} SET TAGS (${name} = ${quoteLiteral(value)})`, `${alter} UNSET TAGS (${name})`];
    })
    .toSorted((a, b) => (a[1] < b[1] ? -1 : 1));
}

function policyRow(
  environment: GovernEnvironment,
  object: Catalog | Schema | Table | View,
  policy: TagPolicy,
): StateRow {
  const fn = environment.snapshot.object(policy.functionId);
  const place = `${spelled(policy.name)} ON ${object.kind.toUpperCase()} ${nameOf(environment, object)}`;
  const principals = (ids: readonly string[]): string => ids.map((id) => principalOf(environment, id)).join(', ');
  const match = policy.match.map(({ condition, alias }) => {
    return `${conditionText(condition)}${alias === undefined ? '' : ` AS ${spelled(alias)}`}`;
  });
  const inputs = policy.inputs.map((each) => (each.kind === 'alias' ? spelled(each.alias) : each.literal));
  const statement = [
    `CREATE OR REPLACE POLICY ${place}`,
    ...(policy.comment === undefined ? [] : [`COMMENT ${quoteLiteral(policy.comment)}`]),
    `${policy.onColumn === undefined ? 'ROW FILTER' : 'COLUMN MASK'} ${fn === undefined ? '' : nameOf(environment, fn)}`,
    `TO ${principals(policy.to)}`,
    ...(policy.except.length === 0 ? [] : [`EXCEPT ${principals(policy.except)}`]),
    'FOR TABLES',
    ...(policy.when === undefined ? [] : [`WHEN ${conditionText(policy.when)}`]),
    ...(match.length === 0 ? [] : [`MATCH COLUMNS ${match.join(', ')}`]),
    ...(policy.onColumn === undefined ? [] : [`ON COLUMN ${spelled(policy.onColumn)}`]),
    ...(inputs.length === 0 ? [] : [`USING COLUMNS (${inputs.join(', ')})`]),
  ];
  return [fileOf(environment, object), statement.join(' '), `DROP POLICY ${place}`];
}
