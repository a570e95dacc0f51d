// Which filters and masks hold for one table use: selected, then bound to the table's columns.
import type { ResolvedFunction, ResolvedQuery } from '../analyze/resolved-query.ts';
import { displayName } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import { keyArguments } from '../catalog/built-in-functions.ts';
import type { PolicyArgument } from '../catalog/policy.ts';
import type { ObjectId, Table } from '../catalog/securable.ts';
import type { Access } from './access.ts';
import { type Asker, onBehalf, ownerAccess } from './asker.ts';
import type { Authorization, PolicyCall, PolicyOrigin, TableGuard } from './authorization.ts';

/** Authorizes a policy's own tree with the grants of `access`. */
export type AuthorizeBody = (asker: Asker, resolved: ResolvedQuery, access: Access) => Authorization;

/** There is always a guard. What is attached to the table but cannot be evaluated makes the table unreadable. */
export function guardOf(
  asker: Asker,
  table: Table,
  authorizeBody: AuthorizeBody,
): Pick<TableGuard, 'masks' | 'filters'> {
  if (table.lostMasks !== undefined) throw unreadable(asker, table, undefined);
  const filters = table.rowFilters.map((filter) =>
    policyCall({ asker, table, authorizeBody }, { ...filter, origin: { kind: 'table' } }),
  );
  const masks = new Map<string, PolicyCall>();
  for (const column of table.columns) {
    if (column.mask === undefined) continue;
    const using: readonly PolicyArgument[] = [{ kind: 'column', columnId: column.id }, ...column.mask.using];
    const policy: EffectivePolicy = { functionId: column.mask.functionId, arguments: using, origin: { kind: 'table' } };
    masks.set(column.id, policyCall({ asker, table, authorizeBody }, policy));
  }
  return { masks, filters };
}

interface Guarding {
  readonly asker: Asker;
  readonly table: Table;
  readonly authorizeBody: AuthorizeBody;
}

/** A policy that holds for the table, its arguments bound to columns. */
interface EffectivePolicy {
  readonly functionId: ObjectId;
  readonly arguments: readonly PolicyArgument[];
  readonly origin: PolicyOrigin;
}

function policyCall({ asker, table, authorizeBody }: Guarding, policy: EffectivePolicy): PolicyCall {
  const fn = asker.policies.get(policy.functionId);
  if (fn === undefined || fn instanceof SqlError) throw unreadable(asker, table, fn);
  const known = new Set(table.columns.map((column) => column.id));
  const dangling = policy.arguments.some((argument) => argument.kind === 'column' && !known.has(argument.columnId));
  if (dangling || policy.arguments.length !== fn.parameters.length - keyArguments(fn.function.id))
    throw unreadable(asker, table, undefined);
  const body = onBehalf(asker, table, () => authorizePolicyBody(asker, fn, authorizeBody));
  return { function: fn, arguments: policy.arguments, body, origin: policy.origin };
}

/** A policy's body reads its mapping tables raw: one that carries policies itself would have to be evaluated for nobody. */
function authorizePolicyBody(asker: Asker, fn: ResolvedFunction, authorizeBody: AuthorizeBody): Authorization {
  const { snapshot, identity, now, policies } = asker;
  const body = authorizeBody({ snapshot, identity, now, policies }, fn.facts, ownerAccess(asker, fn.function));
  refusePolicedTables(asker, body);
  return body;
}

function refusePolicedTables(asker: Asker, body: Authorization): void {
  for (const [use, guard] of body.guards) {
    if (guard.filters.length + guard.masks.size === 0) continue;
    const name = displayName(asker.snapshot.nameOf(use.table.id));
    throw new SqlError('invalidObjectDefinition', `table ${name} is read by a policy and may not have policies itself`);
  }
  for (const inner of [...body.views.values(), ...body.functions.values()]) refusePolicedTables(asker, inner);
}

function unreadable(asker: Asker, table: Table, cause: SqlError | undefined): SqlError {
  const name = displayName(asker.snapshot.nameOf(table.id));
  return new SqlError('invalidObjectDefinition', `a policy of table ${name} cannot be evaluated`, {
    hint: 'Ask the owner of the table to set its masks and row filters again.',
    cause,
  });
}
