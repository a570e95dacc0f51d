// One governance or definition statement -> what is to be done. Each family has its own file.
import type { GovernanceStatement, ShellStatement } from '../parse/statement.ts';
import { alterColumn } from './alter-column.ts';
import { addColumns, dropColumns, setProperties, unsetProperties } from './alter-table.ts';
import { createCatalog, createSchema } from './containers.ts';
import type { GovernEnvironment, Governed } from './environment.ts';
import { createFunction } from './functions.ts';
import { grantOrRevoke, showGrants } from './grants.ts';
import { alterOwner, comment, drop } from './objects.ts';
import { addRowFilter, dropMask, dropRowFilter, setMask, setRowFilter } from './policies.ts';
import { checkPolicyImpact } from './policy-impact.ts';
import { alterGroup, alterUser, createGroup, createUser } from './principals.ts';
import { rename } from './rename.ts';
import { describe, show } from './show.ts';
import { createTable } from './tables.ts';
import { createView } from './views.ts';

type Definition = Exclude<ShellStatement, { kind: 'insert' }>;
type Governable = GovernanceStatement | Definition;
type Family<K extends Governable['kind']> = (
  environment: GovernEnvironment,
  statement: Extract<Governable, { kind: K }>,
) => Governed | Promise<Governed>;

const families: { readonly [K in Governable['kind']]: Family<K> } = {
  createCatalog,
  createSchema,
  createTable,
  createView,
  createFunction,
  createUser,
  alterUser,
  createGroup,
  alterGroup,
  drop,
  alterOwner,
  setMask,
  dropMask,
  setRowFilter,
  addRowFilter,
  dropRowFilter,
  addColumns,
  dropColumns,
  alterColumn,
  setProperties,
  unsetProperties,
  rename,
  comment,
  grant: grantOrRevoke,
  revoke: grantOrRevoke,
  showGrants,
  show,
  describe,
};

/** @throws SqlError when it may not or cannot be done */
export async function govern(environment: GovernEnvironment, statement: Governable): Promise<Governed> {
  const family = families[statement.kind] as Family<Governable['kind']>;
  const governed = await family(environment, statement);
  await checkPolicyImpact(environment, governed.changes ?? []);
  return governed;
}
