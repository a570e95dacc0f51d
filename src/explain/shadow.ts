// Governance statements tried on a snapshot that is never published: each is decided as it would be, sees those before it, and
// leaves changes alone.

import type { TouchedObject } from '../audit/event.ts';
import { limits } from '../base/limits.ts';
import { SqlError, shiftedBy } from '../base/sql-error.ts';
import { applyChange } from '../catalog/apply-change.ts';
import type { Change } from '../catalog/change.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { GovernEnvironment } from '../govern/environment.ts';
import { govern } from '../govern/govern.ts';
import { commandOf } from '../parse/command.ts';
import type { GovernanceStatement, ParsedStatement, Statement } from '../parse/statement.ts';

export interface Tried {
  readonly snapshot: CatalogSnapshot;
  readonly changes: readonly Change[];
  readonly touched: readonly TouchedObject[];
}

/** What a session would find on a snapshot. */
export type EnvironmentAt = (snapshot: CatalogSnapshot) => GovernEnvironment;

/** @throws SqlError as the statements themselves would, and featureNotSupported for what cannot be planned */
export async function tryStatements(
  environmentAt: EnvironmentAt,
  before: CatalogSnapshot,
  statements: readonly ParsedStatement[],
): Promise<Tried> {
  if (statements.length > limits.planStatementsMax) {
    throw new SqlError('limitExceeded', `a plan has at most ${String(limits.planStatementsMax)} statements`);
  }
  let tried: Tried = { snapshot: before, changes: [], touched: [] };
  for (const { statement, offset } of statements) {
    try {
      tried = await tryOne(environmentAt(tried.snapshot), tried, plannable(statement));
    } catch (error) {
      throw error instanceof SqlError ? shiftedBy(error, offset) : error;
    }
  }
  return tried;
}

async function tryOne(environment: GovernEnvironment, tried: Tried, statement: Plannable): Promise<Tried> {
  const { changes = [], touched = [], work = [], attach } = await govern(environment, statement);
  if (work.length > 0 || attach !== undefined) throw notPlannable(statement);
  return {
    snapshot: changes.reduce(applyChange, tried.snapshot),
    changes: [...tried.changes, ...changes],
    touched: [...tried.touched, ...touched],
  };
}

type Plannable = GovernanceStatement | Extract<Statement, { kind: 'createView' }>;

/** Changes of the catalog alone: no data, no secrets. A statement kind that is not here cannot be planned. */
const plannableKinds = [
  'grant',
  'revoke',
  'setMask',
  'dropMask',
  'setRowFilter',
  'addRowFilter',
  'dropRowFilter',
  'setTags',
  'unsetTags',
  'createPolicy',
  'dropPolicy',
  'createGroup',
  'alterGroup',
  'createUser',
  'alterUser',
  'createFunction',
  'createView',
  'alterOwner',
  'reassignOwned',
  'comment',
  'createAccessTest',
  'dropAccessTest',
  'drop',
] as const satisfies readonly Plannable['kind'][];

const droppable: ReadonlySet<string> = new Set(['VIEW', 'FUNCTION', 'USER', 'GROUP']);

function plannable(statement: Statement): Plannable {
  if (!isPlannable(statement)) throw notPlannable(statement);
  if (statement.kind === 'drop' && !droppable.has(statement.objectType)) throw notPlannable(statement);
  if ((statement.kind === 'createUser' || statement.kind === 'alterUser') && statement.password !== undefined) {
    throw new SqlError('featureNotSupported', 'a plan holds no passwords', { hint: 'Set the password afterwards.' });
  }
  return statement;
}

function isPlannable(statement: Statement): statement is Plannable {
  return plannableKinds.some((kind) => kind === statement.kind);
}

function notPlannable(statement: Statement): SqlError {
  return new SqlError('featureNotSupported', `${commandOf(statement) || 'this statement'} cannot be planned`, {
    position: 0,
    hint: 'A plan holds changes of grants, policies, functions, views, groups and users.',
  });
}
