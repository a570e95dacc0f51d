// ResolvedQuery + asker -> Authorization, or SqlError. Grants are those of whoever owns the tree: the asker for the query, the
// owner for a view's or function's body. Identity functions, filters and masks see the asker everywhere.
import type { PolicyFunctions } from '../analyze/policy-functions.ts';
import type { RelationUse, ResolvedFunction, ResolvedQuery, TableUse, ViewUse } from '../analyze/resolved-query.ts';
import { displayName } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import type { PolicyArgument } from '../catalog/policy.ts';
import type { ObjectId, Securable, Table } from '../catalog/securable.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { BaseTable } from '../sql/ast.ts';
import { Access } from './access.ts';
import type { Authorization, PolicyCall, TableGuard } from './authorization.ts';
import { type Identity, identityOf } from './identity.ts';
import { executeFunction, selectRelation } from './rules.ts';

export interface Asker {
  readonly snapshot: CatalogSnapshot;
  readonly identity: Identity;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The mention of a table that is written without reading it: its policies are wanted, SELECT is not. */
  readonly unread?: BaseTable;
  /** Functions that policies of the mentioned tables use. */
  readonly policies: PolicyFunctions;
}

/** @throws SqlError insufficientPrivilege or the not-found errors, as authorize/rules.ts decides */
export function authorize(asker: Asker, resolved: ResolvedQuery): Authorization {
  return authorizeTree(asker, resolved, new Access(asker.snapshot, asker.identity, asker.now));
}

function authorizeTree(asker: Asker, resolved: ResolvedQuery, access: Access): Authorization {
  const guards = new Map<TableUse, TableGuard>();
  const views = new Map<ViewUse, Authorization>();
  const functions = new Map<ObjectId, Authorization>();
  for (const use of resolved.relations) {
    const columns = resolved.columnsRead(use);
    const readable =
      use.node === asker.unread
        ? undefined
        : selectRelation(access, relationOf(use), { columns, mention: use.mention });
    if (use.kind === 'view') views.set(use, authorizeView(asker, use));
    else guards.set(use, { ...guardOf(asker, use.table), readable });
  }
  for (const { resolved: fn, mention } of resolved.functions) {
    executeFunction(access, fn.function, mention);
    functions.set(fn.function.id, authorizeFunctionBody(asker, fn));
  }
  const inner = [...views.values(), ...functions.values(), ...[...guards.values()].flatMap(bodiesOf)];
  const validUntil = earliest([access.validUntil, ...inner.map((body) => body.validUntil)]);
  return { snapshot: asker.snapshot, resolved, identity: asker.identity, guards, views, functions, validUntil };
}

function relationOf(use: RelationUse): TableUse['table'] | ViewUse['view'] {
  return use.kind === 'table' ? use.table : use.view;
}

function bodiesOf(guard: TableGuard): readonly Authorization[] {
  return [...guard.masks.values(), ...guard.filters].map((call) => call.body);
}

function earliest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

function authorizeView(asker: Asker, use: ViewUse): Authorization {
  const access = ownerAccess(asker, use.view);
  return onBehalf(asker, use.view, () => authorizeTree(asker, use.body, access));
}

function authorizeFunctionBody(asker: Asker, fn: ResolvedFunction): Authorization {
  const access = ownerAccess(asker, fn.function);
  return onBehalf(asker, fn.function, () => authorizeTree(asker, fn.facts, access));
}

function ownerAccess(asker: Asker, object: Securable): Access {
  return new Access(asker.snapshot, identityOf(asker.snapshot, object.owner), asker.now);
}

/** What an owner may not read is an error of the owner's object: the asker learns no name behind it. */
function onBehalf<T>(asker: Asker, object: Securable, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    const name = displayName(asker.snapshot.nameOf(object.id));
    throw new SqlError('insufficientPrivilege', `permission denied for ${object.kind} ${name}`, {
      detail: `The owner of this ${object.kind} may not read what it needs.`,
      cause: error,
    });
  }
}

/** There is always a guard. What is attached to the table but cannot be evaluated makes the table unreadable. */
function guardOf(asker: Asker, table: Table): Pick<TableGuard, 'masks' | 'filters'> {
  const filters = table.rowFilters.map((filter) => policyCall(asker, table, filter));
  const masks = new Map<string, PolicyCall>();
  for (const column of table.columns) {
    if (column.mask === undefined) continue;
    const using: readonly PolicyArgument[] = [{ kind: 'column', columnId: column.id }, ...column.mask.using];
    masks.set(column.id, policyCall(asker, table, { functionId: column.mask.functionId, arguments: using }));
  }
  return { masks, filters };
}

function policyCall(
  asker: Asker,
  table: Table,
  policy: { readonly functionId: ObjectId; readonly arguments: readonly PolicyArgument[] },
): PolicyCall {
  const fn = asker.policies.get(policy.functionId);
  if (fn === undefined || fn instanceof SqlError) throw unreadable(asker, table, fn);
  const known = new Set(table.columns.map((column) => column.id));
  const dangling = policy.arguments.some((argument) => argument.kind === 'column' && !known.has(argument.columnId));
  if (dangling || policy.arguments.length !== fn.parameters.length) throw unreadable(asker, table, undefined);
  const body = onBehalf(asker, table, () => authorizePolicyBody(asker, fn));
  return { function: fn, arguments: policy.arguments, body };
}

/** A policy's body reads its mapping tables raw: one that carries policies itself would have to be evaluated for nobody. */
function authorizePolicyBody(asker: Asker, fn: ResolvedFunction): Authorization {
  const { snapshot, identity, now, policies } = asker;
  const body = authorizeTree({ snapshot, identity, now, policies }, fn.facts, ownerAccess(asker, fn.function));
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
