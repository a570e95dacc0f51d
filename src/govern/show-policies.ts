// SHOW [EFFECTIVE] POLICIES and DESCRIBE POLICY, for those who manage the object.
import { showTagPolicies } from '../authorize/tag-rules.ts';
import { displayName, quoteLiteral } from '../base/identifier.ts';
import { applicationsOn } from '../catalog/match-policies.ts';
import type { ObjectId } from '../catalog/securable.ts';
import type { TagCondition, TagPolicy } from '../catalog/tag-policy.ts';
import type { TagStatement } from '../parse/tag-statement.ts';
import { textAnswer } from '../sql/answer.ts';
import type { GovernEnvironment, Governed } from './environment.ts';
import { missingPolicy, type PolicyPlace, placeNamed, policyOn } from './tag-policies.ts';

type ShowPolicies = Extract<TagStatement, { kind: 'showPolicies' }>;
type DescribePolicy = Extract<TagStatement, { kind: 'describePolicy' }>;

const names = [
  'name',
  'policyType',
  'objectType',
  'objectKey',
  'toPrincipals',
  'exceptPrincipals',
  'function',
  'columns',
];

/** EFFECTIVE: what is inherited too; for a table those that apply, with the columns they mask. */
export function showPolicies(environment: GovernEnvironment, statement: ShowPolicies): Governed {
  const { snapshot } = environment;
  const place = placeNamed(environment, statement.object);
  showTagPolicies(environment.access, place);
  const rows = statement.effective
    ? effective(environment, place)
    : snapshot.tagPoliciesOn(place.id).map((policy) => rowOf(environment, policy, ''));
  return { tag: 'SHOW', answer: textAnswer(names, rows) };
}

function effective(environment: GovernEnvironment, place: PolicyPlace): readonly (readonly string[])[] {
  const { snapshot } = environment;
  if (place.kind !== 'table') {
    const ids: readonly ObjectId[] = place.kind === 'schema' ? [place.catalogId, place.id] : [place.id];
    return ids.flatMap((id) => snapshot.tagPoliciesOn(id)).map((policy) => rowOf(environment, policy, ''));
  }
  const columns = new Map<TagPolicy, Set<string>>();
  for (const { policy, columnId } of applicationsOn(snapshot, place)) {
    const masked = columns.get(policy) ?? new Set();
    const name = place.columns.find((column) => column.id === columnId)?.name;
    columns.set(policy, name === undefined ? masked : masked.add(displayName([name])));
  }
  return [...columns].map(([policy, masked]) => rowOf(environment, policy, [...masked].join(', ')));
}

function rowOf(environment: GovernEnvironment, policy: TagPolicy, columns: string): readonly string[] {
  const { snapshot } = environment;
  return [
    policy.name,
    typeOf(policy),
    snapshot.object(policy.securableId)?.kind.toUpperCase() ?? '',
    displayName(snapshot.nameOf(policy.securableId)),
    principalNames(environment, policy.to),
    principalNames(environment, policy.except),
    displayName(snapshot.nameOf(policy.functionId)),
    columns,
  ];
}

function typeOf(policy: TagPolicy): string {
  return policy.onColumn === undefined ? 'ROW FILTER' : 'COLUMN MASK';
}

function principalNames(environment: GovernEnvironment, ids: readonly ObjectId[]): string {
  return ids.map((id) => environment.snapshot.principal(id)?.name ?? '').join(', ');
}

export function describePolicy(environment: GovernEnvironment, statement: DescribePolicy): Governed {
  const { snapshot } = environment;
  const place = placeNamed(environment, statement.object);
  showTagPolicies(environment.access, place);
  const policy = policyOn(environment, place, statement.name.name);
  if (policy === undefined) throw missingPolicy(statement.name);
  const match = policy.match.map(({ condition, alias }) => {
    const named = alias === undefined ? '' : ` AS ${displayName([alias])}`;
    return `${conditionText(condition)}${named}`;
  });
  const inputs = policy.inputs.map((each) => (each.kind === 'alias' ? displayName([each.alias]) : each.literal));
  const rows: readonly (readonly [string, string | null])[] = [
    ['name', policy.name],
    ['policy type', typeOf(policy)],
    ['on', `${place.kind.toUpperCase()} ${displayName(snapshot.nameOf(place.id))}`],
    ['function', displayName(snapshot.nameOf(policy.functionId))],
    ['to', principalNames(environment, policy.to)],
    ['except', principalNames(environment, policy.except)],
    ['for', 'TABLES'],
    ['when', policy.when === undefined ? null : conditionText(policy.when)],
    ['match columns', match.length === 0 ? null : match.join(', ')],
    ['on column', policy.onColumn ?? null],
    ['using columns', inputs.length === 0 ? null : inputs.join(', ')],
    ['comment', policy.comment ?? null],
    ['created at', new Date(policy.createdAt).toISOString()],
    ['created by', snapshot.principal(policy.createdBy)?.name ?? ''],
  ];
  return { tag: 'DESCRIBE', answer: textAnswer(['info_name', 'info_value'], rows) };
}

/** As it would be written; brackets wherever they could be asked for. */
export function conditionText(condition: TagCondition): string {
  switch (condition.kind) {
    case 'hasTag':
      return `has_tag(${quoteLiteral(condition.key)})`;
    case 'hasTagValue':
      return `has_tag_value(${quoteLiteral(condition.key)}, ${quoteLiteral(condition.value)})`;
    case 'and':
    case 'or':
      return `(${condition.operands.map(conditionText).join(` ${condition.kind.toUpperCase()} `)})`;
    case 'not':
      return `NOT ${conditionText(condition.operand)}`;
  }
}
