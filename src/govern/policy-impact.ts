// Before any change is made: would every mask and filter that it sets, or that is made of what it changes, still hold? Looked at
// in the catalog as it would be. One place for all statements: what nobody thought of here fails closed for each query.
import { partsOf, policyProblem } from '../analyze/policy-body.ts';
import { displayName } from '../base/identifier.ts';
import { SqlError } from '../base/sql-error.ts';
import type { Condition } from '../base/sql-state.ts';
import { applyChange } from '../catalog/apply-change.ts';
import type { Change } from '../catalog/change.ts';
import type { ObjectId, SqlFunction, Table } from '../catalog/securable.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { GovernEnvironment } from './environment.ts';
import { isPoliced } from './policy-body.ts';
import { checkFilter, checkMask, isMasked } from './policy-fit.ts';

/** @throws SqlError invalidObjectDefinition, datatypeMismatch, dependentObjects */
export async function checkPolicyImpact(environment: GovernEnvironment, changes: readonly Change[]): Promise<void> {
  const before = environment.snapshot;
  const given = changes.flatMap(policedBy);
  const changed = changes.flatMap((change) => changedBy(before, change));
  if (given.length + changed.length === 0) return;
  const after = changes.reduce(applyChange, before);
  for (const policed of given) await checkTable(environment, after, policed);
  for (const fn of after.policyFunctionsOver(changed)) await checkDependent(environment, { after, fn, changes });
}

interface Policed {
  readonly tableId: ObjectId;
  /** The policies that are to be looked at: those with these functions, or all. */
  readonly functions: readonly ObjectId[] | 'all';
}

/** Tables whose own policies the change sets, or whose columns it gives other types. */
function policedBy(change: Change): readonly Policed[] {
  switch (change.kind) {
    case 'createTable':
    case 'replaceTable':
      return [{ tableId: change.table.id, functions: 'all' }];
    case 'setMask':
      return [{ tableId: change.tableId, functions: [change.mask.functionId] }];
    case 'setRowFilters':
      return [{ tableId: change.tableId, functions: change.rowFilters.map((filter) => filter.functionId) }];
    case 'addRowFilter':
      return [{ tableId: change.tableId, functions: [change.rowFilter.functionId] }];
    case 'addColumn':
    case 'retypeColumn':
      return [{ tableId: change.tableId, functions: 'all' }];
    default:
      return [];
  }
}

/** Objects that stored bodies may mention and that are now called otherwise, or are otherwise. */
function changedBy(before: CatalogSnapshot, change: Change): readonly ObjectId[] {
  switch (change.kind) {
    case 'renameObject':
      return before.subtree(change.objectId);
    case 'replaceTable':
    case 'createTable':
      return [change.table.id];
    case 'replaceView':
      return [change.view.id];
    case 'replaceFunction':
      return [change.function.id];
    case 'setMask':
    case 'setRowFilters':
    case 'addRowFilter':
    case 'addColumn':
    case 'alterColumn':
    case 'retypeColumn':
    case 'dropColumn':
      return [change.tableId];
    default:
      return [];
  }
}

/** Policies of the table. One that a replacement left without its column keeps the table closed, and is no error. */
async function checkTable(
  environment: GovernEnvironment,
  after: CatalogSnapshot,
  { tableId, functions }: Policed,
): Promise<void> {
  const table = after.object(tableId);
  if (table?.kind !== 'table') return;
  const asked = (id: ObjectId): boolean => functions === 'all' || functions.includes(id);
  for (const column of table.columns.filter(isMasked).filter(({ mask }) => asked(mask.functionId))) {
    const fn = functionOf(after, column.mask.functionId);
    if (isDangling(table, column.mask.using)) continue;
    await checkMask(environment, { table, fn }, column);
    await checkBody(environment, after, fn);
  }
  for (const filter of table.rowFilters.filter(({ functionId }) => asked(functionId))) {
    const fn = functionOf(after, filter.functionId);
    if (isDangling(table, filter.arguments)) continue;
    await checkFilter(environment, { table, fn }, filter);
    await checkBody(environment, after, fn);
  }
}

function functionOf(after: CatalogSnapshot, id: ObjectId): SqlFunction {
  const fn = after.object(id);
  if (fn?.kind === 'function') return fn;
  throw new SqlError('serializationFailure', 'the function of a policy no longer exists');
}

function isDangling(table: Table, args: Table['rowFilters'][number]['arguments']): boolean {
  const known = new Set(table.columns.map((column) => column.id));
  return args.some((argument) => argument.kind === 'column' && !known.has(argument.columnId));
}

/** Sound by itself, and reading no table that has policies: neither the one it protects nor another. */
async function checkBody(environment: GovernEnvironment, after: CatalogSnapshot, fn: SqlFunction): Promise<void> {
  const resolved = await environment.analyzer.function(after, fn);
  const problem = policyProblem(resolved);
  if (problem !== undefined) throw problem;
  const policed = partsOf(resolved).tables.find((use) => isPoliced(after, use.table));
  if (policed === undefined) return;
  // A mapping table shows to those who manage it.
  const shown = environment.access.manages(policed.table) ? ` ${displayName(after.nameOf(policed.table.id))}` : '';
  throw new SqlError(
    'invalidObjectDefinition',
    `function ${displayName([fn.name])} reads table${shown === '' ? 's that have policies' : shown}`,
    {
      detail: 'A policy may read mapping tables only: neither the table it protects nor one that has policies itself.',
    },
  );
}

interface Dependent {
  readonly after: CatalogSnapshot;
  readonly fn: SqlFunction;
  readonly changes: readonly Change[];
}

/** A policy elsewhere that is made of what changes. Whose it is, and what of it breaks, is not the asker's to know. */
async function checkDependent(environment: GovernEnvironment, { after, fn, changes }: Dependent): Promise<void> {
  try {
    await checkBody(environment, after, fn);
    const policed = after.usersOfFunction(fn.id).map(({ id }): Policed => ({ tableId: id, functions: [fn.id] }));
    for (const each of policed) await checkTable(environment, after, each);
  } catch (cause) {
    if (!(cause instanceof SqlError)) throw cause;
    throw brokenPolicy(changes, cause);
  }
}

function brokenPolicy(changes: readonly Change[], cause: SqlError): SqlError {
  const condition = replacing(changes) && kept.has(cause.condition) ? cause.condition : conditionOf(changes);
  return new SqlError(condition, 'a mask or row filter of a table depends on this and would no longer hold', {
    hint: 'Drop the mask or row filter first, and set it again afterwards.',
    cause,
  });
}

/** A new body is told what is wrong with it as a policy. */
function replacing(changes: readonly Change[]): boolean {
  return changes.some(({ kind }) => kind === 'replaceFunction' || kind === 'replaceView');
}

const kept: ReadonlySet<Condition> = new Set(['datatypeMismatch', 'invalidObjectDefinition']);

function conditionOf(changes: readonly Change[]): Condition {
  const policed = changes.some(({ kind }) => kind === 'setMask' || kind === 'setRowFilters' || kind === 'addRowFilter');
  return policed ? 'invalidObjectDefinition' : 'dependentObjects';
}
