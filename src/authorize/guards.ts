// Which filters and masks hold for one table use: selected, then bound to the table's columns.
import type { ResolvedFunction, ResolvedQuery } from '../analyze/resolved-query.ts';
import { displayName } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import { keyArguments } from '../catalog/built-in-functions.ts';
import { applicationsFor, applicationsOn } from '../catalog/match-policies.ts';
import type { PolicyArgument } from '../catalog/policy.ts';
import type { ObjectId, Table } from '../catalog/securable.ts';
import { callKey } from '../catalog/tag-policy.ts';
import type { Access } from './access.ts';
import { type Asker, ofOtherTree, onBehalf, ownerAccess } from './asker.ts';
import type { Authorization, PolicyCall, PolicyOrigin, TableGuard } from './authorization.ts';

/** Authorizes a policy's own tree with the grants of `access`. */
export type AuthorizeBody = (asker: Asker, resolved: ResolvedQuery, access: Access) => Authorization;

/** There is always a guard. What holds for the table but cannot be evaluated makes the table unreadable. */
export function guardOf(
  asker: Asker,
  table: Table,
  authorizeBody: AuthorizeBody,
): Pick<TableGuard, 'masks' | 'filters'> {
  if (table.lostMasks !== undefined) throw unreadable(asker, table, undefined);
  const guarding: Guarding = { asker, table, authorizeBody };
  if (asker.inPolicy === true) refusePoliced(asker, table);
  const filters = new Map<string, PolicyCall>();
  const masks = new Map<string, { readonly key: string; readonly call: PolicyCall }>();
  for (const policy of [...ownPolicies(table), ...tagPolicies(asker, table)]) {
    const { callKey: key, columnId } = policy;
    // The same call demanded twice is one.
    if (columnId === undefined) {
      if (!filters.has(key)) filters.set(key, policyCall(guarding, policy));
      continue;
    }
    const known = masks.get(columnId);
    // Which of two masks hides what the other shows nobody has said.
    if (known !== undefined && known.key !== key) throw unreadable(asker, table, undefined);
    if (known === undefined) masks.set(columnId, { key, call: policyCall(guarding, policy) });
  }
  return {
    filters: [...filters.values()],
    masks: new Map([...masks].map(([columnId, { call }]) => [columnId, call])),
  };
}

/** What was set on the table itself. */
function ownPolicies(table: Table): readonly EffectivePolicy[] {
  const filters = table.rowFilters.map((filter) => ownPolicy({ ...filter, columnId: undefined }));
  const masks = table.columns.flatMap(({ id, mask }): readonly EffectivePolicy[] => {
    if (mask === undefined) return [];
    const list: readonly PolicyArgument[] = [{ kind: 'column', columnId: id }, ...mask.using];
    return [ownPolicy({ functionId: mask.functionId, columnId: id, arguments: list })];
  });
  return [...filters, ...masks];
}

function ownPolicy(policy: Pick<EffectivePolicy, 'functionId' | 'columnId' | 'arguments'>): EffectivePolicy {
  return { ...policy, callKey: callKey(policy.functionId, policy.arguments), origin: { kind: 'table' } };
}

/** What reaches it by its tags, for this asker. */
function tagPolicies(asker: Asker, table: Table): readonly EffectivePolicy[] {
  const { user, groups } = asker.identity;
  const applied = applicationsFor(asker.snapshot, table, { id: user.id, groups });
  return applied.map(({ policy, columnId, arguments: list, callKey: key, fault }) => {
    if (fault !== undefined) throw unreadable(asker, table, undefined);
    const origin: PolicyOrigin = { kind: 'tags', securableId: policy.securableId, name: policy.name };
    return { functionId: policy.functionId, columnId, arguments: list, callKey: key, origin };
  });
}

interface Guarding {
  readonly asker: Asker;
  readonly table: Table;
  readonly authorizeBody: AuthorizeBody;
}

/** A policy that holds for the table, its arguments bound to columns. */
interface EffectivePolicy {
  readonly functionId: ObjectId;
  /** The masked column's id; undefined: a row filter. */
  readonly columnId: string | undefined;
  readonly arguments: readonly PolicyArgument[];
  /** Function and arguments as one word. */
  readonly callKey: string;
  readonly origin: PolicyOrigin;
}

function policyCall({ asker, table, authorizeBody }: Guarding, policy: EffectivePolicy): PolicyCall {
  const fn = asker.policies.get(policy.functionId);
  if (fn === undefined || fn instanceof SqlError) throw unreadable(asker, table, fn);
  const dangling = policy.arguments.some(
    (argument) => argument.kind === 'column' && !table.columns.some((column) => column.id === argument.columnId),
  );
  if (dangling || policy.arguments.length !== fn.parameters.length - keyArguments(fn.function.id))
    throw unreadable(asker, table, undefined);
  const body = onBehalf(asker, table, () => authorizePolicyBody(asker, fn, authorizeBody));
  return { function: fn, arguments: policy.arguments, body, origin: policy.origin };
}

function authorizePolicyBody(asker: Asker, fn: ResolvedFunction, authorizeBody: AuthorizeBody): Authorization {
  return authorizeBody({ ...ofOtherTree(asker), inPolicy: true }, fn.facts, ownerAccess(asker, fn.function));
}

/**
 * A policy's body reads its mapping tables raw: one that carries policies itself would have to be evaluated for nobody. Asked
 * before anything of the table is evaluated, so that policies that read each other's tables end here; and for everybody alike,
 * whomever the table's policies concern.
 */
function refusePoliced(asker: Asker, table: Table): void {
  if (ownPolicies(table).length + applicationsOn(asker.snapshot, table).length === 0) return;
  const name = displayName(asker.snapshot.nameOf(table.id));
  throw new SqlError('invalidObjectDefinition', `table ${name} is read by a policy and may not have policies itself`);
}

function unreadable(asker: Asker, table: Table, cause: SqlError | undefined): SqlError {
  const name = displayName(asker.snapshot.nameOf(table.id));
  return new SqlError('invalidObjectDefinition', `a policy of table ${name} cannot be evaluated`, {
    hint: 'Ask whoever manages the table or its schema and catalog to look at its masks and row filters.',
    cause,
  });
}
